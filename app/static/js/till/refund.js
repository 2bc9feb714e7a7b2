/**
 * Refunds: a receipt is found, what comes back is chosen line by line, the server says what that gives and how it is paid back, and one
 * request makes it. Its id and body lie in the window's storage before the first byte leaves, so a lost answer can not refund twice.
 */
import { get, post, Problem } from "../api.js";
import { add, append } from "../cart.js";
import { hide, show } from "../dialogs.js";
import { byId, debounce, h, icon } from "../dom.js";
import { language, t } from "../i18n.js";
import { money } from "../money.js";
import { ulid } from "../ulid.js";
import { knownAsOf, tenderName } from "./receipt-paper.js";
import { ReceiptRows } from "./receipts.js";
import { RefundLines } from "./refund-lines.js";

class Refund {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    /** @type {import("../dialogs.js").Sheet} */
    this.dialog = byId("refund", HTMLDialogElement);
    this.q = byId("refund-q", HTMLInputElement);
    this.date = byId("refund-date", HTMLInputElement);
    this.error = byId("refund-error");
    /** The goods that are offered to come back without a receipt. */
    this.without = "";
    this.button = byId("refund-send", HTMLButtonElement);
    this.rows = new ReceiptRows(frame, byId("refund-rows"), byId("refund-more"), byId("refund-known"), (row) => void this.open(row.id));
    /** What of the receipt can come back: `GET api/refunds/<id>`. @type {any} */
    this.view = null;
    this.lines = new RefundLines((amount) => this.#money(amount), () => this.#render());
    this.way = "paid";
    /** @type {any} what the server says of it */
    this.quote = null;
    this.asked = 0;
    this.void = false;
    this.busy = false;
    const search = debounce(200, () => void this.find());
    this.q.addEventListener("input", search);
    this.q.addEventListener("scan", () => void this.find());
    this.date.addEventListener("change", () => void this.find());
    this.q.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      void this.find();
    });
    byId("refund-back").addEventListener("click", () => void this.start());
    byId("refund-all").addEventListener("click", () => this.lines.all());
    byId("refund-cart").addEventListener("click", () => void this.#intoCart());
    byId("refund-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    for (const way of /** @type {NodeListOf<HTMLElement>} */ (this.dialog.querySelectorAll("[data-way]"))) {
      way.addEventListener("click", () => this.#choose(way.dataset.way ?? "paid"));
    }
    this.ask = debounce(120, () => void this.#quote());
  }

  get #kept() {
    return `couchtill.refund.${this.frame.state.terminal}`;
  }

  /** The body of a refund that was sent and not answered. @returns {any} */
  get pending() {
    try {
      return JSON.parse(localStorage.getItem(this.#kept) ?? "null");
    } catch {
      return null;
    }
  }

  // -- finding -------------------------------------------------------------------------------------------------

  /** Begins: the search field, and the last receipts below it. */
  async start() {
    if (this.pending) return this.resume();
    this.void = false;
    this.#page("find");
    this.q.value = "";
    this.date.value = "";
    show(this.dialog);
    this.q.focus();
    await this.find();
  }

  async find() {
    const q = this.q.value.trim();
    const rows = await this.rows.find(q.startsWith("order:") ? { barcode: q } : { q, date: this.date.value });
    if (this.q.value.trim() !== q) return;
    if (q.startsWith("order:") && rows.length === 1) return this.open(rows[0].id);
    await this.#without(q);
  }

  /** Goods that come back without a receipt go into the open cart as a line below zero. @param {string} q */
  async #without(q) {
    const section = byId("refund-without");
    if (q.length < 3) return void (section.hidden = true);
    /** @type {import("../cart.js").Product[]} */
    let products = [];
    try {
      const byCode = /^\S*\d\S*$/.test(q) ? (await get(`api/barcode/${encodeURIComponent(q)}`)).rows : [];
      products = byCode.length ? byCode : (await get(`api/products?q=${encodeURIComponent(q)}&limit=6`)).rows;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    }
    if (this.q.value.trim() !== q) return;
    section.hidden = !products.length;
    const shown = JSON.stringify(products.slice(0, 6));
    if (shown === this.without) return; // the same ones stay where they are, under a finger that is coming down
    this.without = shown;
    byId("refund-products").replaceChildren(
      ...products.slice(0, 6).map((product) =>
        h("button", { type: "button", class: "choice", on: { click: () => this.#takeBack(product) } }, icon("return"), h("span", {}, product.name)),
      ),
    );
  }

  /** @param {import("../cart.js").Product} product */
  #takeBack(product) {
    hide(this.dialog);
    if (!product.price || product.measured) return void this.frame.selling.add(product, -1000);
    const { cart, line } = add(this.frame.cart, product, { quantity: -1000 });
    this.frame.change(cart, line.id);
    this.frame.sound.ok();
  }

  // -- one receipt ---------------------------------------------------------------------------------------------

  /** @param {string} id @param {boolean} [whole] as a void: all of it */
  async open(id, whole = false) {
    if (this.pending) return this.resume();
    show(this.dialog);
    try {
      this.view = await get(`api/refunds/${encodeURIComponent(id)}`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#page("find");
      byId("refund-rows").replaceChildren(h("p", { class: "receipts-none", role: "alert" }, problem.message));
      return;
    }
    this.void = whole;
    this.way = "paid";
    this.quote = null;
    this.#clear();
    this.#page("form");
    this.#head();
    this.lines.draw(this.view.lines);
    const [only, ...others] = this.view.lines.filter((/** @type {any} */ line) => line.left > 0);
    if (whole) this.lines.all();
    else if (only && !others.length && only.left <= 1000) this.lines.set(only, only.left);
    this.#render();
    /** @type {HTMLElement | null} */ (byId("refund-lines").querySelector("input:not(:disabled)"))?.focus();
  }

  #clear() {
    this.lines.draw([]);
    this.error.textContent = "";
  }

  /** @param {"find" | "form"} which */
  #page(which) {
    byId("refund-find").hidden = which !== "find";
    byId("refund-form").hidden = which !== "form";
    byId("refund-back").hidden = which !== "form";
    byId("refund-title").textContent = this.void ? t("Void") : t("Refund");
    this.error.textContent = "";
  }

  #head() {
    const { view } = this;
    const time = new Date(view.at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short", timeZone: view.timezone });
    byId("refund-label").textContent = view.label;
    byId("refund-about").textContent = [time, view.customer_name, t("Total %(total)s", { total: this.#money(view.total) })].filter(Boolean).join(" · ");
    byId("refund-as-of").textContent = knownAsOf(view, language, view.timezone);
    byId("refund-as-of").hidden = !byId("refund-as-of").textContent;
    const excess = byId("refund-excess");
    excess.hidden = view.left && !view.excess.length;
    if (view.excess.length) excess.textContent = t("More of this receipt was returned than sold. Both refunds stand; the office knows.");
    else if (!view.left) excess.textContent = view.kind === "refund" ? t("This receipt is a refund itself.") : t("Nothing of this receipt is left to refund.");
    byId("refund-all").hidden = !view.left;
    const paidOtherwise = view.caps.some((/** @type {any} */ cap) => cap.kind !== "cash");
    this.#way("credit").hidden = !view.customer;
    this.#way("cash").hidden = !paidOtherwise;
    byId("refund-ways").hidden = !view.left || (!view.customer && !paidOtherwise);
    this.#choose("paid");
  }

  /** @param {string} way @returns {HTMLElement} */
  #way(way) {
    return /** @type {HTMLElement} */ (this.dialog.querySelector(`[data-way="${way}"]`));
  }

  /** @param {string} way */
  #choose(way) {
    this.way = way;
    for (const each of this.dialog.querySelectorAll("[data-way]")) {
      each.setAttribute("aria-checked", String(each instanceof HTMLElement && each.dataset.way === way));
    }
    this.#render();
  }

  // -- what it gives -------------------------------------------------------------------------------------------

  get #body() {
    const lines = [...this.lines.chosen].map(([line, { quantity, restock }]) => ({ line, quantity, restock }));
    return { order: this.view.order, lines, way: this.way };
  }

  /** Says that the figures are not known yet, and asks for them. */
  #render() {
    this.asked++;
    this.quote = null;
    this.button.disabled = true;
    this.button.textContent = this.lines.chosen.size ? t("Refund …") : t("Choose what comes back");
    byId("refund-cart", HTMLButtonElement).disabled = true; // the figures go into the cart too
    if (!this.lines.chosen.size) byId("refund-sums").replaceChildren();
    else this.ask();
  }

  async #quote() {
    if (!this.view || !this.lines.chosen.size) return;
    const asked = ++this.asked;
    this.error.textContent = "";
    try {
      const quote = await post("api/refunds/quote", { sale: "00000000", ...this.#body });
      if (asked === this.asked) this.#figures(quote);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (asked === this.asked) this.#wrong(problem);
    }
  }

  /** @param {any} quote */
  #figures(quote) {
    this.quote = quote;
    const rows = [
      ...quote.promotions.map((/** @type {any} */ each) => [t("Already taken off: %(name)s", { name: each.name }), -each.amount, "off"]),
      [t("Refund"), -quote.total, "sum"],
      ...(quote.cash_rounding ? [[t("Cash rounding"), -quote.cash_rounding, ""]] : []),
      ...quote.tenders.map((/** @type {any} */ tender) => [tenderName(tender.kind) + (tender.reference ? ` ${tender.reference}` : tender.hint ? ` ···${tender.hint}` : ""), -tender.amount, "tender"]),
    ];
    byId("refund-sums").replaceChildren(
      ...rows.map(([name, amount, look]) => h("div", { class: look ? `refund-${look}` : null }, h("dt", {}, String(name)), h("dd", {}, this.#money(Number(amount))))),
    );
    this.button.disabled = this.busy;
    byId("refund-cart", HTMLButtonElement).disabled = this.void;
    const paid = this.#money(-quote.paid);
    this.button.textContent = this.void ? t("Void the sale: %(amount)s back", { amount: paid }) : t("Refund %(amount)s", { amount: paid });
  }

  /** @param {Problem} problem */
  #wrong(problem) {
    this.frame.sound.error();
    this.error.textContent = problem.message;
  }

  /** Back in exchange for something else: the lines go into the open cart, below zero. */
  async #intoCart() {
    if (!this.quote) return;
    let { cart } = this.frame;
    let flash = null;
    const cards = this.view.caps.filter((/** @type {any} */ cap) => cap.kind === "giftcard").map((/** @type {any} */ { card, hint }) => ({ card, hint }));
    for (const line of this.quote.lines) {
      const sold = this.view.lines.find((/** @type {any} */ each) => each.line === line.return_of.line);
      const made = append(cart, {
        product: line.product, name: line.name, quantity: line.quantity, price: line.price, measured: sold.decimals > 0, unit: line.unit ?? "",
        category: line.category ?? null, return_of: line.return_of, restock: line.restock, ...(cards.length ? { cards } : {}),
        fixed: { amount: line.amount, discounts: line.discounts, total: line.total, tax: line.tax, coupon: line.coupon ?? 0 },
      });
      cart = made.cart;
      flash = made.line.id;
    }
    hide(this.dialog);
    this.frame.change(cart, flash);
    this.frame.sound.ok();
  }

  // -- the refund ----------------------------------------------------------------------------------------------

  async send() {
    if (!this.quote || this.busy) return;
    const body = { sale: ulid(), ...this.#body, total: -this.quote.total, void: this.void };
    localStorage.setItem(this.#kept, JSON.stringify(body));
    await this.#send(body);
  }

  /** Takes up a refund that was sent and not answered: after a reload, or when the server was away. */
  async resume() {
    const body = this.pending;
    if (!body || this.busy) return;
    show(this.dialog);
    byId("refund-find").hidden = true;
    byId("refund-form").hidden = false;
    byId("refund-back").hidden = true;
    await this.#send(body);
  }

  /** @param {any} body */
  async #send(body) {
    this.busy = true;
    this.dialog.locked = true;
    this.button.disabled = true;
    this.button.textContent = t("Refunding …");
    this.error.textContent = "";
    try {
      const answer = await this.frame.send("POST", "api/refunds", body);
      localStorage.removeItem(this.#kept);
      this.#done(answer);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#failed(problem, body);
    } finally {
      this.busy = false;
    }
  }

  /** @param {any} answer */
  #done({ order, seen }) {
    hide(this.dialog);
    this.frame.store.note(seen);
    this.frame.series = order.series;
    this.frame.sound.ok();
    this.frame.tell("refunded", { order, note: this.void ? t("The sale is void.") : "" });
  }

  /** @param {Problem} problem @param {any} body */
  #failed(problem, body) {
    this.#wrong(problem);
    if (problem.refused || problem.status === 403 || problem.status === 401) {
      localStorage.removeItem(this.#kept); // the server said no: nothing was written
      this.dialog.locked = false;
      if (this.view?.order === body.order && problem.error === "returned_already") return void this.open(body.order, false).then(() => this.#wrong(problem));
      if (this.view && this.quote) this.#figures(this.quote);
      else void this.start();
      return;
    }
    this.error.textContent = t("No answer yet, so it is not known whether it was refunded. It is sent again, and never twice.");
    this.button.textContent = t("Send again");
    this.button.disabled = false;
    this.button.onclick = (event) => {
      event.preventDefault();
      this.button.onclick = null;
      void this.#send(body);
    };
  }

  /** @param {number} amount */
  #money(amount) {
    const own = this.frame.currency;
    return money(amount, this.view ? { ...own, code: this.view.currency ?? own.code, digits: this.view.digits ?? own.digits } : own);
  }
}

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  const refund = new Refund(frame);
  frame.hear("refund", ({ order, void: whole }) => void refund.open(order, whole));
  frame.hear("receipt-code", (code) => {
    void refund.start().then(() => {
      refund.q.value = code;
      return refund.find();
    });
  });
  frame.hear("back", () => refund.pending && !refund.busy && void refund.resume());
  frame.actions.add({ id: "refund", name: t("Refund"), icon: "refund", key: "F10", place: "foot", right: "refund", run: () => void refund.start() });
  frame.actions.add({
    id: "return-line", name: t("Return the chosen line"), icon: "return", place: "more",
    run: () => {
      const line = frame.selling.line();
      if (!line) return;
      const back = { ...line, quantity: -line.quantity, restock: line.quantity > 0 ? "restock" : null };
      frame.change({ ...frame.cart, lines: frame.cart.lines.map((each) => (each.id === line.id ? back : each)) }, line.id);
    },
    enabled: () => Boolean(frame.selling.line()) && !frame.selling.line()?.return_of,
  });
  if (refund.pending) void refund.resume();
}
