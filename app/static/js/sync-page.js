/** The sync page: the server renders it, this keeps it current and passes on what is pressed. */
import { post, Problem } from "./api.js";
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { toast } from "./toast.js";

/** Milliseconds between two looks. */
const EVERY = 3000;

const body = byId("sync");

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch("sync?part=body", { credentials: "same-origin", signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(String(response.status));
    const html = await response.text();
    if (body.dataset.shown === html) return;
    body.dataset.shown = html;
    const pressed = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.retry : undefined;
    body.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    if (pressed) /** @type {HTMLElement | null} */ (body.querySelector(`[data-retry="${CSS.escape(pressed)}"]`))?.focus();
  } catch {
    toast(t("The server does not answer; this page shows what was known last."), { wrong: true, key: "away" });
  }
}

/** @param {string} path @param {unknown} message @param {string} done */
async function send(path, message, done) {
  try {
    await post(path, message);
    toast(done, { key: "done" });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(problem.message, { wrong: true, key: "done" });
  }
  await refresh();
}

byId("sync-now").addEventListener("click", () => void send("api/sync", {}, t("Syncing now.")));
body.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-retry]");
  if (button instanceof HTMLElement) void send("api/sync/retry", { id: button.dataset.retry }, t("Offered again."));
});
setInterval(() => void refresh(), EVERY);
