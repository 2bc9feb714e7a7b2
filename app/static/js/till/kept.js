/**
 * The catalogue's copy in this browser: fetched in pages in the background, asked while the server is away, and first of all for a scanned code,
 * which the server confirms. A database of its own, so that throwing it away can't touch a cart.
 */
import { get, Problem } from "../api.js";
import { candidates, fits, misread, readings, takenApart, valued } from "../barcodes.js";
import { answered, openDatabase, within } from "../db.js";
import { t } from "../i18n.js";

/** @typedef {import("../cart.js").Product} Product */

/** The most products that are kept; milliseconds between two pages, and before a copy that is whole is fetched anew. */
const MOST = 100_000;
const BREATH = 150;
/** Products in one page of the copy, and in one write: a scan that comes meanwhile must not wait for either. */
const PAGE = 100;
const WRITE = 25;
/** Milliseconds without a key or a touch before the copy goes on; and the longest that it waits for that. */
const QUIET = 1000;
const LONGEST = 10_000;
const AGE = 10 * 60_000;

/** @param {string} text as it is searched: lower case, without accents */
const fold = (text) => text.toLocaleLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
/** @param {string} text @returns {string[]} */
const wordsOf = (text) => fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];

export class KeptCatalogue {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    /** @type {IDBDatabase | null} */
    this.db = null;
    this.fetching = false;
    this.again = false;
    /** Whether all of the catalogue is here, as far as this window has heard. */
    this.whole = false;
    /** Whether something new did not come, so that all is fetched the next time. */
    this.behind = false;
    /** When somebody last did something at this window. */
    this.touched = -QUIET;
  }

  async start() {
    const { frame } = this;
    for (const deed of ["keydown", "pointerdown"]) addEventListener(deed, () => (this.touched = performance.now()), { capture: true, passive: true });
    try {
      this.db = await openDatabase(`${frame.store.space}.catalogue`, 2, (db) => {
        for (const old of [...db.objectStoreNames]) db.deleteObjectStore(old); // it is a copy: fetched anew
        const products = db.createObjectStore("products", { keyPath: "id" });
        products.createIndex("codes", "codes", { multiEntry: true });
        products.createIndex("sku", "sku");
        products.createIndex("words", "words", { multiEntry: true });
        products.createIndex("shelf", ["shelf", "order"]);
        products.createIndex("round", "round");
        db.createObjectStore("meta");
      });
    } catch {
      return; // a browser that keeps nothing searches at the server only
    }
    this.whole = Boolean(await this.#meta("done").catch(() => null));
    frame.hear("catalogue", (news) => void this.refresh(news));
    frame.hear("back", () => void this.refresh(null, AGE));
    setTimeout(() => void this.refresh(null, AGE), 1500); // the page itself comes first
  }

  /**
   * Brings the copy up to date: a few products one by one, everything when that is not known or more than `age` old.
   * @param {{products: string[] | null} | null} news
   * @param {number} [age] milliseconds that a whole copy is good for
   */
  async refresh(news, age = 0) {
    if (!this.db) return;
    if (news) this.whole = false; // until what is new is here
    if (this.fetching) return void (this.again = true);
    this.fetching = true;
    try {
      const done = await this.#meta("done");
      if (news?.products && done) await this.#some(news.products);
      else if (!done || this.behind || Date.now() - done >= age) await this.#all();
      this.behind = false;
      this.whole = !this.again;
    } catch (problem) {
      this.behind = true;
      if (!(problem instanceof Problem)) console.warn("the catalogue's copy:", problem); // it is a copy: later
    } finally {
      this.fetching = false;
      const again = this.again;
      this.again = false;
      if (again) void this.refresh(null, 5000);
    }
  }

  /** @param {string[]} ids */
  async #some(ids) {
    for (const id of ids) {
      const product = await get(`api/products/${encodeURIComponent(id)}`).catch((problem) => {
        if (problem instanceof Problem && problem.status === 404) return null;
        throw problem;
      });
      const old = await this.#read((products) => products.get(id));
      if (product && !product.inactive) await this.#put([{ ...product, codes: old?.codes ?? [product.code].filter(Boolean), sku: old?.sku ?? "" }], (await this.#meta("round")) ?? 0, 0);
      else await within(this.#open, "products", "readwrite", (tx) => void tx.objectStore("products").delete(id));
    }
  }

  async #all() {
    const round = ((await this.#meta("round")) ?? 0) + 1;
    await this.#note("round", round);
    const { rows: categories } = await get("api/categories");
    await this.#note("categories", categories);
    let count = 0;
    for (let after = ""; count < MOST; ) {
      await this.#quiet();
      const page = await get(`api/catalogue?limit=${PAGE}${after ? `&after=${encodeURIComponent(after)}` : ""}`, { timeout: 60000 });
      await this.#put(page.rows, round, count);
      count += page.rows.length;
      if (!page.next) break;
      after = page.next;
      await new Promise((resolve) => setTimeout(resolve, BREATH));
    }
    await within(this.#open, "products", "readwrite", async (tx) => {
      // What this round did not bring is sold no more.
      const old = await answered(tx.objectStore("products").index("round").getAllKeys(IDBKeyRange.upperBound(round, true)));
      for (const key of old) tx.objectStore("products").delete(key);
    });
    await this.#note("done", Date.now());
  }

  get #open() {
    return /** @type {IDBDatabase} */ (this.db);
  }

  /** Waits until nobody is at work at this window. */
  async #quiet() {
    const since = performance.now();
    while (performance.now() - this.touched < QUIET && performance.now() - since < LONGEST) await new Promise((resolve) => setTimeout(resolve, QUIET / 4));
  }

  /** @param {any[]} rows @param {number} round @param {number} from place of the first among all */
  async #put(rows, round, from) {
    for (let at = 0; at < rows.length; at += WRITE) {
      await this.#putSome(rows.slice(at, at + WRITE), round, from + at);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  /** @param {any[]} rows @param {number} round @param {number} from */
  #putSome(rows, round, from) {
    return within(this.#open, "products", "readwrite", (tx) => {
      const products = tx.objectStore("products");
      rows.forEach((row, i) => {
        const units = (row.units ?? []).flatMap((/** @type {any} */ unit) => unit.barcodes ?? []);
        const codes = [...new Set([...(row.codes ?? []), ...units, row.code].filter(Boolean))];
        const words = [...new Set([...wordsOf(row.name), ...codes.map(fold)])];
        products.put({ ...row, codes, words, shelf: row.category?.id ?? "", order: fold(row.name), place: from + i, round });
      });
    });
  }

  /** @param {string} name */
  #meta(name) {
    return within(this.#open, "meta", "readonly", (tx) => answered(tx.objectStore("meta").get(name)));
  }

  /** @param {string} name @param {any} value */
  #note(name, value) {
    return within(this.#open, "meta", "readwrite", (tx) => void tx.objectStore("meta").put(value, name));
  }

  /** @param {(products: IDBObjectStore) => IDBRequest<any>} ask */
  #read(ask) {
    return within(this.#open, "products", "readonly", (tx) => answered(ask(tx.objectStore("products"))));
  }

  /**
   * What a code means, as the server would say: a product, a packing of it, or one with its weight or price in the code. Raises Problem for
   * a code that was misread.
   * @param {string} scanned
   * @returns {Promise<Product[]>}
   */
  async byCode(scanned) {
    if (!this.db) return [];
    const code = scanned.trim();
    for (const reading of readings(code)) {
      const found = await this.#withCode(reading);
      if (found.length) return found;
    }
    if (misread(code)) throw new Problem(400, { error: "bad_check_digit", reason: t("The check digit of %(code)s is wrong: scan it again.", { code }) });
    for (const rule of this.frame.book.given?.codes ?? []) {
      const found = fits(rule, code) ? await this.#embedded(rule, code) : [];
      if (found.length) return found;
    }
    return [];
  }

  /**
   * The one product that a code means without any question, where this copy is whole: what a line can be drawn from at once.
   * @param {string} scanned
   * @returns {Promise<Product | null>} null: the server is to say
   */
  async sure(scanned) {
    if (!this.db || !this.whole) return null;
    for (const reading of readings(scanned.trim())) {
      const [row, ...others] = await answered(this.db.transaction("products").objectStore("products").index("codes").getAll(reading, 2)).catch(() => []);
      if (!row) continue;
      const asks = others.length || row.open || !row.price || row.measured || row.variants || row.min_age || row.inactive || row.elsewhere;
      return asks || row.units?.some((/** @type {any} */ unit) => unit.barcodes?.includes(reading)) ? null : row;
    }
    return null;
  }

  /** @param {string} code */
  #withCode(code) {
    return this.#read((products) => products.index("codes").getAll(code, 20)).then((found) =>
      found.map((/** @type {any} */ row) => {
        const unit = (row.units ?? []).find((/** @type {any} */ each) => each.barcodes?.includes(code));
        if (!unit || row.code === code) return row;
        const price = unit.price ? { amount: unit.price.amount, per: unit.quantity } : undefined;
        return { ...row, quantity: unit.quantity, sold_unit: unit, ...(price ? { line_price: price, scanned: code } : {}) };
      }),
    );
  }

  /** @param {import("../barcodes.js").Rule} rule @param {string} code @returns {Promise<any[]>} */
  async #embedded(rule, code) {
    for (const tried of candidates(rule, code)) {
      const named = await this.#read((products) => products.index("sku").getAll(tried, 20));
      const coded = await this.#read((products) => products.index("codes").getAll(tried, 20));
      const found = [...new Map([...named, ...coded].map((row) => [row.id, row])).values()];
      if (!found.length) continue;
      return found.map((row) => {
        const meant = valued(rule, row, takenApart(rule, code)[1], this.frame.currency.digits);
        if (meant) return { ...row, ...meant, scanned: code };
        throw new Problem(400, { error: "no_value", reason: t("The code %(code)s holds no value: weigh the item again, or key it.", { code }) });
      });
    }
    return [];
  }

  /**
   * Products whose words begin as the words of `text` do; without any, those of a category, or the first by name.
   * @param {string} text
   * @param {string | null} category
   * @param {number} limit
   * @returns {Promise<Product[]>}
   */
  async search(text, category, limit) {
    if (!this.db) return [];
    const wanted = wordsOf(text);
    if (!wanted.length) {
      const here = (/** @type {any[]} */ rows) => rows.filter((row) => !row.elsewhere);
      if (category) return here(await this.#read((products) => products.index("shelf").getAll(IDBKeyRange.bound([category, ""], [category, "\uffff"]), limit)));
      return here(await this.#read((products) => products.getAll(null, limit)));
    }
    const [longest] = [...wanted].sort((a, b) => b.length - a.length);
    const found = await this.#read((products) => products.index("words").getAll(IDBKeyRange.bound(longest, `${longest}\uffff`), 2000));
    const matches = found.filter((/** @type {any} */ row) => !row.elsewhere && wanted.every((word) => row.words.some((/** @type {string} */ each) => each.startsWith(word))));
    return [...new Map(matches.map((/** @type {any} */ row) => [row.id, row])).values()].slice(0, limit);
  }

  /** @returns {Promise<any[]>} */
  async categories() {
    return this.db ? ((await this.#meta("categories")) ?? []) : [];
  }
}
