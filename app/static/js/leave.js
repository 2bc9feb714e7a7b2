/** A supervisor's leave on a page beside the till: the same dialog, the same PIN, and the request is sent once more with it. */
import { get, post, Problem } from "./api.js";
import { hide, show } from "./dialogs.js";
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { PinEntry } from "./till/pin-entry.js";

/**
 * Runs `act`; where it needs somebody's leave, that is asked for, and it runs again with what was given. Raises Problem as `act` does, also when
 * it was not allowed.
 * @template T
 * @param {(approvals: {approvals?: string[]}) => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function withLeave(act) {
  try {
    return await act({});
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.error !== "needs_approval" || !document.getElementById("allow")) throw problem;
    const token = await ask(String(problem.body.right ?? ""), problem.message, problem.body.what);
    if (!token) throw problem;
    return act({ approvals: [token] });
  }
}

/** @type {PinEntry | null} */
let entry = null;
/** @type {(proof: import("./till/pin-entry.js").Proof) => Promise<void>} */
let prove = async () => {};

/**
 * @param {string} right
 * @param {string} about
 * @param {string[] | undefined} what the server's own: what was asked, and no more
 * @returns {Promise<string | null>} the token; null: it was not allowed
 */
async function ask(right, about, what) {
  const { people } = await get("api/session");
  const may = people.filter((/** @type {any} */ person) => person.rights.includes(right));
  const dialog = byId("allow", HTMLDialogElement);
  entry ??= new PinEntry(dialog, (proof) => prove(proof));
  byId("allow-title").textContent = t("Who allows it?");
  byId("allow-about").textContent = about;
  byId("allow-nobody").hidden = may.length > 0;
  entry.offer(may);
  show(dialog);
  entry.focus();
  return new Promise((resolve) => {
    prove = async (proof) => {
      const given = await post("api/approvals", { right, what, ...proof });
      resolve(given.approval);
      hide(dialog);
    };
    dialog.addEventListener("close", () => resolve(null), { once: true });
  });
}
