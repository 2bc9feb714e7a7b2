/** Another PIN of one's own: the old one, then the new one twice. Nobody's leave is needed. */
import { Problem, put } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId } from "../dom.js";
import { t } from "../i18n.js";

export class OwnPin {
  /** @param {import("./frame.js").Frame} frame @param {() => void} changed the session is a new one */
  constructor(frame, changed) {
    this.frame = frame;
    this.changed = changed;
    this.dialog = /** @type {import("../dialogs.js").Sheet} */ (byId("own-pin", HTMLDialogElement));
    this.busy = false;
    this.due = false;
    byId("own-pin-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  open() {
    for (const id of ["own-pin-old", "own-pin-new", "own-pin-again"]) byId(id, HTMLInputElement).value = "";
    byId("own-pin-fault").textContent = "";
    show(this.dialog);
    byId("own-pin-old").focus();
  }

  /** Whether a new PIN is due before anything else: then the dialog stays until there is one. @param {boolean} due */
  must(due) {
    if (due && !this.due) {
      this.open();
      this.dialog.locked = true;
    } else if (!due && this.due) hide(this.dialog);
    this.due = due;
    byId("own-pin-renew").hidden = !due;
    for (const button of this.dialog.querySelectorAll("[data-close]")) /** @type {HTMLElement} */ (button).hidden = due;
  }

  async #save() {
    if (this.busy) return;
    const [old, pin, again] = ["own-pin-old", "own-pin-new", "own-pin-again"].map((id) => byId(id, HTMLInputElement).value);
    const fault = byId("own-pin-fault");
    fault.textContent = "";
    if (pin !== again) {
      fault.textContent = t("The two new PINs differ.");
      byId("own-pin-again").focus();
      return;
    }
    this.busy = true;
    try {
      await put("api/session/pin", { old, pin });
      hide(this.dialog);
      this.frame.toast(t("Your PIN is another one now."));
      this.changed();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fault.textContent = problem.message;
      byId(problem.error === "weak_pin" ? "own-pin-new" : "own-pin-old").focus();
    } finally {
      this.busy = false;
    }
  }
}
