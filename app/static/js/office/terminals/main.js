/** The terminals of all stores: where each stands, when it was last heard; made, replaced, revoked. */
import { get, Problem } from "../../api.js";
import { startDialogs } from "../../dialogs.js";
import { boot, byId, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { CodeDialog } from "./code.js";
import { Details } from "./details.js";
import { Plan } from "./plan.js";
import { Sure } from "./sure.js";

/** Milliseconds between two looks, and while a code waits for its machine. */
const LOOK = 15_000;
const WAITS = 2_000;

/**
 * @typedef {object} Row one terminal, as `app/web/office/terminals/rows.py` has it
 * @property {string} terminal
 * @property {string} label
 * @property {string | null} rev
 * @property {string} store
 * @property {string} store_name
 * @property {number | null} number
 * @property {string} name
 * @property {string} state
 * @property {string | null} code
 * @property {string} state_name
 * @property {string} level
 * @property {string} more
 * @property {string | null} until
 * @property {string} seen
 * @property {string} seen_level
 * @property {number} unsent
 * @property {string} unsent_words
 * @property {string[]} series
 * @property {{what: string, at: string, who: string}[]} log
 * @property {string} came
 * @property {string[]} actions
 *
 * @typedef {{rows: Row[], stores: {id: string, name: string, next: number}[], central: string | null, loopback: boolean}} Overview
 */

class Terminals {
  constructor() {
    /** @type {Overview} */
    this.known = boot().terminals;
    this.query = byId("query", HTMLInputElement);
    this.which = byId("which", HTMLSelectElement);
    this.drawn = "";
    const changed = (/** @type {Row | null} */ row) => this.take(row);
    this.code = new CodeDialog(() => this.known, changed);
    this.plan = new Plan(() => this.known, (row) => {
      changed(row);
      this.code.ask(row);
    });
    this.sure = new Sure(changed);
    this.details = new Details(changed);
    this.timer = 0;
  }

  start() {
    for (const id of ["add", "add-first"]) byId(id).addEventListener("click", () => this.plan.open());
    this.query.addEventListener("input", () => this.draw());
    this.which.addEventListener("change", () => this.draw());
    byId("search").addEventListener("submit", (event) => event.preventDefault());
    byId("rows").addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.look());
    startDialogs(() => false);
    this.draw();
    this.#later();
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), this.code.waits ? WAITS : LOOK);
  }

  /** Asks for the list again. */
  async look() {
    try {
      if (document.visibilityState === "visible") {
        this.known = await get("api/terminals/list");
        byId("fault").textContent = "";
        this.code.heard(this.known.rows);
        this.draw();
      }
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("fault").textContent = t("The server of head office does not answer. This list is as it was known last.");
    }
    this.#later();
  }

  /** What a dialog changed is drawn at once, and asked for again. @param {Row | null} row */
  take(row) {
    if (row) {
      const others = this.known.rows.filter((one) => one.terminal !== row.terminal);
      const all = [...others, row].sort((a, b) => a.store.localeCompare(b.store) || (a.number ?? 0) - (b.number ?? 0));
      this.known = { ...this.known, rows: all };
      this.draw();
    }
    void this.look();
  }

  draw() {
    const { rows, stores } = this.known;
    byId("no-stores").hidden = stores.length > 0;
    byId("add").hidden = stores.length === 0 || rows.length === 0;
    byId("empty").hidden = stores.length === 0 || rows.length > 0;
    byId("filters").hidden = rows.length === 0;
    const words = this.query.value.trim().toLowerCase();
    const wanted = rows.filter(
      (row) =>
        (!this.which.value || row.state === this.which.value) &&
        (!words || [row.terminal, row.name, row.store, row.store_name].some((text) => text.toLowerCase().includes(words))),
    );
    byId("box").hidden = wanted.length === 0;
    byId("none").hidden = rows.length === 0 || wanted.length > 0;
    const now = JSON.stringify(wanted);
    if (now === this.drawn) return; // what has the keyboard stays where it is
    this.drawn = now;
    const at = document.activeElement instanceof HTMLElement ? { ...document.activeElement.dataset } : {};
    byId("rows").replaceChildren(...wanted.map(drawRow));
    if (at.terminal) byId("rows").querySelector(`[data-terminal="${CSS.escape(at.terminal)}"][data-do="${at.do}"]`)?.focus();
  }

  /** @param {Event} event */
  #clicked(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const row = this.known.rows.find((one) => one.terminal === button?.dataset.terminal);
    if (!button || !row) return;
    const action = button.dataset.do;
    if (action === "details") this.details.open(row);
    else if (action === "code" || action === "replace") this.code.ask(row);
    else if (action === "withdraw" || action === "revoke") this.sure.ask(action, row);
  }
}

/** @param {Row} row @param {string} action */
function actionName(row, action) {
  if (action === "code") return row.code ? t("New code") : t("Make its code");
  if (action === "replace") return row.state === "replaced" ? t("New code") : t("Replace");
  return action === "withdraw" ? t("Withdraw the code") : t("Revoke");
}

/** @param {Row} row */
function drawRow(row) {
  const data = (/** @type {string} */ action) => ({ terminal: row.terminal, do: action });
  return h(
    "tr",
    {},
    h("td", { "data-label": t("Terminal") }, h("span", {}, h("button", { type: "button", class: "row-button", dataset: data("details") }, row.label), row.name ? h("small", {}, row.name) : null)),
    h("td", { "data-label": t("Store") }, row.store_name),
    h(
      "td",
      { "data-label": t("State") },
      h(
        "span",
        {},
        h("span", { class: "chip", dataset: { level: row.level } }, h("span", { class: "light-dot", "aria-hidden": "true" }), row.state_name),
        row.more ? h("small", {}, row.more) : null,
        row.came ? h("small", { class: "came" }, row.came) : null,
      ),
    ),
    h("td", { "data-label": t("Last seen") }, h("span", {}, row.seen, row.unsent ? h("small", {}, row.unsent_words) : null)),
    h(
      "td",
      {},
      h(
        "div",
        { class: "terminals-actions" },
        ...row.actions.map((action) =>
          h(
            "button",
            { type: "button", class: action === "revoke" || action === "withdraw" ? "button small danger" : "button small", dataset: data(action), "aria-label": `${actionName(row, action)}: ${row.label}` },
            actionName(row, action),
          ),
        ),
      ),
    ),
  );
}

new Terminals().start();
