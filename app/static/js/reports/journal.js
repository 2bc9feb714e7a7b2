/** Booking days for the bookkeeper. What is asked twice is booked once: the server looks what waits. */
import { post, Problem } from "../api.js";
import { boot, byId } from "../dom.js";
import { t } from "../i18n.js";
import { ulid } from "../ulid.js";

const { journal } = boot();
/** Milliseconds that booking may take. */
const PATIENCE = 60000;

/** @param {HTMLButtonElement} button @param {Record<string, unknown>} more */
async function book(button, more) {
  button.disabled = true;
  byId("journal-fault").textContent = "";
  byId("journal-said").textContent = t("Being booked …");
  try {
    await post("api/journal", { request: ulid(), from: journal.from, to: journal.to, store: journal.store || null, ...more }, { timeout: PATIENCE });
    location.reload();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    button.disabled = false;
    byId("journal-said").textContent = "";
    byId("journal-fault").textContent = problem.message;
  }
}

byId("book", HTMLButtonElement).addEventListener("click", (event) => void book(/** @type {HTMLButtonElement} */ (event.currentTarget), {}));
for (const button of document.querySelectorAll("[data-book]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  button.addEventListener("click", () => {
    const { book: date = "", store = "" } = button.dataset;
    void book(button, { from: date, to: date, store, open: true });
  });
}
