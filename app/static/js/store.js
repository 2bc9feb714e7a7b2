/**
 * What this window must not forget: the cart, a sale under way, the numbers it has seen. One localStorage entry for cart and sale, so that a
 * sale that was acknowledged and its cart go in one write. Windows of one till share it and follow each other.
 *
 * @typedef {import("./cart.js").Cart} Cart
 * @typedef {{request: any, since: string}} Pending a sale that was sent and not yet acknowledged
 * @typedef {{cart: Cart, sale: string | null, pending: Pending | null}} Kept
 */
import { emptyCart } from "./cart.js";

/** @returns {Kept} */
const blank = () => ({ cart: emptyCart(), sale: null, pending: null });

export class TillStore extends EventTarget {
  /**
   * @param {string} terminal
   * @param {string | null} [demo] which run of a demo this is; one that started over is another shop, and what was kept of the old one goes
   */
  constructor(terminal, demo = null) {
    super();
    this.key = `couchtill.${terminal}.cart`;
    this.seenKey = `couchtill.${terminal}.seen`;
    if (demo && localStorage.getItem("couchtill.demo") !== demo) {
      for (const key of [this.key, this.seenKey]) localStorage.removeItem(key);
      localStorage.setItem("couchtill.demo", demo);
    }
    this.kept = this.#read();
    addEventListener("storage", (event) => {
      if (event.key === this.key) this.reload();
    });
    // A page that the back button brings out of the cache still shows the past.
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.reload();
    });
  }

  get cart() {
    return this.kept.cart;
  }

  get pending() {
    return this.kept.pending;
  }

  get sale() {
    return this.kept.sale;
  }

  /** The open cart, changed. @param {Cart} cart */
  update(cart) {
    this.#write({ cart });
  }

  /**
   * A sale of the open cart begins: its request is on the disk when this has come to its end, and only then may it be sent.
   * @param {any} request
   */
  async begin(request) {
    this.#write({ sale: request.sale, pending: { request, since: new Date().toISOString() } });
  }

  /** The server has said no and written nothing: the cart is the person's again, and will be sold under a new id. */
  async giveUp() {
    this.#write({ pending: null, sale: null });
  }

  /** @param {Partial<Kept>} change */
  #write(change) {
    this.kept = { ...this.kept, ...change };
    localStorage.setItem(this.key, JSON.stringify(this.kept));
    this.dispatchEvent(new Event("change"));
  }

  reload() {
    this.kept = this.#read();
    this.dispatchEvent(new Event("change"));
  }

  /** The sale is on the server's disk: it and its cart end together. @param {string} sale */
  async settle(sale) {
    if (this.pending?.request.sale === sale) this.#write(blank());
  }

  /**
   * The highest number that this window has seen of `series`, or of the last series it knew.
   * @param {string | null} series
   * @returns {{series: string, number: number} | null}
   */
  seen(series) {
    const all = this.#numbers();
    const known = series && series in all.numbers ? series : (series ?? all.last);
    if (!known) return null;
    return { series: known, number: all.numbers[known] ?? 0 };
  }

  /**
   * @param {string | null | undefined} series
   * @param {number | null | undefined} number
   */
  note(series, number) {
    if (!series || !Number.isSafeInteger(number)) return;
    const all = this.#numbers();
    all.numbers[series] = Math.max(all.numbers[series] ?? 0, /** @type {number} */ (number));
    all.last = series;
    localStorage.setItem(this.seenKey, JSON.stringify(all));
  }

  /** @returns {{numbers: Record<string, number>, last: string | null}} */
  #numbers() {
    const found = parse(localStorage.getItem(this.seenKey));
    return found?.numbers ? found : { numbers: {}, last: null };
  }

  /** @returns {Kept} */
  #read() {
    const found = parse(localStorage.getItem(this.key));
    return found?.cart && Array.isArray(found.cart.lines) ? { ...blank(), ...found, cart: { ...emptyCart(), ...found.cart, tenders: found.cart.tenders ?? [] } } : blank();
  }
}

/** @param {string | null} text */
function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null; // not ours, or cut short by a crash of the browser: begin anew rather than show nothing
  }
}
