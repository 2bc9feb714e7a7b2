/**
 * Paying: tenders of any kind, then one request that is repeated with the same id until the server has answered it. A sale's id is born when
 * paying starts, and lies on the disk before the first byte leaves, so neither a lost answer nor a crash can sell twice.
 */
import { get, Problem } from "../api.js";
import { saleRequest } from "../cart.js";
import { hide, show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";
import { decimalText, likelyNotes, money, parseDecimal } from "../money.js";
import { byTouch, startPad } from "../pad.js";
import { clearToasts } from "../toast.js";
import { charge, takeBack } from "./card-terminal.js";
import { startGiftCards } from "./gift-cards.js";
import { startInvoice } from "./invoice.js";
import { KINDS, offered, tenderName } from "./pay-kinds.js";
import { askCustomer, kindButton, PayWords, rateButton, tenderRow } from "./pay-view.js";
import { Sending } from "./sending.js";
import { changeFor, standing, USUAL, worthOf } from "./tendering.js";

/** Refusals that a person can mend without leaving the dialog. */
const MENDED_HERE = /^(tenders|tip|customer)/;

export class Payment {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.store = frame.store;
    this.currency = frame.currency;
    /** @type {import("../dialogs.js").Sheet} */
    this.dialog = byId("payment", HTMLDialogElement);
    this.number = byId("pay-number", HTMLInputElement);
    this.text = byId("pay-text", HTMLInputElement);
    this.words = new PayWords(frame.currency);
    this.settings = USUAL;
    this.kind = "cash";
    /** What the server said of the card or customer that is asked about. @type {any} */
    this.known = null;
    this.rate = 0;
    this.wrong = "";
    this.sending = new Sending(frame, this.dialog, {
      sold: (answer) => this.frame.tell("sold", answer),
      refused: (problem) => this.#refused(problem),
    });
    startPad(this.dialog, this.number);
    byId("payment-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#enter();
    });
    this.number.addEventListener("input", () => this.#changed());
    this.text.addEventListener("input", () => {
      if (this.kind === "giftcard") this.known = null;
      this.#changed();
    });
    this.text.addEventListener("scan", () => void this.#look());
    this.#onTap("pay-kinds", "kind", (kind) => this.choose(kind));
    this.#onTap("pay-rates", "rate", (place) => this.#chooseRate(Number(place)));
    this.#onTap("notes", "amount", (amount) => this.#payCash(BigInt(amount)));
    this.#onTap("tenders", "tender", (place) => void this.#drop(Number(place)));
    byId("sending-retry").addEventListener("click", () => this.retry());
    this.dialog.addEventListener("close", () => this.store.leave());
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    frame.hear("back", () => void this.load());
    frame.hear("catalogue", () => void this.load());
    void this.load();
  }

  /** @param {string} id @param {string} name of the data attribute @param {(value: string) => void} run */
  #onTap(id, name, run) {
    byId(id).addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest(`[data-${name}]`);
      if (button instanceof HTMLElement) run(button.dataset[name] ?? "");
    });
  }

  get open() {
    return this.dialog.open;
  }

  /** Whether a sale is under way. */
  get busy() {
    return this.sending.busy || this.sending.asking;
  }

  /** How this till can be paid; what was known stays while the server is away. */
  async load() {
    try {
      this.settings = await get("api/tenders", { timeout: 5000 });
      if (this.open) this.#render();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    }
  }

  /** Begins to pay what is in the cart. */
  start() {
    if (this.store.pending) return this.resume();
    if (!this.store.cart.lines.length || this.open) return;
    clearToasts();
    const aged = this.frame.selling.unlooked;
    if (aged) void this.frame.selling.looked(aged).then((yes) => yes && this.#begin());
    else this.#begin();
  }

  #begin() {
    this.sending.showForm();
    show(this.dialog);
    this.choose("cash");
    setTimeout(() => this.open && this.store.prepare()); // on the disk long before anybody has paid
  }

  /** Takes up a sale that was sent and not yet acknowledged: after a reload, in another window. */
  resume() {
    if (byId("lock", HTMLDialogElement).open) return; // whoever signs in brings it up; over the lock nobody could sign in
    if (this.store.pending?.request) show(this.dialog); // what is only asked about is answered before anybody could read it
    void this.sending.send();
  }

  /** Tries again now. */
  retry() {
    this.sending.hurry?.();
  }

  // -- what is asked for -------------------------------------------------------------------------------------------

  /** @param {string} kind @param {string} [wrong] what was wrong with the one before */
  choose(kind, wrong = "") {
    const { out } = this.#now;
    if (!offered(this.settings, out).includes(kind)) kind = "cash";
    this.kind = kind;
    this.known = null;
    this.wrong = wrong;
    this.number.value = "";
    this.text.value = "";
    this.number.inputMode = byTouch() ? "none" : "decimal";
    this.#render();
    const field = this.#needsText ? this.text : this.number;
    field.focus();
    if (kind === "credit" || kind === "account") void this.#look();
  }

  /** @param {number} place */
  #chooseRate(place) {
    this.rate = place;
    this.number.value = "";
    this.#render();
    this.number.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.repeat && event.key === "Enter") event.preventDefault(); // a held key pays nothing
    if (event.ctrlKey || event.metaKey || event.altKey || byId("payment-form").hidden || event.target === this.text) return;
    const kind = offered(this.settings, this.#now.out).find((kind) => KINDS[kind].key === event.key.toLowerCase());
    if (!kind) return;
    event.preventDefault();
    this.choose(kind);
  }

  #changed() {
    this.wrong = "";
    this.#render();
  }

  get #now() {
    const { cart } = this.store;
    const coupon = cart.lines.reduce((sum, line) => sum + (line.fixed?.coupon ?? 0), 0);
    return standing({ total: this.frame.priced.total, tip: cart.tip ?? 0, coupon, tenders: cart.tenders, rule: this.settings.cash_rounding });
  }

  get #foreign() {
    return this.kind === "foreign" ? (this.settings.foreign[this.rate] ?? null) : null;
  }

  get #needsText() {
    const { text } = KINDS[this.kind];
    return Boolean(text) && !(this.kind === "card" && this.settings.card === "simulated");
  }

  /** @returns {bigint | null} what is keyed; null: nothing, or no amount */
  get #keyed() {
    return parseDecimal(this.number.value, this.#foreign?.digits ?? this.currency.digits);
  }

  /** The one gift card that had paid for what is brought back. */
  get #card() {
    const cards = this.store.cart.lines.flatMap((line) => line.cards ?? []);
    return cards.length && cards.every(({ card }) => card === cards[0].card) ? cards[0] : null;
  }

  /** @returns {import("./pay-kinds.js").Asked} */
  get #asked() {
    const { customer } = this.store.cart;
    return { now: this.#now, settings: this.settings, keyed: this.#keyed, text: this.text.value.trim(), known: this.known, rate: this.#foreign, customer, card: this.#card };
  }

  /** The amount that Enter takes. @param {import("./pay-kinds.js").Asked} asked */
  #amount(asked) {
    return asked.keyed ?? KINDS[this.kind].usual(asked);
  }

  /** What it is worth in the book currency. @param {import("./pay-kinds.js").Asked} asked @param {bigint} amount */
  #worth(asked, amount) {
    return asked.rate ? worthOf(amount, asked.rate) : amount;
  }

  // -- what is shown -----------------------------------------------------------------------------------------------

  #render() {
    const asked = this.#asked;
    const { now } = asked;
    const kind = KINDS[this.kind];
    const inCash = this.kind === "cash" || this.kind === "foreign";
    const { cart } = this.store;
    byId("due").textContent = this.#money(abs(inCash ? now.cash : now.left));
    byId("due-label").textContent = now.out ? t("To pay out") : cart.tenders.length ? t("Still to pay") : t("To pay");
    byId("tenders").replaceChildren(
      ...cart.tenders.map((/** @type {any} */ tender, i) => tenderRow(tenderName(tender), this.#money(-tender.amount), i, t("Remove this payment"))),
      ...(cart.tip ? [tenderRow(t("Tip"), this.#money(cart.tip), -1, t("Remove the tip"))] : []),
    );
    byId("pay-kinds").replaceChildren(...offered(this.settings, now.out).map((name) => kindButton(name, name === this.kind)));
    byId("pay-rates").hidden = this.kind !== "foreign";
    byId("pay-rates").replaceChildren(...this.settings.foreign.map((rate, i) => rateButton(rate.code, i, i === this.rate)));
    const text = this.#needsText;
    byId("pay-text-field").hidden = !text;
    this.text.hidden = !text; // a field that is hidden takes no scans
    this.text.toggleAttribute("data-scan", Boolean(kind.scans));
    byId("pay-text-label").textContent = kind.text?.() ?? "";
    byId("pay-label").textContent = now.out ? t("Amount paid out") : kind.label();
    byId("pay-unit").textContent = asked.rate?.code ?? "";
    const digits = asked.rate?.digits ?? this.currency.digits;
    this.number.placeholder = decimalText(abs(kind.usual(asked)), digits);
    this.number.readOnly = now.out && inCash;
    this.dialog.querySelector("[data-pad]")?.classList.toggle("no-point", digits === 0);
    byId("pay-info").textContent = this.words.info(this.kind, asked, this.#amount(asked));
    byId("pay-rounding").hidden = !inCash || now.rounding === 0n;
    byId("rounding").textContent = this.#money(now.rounding);
    this.#renderChange(asked, inCash);
    this.#renderNotes(now);
    const fault = this.words.fault(this.kind, asked, this.number.value);
    byId("pay-error").textContent = this.wrong || fault;
    const done = byId("pay-done", HTMLButtonElement);
    done.textContent = this.words.done(this.kind, asked, this.#amount(asked));
    done.disabled = !kind.lacks?.(asked) && (Boolean(fault) || !this.#ready(asked));
  }

  /** @param {import("./pay-kinds.js").Asked} asked @param {boolean} inCash */
  #renderChange(asked, inCash) {
    const row = byId("pay-change");
    row.hidden = !inCash || asked.now.out;
    const change = changeFor(asked.now, this.#worth(asked, this.#amount(asked)), this.settings.cash_rounding, Boolean(asked.rate));
    row.classList.toggle("enough", change >= 0n);
    row.classList.toggle("short", change < 0n);
    byId("change-label").textContent = change < 0n ? t("Missing") : t("Change");
    byId("change").textContent = this.#money(abs(change));
  }

  /** @param {import("./tendering.js").Standing} now */
  #renderNotes(now) {
    const { cash } = now;
    const shown = this.kind === "cash" && cash > 0n;
    byId("notes").hidden = !shown;
    const note = (/** @type {bigint} */ amount, /** @type {Node | null} */ what = null) =>
      h("button", { type: "button", class: "note", dataset: { amount } }, what, this.#money(amount));
    byId("notes").replaceChildren(...(shown ? [note(cash, h("small", {}, t("Exact"))), ...likelyNotes(cash, this.currency).map((amount) => note(amount))] : []));
  }

  /** Whether Enter would do something. @param {import("./pay-kinds.js").Asked} asked */
  #ready(asked) {
    const amount = this.#amount(asked);
    if (this.#needsText && !asked.text) return this.kind === "giftcard" && asked.now.out && Boolean(asked.card);
    if (asked.now.out) return this.kind === "cash" || asked.keyed !== 0n;
    if (this.kind === "giftcard" && !asked.known) return true;
    if (this.kind === "cash") return amount > 0n || asked.now.cash <= 0n;
    return amount > 0n;
  }

  // -- what is done ------------------------------------------------------------------------------------------------

  async #enter() {
    if (byId("pay-done", HTMLButtonElement).disabled || this.busy) return;
    const asked = this.#asked;
    const amount = this.#amount(asked);
    if (KINDS[this.kind].lacks?.(asked)) return askCustomer(this.frame, () => this.open && this.choose(this.kind));
    if (asked.now.out) return this.#payOut(asked);
    if (this.kind === "cash") return this.#payCash(amount);
    if (this.kind === "tip") {
      this.store.update({ ...this.store.cart, tip: Number(amount) });
      return this.choose("cash");
    }
    if (this.kind === "giftcard" && !asked.known) return this.#look();
    if (this.kind === "foreign" && asked.rate) {
      const worth = worthOf(amount, asked.rate);
      return this.#add({ kind: "foreign", amount: Number(worth), currency: asked.rate.code, foreign: Number(amount) });
    }
    if (this.kind === "card") return this.#payByCard(amount, asked.text);
    if (this.kind === "giftcard") return this.#add({ kind: "giftcard", amount: Number(amount), code: asked.text, hint: asked.known.hint });
    this.#add({ kind: this.kind, amount: Number(amount) });
  }

  /** @param {bigint} amount @param {string} reference */
  async #payByCard(amount, reference) {
    if (this.settings.card !== "simulated") return this.#add({ kind: "card", amount: Number(amount), reference });
    const paid = await this.sending.during((ask, wait) => charge(this.frame, amount, this.#money(amount), ask, wait));
    if ("error" in paid) {
      this.frame.sound.error();
      return this.choose("card", paid.error);
    }
    this.#add({ kind: "card", amount: Number(amount), payment: paid.request, reference: paid.reference });
  }

  /** One more tender; the sale ends when nothing is left to pay. @param {any} tender */
  #add(tender) {
    const { cart } = this.store;
    this.store.update({ ...cart, tenders: [...cart.tenders, tender] });
    const { now } = this.#asked;
    const done = tender.kind === "foreign" ? now.cash <= 0n || now.left <= 0n : now.left === 0n;
    if (done && tender.kind !== "coupon") return this.#sell(this.store.cart.tenders);
    this.choose("cash");
  }

  /** @param {bigint} cash what was handed over */
  #payCash(cash) {
    if (this.busy || !this.open) return;
    const tender = { kind: "cash", amount: Number(cash) };
    if (cash < this.#now.cash) return this.#add(tender);
    this.#sell(cash > 0n ? [...this.store.cart.tenders, tender] : this.store.cart.tenders);
  }

  /** @param {import("./pay-kinds.js").Asked} asked */
  #payOut(asked) {
    const amount = this.kind === "cash" ? asked.now.cash : asked.keyed !== null ? -asked.keyed : asked.now.left;
    const { kind, text, card } = { ...asked, kind: this.kind };
    const keys = { card: text ? { reference: text } : {}, giftcard: text ? { code: text, hint: text.slice(-4) } : { card: card?.card, hint: card?.hint } };
    const tender = { kind, amount: Number(amount), .../** @type {any} */ (keys)[kind] };
    if (kind !== "cash" && amount !== asked.now.left) {
      this.store.update({ ...this.store.cart, tenders: [...this.store.cart.tenders, tender] });
      return this.choose("cash");
    }
    this.#sell(amount ? [...this.store.cart.tenders, tender] : this.store.cart.tenders);
  }

  /** @param {number} place of the tender; -1: the tip */
  async #drop(place) {
    const { cart } = this.store;
    const tender = /** @type {any} */ (cart.tenders[place]);
    if (tender?.payment) {
      try {
        await takeBack(this.frame, tender.payment);
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        return this.choose("card", problem.message);
      }
    }
    this.store.update(place < 0 ? { ...cart, tip: 0 } : { ...cart, tenders: cart.tenders.filter((_, i) => i !== place) });
    this.choose("cash");
  }

  /** Asks what is on the gift card, or on the customer's account. */
  async #look() {
    const { kind } = this;
    const code = this.text.value.trim();
    const { customer } = this.store.cart;
    if (this.#now.out) return this.#render(); // what is on it doesn't matter
    if (kind === "giftcard" ? !code : !customer) return;
    const path = kind === "giftcard" ? `api/balances/giftcard?code=${encodeURIComponent(code)}` : `api/balances/customer/${customer?.id}`;
    try {
      const found = await get(path, { timeout: 8000 });
      if (kind !== this.kind || (kind === "giftcard" && code !== this.text.value.trim())) return;
      this.known = kind === "giftcard" ? found : found[kind];
      this.wrong = kind === "giftcard" && this.known.available === 0 ? t("There is nothing on this card that can be taken.") : "";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (kind !== this.kind) return;
      this.wrong = problem.message;
    }
    this.#render();
    this.number.focus();
  }

  /** @param {any[]} tenders */
  #sell(tenders) {
    if (this.store.pending || this.busy || !this.open || !this.store.cart.lines.length) return;
    const { cart } = this.store;
    const { total } = this.frame.priced;
    const request = saleRequest(cart, { sale: this.store.prepare(), seen: this.store.seen(this.frame.series), total, tenders });
    const shift = this.frame.shift?.shift?._id; // a sale never slips into the next shift unseen
    void this.sending.send({ ...request, ...(cart.tip ? { tip: cart.tip } : {}), ...(shift ? { shift } : {}) });
  }

  /** The server has said no and written nothing. @param {Problem} problem */
  #refused(problem) {
    if (!MENDED_HERE.test(problem.field ?? "") || !this.store.cart.lines.length) {
      hide(this.dialog);
      return this.frame.tell("refused", problem);
    }
    this.frame.sound.error();
    this.sending.showForm();
    this.choose(this.kind, problem.message);
  }

  /** @param {bigint | number} amount */
  #money(amount) {
    return money(amount, this.currency);
  }
}

/** @param {bigint} amount */
const abs = (amount) => (amount < 0n ? -amount : amount);

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  const payment = new Payment(frame);
  frame.payment = payment;
  byId("pay").addEventListener("click", () => payment.start());
  frame.actions.add({ id: "pay", name: t("Pay"), key: "F9", place: "key", run: () => payment.start() });
  startGiftCards(frame);
  startInvoice(frame);
}
