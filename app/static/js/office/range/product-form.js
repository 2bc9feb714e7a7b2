/** A product's form: made, changed, copied, put aside; its codes are looked up in the other products. */
import { get, post, put, Problem, root } from "../../api.js";
import { h, icon } from "../../dom.js";
import { language, t } from "../../i18n.js";
import { money } from "../../money.js";
import { toast } from "../../toast.js";
import { Form } from "../company/form.js";
import { storesField } from "./kinds.js";
import "./picture.js";
import { from } from "./when.js";

/** @typedef {{id: string, name: string, inactive?: boolean}} Named */

export class ProductForm {
  /**
   * @param {{stores: Named[], categories: Named[], taxes: Named[], currency: string, digits: number}} given
   * @param {(doc: any) => void} done
   */
  constructor(given, done) {
    this.given = given;
    this.done = done;
    this.form = new Form(given);
  }

  /** @param {Record<string, string>} names @param {boolean} made it is there already */
  #specs(names, made) {
    const { stores, categories, taxes } = this.given;
    for (const one of categories) names[one.id] ??= one.name;
    const text = (/** @type {string} */ name, /** @type {string} */ label, /** @type {any} */ more = {}) => ({ name, label, kind: "text", max: 100, nullable: true, empty: null, ...more });
    return /** @type {any[]} */ ([
      text("name", t("Name"), { max: 200, required: true, nullable: false, empty: "" }),
      text("sku", t("Number (SKU)"), { max: 64, required: true, nullable: false, empty: "", disabled: made, hint: made ? t("It stays. Make a copy to give another one.") : t("It never changes.") }),
      { name: "price", label: t("Price"), kind: "price", nullable: true, empty: null, placeholder: t("open price"), hint: t("Empty: it is keyed at the till.") },
      { name: "category", label: t("Category"), kind: "pick", of: "category", all: categories, single: true, nullable: true, names },
      { name: "barcodes", label: t("Barcodes"), kind: "lines", empty: [], hint: t("One a line.") },
      { name: "sold_by", label: t("It is sold"), kind: "choice", options: [["unit", t("by the piece")], ["measure", t("by weight or measure")]], empty: "unit" },
      text("unit", t("Unit of measure"), { max: 20, placeholder: "kg" }),
      { name: "decimals", label: t("Decimals of the measure"), kind: "whole", low: 0, high: 3, empty: 3 },
      text("size", t("Size")),
      text("brand", t("Brand")),
      text("department", t("Department")),
      { name: "taxes", label: t("Taxes"), kind: "some", off: t("Those of the store"), options: taxes.map((tax) => [tax.id, tax.name]), empty: null, wide: true },
      storesField(stores, t("None chosen: every store, or those of its category.")),
      { name: "min_age", label: t("Only from this age on"), kind: "whole", low: 0, high: 150, nullable: true, empty: null },
      { name: "deposit", label: t("Deposit"), kind: "pick", of: "product", single: true, nullable: true, names, hint: t("The product that the deposit is.") },
      { name: "variant_of", label: t("Variant of"), kind: "pick", of: "product", single: true, nullable: true, names, hint: t("The tills show that product, and ask for the variant.") },
      text("variant", t("What tells it from the other variants"), { placeholder: t("red, XL") }),
      { name: "sort", label: t("Order among the variants"), kind: "whole", nullable: true, empty: null },
      {
        name: "units", label: t("Packings"), kind: "rows", empty: [], hint: t("A packing is sold as one thing, by a code or a price of its own."),
        parts: [
          { name: "name", label: t("Name"), kind: "text", max: 40, required: true },
          { name: "quantity", label: t("How many"), kind: "measure" },
          { name: "barcodes", label: t("Barcodes"), kind: "words", empty: [] },
          { name: "price", label: t("Price"), kind: "price", nullable: true, empty: null },
        ],
      },
      {
        name: "bundle", label: t("What a bundle holds"), kind: "rows", empty: [],
        parts: [
          { name: "product", label: t("Product"), kind: "pick", of: "product", single: true, names },
          { name: "quantity", label: t("How many"), kind: "measure" },
        ],
      },
      { name: "description", label: t("Description"), kind: "text", max: 4000, nullable: true, empty: null, wide: true },
      { name: "picture", label: t("Picture"), kind: "picture" },
      { name: "attributes", label: t("What else is known of it"), kind: "map", empty: {} },
    ]);
  }

  make(/** @type {any} */ like = null) {
    const names = { ...(like?.names ?? {}) };
    const values = like ? { ...like, sku: "", name: t("%(name)s (copy)", { name: like.name }), barcodes: [], units: (like.units ?? []).map((/** @type {any} */ unit) => ({ ...unit, barcodes: [] })) } : {};
    const specs = this.#specs(names, false).map((spec) => (spec.name in values ? { ...spec, empty: values[spec.name] ?? spec.empty } : spec));
    this.form.open({
      title: like ? t("Copy of %(name)s", { name: like.name }) : t("New product"),
      lead: like ? t("A barcode belongs to one product: the copy has none yet.") : undefined,
      specs,
      values: null,
      name: t("Make the product"),
      send: (body) => post("api/range/product", clean(body)),
      done: ({ doc }) => this.#saved(doc, t("%(name)s was made.", { name: doc.name })),
    });
    this.#watch("");
  }

  /** @param {string} id */
  async open(id) {
    const doc = await get(`api/range/product/${encodeURIComponent(id)}`);
    this.form.open({
      title: doc.name,
      lead: doc.inactive ? t("It was put aside: no till shows it, and who holds it can still buy it.") : undefined,
      specs: this.#specs({ ...doc.names }, true),
      values: doc,
      send: (body) => put(`api/range/product/${encodeURIComponent(id)}`, body),
      done: ({ doc: now }) => this.#saved(now, t("Saved: %(name)s", { name: now.name })),
      shown: (name, value) => (name === "price" ? (value ? String(value.amount / 10 ** this.given.digits) : t("open price")) : undefined),
      extra: this.#extra(doc),
    });
    this.#watch(id);
  }

  /** @param {any} doc */
  #extra(doc) {
    const link = (/** @type {string} */ href, /** @type {string} */ name, /** @type {string} */ symbol) => h("a", { class: "button small", href }, icon(symbol), name);
    const path = encodeURIComponent(doc.id);
    const currency = { code: this.given.currency, digits: this.given.digits, locale: language };
    const planned = doc.planned.map((/** @type {any} */ one) => h("p", { class: "note-planned" }, icon("clock"), h("a", { href: `${root}prices` }, `${from(one.starts, one.starts_at)}: ${money(one.price.amount, currency)}`)));
    return [
      ...planned,
      doc.disputed ? h("p", { class: "note-warn" }, icon("hand"), " ", h("a", { href: `${root}conflicts/company/${path}` }, t("Two places changed this product differently. Decide which holds."))) : null,
      ...doc.doubles.map((/** @type {any} */ double) => h("p", { class: "note-warn" }, icon("warn"), " ", t("%(code)s is also a code of “%(name)s”: a scan asks which one is meant.", double))),
      h(
        "div",
        { class: "room-tools" },
        h("button", { type: "button", class: "button small", on: { click: () => this.make(doc) } }, t("Make a copy")),
        h("button", { type: "button", class: doc.inactive ? "button small" : "button small danger", on: { click: () => void this.aside(doc, !doc.inactive) } }, doc.inactive ? t("Sell it again") : t("Put it aside")),
        link(`${root}prices?${new URLSearchParams({ product: doc.id, name: doc.name })}`, t("Plan another price"), "clock"),
        link(`${root}history/company/${path}`, t("History"), "note"),
      ),
    ];
  }

  /** @param {any} doc @param {boolean} inactive */
  async aside(doc, inactive) {
    try {
      const { doc: now } = await put(`api/range/product/${encodeURIComponent(doc.id)}`, { rev: doc.rev, inactive });
      this.form.dialog.close();
      this.done(now);
      toast(inactive ? t("%(name)s was put aside.", { name: now.name }) : t("%(name)s is sold again.", { name: now.name }), { actions: inactive ? [{ name: t("Undo"), run: () => void this.aside(now, false) }] : [] });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.form.fault.textContent = problem.message;
    }
  }

  /** Says at once when a code belongs to another product. @param {string} id */
  #watch(id) {
    const [, codes] = this.form.fields.find(([spec]) => spec.name === "barcodes") ?? [];
    const said = h("p", { class: "note-warn", role: "status", hidden: true });
    codes?.element.append(said);
    codes?.element.addEventListener("change", async () => {
      const query = new URLSearchParams([...codes.read().slice(0, 20).map((/** @type {string} */ code) => ["code", code]), ["id", id]]);
      const answer = await get(`api/range/doubles?${query}`).catch(() => ({ rows: [] })); // it is told again when it was saved
      said.textContent = answer.rows.map((/** @type {any} */ double) => t("%(code)s is also a code of “%(name)s”: a scan asks which one is meant.", double)).join(" ");
      said.hidden = !answer.rows.length;
    });
  }

  /** @param {any} doc @param {string} words */
  #saved(doc, words) {
    this.done(doc);
    toast(words, { key: "saved" });
    for (const double of doc.doubles.slice(0, 1)) toast(t("%(code)s is also a code of “%(name)s”: a scan asks which one is meant.", double), { wrong: true, stays: 12000, key: "double" });
  }
}

/** What was left empty is not sent: the server knows what is usual. @param {Record<string, any>} body */
const clean = (body) => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && !value.length)));
