/** The work on the open cart: lines put in, changed, taken out again and undone. Every change goes through here. */
import { get, Problem } from "../api.js";
import { add, addKeyed, emptyCart, remove, replace, restore, totalOf, trimTenders } from "../cart.js";
import { guard, hide } from "../dialogs.js";
import { byId } from "../dom.js";
import { t } from "../i18n.js";
import { CartView } from "./cart-view.js";

/** @typedef {import("../cart.js").Product} Product */

export class Selling {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    /** @type {string | null} the chosen line */
    this.chosen = null;
    this.view = new CartView(frame.currency, {
      choose: (id) => this.choose(id),
      step: (id, by) => this.step(id, by),
      quantity: (id) => void this.keyQuantity(id),
      price: (id) => void this.keyPrice(id),
      remove: (id) => this.remove(id),
    });
  }

  start() {
    const { frame } = this;
    const on = (/** @type {string} */ id, /** @type {() => void} */ run) => byId(id).addEventListener("click", run);
    on("clear", () => this.clear());
    on("phone-cart", () => this.showCart());
    on("cart-back", () => this.hideCart());
    frame.store.addEventListener("change", () => this.changed());
    frame.hear("refused", (problem) => void this.refused(problem));
    const more = /** @type {const} */ ("more");
    frame.actions.add({ id: "quantity", name: t("Quantity"), icon: "keypad", key: "F4", place: more, run: () => void this.keyQuantity(), enabled: () => Boolean(this.line()) });
    frame.actions.add({ id: "price", name: t("Price"), icon: "pen", key: "F8", place: more, run: () => void this.keyPrice(), enabled: () => Boolean(this.line()) });
    frame.actions.add({ id: "item", name: t("Item without code"), icon: "plus", key: "F6", place: "foot", run: () => void this.keyItem() });
  }

  get cart() {
    return this.frame.store.cart;
  }

  /** What the cart comes to. */
  get priced() {
    return { total: Number(totalOf(this.cart)), lines: [] };
  }

  /** Draws what the store has. @param {string | null} [flash] */
  changed(flash = null) {
    const { store, payment } = this.frame;
    const { cart, pending } = store;
    if (!cart.lines.some((line) => line.id === this.chosen)) this.chosen = null;
    this.view.render(cart, this.chosen, flash);
    if (!cart.lines.length) this.hideCart();
    if (pending && payment && !payment.busy && this.frame.live) payment.resume(); // begun in another window of this till
    if (!cart.lines.length && payment?.open && !payment.busy) hide(payment.dialog);
    this.frame.actions.refresh();
    this.frame.tell("cart", cart);
  }

  /**
   * @param {import("../cart.js").Cart} cart
   * @param {string | null} [flash]
   */
  change(cart, flash = null) {
    if (this.frame.store.pending) return this.frame.payment?.resume();
    this.chosen = flash ?? this.chosen;
    this.frame.store.update(trimTenders(cart));
    if (flash) this.view.render(this.cart, this.chosen, flash);
  }

  /** @param {string | null} id */
  choose(id) {
    this.chosen = id;
    this.view.render(this.cart, id);
  }

  /** @param {string | null} [id] @returns {import("../cart.js").Line | undefined} the chosen line, else the last */
  line(id = this.chosen) {
    const { lines } = this.cart;
    return lines.find((line) => line.id === id) ?? lines.at(-1);
  }

  /** @param {number} by */
  walk(by) {
    const { lines } = this.cart;
    const here = lines.findIndex((line) => line.id === this.chosen);
    const to = here < 0 ? (by < 0 ? lines.length - 1 : 0) : Math.max(0, Math.min(lines.length - 1, here + by));
    if (lines[to]) this.choose(lines[to].id);
  }

  /** @param {string} id @param {number} by thousandths */
  step(id, by) {
    const line = this.line(id);
    if (!line || line.measured) return;
    if (line.quantity + by <= 0) return this.remove(line.id);
    this.change(replace(this.cart, { ...line, quantity: line.quantity + by }), line.id);
  }

  /** @param {string} id */
  remove(id) {
    const index = this.cart.lines.findIndex((line) => line.id === id);
    const line = this.cart.lines[index];
    if (!line) return;
    this.chosen = null;
    this.change(remove(this.cart, id));
    this.frame.toast(t("Removed: %(name)s", { name: line.name }), {
      key: "removed",
      actions: [{ name: t("Undo"), run: () => this.change(restore(this.cart, line, index), line.id) }],
    });
  }

  clear() {
    const before = this.cart;
    if (!before.lines.length) return;
    this.change({ ...emptyCart(), id: before.id, born: before.born });
    this.frame.toast(t("The cart is empty."), {
      key: "removed",
      actions: [{ name: t("Undo"), run: () => !this.cart.lines.length && this.change(before) }],
    });
    this.frame.ready();
  }

  /** @param {string | null} [id] */
  async keyQuantity(id) {
    const line = this.line(id ?? undefined);
    if (!line) return;
    const quantity = await this.frame.ask.quantity(line);
    const now = this.cart.lines.find((each) => each.id === line.id);
    if (quantity && now) this.change(replace(this.cart, { ...now, quantity }), line.id);
  }

  /** @param {string | null} [id] */
  async keyPrice(id) {
    const line = this.line(id ?? undefined);
    if (!line) return;
    const price = await this.frame.ask.price(line);
    const now = this.cart.lines.find((each) => each.id === line.id);
    if (price && now) this.change(replace(this.cart, { ...now, price, keyed: true }), line.id);
  }

  /** @param {string} [lead] */
  async keyItem(lead) {
    const item = await this.frame.ask.item(lead);
    if (!item) return;
    const { cart, line } = addKeyed(this.cart, { ...item, rates: this.frame.state.rates ?? [] });
    this.change(cart, line.id);
    this.frame.sound.ok();
  }

  /** A product tapped, or chosen with Enter. @param {Product} product */
  async addFromShelf(product) {
    const { catalog } = this.frame;
    const searched = Boolean(catalog.text);
    await this.add(product, catalog.takeMultiplier());
    if (searched) catalog.clear();
    if (searched) this.frame.ready();
  }

  /**
   * Puts a product into the cart, asking for what is not known: its price, its measure.
   * @param {Product} product
   * @param {number} quantity thousandths
   */
  async add(product, quantity) {
    let price;
    const { ask } = this.frame;
    if (!product.price) {
      price = (await ask.price({ ...product, unit: product.unit ?? "", lead: t("This product has no fixed price.") })) ?? undefined;
      if (!price) return;
    }
    if (product.measured) {
      const asked = await ask.quantity({ name: product.name, price: price ?? product.price, measured: true, unit: product.unit ?? "", done: t("Add") });
      if (!asked) return;
      quantity = asked;
    }
    const { cart, line } = add(this.cart, product, { quantity, price });
    this.change(cart, line.id);
    this.frame.sound.ok();
  }

  /** The server has said no. @param {Problem} problem */
  async refused(problem) {
    this.frame.sound.error();
    const at = /^lines\.(\d+)/.exec(problem.field ?? "");
    const line = at ? this.cart.lines[Number(at[1])] : null;
    if (line) this.choose(line.id);
    if (problem.error === "total_differs" && (await this.reprice())) return;
    this.frame.toast(t("Not sold. %(reason)s", { reason: problem.message }), { wrong: true, key: "refused", stays: 15000 });
  }

  /** Takes the catalogue's prices of now. @returns {Promise<boolean>} whether any was another */
  async reprice() {
    let changed = false;
    try {
      const { lines } = this.cart;
      const now = await Promise.all(lines.map((line) => (line.keyed || !line.product ? null : get(`api/products/${encodeURIComponent(line.product)}`))));
      const priced = lines.map((line, i) => {
        const price = now[i]?.price;
        if (!price || (price.amount === line.price.amount && (price.per ?? 1000) === (line.price.per ?? 1000))) return line;
        changed = true;
        return { ...line, price };
      });
      if (changed) this.change({ ...this.cart, lines: priced });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    }
    if (!changed) return false;
    const total = byId("total").textContent;
    this.frame.toast(t("Prices have changed. The total is now %(total)s: check it, then pay.", { total }), { wrong: true, key: "refused", stays: 15000 });
    return true;
  }

  showCart() {
    guard();
    document.body.classList.add("show-cart");
  }

  /** @returns {boolean} whether it was shown on its own, as on a phone */
  hideCart() {
    return document.body.classList.contains("show-cart") && (document.body.classList.remove("show-cart"), true);
  }
}
