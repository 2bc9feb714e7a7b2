/** What came to light when tills heard of each other again, in plain words, until somebody has seen to it. */
import { get, post, Problem } from "../api.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";

export class Tasks {
  constructor() {
    this.list = byId("tasks");
    this.fault = byId("tasks-fault");
  }

  start() {
    this.list.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-task]");
      if (button instanceof HTMLButtonElement) void this.done(button);
    });
    void this.load();
  }

  async load() {
    try {
      const { rows } = await get("api/tasks");
      byId("tasks-card").hidden = rows.length === 0;
      this.list.replaceChildren(...rows.map((/** @type {any} */ row) => this.#row(row)));
      this.fault.textContent = "";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem; // the page says by itself when nobody answers
    }
  }

  /** @param {any} row */
  #row(row) {
    return h(
      "li",
      { class: "office-task" },
      h("div", {}, h("strong", {}, row.store ? `${row.store.toUpperCase()} · ${row.title}` : row.title), h("p", {}, row.text)),
      ...row.receipts.map((/** @type {any} */ receipt) => h("a", { class: "button small", href: `receipts/${encodeURIComponent(receipt.id)}` }, receipt.label)),
      h("button", { type: "button", class: "button small", dataset: { task: row.id, database: row.database }, "aria-label": `${t("Done")}: ${row.title}` }, t("Done")),
    );
  }

  /** @param {HTMLButtonElement} button */
  async done(button) {
    button.disabled = true;
    try {
      await post("api/tasks/done", { id: button.dataset.task, database: button.dataset.database });
      await this.load();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      button.disabled = false;
      this.fault.textContent = problem.message;
    }
  }
}
