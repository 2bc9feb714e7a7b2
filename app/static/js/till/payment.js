/**
 * Paying: coupons and cash, then one request that is repeated with the same id until the server has answered it. A sale's id is born when
 * paying starts; request and id lie in the window's store before the first byte leaves, so neither a lost answer nor a reload can sell twice.
 */
import { post, Problem } from "../api.js";
import { saleRequest } from "../cart.js";
import { hide, show } from "../dialogs.js";
import { byId, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { decimalText, likelyNotes, money, parseDecimal } from "../money.js";
import { byTouch, startPad } from "../pad.js";
import { clearToasts } from "../toast.js";
import { ulid } from "../ulid.js";
import { DEAREST } from "./ask.js";

/** Milliseconds until the next try: first soon, since most losses are one packet, then calmly. */
const PAUSES = [300, 700, 1500, 3000];

export class Payment {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.store = frame.store;
    this.currency = frame.currency;
    /** @type {import("../dialogs.js").Sheet} */
    this.dialog = byId("payment", HTMLDialogElement);
    this.number = byId("pay-number", HTMLInputElement);
    /** @type {"cash" | "coupon"} */
    this.kind = "cash";
    this.busy = false;
    /** @type {(() => void) | null} ends the pause between two tries */
    this.hurry = null;
    startPad(this.dialog, this.number);
    byId("payment-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter();
    });
    this.number.addEventListener("input", () => this.#render());
    byId("kind-cash").addEventListener("click", () => this.choose("cash"));
    byId("kind-coupon").addEventListener("click", () => this.choose("coupon"));
    byId("notes").addEventListener("click", (event) => {
      const note = /** @type {HTMLElement} */ (event.target).closest("[data-amount]");
      if (note instanceof HTMLElement) this.#pay(BigInt(note.dataset.amount ?? "0"));
    });
    byId("coupons").addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-coupon]");
      if (button instanceof HTMLElement) this.#dropCoupon(Number(button.dataset.coupon));
    });
    byId("sending-retry").addEventListener("click", () => this.retry());
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
  }

  get open() {
    return this.dialog.open;
  }

  /** Begins to pay what is in the cart. */
  start() {
    if (this.store.pending) return this.resume();
    if (!this.store.cart.lines.length || this.open) return;
    clearToasts();
    byId("payment-form").hidden = false;
    byId("sending").hidden = true;
    show(this.dialog);
    this.choose("cash");
  }

  /** Takes up a sale that was sent and not yet acknowledged: after a reload, in another window. */
  resume() {
    show(this.dialog);
    void this.#send();
  }

  /** @param {"cash" | "coupon"} kind */
  choose(kind) {
    this.kind = kind;
    this.number.value = "";
    this.number.inputMode = byTouch() ? "none" : "decimal";
    this.dialog.querySelector("[data-pad]")?.classList.toggle("no-point", this.currency.digits === 0);
    this.#render();
    this.number.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.repeat && event.key === "Enter") event.preventDefault(); // a held key pays nothing
    if (event.ctrlKey || event.metaKey || event.altKey || byId("payment-form").hidden) return;
    const kind = { c: "cash", k: "coupon" }[event.key.toLowerCase()];
    if (!kind) return;
    event.preventDefault();
    this.choose(/** @type {"cash" | "coupon"} */ (kind));
  }

  get #due() {
    return this.store.cart.tenders.reduce((due, tender) => due - BigInt(tender.amount), BigInt(this.frame.priced.total));
  }

  /** @returns {bigint | null} what is keyed; null: nothing, or no amount */
  get #keyed() {
    return parseDecimal(this.number.value, this.currency.digits);
  }

  #render() {
    const due = this.#due;
    const keyed = this.#keyed;
    const coupon = this.kind === "coupon";
    const { tenders } = this.store.cart;
    byId("due").textContent = this.#money(due);
    byId("due-label").textContent = tenders.length ? t("Still to pay") : t("To pay");
    byId("coupons").replaceChildren(
      ...tenders.map(({ amount }, i) =>
        h(
          "li",
          {},
          t("Coupon"),
          h("span", { class: "amount" }, `−${this.#money(amount)}`),
          h("button", { type: "button", class: "tool tool-icon", dataset: { coupon: i }, "aria-label": t("Remove this coupon") }, icon("close")),
        ),
      ),
    );
    byId("kind-cash").setAttribute("aria-checked", String(!coupon));
    byId("kind-coupon").setAttribute("aria-checked", String(coupon));
    byId("pay-label").textContent = coupon ? t("Worth of the coupon") : t("Cash received");
    this.number.placeholder = decimalText(coupon ? 0n : due, this.currency.digits);
    this.#renderChange(due, keyed, coupon);
    this.#renderNotes(due, coupon);
    const done = byId("pay-done", HTMLButtonElement);
    done.textContent = coupon ? t("Take the coupon") : due === 0n ? t("Finish the sale") : t("Take cash and finish");
    byId("pay-error").textContent = this.#fault(due, keyed, coupon);
    done.disabled = Boolean(byId("pay-error").textContent) || (coupon ? !keyed : (keyed ?? due) < due);
  }

  /** @param {bigint} due @param {bigint | null} keyed @param {boolean} coupon */
  #renderChange(due, keyed, coupon) {
    const row = byId("pay-change");
    row.hidden = coupon;
    const given = keyed ?? due;
    row.classList.toggle("enough", given >= due);
    row.classList.toggle("short", given < due);
    byId("change-label").textContent = given < due ? t("Missing") : t("Change");
    byId("change").textContent = this.#money(given < due ? due - given : given - due);
  }

  /** @param {bigint} due @param {boolean} coupon */
  #renderNotes(due, coupon) {
    byId("notes").hidden = coupon || due === 0n;
    byId("notes").replaceChildren(
      h("button", { type: "button", class: "note", dataset: { amount: due } }, h("small", {}, t("Exact")), this.#money(due)),
      ...likelyNotes(due, this.currency).map((amount) => h("button", { type: "button", class: "note", dataset: { amount } }, this.#money(amount))),
    );
  }

  /** @param {bigint} due @param {bigint | null} keyed @param {boolean} coupon */
  #fault(due, keyed, coupon) {
    if (this.number.value.trim() && keyed === null) {
      return this.currency.digits
        ? t("Key an amount like %(example)s.", { example: decimalText(10n ** BigInt(this.currency.digits) * 12n, this.currency.digits) })
        : t("Key an amount without decimals.");
    }
    if (keyed !== null && keyed > DEAREST) return t("That is too much.");
    if (coupon && keyed !== null && keyed > due) return t("A coupon can’t pay more than the %(due)s that is due.", { due: this.#money(due) });
    return "";
  }

  #enter() {
    if (byId("pay-done", HTMLButtonElement).disabled) return;
    if (this.kind === "cash") return this.#pay(this.#keyed ?? this.#due);
    const { cart } = this.store;
    this.store.update({ ...cart, tenders: [...cart.tenders, { kind: "coupon", amount: Number(this.#keyed) }] });
    this.choose("cash");
  }

  /** @param {number} index */
  #dropCoupon(index) {
    const { cart } = this.store;
    this.store.update({ ...cart, tenders: cart.tenders.filter((_, i) => i !== index) });
    this.choose("cash");
  }

  /** @param {bigint} cash what was handed over */
  #pay(cash) {
    if (this.store.pending || this.busy || !this.open || !this.store.cart.lines.length) return;
    const { cart } = this.store;
    const tenders = cash > 0n ? [...cart.tenders, { kind: "cash", amount: Number(cash) }] : cart.tenders;
    const { total } = this.frame.priced;
    const request = saleRequest(cart, { sale: ulid(), seen: this.store.seen(this.frame.series), total, tenders });
    void this.#send(request);
  }

  /** Tries again now. */
  retry() {
    this.hurry?.();
  }

  /** @param {any} [request] a new sale; none: the one that is pending */
  async #send(request) {
    if (this.busy) return;
    this.busy = true;
    this.dialog.locked = true;
    byId("payment-form").hidden = true;
    byId("sending").hidden = false;
    this.#say("");
    try {
      if (request) await this.store.begin(request);
      for (let tries = 0; this.store.pending; tries++) {
        const { request } = this.store.pending;
        try {
          const answer = await post("api/sales", request, { timeout: 10000 });
          await this.#done(answer, request);
          return;
        } catch (problem) {
          if (!(problem instanceof Problem)) throw problem;
          if (problem.refused) return await this.#refused(problem);
          this.#say(this.#words(problem));
        }
        const pause = PAUSES[Math.min(tries, PAUSES.length - 1)];
        await new Promise((resolve) => {
          this.hurry = () => resolve(undefined);
          setTimeout(resolve, pause);
        });
      }
      hide(this.dialog); // another window of this till has brought the sale to its end
    } finally {
      this.busy = false;
      this.hurry = null;
      this.dialog.locked = false;
    }
  }

  /** @param {any} answer @param {any} request */
  async #done(answer, request) {
    const { order } = answer;
    const before = this.frame.series;
    this.store.note(order.series, order.number);
    await this.store.settle(request.sale);
    hide(this.dialog);
    this.busy = false;
    const note = before && before !== order.series ? t("This till had been set back to an older copy. It has begun a new series of receipts: %(series)s.", { series: order.series }) : "";
    this.frame.tell("sold", { order, repeated: Boolean(answer.repeated), note });
  }

  /** The server has said no and written nothing: the cart is the person's again, under a new id. @param {Problem} problem */
  async #refused(problem) {
    await this.store.giveUp();
    hide(this.dialog);
    this.busy = false;
    this.frame.tell("refused", problem);
  }

  /** @param {Problem} problem */
  #words(problem) {
    if (problem.status === 401 || problem.status === 403) return t("This window is no longer signed in. Open the till from its start link: the sale goes on there.");
    if (problem.away) return t("The till’s server does not answer. The sale is kept and tried again; it is sold once, whatever happens.");
    return t("The server could not write the sale: %(reason)s It is tried again, and sold once.", { reason: problem.message });
  }

  /** @param {string} words */
  #say(words) {
    byId("sending-title").textContent = words ? t("Not yet written") : t("Writing the sale…");
    byId("sending-why").textContent = words;
    byId("sending-retry").hidden = !words;
  }

  /** @param {bigint | number} amount */
  #money(amount) {
    return money(amount, this.currency);
  }
}

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  const payment = new Payment(frame);
  frame.payment = payment;
  byId("pay").addEventListener("click", () => payment.start());
  frame.actions.add({ id: "pay", name: t("Pay"), key: "F9", place: "key", run: () => payment.start() });
}
