/** The store's price book in this window: from the server, kept for when it is away; and the cart's figures by it. */
import { get, post, Problem } from "../api.js";
import { pricingCart } from "../cart.js";
import { price, PricingError, storeNow } from "../pricing/price.js";

/** Milliseconds between two looks at the clock: an hour that makes things cheaper may have begun. */
const LOOK = 15_000;

export class Pricebook {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    /** As the server gave it. @type {any} */
    this.given = null;
    this.minute = "";
    /** The minute of the last look at the clock. */
    this.looked = "";
    /** The last planned change of prices that has begun. @type {string | undefined} */
    this.begun = undefined;
    /** The minute of this machine's clock, and the zone, for which `minute` holds. */
    this.clock = "";
    /** @type {{cart: any, book: any, priced: any} | null} the last answer */
    this.last = null;
    /** The server's own figures for a cart that it prices otherwise. @type {{cart: any, priced: any} | null} */
    this.ruled = null;
    /** @type {any} */
    this.current = null;
  }

  async start() {
    const { frame } = this;
    this.given = await frame.store.recall("pricebook");
    frame.hear("catalogue", (told) => {
      void this.load();
      // Planned prices and lists that came after a line: it must know of them when their time comes.
      if (told?.types?.includes("pricelist")) void frame.selling.relist();
    });
    frame.hear("back", () => {
      void this.load();
      void frame.selling.relist();
    });
    frame.hear("state", () => (this.last = null));
    setInterval(() => this.#tick(), LOOK);
    void this.load();
    void frame.selling.relist();
  }

  async load() {
    try {
      const given = await get("api/pricebook");
      this.given = given;
      this.minute = "";
      this.ruled = null;
      void this.frame.store.keep("pricebook", given);
      this.frame.selling.changed();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem; // away: the one that was kept counts
    }
  }

  #tick() {
    const { timezone } = this.given ?? {};
    if (!timezone) return;
    const now = storeNow(timezone);
    if (now.time === this.looked) return; // `minute` moves on with whoever asks for the book: the shelf, for one
    this.looked = now.time;
    const moment = `${now.date}T${now.time}`;
    const begun = this.given.changes?.findLast((/** @type {string} */ at) => at <= moment) ?? "";
    const turned = this.begun !== undefined && begun !== this.begun; // planned prices hold from here on: the shelf says so too
    this.begun = begun;
    if (turned || this.given.promotions?.length || this.given.lists?.length) this.frame.selling.changed();
    if (turned) void this.frame.catalog.refresh();
  }

  /** The book at this moment. */
  get book() {
    const { currency, state } = this.frame;
    const timezone = this.given?.timezone ?? state.timezone ?? "UTC";
    const clock = `${Math.floor(Date.now() / 60_000)} ${timezone}`; // telling the time of a zone takes longer than pricing a cart
    if (clock !== this.clock || !this.minute || !this.current || this.current.currency !== currency.code) {
      const now = storeNow(timezone);
      [this.clock, this.minute] = [clock, now.time];
      const bare = { tax_mode: "included", rounding: { scope: "line", mode: "half_away" }, taxes: {}, default_taxes: [], lists: [], promotions: [] };
      this.current = { ...bare, ...this.given, currency: currency.code, digits: currency.digits, now };
    }
    return this.current;
  }

  /** @param {import("../cart.js").Cart} cart */
  priced(cart) {
    if (this.ruled?.cart === cart) return this.ruled.priced;
    const { book } = this;
    if (this.last?.cart === cart && this.last.book === book) return this.last.priced;
    let priced;
    try {
      priced = price(pricingCart(cart), book);
    } catch (error) {
      if (!(error instanceof PricingError)) throw error;
      priced = { ...price({ lines: [] }, book), fault: error.code, line: error.line };
    }
    this.last = { cart, book, priced };
    return priced;
  }

  /**
   * The server's figures for the open cart count from here on, until it changes; a difference that stays is noted.
   * @param {import("../cart.js").Cart} cart
   */
  async rule(cart) {
    const shown = this.priced(cart);
    const priced = await post("api/price", { cart: pricingCart(cart) });
    if (priced.total === shown.total) return;
    this.ruled = { cart, priced };
  }
}
