/**
 * What this till must not forget: its open carts, the sales under way, the numbers it has seen. A cart and its pending sale are one record of
 * IndexedDB, so that a sale that was acknowledged and its cart go in one write. A cart belongs to one window; the others of this till see it, and
 * may take it over. What a window writes is refused when the cart is no longer its own.
 *
 * A sale's id is on the disk before anything is sent under it: written when the payment opens, so that nobody waits for that. A page that finds
 * such an id and no request asks the server whether it was sold, before it offers the cart again; and pays it under this id, should it not be.
 *
 * @typedef {import("./cart.js").Cart} Cart
 * @typedef {{sale: string, request: any | null, since: string}} Pending a sale that was sent and not yet acknowledged; without a request: that may have been
 * @typedef {{sale: string, page: string, bound?: boolean}} Paying the id under which a cart is paid; bound: a page that is gone may have sent it
 * @typedef {{id: string, number: number, at: number, cart: Cart, pending: Pending | null, paying?: Paying | null, holder: string | null}} Kept
 * @typedef {{id: string, number: number, cart: Cart, pending: Pending | null, state: "open" | "own" | "free" | "elsewhere"}} Tab
 */
import { Problem } from "./api.js";
import { cartOf, emptyCart } from "./cart.js";
import { answered, openDatabase, within } from "./db.js";
import { t } from "./i18n.js";
import { ulid } from "./ulid.js";
import { Windows } from "./windows.js";

/** Milliseconds after which a sale under way is told of: one that is quick to be answered is drawn once, when it has ended. */
const LATE = 250;

/** Thrown inside a transaction: the cart is another window's by now, or was sold. */
class Lost extends Error {}

/** @param {Kept | undefined} record whether there is anything in it that a person would miss */
const matters = (record) => Boolean(record && (record.pending || record.cart.lines.length || record.cart.customer));

/** @param {Kept} record @returns {string | undefined} the id of a sale of it that may have been sent */
const saleOf = (record) => record.pending?.sale ?? record.pending?.request?.sale ?? record.paying?.sale;

export class TillStore extends EventTarget {
  /**
   * @param {string} terminal
   * @param {string | null} [demo] which run of a demo this is; one that started over is another shop, and what was kept of the old one goes
   */
  constructor(terminal, demo = null) {
    super();
    this.space = `couchtill.${terminal}`;
    this.seenKey = `${this.space}.seen`;
    this.demo = demo;
    this.windows = new Windows(this.space);
    /** This life of the window: a reload is another one, and knows nothing of what was sent. */
    this.page = ulid();
    /** The id of a sale on its way to the disk. @type {{sale: string, kept: Promise<boolean>} | null} */
    this.prepared = null;
    /** @type {IDBDatabase | null} null: this browser keeps nothing */
    this.db = null;
    /** @type {Map<string, Kept>} as last read */
    this.records = new Map();
    /** The open cart, which may be on no disk yet while it is empty. @type {Kept} */
    this.here = this.#blank();
    /** How often this window has written. */
    this.count = 0;
    /** @type {Promise<unknown>} writes in their order */
    this.writing = Promise.resolve();
  }

  /** Opens what was kept, and takes up this window's cart. */
  async start() {
    await this.windows.start();
    try {
      this.db = await openDatabase(this.space, 1, (db) => {
        db.createObjectStore("carts", { keyPath: "id" });
        db.createObjectStore("meta");
      });
      await this.#forgetOldDemo();
      await this.#migrate();
      await this.#read();
      await this.#takeUp();
    } catch (error) {
      console.error(error);
      this.db = null;
      this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
    }
    this.windows.addEventListener("told", () => void this.reload());
    this.windows.addEventListener("gone", () => void this.reload());
    // A page that the back button brings out of the cache still shows the past.
    addEventListener("pageshow", (event) => {
      if (event.persisted) void this.reload();
    });
  }

  get cart() {
    return this.here.cart;
  }

  /** @returns {Pending | null} */
  get pending() {
    const { pending, paying } = this.here;
    if (pending || !paying || paying.page === this.page) return pending;
    return { sale: paying.sale, request: null, since: "" };
  }

  /** All carts of this till in this browser, by number. @returns {Tab[]} */
  get tabs() {
    const all = new Map(this.records);
    all.set(this.here.id, this.here);
    return [...all.values()]
      .filter((record) => record.id === this.here.id || matters(record))
      .sort((a, b) => a.number - b.number || a.at - b.at)
      .map((record) => ({ ...record, state: this.#state(record) }));
  }

  /** @param {Kept} record @returns {Tab["state"]} */
  #state(record) {
    if (record.id === this.here.id) return "open";
    if (record.holder === this.windows.me) return "own";
    return this.windows.elsewhere(record.holder) ? "elsewhere" : "free";
  }

  /** @returns {Kept} a new cart of this window, on no disk yet */
  #blank() {
    const cart = emptyCart();
    const taken = new Set([...this.records.values()].filter(matters).map((record) => record.number));
    let number = 1;
    while (taken.has(number)) number++;
    return { id: cart.id, number, at: Date.now(), cart, pending: null, holder: this.windows.me };
  }

  /** The open cart, changed. @param {Cart} cart */
  update(cart) {
    this.here = { ...this.here, cart: { ...cart, id: this.here.id } };
    void this.#put(this.here);
    this.#changed();
  }

  /**
   * The open cart is about to be paid: the id of its sale is born, and goes to the disk.
   * @returns {string} the id
   */
  prepare() {
    let { paying } = this.here;
    if (!paying) {
      paying = { sale: ulid(), page: this.page };
      this.here = { ...this.here, paying };
    }
    if (this.prepared?.sale !== paying.sale) this.prepared = { sale: paying.sale, kept: this.#put(this.here, true) };
    return paying.sale;
  }

  /** The payment was left, and nothing sent. */
  leave() {
    const { paying, pending } = this.here;
    if (!paying || paying.bound || pending || paying.page !== this.page) return;
    this.here = { ...this.here, paying: null };
    void this.#put(this.here);
  }

  /**
   * A sale of the open cart begins, under the id of `prepare`, which is on the disk when this has come to its end: only then may it be sent.
   * Raises Problem when this browser can't keep it; then nothing may be sent.
   * @param {any} request
   */
  async begin(request) {
    const { sale } = request;
    const { id } = this.here;
    this.prepare();
    this.here = { ...this.here, pending: { sale, request, since: new Date().toISOString() } };
    if (await this.prepared?.kept) {
      // The request itself is a copy, for a window that is loaded anew: it goes to the disk behind the sale.
      setTimeout(() => this.here.pending?.sale === sale && void this.#put(this.here));
      return void setTimeout(() => this.pending && this.#changed(), LATE);
    }
    this.prepared = null;
    if (this.here.id === id) this.here = { ...this.here, pending: null };
    this.#changed();
    throw new Problem(400, { error: "not_kept", reason: t("This window could not keep the sale on its disk, so it was not sent. Make room, or open the till in one window.") });
  }

  /** The server has said no and written nothing: the cart is the person's again, and will be sold under a new id. */
  async giveUp() {
    const { paying } = this.here;
    this.here = { ...this.here, pending: null, paying: paying?.bound ? paying : null };
    await this.#put(this.here, true);
    this.#changed();
  }

  /** The server knows nothing of the sale whose request this window has lost: the cart is the person's again, and keeps that id. */
  async recover() {
    const { paying } = this.here;
    if (!paying || this.here.pending) return;
    this.here = { ...this.here, paying: { sale: paying.sale, page: this.page, bound: true } };
    await this.#put(this.here);
    this.#changed();
  }

  /** The sale is on the server's disk: it and its cart end together; where that is lost again, the server is asked. @param {string} sale */
  async settle(sale) {
    const { id, number } = this.here;
    const ours = saleOf(this.here) === sale;
    if (ours) this.records.delete(id);
    if (ours) this.here = { ...this.#blank(), number };
    if (this.db) {
      await this.#write(async (carts) => {
        for (const kept of /** @type {Kept[]} */ (await answered(carts.getAll()))) if (saleOf(kept) === sale) carts.delete(kept.id);
      });
      this.windows.tell("carts");
    }
    this.#note(this.here.id);
    this.#changed();
  }

  /** Opens another cart of this window, or one that no window has. @param {string} id @returns {Promise<boolean>} false: another window has it */
  async open(id) {
    if (id === this.here.id) return true;
    const record = this.records.get(id);
    if (!record || this.#state(record) === "elsewhere") return false;
    return this.take(id);
  }

  /** Opens a cart whoever has it: *Take over*. @param {string} id @returns {Promise<boolean>} */
  async take(id) {
    await this.writing;
    const claimed = await this.#write(async (carts) => {
      const kept = /** @type {Kept | undefined} */ (await answered(carts.get(id)));
      if (!kept) throw new Lost(id);
      const mine = { ...kept, holder: this.windows.me };
      carts.put(mine);
      return mine;
    });
    if (!claimed) {
      await this.reload();
      return false;
    }
    this.#leave();
    this.records.set(id, claimed);
    this.here = claimed;
    this.#note(id);
    this.windows.tell("carts");
    this.#changed();
    return true;
  }

  /** Opens a new cart beside the others. @param {Partial<Cart>} [begun] with what is in it, as a parked one that is taken up */
  add(begun) {
    this.#leave();
    this.here = this.#blank();
    this.#note(this.here.id);
    if (begun) this.update({ ...this.here.cart, ...begun });
    else this.#changed();
  }

  /** Puts the open cart away for good (it was parked, or is not wanted), and opens another. */
  async close() {
    const { id, number } = this.here;
    this.records.delete(id);
    const next = this.tabs.find((tab) => tab.id !== id && tab.state === "own");
    this.here = { ...this.#blank(), number };
    if (this.db) await this.#write((carts) => void carts.delete(id), true);
    this.windows.tell("carts");
    if (next) await this.open(next.id);
    else this.#changed();
  }

  /** Reads again what the windows have written. */
  async reload() {
    if (!this.db) return;
    let count;
    do {
      count = this.count;
      await this.writing;
      await this.#read();
    } while (count !== this.count); // what was written meanwhile is newer than what was read
    const kept = this.records.get(this.here.id);
    if (kept ? kept.holder !== this.windows.me : matters(this.here)) {
      // Taken over, or brought to its end elsewhere: this window goes on with another one.
      const next = [...this.records.values()].find((record) => record.holder === this.windows.me && matters(record));
      this.here = next ?? this.#blank();
      this.#note(this.here.id);
      this.dispatchEvent(new CustomEvent("lost", { detail: kept ?? null }));
    }
    // A window that died in the middle of a sale: whoever has nothing to do brings it to its end.
    const left = [...this.records.values()].find((record) => saleOf(record) && this.#state(record) === "free");
    if (left && !matters(this.here)) return void this.open(left.id);
    this.#changed();
  }

  /** Takes customers off every cart that is kept here, whichever window has it. @param {string[]} ids */
  async forgetCustomers(ids) {
    const theirs = (/** @type {Cart} */ cart) => Boolean(cart.customer && ids.includes(cart.customer.id));
    if (theirs(this.here.cart)) this.update({ ...this.here.cart, customer: null, invoice: null });
    await this.#write(async (carts) => {
      for (const kept of /** @type {Kept[]} */ (await answered(carts.getAll()))) if (theirs(kept.cart)) carts.put({ ...kept, cart: { ...kept.cart, customer: null, invoice: null } });
    });
    this.windows.tell("carts");
    await this.reload();
  }

  /** An empty cart that is left leaves nothing behind. */
  #leave() {
    if (matters(this.here)) this.records.set(this.here.id, this.here);
    else {
      const { id } = this.here;
      if (this.records.delete(id)) void this.#write((carts) => void carts.delete(id));
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} id remembers across a reload which cart is open here */
  #note(id) {
    sessionStorage.setItem(`${this.space}.open`, id);
  }

  async #read() {
    if (!this.db) return;
    const all = /** @type {Kept[]} */ (await within(this.db, "carts", "readonly", (tx) => answered(tx.objectStore("carts").getAll())));
    this.records = new Map(all.map((record) => [record.id, { ...record, cart: cartOf(record.cart) }]));
    await this.windows.look(all.map((record) => record.holder));
  }

  /** At the start: the cart that was open here, else one that its window left, else a new one. */
  async #takeUp() {
    const last = sessionStorage.getItem(`${this.space}.open`);
    const rank = (/** @type {Kept} */ record) =>
      (record.id === last ? 8 : 0) + (saleOf(record) ? 4 : 0) + (record.holder === this.windows.me ? 2 : 0);
    const ours = [...this.records.values()]
      .filter((record) => matters(record) && !this.windows.elsewhere(record.holder))
      .sort((a, b) => rank(b) - rank(a) || b.at - a.at);
    this.here = this.#blank();
    this.#note(this.here.id);
    for (const record of ours) if (await this.take(record.id)) break;
    const empty = [...this.records.values()].filter((record) => !matters(record) && !this.windows.elsewhere(record.holder));
    for (const { id } of empty) this.records.delete(id);
    if (empty.length) await this.#write((carts) => empty.forEach(({ id }) => carts.delete(id)));
  }

  /**
   * Writes a cart of this window. false: it is no longer this window's, or could not be written.
   * @param {Kept} record
   * @param {boolean} [durable]
   */
  async #put(record, durable = false) {
    this.count++;
    const fresh = !this.records.has(record.id);
    this.records.set(record.id, record);
    if (!this.db) return true;
    const written = await this.#write(async (carts) => {
      const asked = answered(carts.get(record.id));
      carts.put({ ...record, holder: this.windows.me }); // both at once: one way there and back less; what throws here undoes it
      const kept = /** @type {Kept | undefined} */ (await asked);
      if (kept ? kept.holder !== this.windows.me : !fresh) throw new Lost(record.id);
      return true;
    }, durable);
    if (written) this.windows.tell("carts");
    else void this.reload();
    return Boolean(written);
  }

  /**
   * One transaction over the carts, after all that were begun before.
   * @template T
   * @param {(carts: IDBObjectStore) => Promise<T> | T} work
   * @param {boolean} [durable]
   * @returns {Promise<T | null>} null: nothing was written
   */
  async #write(work, durable = false) {
    if (!this.db) return null;
    try {
      const done = within(this.db, "carts", "readwrite", (tx) => work(tx.objectStore("carts")), { durable });
      this.writing = Promise.allSettled([this.writing, done]);
      return await done;
    } catch (error) {
      if (!(error instanceof Lost)) this.dispatchEvent(new CustomEvent("trouble", { detail: error }));
      return null;
    }
  }

  /** Something beside the carts that this till goes on with when its server is away. @param {string} name @param {any} value */
  async keep(name, value) {
    if (!this.db) return;
    await within(this.db, "meta", "readwrite", (tx) => void tx.objectStore("meta").put(value, name)).catch(() => {}); // only a copy
  }

  /** @param {string} name @returns {Promise<any>} undefined: nothing was kept */
  async recall(name) {
    if (!this.db) return undefined;
    return within(this.db, "meta", "readonly", (tx) => answered(tx.objectStore("meta").get(name))).catch(() => undefined);
  }

  async #forgetOldDemo() {
    if (!this.demo || !this.db || localStorage.getItem("couchtill.demo") === this.demo) return;
    await this.#write((carts) => void carts.clear());
    for (const key of [`${this.space}.cart`, this.seenKey]) localStorage.removeItem(key);
    localStorage.setItem("couchtill.demo", this.demo);
  }

  /** What an older version kept in localStorage: one cart and its sale. */
  async #migrate() {
    const key = `${this.space}.cart`;
    const found = parse(localStorage.getItem(key));
    if (found?.cart?.lines?.length) {
      const record = { ...this.#blank(), pending: found.pending ?? null };
      const old = { ...found.cart, tenders: found.cart.tenders ?? found.cart.coupons ?? [], coupons: [] };
      record.cart = { ...cartOf(old), id: record.id };
      if ((await this.#write((carts) => (carts.put({ ...record, holder: null }), true), true)) === null) return;
    }
    localStorage.removeItem(key);
  }

  /**
   * The highest number that this window has seen of `series`, or of the last series it knew.
   * @param {string | null} series
   * @returns {{series: string, number: number, mark?: string} | null}
   */
  seen(series) {
    const all = this.#numbers();
    const known = series && series in all.numbers ? series : (series ?? all.last);
    if (!known) return null;
    const mark = all.marks?.[known];
    return { series: known, number: all.numbers[known] ?? 0, ...(mark ? { mark } : {}) };
  }

  /**
   * @param {{series: string, number: number, mark: string} | null | undefined} told as the terminal says it; without its mark a number counts
   *   for nothing there
   */
  note(told) {
    if (!told?.series || !Number.isSafeInteger(told.number)) return;
    const { series, number, mark } = told;
    const all = this.#numbers();
    if (number >= (all.numbers[series] ?? 0)) all.marks = { ...all.marks, [series]: mark };
    all.numbers[series] = Math.max(all.numbers[series] ?? 0, number);
    all.last = series;
    localStorage.setItem(this.seenKey, JSON.stringify(all));
  }

  /** @returns {{numbers: Record<string, number>, marks?: Record<string, string>, last: string | null}} */
  #numbers() {
    const found = parse(localStorage.getItem(this.seenKey));
    return found?.numbers ? found : { numbers: {}, last: null };
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
