/** One dialog that asks for a number, and for a name where there is none: quantity, measure, price, an item without code. */
import { byId, h } from "../dom.js";
import { hide, show } from "../dialogs.js";
import { t } from "../i18n.js";
import { decimalText, lineAmount, money, parseDecimal, quantityText } from "../money.js";
import { byTouch, startPad } from "../pad.js";
import { MOST } from "../cart.js";

/** @typedef {import("../money.js").Currency} Currency */
/** @typedef {import("../money.js").Price} Price */

/** The most that may be keyed as a price, in minor units, as the server has it. */
export const DEAREST = 999_999_999_999n;

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {string} [lead]
 * @property {string} label of the number
 * @property {number} digits decimals of the number
 * @property {string} [value] to begin with, selected
 * @property {string} [unit] beside the number
 * @property {string} done words on the button
 * @property {boolean} [named] asks for a name too
 * @property {boolean} [wordless] a question for words alone, without a number: the name is the answer
 * @property {string} [nameLabel] of the words
 * @property {string} [name] the words to begin with
 * @property {number} [most] characters
 * @property {{name: string, unit: string, digits: number, check: (value: bigint) => string, quick: {name: string, value: string}[]}[]} [modes] kinds of number to choose from
 * @property {(value: bigint) => string} check the fault in words, or ""
 * @property {(value: bigint) => string} [worth] what it comes to, shown live
 */

export class Ask {
  /** @param {Currency} currency */
  constructor(currency) {
    this.currency = currency;
    this.dialog = byId("ask", HTMLDialogElement);
    this.number = byId("ask-number", HTMLInputElement);
    this.name = byId("ask-name", HTMLInputElement);
    /** @type {Question | null} */
    this.question = null;
    /** @type {((answer: {value: bigint, name: string} | null) => void) | null} */
    this.settle = null;
    startPad(this.dialog, this.number);
    byId("ask-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#finish();
    });
    this.number.addEventListener("input", () => this.#show(false));
    this.mode = 0;
    byId("ask-modes").addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-mode]");
      if (button instanceof HTMLElement) this.#turn(Number(button.dataset.mode));
    });
    byId("ask-quick").addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-value]");
      if (!(button instanceof HTMLElement)) return;
      this.number.value = button.dataset.value ?? "";
      this.#finish();
    });
    // Whichever way it closes, whoever asked gets an answer.
    this.dialog.addEventListener("close", () => this.#answer(null));
  }

  /**
   * @param {Question} question
   * @returns {Promise<{value: bigint, name: string} | null>} null: nothing was answered
   */
  #open(question) {
    this.#answer(null);
    this.question = question;
    byId("ask-title").textContent = question.title;
    byId("ask-lead").textContent = question.lead ?? "";
    byId("ask-lead").hidden = !question.lead;
    byId("ask-label").textContent = question.label;
    byId("ask-unit").textContent = question.unit ?? "";
    byId("ask-done").textContent = question.done;
    byId("ask-name-field").hidden = !question.named && !question.wordless;
    byId("ask-name-label").textContent = question.nameLabel ?? t("Name");
    byId("ask-number-field").hidden = Boolean(question.wordless);
    byId("ask-pad").hidden = Boolean(question.wordless);
    byId("ask-worth").hidden = Boolean(question.wordless);
    this.name.value = question.name ?? "";
    this.name.maxLength = question.most ?? 200;
    this.mode = 0;
    byId("ask-modes").hidden = byId("ask-quick").hidden = !question.modes;
    this.number.value = question.value ?? "";
    this.number.placeholder = decimalText(0, question.digits);
    this.number.inputMode = byTouch() ? "none" : "decimal";
    this.dialog.querySelector("[data-pad]")?.classList.toggle("no-point", question.digits === 0);
    if (question.modes) this.#turn(0);
    this.#show(false);
    show(this.dialog);
    const first = question.wordless || (question.named && !question.name) ? this.name : this.number;
    first.focus();
    first.select();
    return new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  /** @returns {bigint | null} */
  #value() {
    return this.question ? parseDecimal(this.number.value, this.question.digits) : null;
  }

  /** @param {boolean} strict whether an empty field is a fault already */
  #show(strict) {
    if (!this.question) return "";
    const value = this.#value();
    let fault = "";
    if (value !== null) fault = this.question.check(value);
    else if (this.number.value.trim()) fault = this.#why();
    else if (strict) fault = t("Key a number.");
    byId("ask-error").textContent = fault;
    byId("ask-worth").textContent = value !== null && !fault && this.question.worth ? this.question.worth(value) : "";
    return fault;
  }

  #why() {
    const digits = this.question?.digits ?? 0;
    if (!/^[\d\s]*[.,]?\d*$/.test(this.number.value)) return t("Digits and one point only.");
    const [whole, after = ""] = this.number.value.trim().split(/[.,]/);
    if (after.length <= digits) return whole || after ? t("That is too much.") : t("Key a number.");
    if (digits === 0) return t("No decimals here.");
    return t("At most %(digits)s digits after the point.", { digits });
  }

  /** Asks for another kind of number. @param {number} mode */
  #turn(mode) {
    const { question } = this;
    const chosen = question?.modes?.[mode];
    if (!question || !chosen) return;
    this.mode = mode;
    Object.assign(question, { digits: chosen.digits, check: chosen.check, unit: chosen.unit });
    byId("ask-unit").textContent = chosen.unit;
    this.number.placeholder = decimalText(0, chosen.digits);
    byId("ask-modes").replaceChildren(
      ...(question.modes ?? []).map(({ name }, i) => h("button", { type: "button", class: "segment", role: "radio", "aria-checked": String(i === mode), dataset: { mode: i } }, name)),
    );
    byId("ask-quick").replaceChildren(...chosen.quick.map(({ name, value }) => h("button", { type: "button", class: "quick", dataset: { value } }, name)));
    this.#show(false);
    if (this.dialog.open) this.number.focus();
  }

  #finish() {
    if (this.question?.wordless) {
      this.#answer({ value: 0n, name: this.name.value.trim() });
      hide(this.dialog);
      return;
    }
    const fault = this.#show(true);
    const value = this.#value();
    const name = this.name.value.trim();
    if (this.question?.named && !name) {
      byId("ask-error").textContent = t("Key a name.");
      this.name.focus();
      return;
    }
    if (fault || value === null) {
      this.number.focus();
      return;
    }
    this.#answer({ value, name });
    hide(this.dialog);
  }

  /** @param {{value: bigint, name: string} | null} answer */
  #answer(answer) {
    const settle = this.settle;
    this.settle = null;
    settle?.(answer);
  }

  /** Gives up what is being asked. */
  cancel() {
    hide(this.dialog);
  }

  /**
   * How many, or how much of a measured product.
   * @param {{name: string, price: Price | null, measured: boolean, unit: string, quantity?: number, done?: string}} what
   * @returns {Promise<number | null>} thousandths
   */
  async quantity({ name, price, measured, unit, quantity, done }) {
    const digits = measured ? 3 : 0;
    const scale = measured ? 1n : 1000n;
    const answer = await this.#open({
      title: name,
      lead: price ? (unit ? t("%(price)s per %(unit)s", { price: this.#price(price), unit }) : this.#price(price)) : "",
      label: measured ? t("How much?") : t("How many?"),
      digits,
      unit: measured ? unit : "",
      value: quantity ? quantityText(quantity) : "",
      done: done ?? t("OK"),
      check: (value) => {
        if (value === 0n) return t("More than nothing, please.");
        return value * scale > BigInt(MOST) ? t("That is too much for one line.") : "";
      },
      worth: price ? (value) => this.#money(lineAmount(price, Number(value * scale))) : undefined,
    });
    return answer ? Number(answer.value * scale) : null;
  }

  /**
   * The price of one (of one unit, when measured).
   * @param {{name: string, unit: string, measured: boolean, price?: Price | null, lead?: string}} what
   * @returns {Promise<Price | null>}
   */
  async price({ name, unit, measured, price, lead }) {
    const per = price?.per ?? 1000;
    const answer = await this.#open({
      title: name,
      lead: lead ?? "",
      label: measured && unit ? t("Price for %(amount)s %(unit)s", { amount: quantityText(per), unit }) : t("Price"),
      digits: this.currency.digits,
      value: price ? decimalText(price.amount, this.currency.digits) : "",
      done: t("OK"),
      check: (value) => (value > DEAREST ? t("That is too much.") : ""),
    });
    return answer ? { amount: Number(answer.value), per } : null;
  }

  /**
   * Something that the catalogue lacks.
   * @param {string} [name] what it is called if nobody says better; then the price is keyed first
   * @returns {Promise<{name: string, price: Price} | null>}
   */
  async item(name) {
    const answer = await this.#open({
      title: t("Item without code"),
      name,
      label: t("Price"),
      digits: this.currency.digits,
      done: t("Add"),
      named: true,
      check: (value) => (value > DEAREST ? t("That is too much.") : ""),
    });
    return answer ? { name: answer.name, price: { amount: Number(answer.value), per: 1000 } } : null;
  }

  /**
   * Words: a note, a code.
   * @param {{title: string, label: string, value: string, most: number}} what
   * @returns {Promise<string | null>} null: not answered; "" is an answer
   */
  async text({ title, label, value, most }) {
    const answer = await this.#open({ title, label: "", digits: 0, done: t("OK"), wordless: true, nameLabel: label, name: value, most, check: () => "" });
    return answer ? answer.name : null;
  }

  /**
   * A discount by hand, in percent or as an amount; nothing takes the one away that is there.
   * @param {string} title
   * @param {import("../cart.js").Discount} [now]
   * @returns {Promise<{discount: import("../cart.js").Discount | null} | null>}
   */
  async discount(title, now) {
    const { digits } = this.currency;
    const quick = ["5", "10", "15", "20", "50"].map((value) => ({ name: `${value} %`, value }));
    const none = now ? [{ name: t("None"), value: "0" }] : [];
    const answer = await this.#open({
      title,
      label: t("Discount"),
      digits: 2,
      done: t("OK"),
      check: () => "",
      modes: [
        { name: t("Percent"), unit: "%", digits: 2, quick: [...quick, ...none], check: (value) => (value > 10_000n ? t("Not more than all of it.") : "") },
        { name: t("Amount"), unit: this.currency.code, digits, quick: none, check: (value) => (value > DEAREST ? t("That is too much.") : "") },
      ],
    });
    if (!answer) return null;
    if (answer.value === 0n) return { discount: null };
    const name = t("Discount");
    if (this.mode === 1) return { discount: { kind: "manual", amount: Number(answer.value), name } };
    return { discount: { kind: "manual", percent: Number(answer.value) * 100, name: `${name} ${decimalText(answer.value, 2).replace(/\.?0+$/, "")} %` } };
  }

  /** @param {Price} price */
  #price(price) {
    const per = price.per ?? 1000;
    return per === 1000 ? this.#money(price.amount) : `${this.#money(price.amount)} / ${quantityText(per)}`;
  }

  /** @param {bigint | number} amount */
  #money(amount) {
    return money(amount, this.currency);
  }
}
