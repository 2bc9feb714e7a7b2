/** The tasks: what came to light when tills heard of each other again, in plain words, until somebody has seen to it. */
import { get, Problem } from "../api.js";
import { show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";

export class Tasks {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.dialog = byId("tasks", HTMLDialogElement);
    this.list = byId("tasks-list");
    /** @type {any[]} */
    this.rows = [];
  }

  start() {
    this.frame.hear("task", () => void this.load());
    this.frame.hear("back", () => void this.load());
    this.frame.hear("session", ({ needed, staff }) => (staff || !needed) && void this.load());
    this.list.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-task]");
      if (button instanceof HTMLButtonElement) void this.done(button);
    });
    this.#offer();
    void this.load();
  }

  #offer() {
    const { length } = this.rows;
    const name = length ? t("Tasks · %(num)s", { num: length }) : t("Tasks");
    if (this.frame.actions.all.get("tasks")?.name === name) return;
    this.frame.actions.add({ id: "tasks", name, icon: "warn", place: "more", run: () => void this.open() });
  }

  async open() {
    byId("tasks-fault").textContent = "";
    this.draw();
    show(this.dialog);
    await this.load();
  }

  async load() {
    try {
      this.rows = (await get("api/tasks")).rows;
      byId("tasks-fault").textContent = "";
      this.draw();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("tasks-fault").textContent = problem.message;
    }
  }

  draw() {
    this.#offer();
    byId("tasks-none").hidden = this.rows.length > 0;
    this.list.replaceChildren(...this.rows.map((row) => this.#row(row)));
  }

  /** @param {any} row */
  #row(row) {
    return h(
      "li",
      { class: "task" },
      h("div", {}, h("strong", {}, row.title), h("p", {}, row.text)),
      h("button", { type: "button", class: "button small", dataset: { task: row.id, database: row.database }, "aria-label": `${t("Done")}: ${row.title}` }, t("Done")),
      row.receipts.length
        ? h("div", { class: "task-receipts" }, ...row.receipts.map((/** @type {any} */ receipt) => h("a", { href: `receipts/${encodeURIComponent(receipt.id)}` }, receipt.label)))
        : null,
    );
  }

  /** @param {HTMLButtonElement} button */
  async done(button) {
    button.disabled = true;
    try {
      await this.frame.send("POST", "api/tasks/done", { id: button.dataset.task, database: button.dataset.database });
      await this.load();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      button.disabled = false;
      byId("tasks-fault").textContent = problem.message;
    }
  }
}
