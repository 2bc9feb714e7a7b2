/** The till page: wires catalogue, cart, payment, receipts, keys and scanner together. */
import { get, Problem } from "../api.js";
import { add, addKeyed, emptyCart, remove, replace, restore, trimCoupons } from "../cart.js";
import { guard, hide, startDialogs, topmost } from "../dialogs.js";
import { boot, byId } from "../dom.js";
import { language, t } from "../i18n.js";
import { showLight } from "../light.js";
import { Live } from "../live.js";
import { byTouch } from "../pad.js";
import { listenForScans } from "../scanner.js";
import { errorSound, okSound } from "../sound.js";
import { TillStore } from "../store.js";
import { toast } from "../toast.js";
import { Ask } from "./ask.js";
import { CartView } from "./cart-view.js";
import { Catalog } from "./catalog.js";
import { startKeys } from "./keys.js";
import { Payment } from "./payment.js";
import { Receipts, Sold } from "./receipts.js";

/** @typedef {import("../cart.js").Product} Product */

class Till {
  constructor() {
    const { state, demo } = boot();
    this.series = state.series ?? null;
    /** Taxes added to what the catalogue lacks. @type {number[]} */
    this.rates = state.rates ?? [];
    this.currency = { code: state.currency, digits: state.digits, locale: language };
    this.store = new TillStore(state.terminal, demo);
    this.store.note(state.series, state.number);
    /** @type {string | null} the chosen line */
    this.chosen = null;
    /** @type {string[]} codes that wait for a question to be answered */
    this.scans = [];
    this.scanning = false;
    this.ask = new Ask(this.currency);
    this.view = new CartView(this.currency, {
      choose: (id) => this.choose(id),
      step: (id, by) => this.step(id, by),
      quantity: (id) => void this.keyQuantity(id),
      price: (id) => void this.keyPrice(id),
      remove: (id) => this.remove(id),
    });
    this.catalog = new Catalog(this.currency, (product) => void this.addFromShelf(product));
    this.payment = new Payment(this.store, this.currency, {
      series: () => this.series,
      sold: (order) => this.sold(order),
      refused: (problem) => void this.refused(problem),
    });
    this.done = new Sold(this.currency, () => this.ready());
    this.receipts = new Receipts(this.currency);
  }

  start() {
    startDialogs(() => this.hideCart());
    startKeys(this);
    listenForScans((code) => this.scan(code));
    byId("search-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.enter();
    });
    const on = (/** @type {string} */ id, /** @type {() => void} */ run) => byId(id).addEventListener("click", run);
    on("pay", () => this.pay());
    on("clear", () => this.clear());
    on("do-quantity", () => void this.keyQuantity());
    on("do-price", () => void this.keyPrice());
    on("do-keyed", () => void this.keyItem());
    on("open-receipts", () => void this.receipts.open());
    on("phone-cart", () => this.showCart());
    on("cart-back", () => this.hideCart());
    on("away-retry", () => void this.live.poll());
    byId("ask", HTMLDialogElement).addEventListener("close", () => setTimeout(() => void this.takeScans()));
    this.store.addEventListener("change", () => this.changed());
    this.live = new Live("api/events", "api/state", ["light", "order", "catalogue"]);
    this.listen(this.live);
    this.changed();
    void this.load();
    this.ready();
    if (this.store.pending) this.payment.resume();
  }

  /** @param {Live} live */
  listen(live) {
    const hear = (/** @type {string} */ name, /** @type {(detail: any) => void} */ run) =>
      live.addEventListener(name, (event) => run(/** @type {CustomEvent} */ (event).detail));
    hear("light", showLight);
    hear("catalogue", () => void this.live.poll().then(() => this.catalog.refresh()));
    hear("state", (state) => this.learn(state));
    hear("order", (order) => {
      if (order.own) this.series = order.series;
      if (order.own) this.store.note(order.series, order.number);
    });
    hear("away", () => this.away(true));
    hear("back", () => this.away(false));
    hear("signedout", (problem) => toast(problem.reason || t("This window is no longer signed in."), { wrong: true, key: "signedout", stays: 60000 }));
  }

  /** What the server says of itself. The store's document may come after the window was opened. @param {any} state */
  learn(state) {
    showLight(state.sync);
    byId("no-store").hidden = Boolean(state.store_known);
    this.series = state.series ?? this.series;
    this.store.note(state.series, state.number);
    this.rates = state.rates ?? [];
    if (state.currency === this.currency.code && state.digits === this.currency.digits) return;
    Object.assign(this.currency, { code: state.currency, digits: state.digits }); // every part of the page holds this one
    this.changed();
    void this.catalog.refresh();
  }

  /** @param {boolean} away */
  away(away) {
    byId("away").hidden = !away;
    if (away) return showLight({ level: "bad", text: t("Server away") });
    this.payment.retry();
    if (this.catalog.answered === null) void this.load();
  }

  async load() {
    try {
      await this.catalog.start();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      await this.catalog.search(); // says so on the shelf
    }
  }

  /** Ready for the next product: the keyboard in the search field, unless a touch would bring up a keyboard of glass. */
  ready() {
    if (!byTouch() && !topmost()) byId("search").focus({ preventScroll: true });
  }

  /** Draws what the store has. @param {string | null} [flash] */
  changed(flash = null) {
    const { cart, pending } = this.store;
    if (!cart.lines.some((line) => line.id === this.chosen)) this.chosen = null;
    this.view.render(cart, this.chosen, flash);
    if (!cart.lines.length) this.hideCart();
    if (pending && !this.payment.sending && this.live) this.payment.resume(); // begun in another window of this till
    if (!cart.lines.length && this.payment.open && !this.payment.sending) hide(this.payment.dialog);
  }

  /**
   * Changes the cart, unless a sale of it is under way.
   * @param {import("../cart.js").Cart} cart
   * @param {string | null} [flash]
   */
  change(cart, flash = null) {
    if (this.store.pending) return this.payment.resume();
    this.chosen = flash ?? this.chosen;
    this.store.update({ cart: trimCoupons(cart) });
    if (flash) this.view.render(this.store.cart, this.chosen, flash);
  }

  /** @param {string | null} id */
  choose(id) {
    this.chosen = id;
    this.view.render(this.store.cart, id);
  }

  /** @param {string | null} [id] @returns {import("../cart.js").Line | undefined} the chosen line, else the last */
  line(id = this.chosen) {
    const { lines } = this.store.cart;
    return lines.find((line) => line.id === id) ?? lines.at(-1);
  }

  /** @param {number} by */
  walk(by) {
    const { lines } = this.store.cart;
    const here = lines.findIndex((line) => line.id === this.chosen);
    const to = here < 0 ? (by < 0 ? lines.length - 1 : 0) : Math.max(0, Math.min(lines.length - 1, here + by));
    if (lines[to]) this.choose(lines[to].id);
  }

  /** @param {string} id @param {number} by thousandths */
  step(id, by) {
    const line = this.line(id);
    if (!line || line.measured) return;
    if (line.quantity + by <= 0) return this.remove(line.id);
    this.change(replace(this.store.cart, { ...line, quantity: line.quantity + by }), line.id);
  }

  /** @param {string} id */
  remove(id) {
    const index = this.store.cart.lines.findIndex((line) => line.id === id);
    const line = this.store.cart.lines[index];
    if (!line) return;
    this.chosen = null;
    this.change(remove(this.store.cart, id));
    toast(t("Removed: %(name)s", { name: line.name }), {
      key: "removed",
      actions: [{ name: t("Undo"), run: () => this.change(restore(this.store.cart, line, index), line.id) }],
    });
  }

  clear() {
    const before = this.store.cart;
    if (!before.lines.length) return;
    this.change({ ...emptyCart(), born: before.born });
    toast(t("The cart is empty."), {
      key: "removed",
      actions: [{ name: t("Undo"), run: () => !this.store.cart.lines.length && this.change(before) }],
    });
    this.ready();
  }

  /** @param {string | null} [id] */
  async keyQuantity(id) {
    const line = this.line(id ?? undefined);
    if (!line) return;
    const quantity = await this.ask.quantity(line);
    const now = this.store.cart.lines.find((each) => each.id === line.id);
    if (quantity && now) this.change(replace(this.store.cart, { ...now, quantity }), line.id);
  }

  /** @param {string | null} [id] */
  async keyPrice(id) {
    const line = this.line(id ?? undefined);
    if (!line) return;
    const price = await this.ask.price(line);
    const now = this.store.cart.lines.find((each) => each.id === line.id);
    if (price && now) this.change(replace(this.store.cart, { ...now, price, keyed: true }), line.id);
  }

  /** @param {string} [lead] */
  async keyItem(lead) {
    const item = await this.ask.item(lead);
    if (!item) return;
    const { cart, line } = addKeyed(this.store.cart, { ...item, rates: this.rates });
    this.change(cart, line.id);
    okSound();
  }

  /** A product tapped, or chosen with Enter. @param {Product} product */
  async addFromShelf(product) {
    const searched = Boolean(this.catalog.text);
    await this.add(product, this.catalog.takeMultiplier());
    if (searched) this.catalog.clear();
    if (searched) this.ready();
  }

  /**
   * Puts a product into the cart, asking for what is not known: its price, its measure.
   * @param {Product} product
   * @param {number} quantity thousandths
   */
  async add(product, quantity) {
    let price;
    if (!product.price) {
      price = (await this.ask.price({ ...product, unit: product.unit ?? "", lead: t("This product has no fixed price.") })) ?? undefined;
      if (!price) return;
    }
    if (product.measured) {
      const asked = await this.ask.quantity({ name: product.name, price: price ?? product.price, measured: true, unit: product.unit ?? "", done: t("Add") });
      if (!asked) return;
      quantity = asked;
    }
    const { cart, line } = add(this.store.cart, product, { quantity, price });
    this.change(cart, line.id);
    okSound();
  }

  /** Enter in the search field: a code is looked up as one, else the chosen result is added. */
  async enter() {
    const text = this.catalog.text;
    if (!text) return;
    const { chosen } = this.catalog;
    if (/^\S*\d\S*$/.test(text) && text.length >= 3) {
      // The field is free for the next code while this one is looked up.
      const quantity = this.catalog.takeMultiplier();
      this.catalog.clear();
      const [product, ...others] = await this.lookUp(text).catch(() => []);
      if (product && !others.length) return this.add(product, quantity);
      if (chosen) return this.add(chosen, quantity);
      if (!this.catalog.text) byId("search", HTMLInputElement).value = text;
    } else if (chosen) return this.addFromShelf(chosen);
    await this.catalog.settle();
    const { found, answered } = this.catalog;
    if (found.length === 1 && answered === text) return this.addFromShelf(found[0]);
    if (!found.length && answered !== null) errorSound();
  }

  /**
   * @param {string} code
   * @returns {Promise<Product[]>} the products that have it
   */
  async lookUp(code) {
    try {
      return (await get(`api/barcode/${encodeURIComponent(code)}`)).rows;
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 404) return [];
      throw problem;
    }
  }

  /** A scan, from wherever the person is. @param {string} code */
  scan(code) {
    if (this.done.open) this.done.close();
    const dialog = topmost();
    if (dialog && dialog !== this.ask.dialog && !this.payment.sending) hide(dialog);
    this.scans.push(code);
    void this.takeScans();
  }

  /** Scans are taken in order; while a question is open or a sale under way they wait. */
  async takeScans() {
    if (this.scanning) return;
    this.scanning = true;
    try {
      while (this.scans.length && !this.ask.dialog.open && !this.payment.sending) {
        const code = /** @type {string} */ (this.scans.shift());
        await this.takeScan(code);
      }
    } finally {
      this.scanning = false;
    }
    if (this.scans.length && this.ask.dialog.open) toast(t("A scan waits until this is answered."), { key: "waits" });
  }

  /** @param {string} code */
  async takeScan(code) {
    try {
      const products = await this.lookUp(code);
      if (products.length === 1) return await this.add(products[0], this.catalog.takeMultiplier());
      if (products.length === 0) return this.unknown(code);
      errorSound();
      this.catalog.offer(code, products);
      toast(t("%(num)s products have the code %(code)s. Choose one.", { num: products.length, code }), { key: "choose", stays: 8000 });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      errorSound();
      toast(t("Not added: %(code)s. %(reason)s", { code, reason: problem.message }), {
        wrong: true,
        key: `scan ${code}`,
        stays: 15000,
        actions: [{ name: t("Try again"), run: () => this.scan(code) }],
      });
    }
  }

  /** @param {string} code */
  unknown(code) {
    errorSound();
    toast(t("No product has the code %(code)s.", { code }), {
      wrong: true,
      key: `scan ${code}`,
      stays: 12000,
      actions: [
        { name: t("Key price"), run: () => void this.keyItem(t("Code %(code)s", { code })) },
        {
          name: t("Search"),
          run: () => {
            byId("search", HTMLInputElement).value = "";
            byId("search").focus();
          },
        },
      ],
    });
  }

  pay() {
    this.payment.start();
  }

  /** @param {any} order */
  sold(order) {
    const before = this.series;
    this.series = order.series;
    this.chosen = null;
    this.hideCart();
    const note = before && before !== order.series ? t("This till had been set back to an older copy. It has begun a new series of receipts: %(series)s.", { series: order.series }) : "";
    okSound();
    this.done.show(order, note);
    setTimeout(() => void this.takeScans()); // what was scanned meanwhile begins the next sale
  }

  /** The server has said no. @param {Problem} problem */
  async refused(problem) {
    errorSound();
    const at = /^lines\.(\d+)/.exec(problem.field ?? "");
    const line = at ? this.store.cart.lines[Number(at[1])] : null;
    if (line) this.choose(line.id);
    if (problem.error === "total_differs" && (await this.reprice())) return;
    toast(t("Not sold. %(reason)s", { reason: problem.message }), { wrong: true, key: "refused", stays: 15000 });
  }

  /** Takes the catalogue's prices of now. @returns {Promise<boolean>} whether any was another */
  async reprice() {
    let changed = false;
    try {
      const { lines } = this.store.cart;
      const now = await Promise.all(lines.map((line) => (line.keyed || !line.product ? null : get(`api/products/${encodeURIComponent(line.product)}`))));
      const priced = lines.map((line, i) => {
        const price = now[i]?.price;
        if (!price || (price.amount === line.price.amount && (price.per ?? 1000) === (line.price.per ?? 1000))) return line;
        changed = true;
        return { ...line, price };
      });
      if (changed) this.change({ ...this.store.cart, lines: priced });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    }
    if (!changed) return false;
    const total = byId("total").textContent;
    toast(t("Prices have changed. The total is now %(total)s: check it, then pay.", { total }), { wrong: true, key: "refused", stays: 15000 });
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

new Till().start();
