/** What is sold: products put into the open cart, and the cart drawn. Every change of the cart goes through `change`. */
import { get, Problem } from "../api.js";
import { add, addKeyed, lineOf, remove, replace } from "../cart.js";
import { guard, hide } from "../dialogs.js";
import { byId } from "../dom.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { ulid } from "../ulid.js";
import { CartView } from "./cart-view.js";
import { LineTools } from "./line-tools.js";

/** @typedef {import("../cart.js").Product} Product */

export class Selling {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    /** @type {string | null} the chosen line */
    this.chosen = null;
    /** @type {string | null} the line that the next drawing lets flash */
    this.flash = null;
    this.tools = new LineTools(frame, this);
    this.view = new CartView(frame.currency, (act, id) => this.tools.act(act, id), (id) => this.choose(id));
  }

  start() {
    const { frame } = this;
    const on = (/** @type {string} */ id, /** @type {() => void} */ run) => byId(id).addEventListener("click", run);
    on("phone-cart", () => this.showCart());
    on("cart-back", () => this.hideCart());
    frame.store.addEventListener("change", () => this.changed());
    frame.hear("refused", (problem) => void this.refused(problem));
    frame.actions.add({ id: "item", name: t("Item without code"), icon: "plus", key: "F6", place: "more", right: "open_item", run: () => void this.keyItem() });
    this.tools.start();
  }

  get cart() {
    return this.frame.store.cart;
  }

  /** Draws what the store has. */
  changed() {
    const { store, payment } = this.frame;
    const { cart, pending } = store;
    if (!cart.lines.some((line) => line.id === this.chosen)) this.chosen = null;
    this.draw(this.flash);
    this.flash = null;
    if (!cart.lines.length) this.hideCart();
    if (pending && payment && !payment.busy && this.frame.live) payment.resume(); // begun by a window that is gone
    if (!cart.lines.length && payment?.open && !payment.busy) hide(payment.dialog);
    this.frame.actions.refresh();
    this.frame.tell("cart", cart);
  }

  /** @param {string | null} [flash] */
  draw(flash = null) {
    this.view.render(this.cart, this.frame.priced, this.chosen, flash);
  }

  /**
   * @param {import("../cart.js").Cart} cart
   * @param {string | null} [flash]
   */
  change(cart, flash = null) {
    if (this.frame.store.pending) return this.frame.payment?.resume();
    this.chosen = flash ?? this.chosen;
    this.flash = flash;
    const same = cart === this.cart || this.frame.payment?.open;
    const tenders = same ? cart.tenders : cart.tenders.filter((tender) => tender.payment); // a card has been charged: that one stays
    if (tenders.length < cart.tenders.length) {
      this.frame.toast(t("The payments keyed so far were for another total: key them again."), { wrong: true, key: "tenders" });
    }
    this.frame.store.update({ ...cart, tenders });
  }

  /** @param {string | null} id */
  choose(id) {
    this.chosen = id;
    this.draw();
    this.frame.actions.refresh();
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

  /** @param {string} [name] what it is called if nobody says better */
  async keyItem(name) {
    const item = await this.frame.ask.item(name);
    if (!item) return;
    const { cart, line } = addKeyed(this.cart, item);
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
   * Puts a product into the cart, asking for what is not known: its kind, its price, its measure, the customer's age.
   * @param {Product} product
   * @param {number} quantity thousandths; of packings, where the code was a packing's
   * @returns {Promise<string | undefined>} the line's id; none: it was not added
   */
  async add(product, quantity) {
    const { ask, variants } = this.frame;
    if (product.variants && variants) {
      const chosen = await variants(product);
      if (!chosen) return;
      product = chosen;
    }
    if (!(await this.#oldEnough(product))) return;
    let price = product.line_price;
    if (!price && !product.price) {
      price = (await ask.price({ ...product, unit: product.unit ?? "", lead: t("This product has no fixed price.") })) ?? undefined;
      if (!price) return;
    }
    if (product.quantity) quantity = product.measured ? product.quantity : (product.quantity * quantity) / 1000;
    else if (product.measured) {
      const asked = await ask.quantity({ name: product.name, price: price ?? product.price, measured: true, unit: product.unit ?? "", done: t("Add") });
      if (!asked) return;
      quantity = asked;
    }
    const { cart, line } = add(this.cart, product, { quantity, price });
    if (this.frame.store.pending) return void this.change(cart);
    this.change(cart, line.id);
    this.frame.sound.ok();
    // A till does not refuse goods that the customer is holding: it says what they are.
    if (product.elsewhere) this.frame.toast(t("%(name)s is not in this store’s range. It can be sold all the same.", { name: product.name }), { key: "elsewhere", stays: 8000 });
    return line.id;
  }

  /** What the server says of a product: its lines in the cart, drawn from the window's copy, are put right. @param {Product} product */
  learn(product) {
    const { cart } = this;
    /** @type {string | null} */
    let flash = null;
    const lines = cart.lines.map((line) => {
      if (line.product !== product.id || line.keyed || line.fixed || line.pack || line.barcode || !product.price) return line;
      const now = { ...line, name: product.name, price: product.price, pricing: product.pricing ?? line.pricing, min_age: product.min_age ?? null };
      if (JSON.stringify(now) === JSON.stringify(line)) return line;
      flash = line.id;
      return now;
    });
    if (flash) this.change({ ...cart, lines }, flash);
  }

  /**
   * What the server says now of the lists and plans that hold for the open cart: a cart that is kept may be older. Another price of the product
   * itself stays unknown to the cart until it is paid: then the cashier is told, who has named the old one.
   */
  async relist() {
    if (this.frame.store.pending || this.frame.payment?.open) return; // the server has the last word there, and is asked
    const ids = [...new Set(this.cart.lines.filter((line) => line.product && !line.keyed && !line.fixed).map((line) => line.product))];
    for (const id of ids) {
      try {
        const now = await get(`api/products/${encodeURIComponent(/** @type {string} */ (id))}`);
        const price = JSON.stringify(now.price);
        const planned = (now.pricing?.planned ?? []).some((/** @type {any} */ plan) => JSON.stringify(plan.price) === price);
        if (planned || this.cart.lines.every((line) => line.product !== id || JSON.stringify(line.price) === price)) this.learn(now);
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem; // it is gone, or the server is away: what is sold is checked again
      }
    }
  }

  /** Takes off a line what a scan has just put there. @param {string} id @param {number} quantity */
  takeBack(id, quantity) {
    const line = this.cart.lines.find((each) => each.id === id);
    if (line) this.change(line.quantity > quantity ? replace(this.cart, { ...line, quantity: line.quantity - quantity }) : remove(this.cart, id));
  }

  /**
   * What is sold from an age on that nobody at this till has looked at: in a cart that another till parked. It is asked before anything is paid.
   * @returns {import("../cart.js").Line | null} the strictest
   */
  get unlooked() {
    const aged = this.cart.adult ? [] : this.cart.lines.filter((line) => line.min_age && line.quantity > 0);
    return aged.sort((a, b) => (b.min_age ?? 0) - (a.min_age ?? 0))[0] ?? null;
  }

  /** @param {{name: string, min_age: number | null}} line @returns {Promise<boolean>} */
  looked(line) {
    return this.#oldEnough(line, t("No"));
  }

  /** Once a cart, when something in it has an age. @param {{name: string, min_age?: number | null}} product @param {string} [no] */
  async #oldEnough(product, no = t("No: leave it out")) {
    if (!product.min_age || this.cart.adult) return true;
    const yes = await this.frame.confirm({
      title: t("Customer %(age)s or older?", { age: product.min_age }),
      lead: t("%(name)s is sold from %(age)s years on. Look at the customer, or at a card with a date of birth.", { name: product.name, age: product.min_age }),
      yes: t("Yes, %(age)s or older", { age: product.min_age }),
      no,
    });
    if (yes) this.frame.store.update({ ...this.cart, adult: true });
    return yes;
  }

  /** The server has said no. @param {Problem} problem */
  async refused(problem) {
    this.frame.sound.error();
    const at = /^lines\.(\d+)/.exec(problem.field ?? "");
    const line = at ? this.cart.lines[Number(at[1])] : null;
    if (line) this.choose(line.id);
    if (problem.error === "total_differs" && (await this.#agree(problem))) return;
    this.frame.toast(t("Not sold. %(reason)s", { reason: problem.message }), { wrong: true, key: "refused", stays: 15000 });
  }

  /**
   * The server makes another total of it: prices of now are fetched, and where that does not settle it, its own figures are shown. Nobody is
   * charged what they have not seen; that it happened is noted.
   * @param {Problem} problem
   * @returns {Promise<boolean>} whether the window now shows what the server says
   */
  async #agree(problem) {
    const { book, outbox } = this.frame;
    const before = this.frame.priced.total;
    try {
      const now = await Promise.all(
        this.cart.lines.map((line) => (line.keyed || !line.product || line.fixed ? null : get(`api/products/${encodeURIComponent(line.product)}`))),
      );
      const lines = this.cart.lines.map((line, i) => (now[i]?.price ? lineOf({ ...line, price: now[i].price, pricing: now[i].pricing ?? line.pricing }) : line));
      this.change({ ...this.cart, lines });
      await book.load();
      if (this.frame.priced.total !== problem.body.total) await book.rule(this.cart);
      this.draw();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return false;
    }
    const { total } = this.frame.priced;
    outbox.add({ request: ulid(), kind: "total_differs", about: null, details: { shown: before, total: problem.body.total ?? total, after: total } });
    if (total === before) return false;
    this.frame.toast(t("Prices have changed. The total is now %(total)s: check it, then pay.", { total: money(total, this.frame.currency) }), { wrong: true, key: "refused", stays: 15000 });
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
