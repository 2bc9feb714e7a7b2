/** Counting a drawer: how many of each note and coin, by keys, keypad or taps, and what they come to. */
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { byTouch } from "../pad.js";

/** As many of one note or coin as the server takes. */
const MOST = 1_000_000;

export class Counter {
  /**
   * @param {HTMLElement} root
   * @param {import("../money.js").Currency} currency
   * @param {() => void} changed
   * @param {() => void} [done] Enter in the last field
   */
  constructor(root, currency, changed, done = () => {}) {
    this.root = root;
    this.currency = currency;
    this.changed = changed;
    this.done = done;
    /** @type {{value: number, field: HTMLInputElement, sum: HTMLElement}[]} */
    this.rows = [];
  }

  /** Begins anew. @param {number[]} values minor units */
  start(values) {
    this.rows = [];
    this.root.replaceChildren(...values.map((value, place) => this.#row(value, place)));
  }

  /** @param {number} value @param {number} place */
  #row(value, place) {
    const name = money(value, this.currency);
    const field = /** @type {HTMLInputElement} */ (
      h("input", { type: "text", inputmode: "numeric", pattern: "[0-9]*", maxlength: 7, placeholder: "0", autocomplete: "off", enterkeyhint: "next", "aria-label": t("How many %(value)s", { value: name }) })
    );
    const sum = h("span", { class: "counter-sum", "aria-hidden": "true" });
    field.addEventListener("focus", () => field.select());
    field.addEventListener("input", () => {
      const digits = field.value.replace(/\D/g, "").slice(0, 7);
      if (digits !== field.value) field.value = digits;
      if (Number(digits) > MOST) field.value = String(MOST);
      this.#show();
    });
    field.addEventListener("keydown", (event) => this.#key(event, place));
    this.rows.push({ value, field, sum });
    const step = (/** @type {number} */ by) => () => {
      field.value = String(Math.min(MOST, Math.max(0, this.#count(field) + by)) || "");
      this.#show();
      if (!byTouch()) field.focus();
    };
    return h(
      "div",
      { class: "counter-row" },
      h("span", { class: "counter-value", "aria-hidden": "true" }, name),
      h("button", { type: "button", class: "counter-step", tabindex: -1, "aria-label": t("One %(value)s less", { value: name }), on: { click: step(-1) } }, icon("minus")),
      field,
      h("button", { type: "button", class: "counter-step", tabindex: -1, "aria-label": t("One %(value)s more", { value: name }), on: { click: step(1) } }, icon("plus")),
      sum,
    );
  }

  /** @param {KeyboardEvent} event @param {number} place */
  #key(event, place) {
    const to = { ArrowDown: 1, Enter: 1, ArrowUp: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = this.rows[place + to];
    if (next) next.field.focus();
    else if (event.key === "Enter") this.done();
  }

  /** @param {HTMLInputElement} field */
  #count(field) {
    return Number(field.value.replace(/\D/g, "") || 0);
  }

  #show() {
    for (const { value, field, sum } of this.rows) {
      const count = this.#count(field);
      sum.textContent = count ? money(BigInt(value) * BigInt(count), this.currency) : "";
    }
    this.changed();
  }

  /** Whether anything was keyed, a 0 too. */
  get touched() {
    return this.rows.some(({ field }) => field.value !== "");
  }

  /** @returns {bigint} minor units */
  get total() {
    return this.rows.reduce((sum, { value, field }) => sum + BigInt(value) * BigInt(this.#count(field)), 0n);
  }

  /** As the server takes it; those that were not there are left out. @returns {{value: number, count: number}[]} */
  get counted() {
    return this.rows.map(({ value, field }) => ({ value, count: this.#count(field) })).filter(({ count }) => count);
  }

  focus() {
    if (!byTouch()) this.rows[0]?.field.focus();
  }
}
