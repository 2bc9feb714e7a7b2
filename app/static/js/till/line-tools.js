/** What can be done to the chosen line and to the whole cart: quantity, price, discount, note, return, and away with it, undone within five seconds. */
import { packed, replace, remove, restore, emptyCart } from "../cart.js";
import { byId } from "../dom.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { ulid } from "../ulid.js";

/** Milliseconds for which taking something away can be undone; only then is it noted. */
const UNDO = 5000;

export class LineTools {
  /**
   * @param {import("./frame.js").Frame} frame
   * @param {import("./selling.js").Selling} selling
   */
  constructor(frame, selling) {
    this.frame = frame;
    this.selling = selling;
  }

  start() {
    const { actions } = this.frame;
    const some = () => Boolean(this.selling.line());
    byId("clear").addEventListener("click", () => this.clear());
    actions.add({ id: "quantity", name: t("Quantity"), icon: "keypad", key: "F4", place: "key", run: () => void this.quantity(), enabled: some });
    actions.add({ id: "price", name: t("Price"), icon: "pen", key: "F8", place: "key", right: "price", run: () => void this.price(), enabled: some });
    actions.add({ id: "line-discount", name: t("Discount on the line"), icon: "percent", key: "%", place: "key", right: "discount", run: () => void this.discount(), enabled: some });
    actions.add({ id: "cart-discount", name: t("Discount on all"), icon: "percent", place: "more", right: "discount", run: () => void this.discountAll(), enabled: some });
    actions.add({ id: "coupon-code", name: t("Coupon code"), icon: "scissors", place: "more", run: () => void this.coupon() });
    actions.add({ id: "cart-note", name: t("Note on the receipt"), icon: "note", place: "more", run: () => void this.noteAll(), enabled: some });
  }

  get cart() {
    return this.selling.cart;
  }

  /** What a button of a line does. @param {string} act @param {string} id */
  act(act, id) {
    const acts = /** @type {Record<string, () => void>} */ ({
      less: () => this.step(id, -1000),
      more: () => this.step(id, 1000),
      quantity: () => void this.quantity(id),
      price: () => void this.price(id),
      discount: () => void this.discount(id),
      note: () => void this.note(id),
      remove: () => this.remove(id),
    });
    if (act.startsWith("pack:")) this.pack(id, Number(act.slice(5)));
    acts[act]?.();
  }

  /** Sells the line in a packing; a second tap on it makes single ones of it again. @param {string} id @param {number} place */
  pack(id, place) {
    const line = this.selling.line(id);
    if (!line) return;
    const same = line.pack && line.pack.name === line.units?.[place]?.name;
    const change = packed(line, same ? -1 : place);
    if (change) this.#set(line.id, change);
  }

  /** Changes a line as it is now, if it is still there. @param {string} id @param {Partial<import("../cart.js").Line>} change */
  #set(id, change) {
    const now = this.cart.lines.find((line) => line.id === id);
    if (now) this.selling.change(replace(this.cart, { ...now, ...change }), id);
  }

  /** @param {string} id @param {number} by thousandths */
  step(id, by) {
    const line = this.selling.line(id);
    if (!line || line.measured || line.fixed) return;
    if (line.quantity < 0) by = -by; // one more brought back
    if (line.pack) by = (by / 1000) * line.pack.quantity;
    const quantity = line.quantity + by;
    if (quantity === 0 || quantity > 0 !== line.quantity > 0) return this.remove(line.id);
    this.#set(line.id, { quantity });
  }

  /** @param {string | null} [id] */
  async quantity(id) {
    const line = this.selling.line(id ?? undefined);
    if (!line || line.fixed) return;
    const back = line.quantity < 0;
    const quantity = await this.frame.ask.quantity({ ...line, quantity: undefined });
    if (quantity) this.#set(line.id, { quantity: back ? -quantity : quantity });
  }

  /** @param {string | null} [id] */
  async price(id) {
    const line = this.selling.line(id ?? undefined);
    if (!line || line.fixed) return;
    const price = await this.frame.ask.price(line);
    if (!price) return;
    const { currency } = this.frame;
    const prices = { name: line.name, price: money(BigInt(price.amount), currency), before: line.price ? money(BigInt(line.price.amount), currency) : "—" };
    const leave = await this.#leave("price", t("%(name)s: %(price)s instead of %(before)s", prices), { name: line.name, price: price.amount });
    if (leave) this.#set(line.id, { price, keyed: true, barcode: undefined });
  }

  /** @param {string | null} [id] */
  async discount(id) {
    const line = this.selling.line(id ?? undefined);
    if (!line || line.fixed || line.kind !== "goods") return;
    const leave = await this.#leave("discount", t("Discount on %(name)s", { name: line.name }));
    if (!leave) return;
    const answer = await this.frame.ask.discount(t("Discount on %(name)s", { name: line.name }), line.discounts[0]);
    if (answer) this.#set(line.id, { discounts: answer.discount ? [answer.discount] : [] });
  }

  async discountAll() {
    if (!(await this.#leave("discount", t("Discount on all")))) return;
    const answer = await this.frame.ask.discount(t("Discount on all"), this.cart.discounts[0]);
    if (answer) this.selling.change({ ...this.cart, discounts: answer.discount ? [answer.discount] : [] });
  }

  /** @param {string | null} [id] */
  async note(id) {
    const line = this.selling.line(id ?? undefined);
    if (!line) return;
    const note = await this.frame.ask.text({ title: line.name, label: t("Note on this line"), value: line.note, most: 200 });
    if (note !== null) this.#set(line.id, { note });
  }

  async noteAll() {
    const note = await this.frame.ask.text({ title: t("Note on the receipt"), label: t("Note"), value: this.cart.note, most: 500 });
    if (note !== null) this.selling.change({ ...this.cart, note });
  }

  async coupon() {
    const code = await this.frame.ask.text({ title: t("Coupon code"), label: t("Code"), value: "", most: 64 });
    if (!code) return;
    const coupons = [...new Set([...this.cart.coupons, code])];
    this.selling.change({ ...this.cart, coupons });
    const used = this.frame.priced.coupons.some((each) => each.toUpperCase() === code.toUpperCase());
    this.frame.toast(used ? t("The coupon %(code)s counts.", { code }) : t("The coupon %(code)s takes nothing off this cart yet.", { code }), { key: "coupon", wrong: !used });
  }

  /** @param {string} id */
  remove(id) {
    const index = this.cart.lines.findIndex((line) => line.id === id);
    const line = this.cart.lines[index];
    if (!line) return;
    this.selling.chosen = null;
    const cart = this.cart.id;
    this.selling.change(remove(this.cart, id));
    this.#undo(
      t("Removed: %(name)s", { name: line.name }),
      () => this.cart.id === cart && this.selling.change(restore(this.cart, line, index), line.id),
      { kind: "void_line", details: { product: line.product, name: line.name, quantity: line.quantity, amount: line.price.amount } },
    );
  }

  clear() {
    const before = this.cart;
    if (!before.lines.length) return;
    const { total } = this.frame.priced;
    this.selling.change({ ...emptyCart(), id: before.id, parked: before.parked, base: before.base });
    this.#undo(
      t("The cart is empty."),
      () => this.cart.id === before.id && !this.cart.lines.length && this.selling.change(before),
      { kind: "void_cart", details: { lines: before.lines.length, total, cart: before.id } },
    );
    this.frame.ready();
  }

  /**
   * @param {string} words
   * @param {() => unknown} back
   * @param {{kind: string, details: any}} event noted when the time to undo is over
   */
  #undo(words, back, event) {
    const noted = setTimeout(() => this.frame.outbox.add({ request: ulid(), about: null, ...event }), UNDO);
    const run = () => {
      clearTimeout(noted);
      back();
    };
    this.frame.toast(words, { key: `removed ${noted}`, stays: UNDO, actions: [{ name: t("Undo"), run }] });
  }

  /**
   * Asks for leave where the cashier may not; what was given goes with the sale.
   * @param {string} right
   * @param {string} about
   * @param {{name: string, price: number}} [line] another price for it, and only that
   */
  async #leave(right, about, line) {
    if (this.frame.may(right)) return { approvals: [] };
    const leave = await this.frame.allow(right, { title: t("A supervisor must allow this"), about, cart: this.cart.id, line });
    if (leave?.approvals.length) this.selling.change({ ...this.cart, approvals: [...this.cart.approvals, ...leave.approvals] });
    return leave;
  }
}
