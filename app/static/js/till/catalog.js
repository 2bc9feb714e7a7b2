/**
 * The shelf: categories, tiles to tap, and what a search finds. The server searches; an answer that is no longer asked for is dropped.
 */
import { get, Problem } from "../api.js";
import { byId, debounce, h } from "../dom.js";
import { hide, show } from "../dialogs.js";
import { t, tn } from "../i18n.js";
import { money } from "../money.js";
import { listed } from "../pricing/price.js";
import { face, paint } from "./faces.js";
import { nothingHere } from "./shelf-note.js";

/** @typedef {import("../cart.js").Product} Product */

/** Milliseconds of quiet before a search is sent. */
const PAUSE = 80;
const PAGE = 60;
/** More categories than this and a dialog shows them all. */
const CHIPS = 24;
/** "5*" before a product: five of it. */
const MULTIPLIER = /^\s*(\d{1,6})\s*[*×]\s*/;

export class Catalog {
  /**
   * @param {import("./frame.js").Frame} frame
   * @param {(product: Product) => void} choose
   */
  constructor(frame, choose) {
    this.frame = frame;
    this.currency = frame.currency;
    this.choose = choose;
    this.input = byId("search", HTMLInputElement);
    this.tiles = byId("tiles");
    this.results = byId("results");
    this.note = byId("shelf-note");
    /** @type {{id: string, name: string, count?: number, colour?: string}[]} */
    this.categories = [];
    /** @type {string | null} */
    this.category = null;
    /** @type {Product[]} */
    this.found = [];
    this.at = -1;
    /** @type {string | null} the text that `found` answers */
    this.answered = null;
    /** @type {string | null} */
    this.next = null;
    this.loading = false;
    this.stale = false;
    /** @type {AbortController | null} */
    this.asking = null;
    this.input.addEventListener("input", debounce(PAUSE, () => void this.#ask()));
    this.input.addEventListener("input", () => this.#typed());
    byId("search-clear").addEventListener("click", () => {
      this.clear();
      this.input.focus();
    });
    this.tiles.addEventListener("click", (event) => this.#tap(event));
    this.tiles.addEventListener("keydown", (event) => this.#arrows(event));
    this.results.addEventListener("click", (event) => this.#tap(event));
    byId("chips").addEventListener("click", (event) => {
      const chip = /** @type {HTMLElement} */ (event.target).closest("[data-category]");
      if (chip instanceof HTMLElement) void this.open(chip.dataset.category || null);
    });
    byId("all-categories").addEventListener("click", () => this.#all());
    byId("categories-filter").addEventListener("input", () => this.#grid());
    byId("categories-grid").addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-category]");
      if (!(button instanceof HTMLElement)) return;
      hide(byId("categories", HTMLDialogElement));
      void this.open(button.dataset.category || null);
    });
    new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void this.#more(), {
      root: byId("shelf"),
      rootMargin: "600px",
    }).observe(byId("shelf-end"));
  }

  /** Loads the categories and the first tiles. */
  async start() {
    await this.#loadCategories();
    await this.open(this.category);
  }

  async #loadCategories() {
    this.stale = false;
    try {
      this.categories = (await get("api/categories", { timeout: 5000 })).rows;
    } catch (problem) {
      if (!(problem instanceof Problem) || !problem.away) throw problem;
      this.categories = await this.frame.kept.categories();
      if (!this.categories.length) throw problem;
      this.stale = true;
    }
    this.#chips();
  }

  /** The catalogue has changed: what is shown is asked for anew, unless somebody is in the midst of it; then a little later. */
  async refresh() {
    this.stale = true;
    if (this.text || byId("shelf").scrollTop > 100) return;
    const focused = this.tiles.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.product : null;
    try {
      await this.#loadCategories();
      await this.search();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem; // the next change, or the server's return, asks again
    }
    if (!focused) return;
    const tile = this.tiles.querySelector(`[data-product="${CSS.escape(focused)}"]`);
    if (tile instanceof HTMLElement) tile.focus({ preventScroll: true });
  }

  /** The text to search for; "5*" before it is a quantity and no part of it. */
  get text() {
    return this.input.value.replace(MULTIPLIER, "").trim();
  }

  /** The quantity keyed before a product as "5*", taken away once used. @returns {number} thousandths */
  takeMultiplier() {
    const match = MULTIPLIER.exec(this.input.value);
    if (!match) return 1000;
    this.input.value = this.input.value.slice(match[0].length);
    this.#typed();
    return Math.max(1, Number(match[1])) * 1000;
  }

  clear() {
    this.input.value = "";
    this.#typed();
    void this.search();
    if (this.stale) void this.refresh();
  }

  /** @param {string | null} category */
  async open(category) {
    this.category = category;
    this.#chips();
    this.input.value = "";
    this.#typed();
    await this.search();
    byId("shelf").scrollTop = 0;
    if (this.stale) await this.refresh();
  }

  /** The field has changed, perhaps back to what is shown: a scan's digits come and go, and nothing is to be searched for. */
  async #ask() {
    if (this.text !== this.answered || this.stale) return this.search();
    this.asking?.abort();
    this.asking = null;
  }

  /** Asks the server for what the field says now. */
  async search() {
    const text = this.text;
    this.asking?.abort();
    if (!text && this.#home) {
      [this.found, this.next, this.answered, this.at, this.asking] = [[], null, "", -1, null];
      this.#render();
      return;
    }
    const asking = new AbortController();
    this.asking = asking;
    try {
      const answer = await get(this.#url(text, null), { signal: asking.signal });
      if (this.asking !== asking) return; // a later question is under way: this answer is stale
      this.found = answer.rows;
      this.next = answer.next;
      this.answered = text;
      this.at = text && this.found.length ? 0 : -1;
      this.#render();
    } catch (error) {
      if (asking.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      const kept = error.away ? await this.frame.kept.search(text, this.category, PAGE) : [];
      if (this.asking !== asking) return;
      [this.found, this.next, this.answered] = [kept, null, kept.length ? text : null];
      this.at = text && kept.length ? 0 : -1;
      this.stale = true;
      this.#render(kept.length ? undefined : error.message);
    }
  }

  /**
   * Shows these products to choose from, as if they had been searched for.
   * @param {string} text
   * @param {Product[]} products
   */
  offer(text, products) {
    this.asking?.abort();
    this.input.value = text;
    this.#typed();
    [this.found, this.next, this.answered, this.at] = [products, null, text, 0];
    this.#render();
    this.input.focus();
  }

  /** Whether the shelf shows categories: with this many, a page of all products by name helps nobody. */
  get #home() {
    return !this.category && this.categories.length > CHIPS;
  }

  /** Waits until the list shows what the field says. */
  async settle() {
    if (this.answered !== this.text) await this.search();
  }

  async #more() {
    if (this.loading || !this.next) return;
    this.loading = true;
    const { text, category } = { text: this.answered ?? "", category: this.category };
    try {
      const answer = await get(this.#url(text, this.next));
      if (text !== this.answered || category !== this.category) return;
      this.found.push(...answer.rows);
      this.next = answer.next;
      this.#append(answer.rows, this.found.length - answer.rows.length);
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // scrolling on asks again
    } finally {
      this.loading = false;
    }
  }

  /** @param {string} text @param {string | null} after */
  #url(text, after) {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (text) query.set("q", text);
    else if (this.category) query.set("category", this.category);
    if (after) query.set("after", after);
    return `api/products?${query}`;
  }

  /** The chosen result, if the list answers the field. @returns {Product | null} */
  get chosen() {
    return this.answered === this.text && this.at >= 0 ? (this.found[this.at] ?? null) : null;
  }

  /** @param {number} by */
  move(by) {
    if (!this.found.length || !this.text) return;
    this.at = Math.max(0, Math.min(this.found.length - 1, this.at + by));
    this.#mark();
  }

  #typed() {
    byId("search-clear").hidden = !this.input.value;
  }

  #mark() {
    for (const [i, element] of [...this.results.children].entries()) {
      element.setAttribute("aria-selected", String(i === this.at));
      if (i === this.at) element.scrollIntoView({ block: "nearest" });
    }
    const active = this.at >= 0 && this.text ? `result-${this.at}` : "";
    if (active) this.input.setAttribute("aria-activedescendant", active);
    else this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {string} [fault] */
  #render(fault) {
    const searching = Boolean(this.text);
    this.results.hidden = !searching || !this.found.length;
    this.tiles.hidden = searching;
    this.input.setAttribute("aria-expanded", String(!this.results.hidden));
    byId("chips-row").hidden = searching || !this.categories.length;
    this.results.replaceChildren();
    this.tiles.replaceChildren();
    this.#append(this.found, 0);
    const home = !searching && this.#home && !fault;
    if (home) this.tiles.append(...this.categories.map((category) => this.#categoryTile(category)));
    this.tiles.classList.toggle("tiles-home", home);
    this.note.hidden = this.found.length > 0 || home;
    if (!this.found.length) this.note.replaceChildren(...nothingHere(this.frame, { fault, text: this.text, category: this.category }));
  }

  /** This product is another one now: what shows it says so at once. @param {Product} product */
  learn(product) {
    const i = this.found.findIndex(({ id }) => id === product.id);
    if (i < 0) return;
    this.found[i] = product;
    (this.text ? this.results : this.tiles).children[i]?.replaceWith(this.text ? this.#result(product, i) : this.#tile(product, i));
  }

  /** @param {Product[]} products @param {number} from */
  #append(products, from) {
    if (this.text) {
      this.results.append(...products.map((product, i) => this.#result(product, from + i)));
      this.#mark();
    } else this.tiles.append(...products.map((product, i) => this.#tile(product, from + i)));
  }

  /** @param {Product} product */
  #price(product) {
    const own = listed({ price: product.price, planned: product.pricing?.planned }, this.frame.book.book.now);
    if (!own) return t("open price");
    const price = money(own.amount, this.currency);
    const per = own.per ?? 1000;
    return product.measured && product.unit && per === 1000 ? `${price} / ${product.unit}` : price;
  }

  /** @param {{id: string, name: string, count?: number, colour?: string}} category */
  #categoryTile(category) {
    const tile = h(
      "button",
      { type: "button", class: "tile tile-category", dataset: { category: category.id } },
      h("span", { class: "tile-name" }, category.name),
      h("span", { class: "tile-foot" }, h("span", {}, category.count ? tn("%(num)s product", "%(num)s products", category.count) : "")),
    );
    paint(tile, category.id, category.colour);
    return tile;
  }

  /** @param {Product} product @param {number} index */
  #tile(product, index) {
    return h(
      "button",
      { type: "button", class: "tile", dataset: { index, product: product.id }, title: product.name },
      face(product, "tile-face"),
      h("span", { class: "tile-name" }, product.name),
      h(
        "span",
        { class: "tile-foot" },
        h("span", { class: "tile-size" }, product.size ?? ""),
        h("span", { class: product.price ? "tile-price" : "tile-price open" }, this.#price(product)),
      ),
    );
  }

  /** @param {Product} product @param {number} index */
  #result(product, index) {
    return h(
      "li",
      { class: "result", role: "option", id: `result-${index}`, "aria-selected": "false", dataset: { index, product: product.id } },
      face(product, "result-face"),
      h(
        "span",
        { class: "result-name" },
        product.name,
        h("span", { class: "result-more" }, [product.size, product.category?.name, product.code].filter(Boolean).join(" · ")),
      ),
      h("span", { class: "result-price" }, this.#price(product)),
    );
  }

  /** @param {Event} event */
  #tap(event) {
    const element = /** @type {HTMLElement} */ (event.target).closest("[data-index], [data-category]");
    if (!(element instanceof HTMLElement)) return;
    if (element.dataset.category) return void this.open(element.dataset.category);
    this.at = Number(element.dataset.index);
    if (this.text) this.#mark();
    const product = this.found[this.at];
    if (product) this.choose(product);
  }

  /** Arrow keys walk over the tiles as they lie. @param {KeyboardEvent} event */
  #arrows(event) {
    const tiles = /** @type {HTMLElement[]} */ ([...this.tiles.children]);
    const here = tiles.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (here < 0) return;
    const columns = tiles.findIndex((tile, i) => i > 0 && tile.offsetTop > tiles[0].offsetTop);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns > 0 ? columns : 1, ArrowUp: columns > 0 ? -columns : -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    tiles[here + step]?.focus();
  }

  #chips() {
    const chip = (/** @type {string} */ id, /** @type {string} */ name) =>
      h("button", { type: "button", class: "chip", "aria-pressed": String((this.category ?? "") === id), dataset: { category: id } }, name);
    const shown = this.categories.slice(0, CHIPS);
    const chosen = this.categories.find((category) => category.id === this.category);
    if (chosen && !shown.includes(chosen)) shown.unshift(chosen);
    byId("chips").replaceChildren(chip("", t("All")), ...shown.map((category) => chip(category.id, category.name)));
    byId("chips").querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
    byId("all-categories").hidden = this.categories.length <= CHIPS;
    byId("chips-row").hidden = !this.categories.length || Boolean(this.text);
  }

  #all() {
    byId("categories-filter", HTMLInputElement).value = "";
    this.#grid();
    show(byId("categories", HTMLDialogElement));
  }

  #grid() {
    const wanted = byId("categories-filter", HTMLInputElement).value.trim().toLocaleLowerCase();
    byId("categories-grid").replaceChildren(
      ...this.categories
        .filter((category) => category.name.toLocaleLowerCase().includes(wanted))
        .map((category) => {
          const button = h(
            "button",
            { type: "button", class: "category", dataset: { category: category.id } },
            category.name,
            category.count ? h("small", {}, String(category.count)) : null,
          );
          paint(button, category.id, category.colour);
          return button;
        }),
    );
  }
}
