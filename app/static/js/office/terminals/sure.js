/** Is somebody sure? Before a code is withdrawn, or a terminal revoked. */
import { post, Problem } from "../../api.js";
import { hide, show } from "../../dialogs.js";
import { byId } from "../../dom.js";
import { t, tn } from "../../i18n.js";
import { toast } from "../../toast.js";
import { ulid } from "../../ulid.js";

export class Sure {
  /** @param {(row: import("./main.js").Row | null) => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.dialog = byId("sure", HTMLDialogElement);
    this.stolen = byId("sure-stolen", HTMLInputElement);
    this.action = "";
    this.request = "";
    /** @type {import("./main.js").Row | null} */
    this.row = null;
    this.stolen.addEventListener("change", () => {
      byId("sure-pins").hidden = !this.stolen.checked;
    });
    byId("sure-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#do();
    });
  }

  /** @param {"withdraw" | "revoke"} action @param {import("./main.js").Row} row */
  ask(action, row) {
    this.action = action;
    this.row = row;
    this.request = ulid();
    const values = { terminal: row.label, unsent: row.unsent_words };
    const revoke = action === "revoke";
    byId("sure-title").textContent = revoke ? t("Revoke %(terminal)s?", values) : t("Withdraw the code of %(terminal)s?", values);
    const lead = revoke
      ? t("The central lets %(terminal)s in no more, from this moment. What it sends later is refused. What it has sent stays.", values)
      : t("No machine can use it any more.");
    byId("sure-lead").textContent = revoke && row.unsent ? `${lead} ${t("As it told last, it still has to send something: %(unsent)s. What it has not sent stays on it.", values)}` : lead;
    byId("sure-done").textContent = revoke ? t("Revoke") : t("Withdraw the code");
    byId("sure-stolen-row").hidden = !revoke;
    this.stolen.checked = false;
    byId("sure-pins").hidden = true;
    byId("sure-fault").textContent = "";
    show(this.dialog);
  }

  async #do() {
    const { row, action } = this;
    if (!row) return;
    const done = byId("sure-done", HTMLButtonElement);
    byId("sure-fault").textContent = "";
    done.disabled = true;
    try {
      const body = { request: this.request, ...(action === "revoke" ? { stolen: this.stolen.checked } : {}) };
      const answer = await post(`api/terminals/${encodeURIComponent(row.terminal)}/${action}`, body, { timeout: 120_000 });
      hide(this.dialog);
      if (answer.renewing) toast(tn("%(num)s person must choose a new PIN.", "%(num)s people must choose a new PIN.", answer.renewing));
      this.changed(answer.row);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.refused) this.request = ulid();
      byId("sure-fault").textContent = problem.message;
      this.changed(null);
    } finally {
      done.disabled = false;
    }
  }
}
