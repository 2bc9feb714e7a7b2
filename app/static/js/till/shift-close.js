/** The end of a shift: the drawer is counted, a difference explained, and the Z written and shown. */
import { get, Problem } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";
import { decimalText, money, parseDecimal } from "../money.js";
import { byTouch } from "../pad.js";
import { ulid } from "../ulid.js";
import { Counter } from "./counter.js";
import { showLooseCards } from "./loose-cards.js";
import { tenderName } from "./tender-names.js";

/** What is counted beside the cash: slips and coupons lie in the drawer too. */
const SLIPS = ["card", "coupon"];

export class Closing {
  /**
   * @param {import("./frame.js").Frame} frame
   * @param {(z: any) => void} closed
   */
  constructor(frame, closed) {
    this.frame = frame;
    this.closed = closed;
    this.dialog = byId("shift-close", HTMLDialogElement);
    this.total = byId("close-total", HTMLInputElement);
    this.note = byId("close-note", HTMLTextAreaElement);
    this.counter = new Counter(byId("close-counter"), frame.currency, () => this.#counted(), () => this.note.focus());
    /** @type {{id: string, kind: "tender" | "foreign", digits: number, field: HTMLInputElement, hint: HTMLElement}[]} */
    this.others = [];
    /** The X report where the count is open. @type {any} */
    this.x = null;
    this.shift = "";
    this.request = "";
    this.busy = false;
    byId("close-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#close();
    });
    this.total.addEventListener("input", () => this.#show());
  }

  /** @param {any} state `GET api/shift` @param {any} shift the one to close */
  async open(state, shift) {
    this.shift = shift._id;
    this.request = ulid();
    this.x = null;
    this.note.value = "";
    this.total.value = "";
    this.total.readOnly = false;
    this.total.inputMode = byTouch() ? "none" : "decimal";
    byId("close-fault").textContent = "";
    byId("close-lead").textContent = "";
    this.counter.start(state.denominations);
    const open = shift._id === state.shift?._id;
    byId("close-carts").hidden = true;
    this.#others(state, []);
    if (open && state.count !== "blind") {
      try {
        this.x = await get("api/reports/x", { timeout: 5000 });
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem; // counted blind, then: the server compares
      }
    }
    if (this.x) {
      this.#others(state, this.x.sums.tenders);
      byId("close-carts").hidden = !this.x.carts;
      byId("close-carts").textContent = t("Parked carts stay open for the next shift: %(count)s.", { count: this.x.carts });
    }
    byId("close-lead").textContent = this.x
      ? t("Count all the cash in the drawer, the float included. Expected: %(amount)s.", { amount: this.#money(this.x.sums.cash.expected) })
      : t("Count all the cash in the drawer, the float included.");
    this.#show();
    void showLooseCards(this.frame, byId("close-cards"));
    show(this.dialog);
    this.counter.focus();
  }

  /** Fields for what lies in the drawer beside the cash. @param {any} state @param {any[]} tenders */
  #others(state, tenders) {
    this.others = [];
    const rows = [];
    const took = (/** @type {string} */ kind) => !this.x || tenders.some((row) => row.kind === kind && row.count);
    for (const kind of SLIPS.filter(took)) rows.push(this.#other(kind, "tender", tenderName(kind), this.frame.currency.digits));
    for (const { code, digits } of state.foreign) rows.push(this.#other(code, "foreign", code, digits));
    byId("close-others").replaceChildren(...rows);
    byId("close-others-part").hidden = !rows.length;
  }

  /** @param {string} id @param {"tender" | "foreign"} kind @param {string} name @param {number} digits */
  #other(id, kind, name, digits) {
    const field = /** @type {HTMLInputElement} */ (h("input", { type: "text", inputmode: "decimal", autocomplete: "off", placeholder: decimalText(0, digits) }));
    const hint = h("span", { class: "close-hint" });
    field.addEventListener("input", () => this.#show());
    this.others.push({ id, kind, digits, field, hint });
    return h("label", { class: "field" }, h("span", {}, name, " ", hint), field);
  }

  /** The notes and coins fill the sum. */
  #counted() {
    const { touched, total } = this.counter;
    this.total.readOnly = touched;
    this.total.value = touched ? decimalText(total, this.frame.currency.digits) : "";
    this.#show();
  }

  /** @param {bigint | number} amount @param {any} [currency] */
  #money(amount, currency = this.frame.currency) {
    return money(amount, currency);
  }

  /** What is off, live, where it may be seen. */
  #show() {
    const cash = parseDecimal(this.total.value, this.frame.currency.digits);
    const difference = byId("close-difference");
    let off = false;
    if (this.x && cash !== null) {
      const by = cash - BigInt(this.x.sums.cash.expected);
      off ||= by !== 0n;
      difference.textContent = by === 0n ? t("As expected.") : by > 0n ? t("%(amount)s too much.", { amount: this.#money(by) }) : t("%(amount)s are missing.", { amount: this.#money(-by) });
      difference.dataset.off = by === 0n ? "no" : "yes";
    } else difference.textContent = "";
    for (const { id, kind, digits, field, hint } of this.others) {
      const rows = kind === "tender" ? this.x?.sums.tenders : this.x?.sums.foreign;
      const row = rows?.find((/** @type {any} */ row) => (row.kind ?? row.currency) === id);
      const currency = kind === "foreign" ? { ...this.frame.currency, code: id, digits } : this.frame.currency;
      hint.textContent = this.x ? t("expected %(amount)s", { amount: this.#money(row?.net ?? 0, currency) }) : "";
      const value = parseDecimal(field.value, digits);
      if (this.x && value !== null && value !== BigInt(row?.net ?? 0)) off = true;
    }
    byId("close-why").textContent = off ? t("What is off, and why?") : t("Note");
  }

  async #close() {
    if (this.busy) return;
    const fault = byId("close-fault");
    const { digits } = this.frame.currency;
    const cash = parseDecimal(this.total.value, digits);
    if (cash === null) {
      fault.textContent = this.total.value.trim() ? t("This is no amount.") : t("Count the cash in the drawer first; an empty one is 0.");
      this.total.focus();
      return;
    }
    /** @type {any} */
    const counted = { total: Number(cash), tenders: {}, foreign: {} };
    if (this.counter.touched) counted.denominations = this.counter.counted;
    for (const other of this.others) {
      if (!other.field.value.trim()) continue;
      const value = parseDecimal(other.field.value, other.digits);
      if (value === null) {
        fault.textContent = t("This is no amount.");
        other.field.focus();
        return;
      }
      counted[other.kind === "tender" ? "tenders" : "foreign"][other.id] = Number(value);
    }
    const body = { request: this.request, counted, note: this.note.value.trim() };
    this.#busy(true);
    fault.textContent = "";
    try {
      const { zreport } = await this.frame.send("POST", `api/shifts/${encodeURIComponent(this.shift)}/close`, body, { timeout: 60000 });
      hide(this.dialog);
      this.closed(zreport);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.error === "shift_closed" && problem.body.zreport) {
        hide(this.dialog);
        this.closed({ _id: problem.body.zreport });
        return;
      }
      fault.textContent = problem.away ? t("The till’s server does not answer. Try again: nothing is done twice.") : t(problem.message);
      if (problem.error === "needs_note") this.note.focus();
    } finally {
      this.#busy(false);
    }
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.busy = busy;
    /** @type {any} */ (this.dialog).locked = busy;
    byId("close-done", HTMLButtonElement).disabled = busy;
  }
}
