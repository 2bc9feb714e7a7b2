/** The history of a document: the server renders it, this brings an older version back, and takes decisions back. */
import { Problem } from "../api.js";
import { boot, byId, h } from "../dom.js";
import { t } from "../i18n.js";
import { toast } from "../toast.js";
import { ulid } from "../ulid.js";
import { send, startRoom } from "./allow.js";

const { database, id, seen } = boot();
/** What is said once the page has been loaded anew, in this window only. */
const SAID = "couchtill.history";
const place = `${encodeURIComponent(database)}/${id.split("/").map(encodeURIComponent).join("/")}`;

startRoom();

/**
 * Sends what a button stands for, under one id however often it is pressed, and shows the document as it is then.
 * @param {HTMLButtonElement} button
 * @param {string} path
 * @param {Record<string, unknown>} asked
 * @param {string} done
 */
async function write(button, path, asked, done) {
  const fault = /** @type {HTMLElement} */ (button.closest("li")?.querySelector(".fault"));
  const request = (button.dataset.request ??= ulid());
  button.disabled = true;
  fault.hidden = true;
  try {
    await send("POST", path, { request, ...asked });
    sessionStorage.setItem(SAID, done);
    location.assign(location.pathname);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.refused) delete button.dataset.request; // nothing was written: the next press is another deed
    const again = problem.error === "changed" || problem.error === "erased";
    fault.replaceChildren(problem.message, ...(again ? [" ", h("a", { href: location.pathname }, t("Look again"))] : []));
    fault.hidden = false;
    button.disabled = again;
  }
}

byId("history").addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button");
  if (button?.dataset.restore) {
    void write(button, `api/history/${place}/restore`, { rev: button.dataset.restore, seen }, t("Brought back. The version before it is in the history."));
  } else if (button?.dataset.undo) {
    void write(button, `api/conflicts/${place}/undo`, { resolution: button.dataset.undo }, t("The decision was taken back."));
  }
});

const said = sessionStorage.getItem(SAID);
if (said) {
  sessionStorage.removeItem(SAID);
  toast(said, { key: "done" });
}
