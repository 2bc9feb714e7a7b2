/** The products: found among all there are, filtered, opened, and many changed at once. */
import { get, Problem, root } from "../../api.js";
import { startDialogs } from "../../dialogs.js";
import { boot, byId, debounce, h, icon } from "../../dom.js";
import { language, t, tn } from "../../i18n.js";
import { money } from "../../money.js";
import { field } from "../company/fields.js";
import { storesText } from "./kinds.js";
import { ProductForm } from "./product-form.js";
import { Many } from "./products-many.js";

/** Milliseconds of quiet before a search is sent. */
const PAUSE = 120;
/** Rows of a page: while less of them have come, and there are more, they are asked for. */
const PAGE = 50;

class Products {
  constructor() {
    this.given = boot();
    this.currency = { code: this.given.currency, digits: this.given.digits, locale: language };
    /** @type {any[]} */
    this.rows = [];
    /** @type {Map<string, any>} */
    this.selected = new Map();
    this.next = null;
    this.turn = 0;
    /** @type {string[]} the categories that are looked in */
    this.wanted = [];
    this.started = false;
    this.body = byId("rows");
    this.form = new ProductForm(this.given, (doc) => this.learn(doc));
    this.many = new Many(this.given, () => [...this.selected.values()], () => (this.selected.clear(), void this.load()));
    startDialogs(() => false);
  }

  start() {
    const { categories, stores } = this.given;
    const names = Object.fromEntries(categories.map((/** @type {any} */ one) => [one.id, one.name]));
    /** @type {any} */
    const spec = { name: "category", label: t("Categories"), kind: "pick", of: "category", all: categories, browse: true, placeholder: t("All categories"), names, changed: (ids) => ((this.wanted = ids), this.started && void this.load()) };
    this.categories = field(spec, this.given);
    byId("category").replaceWith(this.categories.element);
    fill(byId("store"), [["", t("All stores")], ...stores.map((/** @type {any} */ one) => [one.id, one.name])]);
    byId("store").hidden = stores.length < 2;
    this.#recall();
    this.started = true;
    byId("query").addEventListener("input", debounce(PAUSE, () => void this.load()));
    byId("filters").addEventListener("submit", (event) => (event.preventDefault(), void this.load()));
    byId("filters").addEventListener("change", (event) => event.target instanceof HTMLSelectElement && void this.load());
    byId("more").addEventListener("click", () => void this.load(true));
    byId("add").addEventListener("click", () => this.form.make());
    byId("all").addEventListener("change", (event) => this.#all(/** @type {HTMLInputElement} */ (event.target).checked));
    byId("many-none").addEventListener("click", () => (this.selected.clear(), this.draw()));
    byId("many-change").addEventListener("click", () => this.many.open());
    this.body.addEventListener("click", (event) => this.#clicked(event));
    void this.load().then(() => {
      const wanted = new URLSearchParams(location.search).get("open");
      if (wanted) void this.open(wanted);
    });
  }

  #value(/** @type {string} */ id) {
    return /** @type {HTMLInputElement} */ (byId(id)).value;
  }

  /** What the address says, so that reload and back find the same list. */
  #recall() {
    const query = new URLSearchParams(location.search);
    for (const [name, id] of [["q", "query"], ["state", "state"], ["store", "store"]]) {
      const value = query.get(name);
      if (value) /** @type {HTMLInputElement} */ (byId(id)).value = value;
    }
    this.categories.set(query.getAll("category"));
  }

  /** @param {boolean} [further] */
  async load(further = false) {
    const turn = ++this.turn;
    const filter = { q: this.#value("query").trim(), state: this.#value("state"), store: this.#value("store") };
    const query = new URLSearchParams(Object.entries(filter).filter(([name, value]) => value && !(name === "state" && value === "sold")));
    for (const id of this.wanted) query.append("category", id);
    history.replaceState(history.state, "", query.size ? `?${query}` : location.pathname);
    if (further && this.next) query.set("after", this.next);
    try {
      let rows = further ? this.rows : [];
      const wanted = rows.length + PAGE;
      do {
        const answer = await get(`api/range/products?${query}`);
        if (turn !== this.turn) return;
        rows = [...rows, ...answer.rows];
        this.next = answer.next;
        byId("fault").textContent = "";
        if (answer.next) query.set("after", answer.next);
        if (answer.rows.length || !answer.next) {
          this.rows = rows;
          this.draw();
        }
      } while (this.next && rows.length < wanted); // where few of many fit, one answer looks at a part of them
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (turn === this.turn) byId("fault").textContent = problem.message;
    }
  }

  draw() {
    this.body.replaceChildren(...this.rows.map((row) => this.#row(row)));
    byId("box").hidden = !this.rows.length;
    byId("more-box").hidden = !this.next;
    byId("empty").hidden = this.rows.length > 0;
    const none = !this.given.count;
    byId("empty-title").textContent = none ? t("No product yet") : t("Nothing fits.");
    byId("empty-text").textContent = none ? t("Make the first one, or import a file of many.") : t("Search for something else, or show all.");
    byId("many").hidden = !this.selected.size;
    byId("many-count").textContent = tn("%(num)s product selected", "%(num)s products selected", this.selected.size);
    const all = byId("all", HTMLInputElement);
    all.checked = this.rows.length > 0 && this.rows.every((row) => this.selected.has(row.id));
    all.indeterminate = !all.checked && this.selected.size > 0;
  }

  /** @param {any} row */
  #row(row) {
    const { stores } = this.given;
    const price = row.price ? money(row.price.amount, this.currency) + (row.measured && row.unit ? ` / ${row.unit}` : "") : t("open price");
    const chips = [
      row.inactive ? h("span", { class: "chip" }, t("Put aside")) : null,
      row.disputed ? h("a", { class: "chip", "data-level": "cut", href: `${root}conflicts/company/${encodeURIComponent(row.id)}` }, t("To decide")) : null,
      row.bundle ? h("span", { class: "chip" }, t("Bundle")) : null,
      row.variant_of ? h("span", { class: "chip" }, t("Variant")) : null,
    ];
    const box = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", "aria-label": t("Select %(name)s", { name: row.name }) }));
    box.checked = this.selected.has(row.id);
    return h(
      "tr",
      { class: row.inactive ? "is-away" : null, dataset: { id: row.id } },
      h("td", { class: "cell-box" }, box),
      h("td", {}, h("div", { class: "cell-product" }, row.picture ? h("img", { src: root + row.picture, alt: "", loading: "lazy" }) : h("span", { class: "cell-face" }, icon("box")), h("div", {}, h("button", { type: "button", class: "row-button" }, row.name), h("small", {}, [row.size].filter(Boolean).join(" ")), ...chips.filter((one) => one !== null)))),
      h("td", { "data-label": t("Number and code") }, h("span", {}, row.sku, h("small", {}, row.code && row.code !== row.sku ? row.code : ""))),
      h("td", { "data-label": t("Category") }, row.category_name || "—"),
      h("td", { class: "number", "data-label": t("Price") }, price),
      h("td", { "data-label": t("Stores") }, storesText(row.stores, stores)),
    );
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const id = target.closest("tr")?.dataset.id;
    if (!id) return;
    if (target instanceof HTMLInputElement) {
      const row = this.rows.find((each) => each.id === id);
      if (target.checked) this.selected.set(id, row);
      else this.selected.delete(id);
      this.draw();
      /** @type {HTMLElement | null} */ (this.body.querySelector(`[data-id="${CSS.escape(id)}"] input`))?.focus({ preventScroll: true });
    } else if (target.closest(".row-button")) void this.open(id);
  }

  /** @param {boolean} on */
  #all(on) {
    for (const row of this.rows) {
      if (on) this.selected.set(row.id, row);
      else this.selected.delete(row.id);
    }
    this.draw();
  }

  /** @param {string} id */
  async open(id) {
    try {
      await this.form.open(id);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("fault").textContent = problem.message;
    }
  }

  /** What a form has written stands in the list at once. @param {any} doc */
  learn(doc) {
    this.given.count = Math.max(1, this.given.count);
    void this.load().then(() => {
      /** @type {HTMLElement | null} */ (this.body.querySelector(`[data-id="${CSS.escape(doc.id)}"] .row-button`))?.focus({ preventScroll: true });
    });
  }
}

/** @param {HTMLElement} select @param {string[][]} options */
function fill(select, options) {
  select.replaceChildren(...options.map(([value, name]) => h("option", { value }, name)));
}

new Products().start();
