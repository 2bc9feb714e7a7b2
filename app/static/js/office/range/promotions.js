/** Promotions: made, changed, put aside, and tried on a cart before they hold. */
import { get, post, put, Problem, root } from "../../api.js";
import { startDialogs } from "../../dialogs.js";
import { boot, byId, h, icon } from "../../dom.js";
import { language, t, tn } from "../../i18n.js";
import { money } from "../../money.js";
import { toast } from "../../toast.js";
import { Form } from "../company/form.js";
import { storesText } from "./kinds.js";
import { ruleSpecs } from "./rule-specs.js";
import { Trial } from "./trial.js";
import { holds } from "./when.js";

/** Which fields each kind has besides those that all have. */
const OWN = /** @type {Record<string, string[]>} */ ({
  percent: ["percent", "scope", "limit"],
  amount: ["amount", "scope", "limit"],
  price: ["price", "scope", "limit"],
  buy: ["buy", "get", "percent", "get_products", "get_categories", "limit"],
  count: ["count", "price", "limit"],
  mix: ["parts", "price", "percent", "limit"],
});

class Promotions {
  constructor() {
    this.given = boot();
    /** @type {any[]} */
    this.rows = this.given.rows;
    this.currency = { code: this.given.currency, digits: this.given.digits, locale: language };
    this.form = new Form(this.given);
    startDialogs(() => false);
    byId("add").addEventListener("click", () => this.make("percent"));
    this.draw();
  }

  draw() {
    this.rows.sort((a, b) => Number(a.inactive) - Number(b.inactive) || (b.priority ?? 0) - (a.priority ?? 0) || a.name.localeCompare(b.name));
    byId("rows").replaceChildren(...this.rows.map((row) => this.#row(row)));
    byId("box").hidden = !this.rows.length;
    byId("empty").hidden = this.rows.length > 0;
  }

  get kinds() {
    return /** @type {[string, string][]} */ ([
      ["percent", t("Per cent off")],
      ["amount", t("An amount off each")],
      ["price", t("Each at a price")],
      ["buy", t("Buy some, get some")],
      ["count", t("So many for a price")],
      ["mix", t("A set of several for a price")],
    ]);
  }

  /** What it does, in a few words. @param {any} row */
  does(row) {
    const amount = (/** @type {number} */ value) => money(value, { ...this.currency, ...(row.currency ? { code: row.currency, digits: row.digits } : {}) });
    const percent = `${(row.percent ?? 0) / 10_000} %`;
    const words = /** @type {Record<string, () => string>} */ ({
      percent: () => (row.scope === "cart" ? t("%(amount)s off the whole cart", { amount: percent }) : t("%(percent)s off", { percent })),
      amount: () => (row.scope === "cart" ? t("%(amount)s off the whole cart", { amount: amount(row.amount) }) : t("%(amount)s off", { amount: amount(row.amount) })),
      price: () => t("for %(price)s", { price: amount(row.price.amount) }),
      buy: () => (row.percent ? t("buy %(buy)s, get %(get)s for %(percent)s less", { buy: row.buy, get: row.get, percent }) : t("buy %(buy)s, get %(get)s free", { buy: row.buy, get: row.get })),
      count: () => t("%(count)s for %(price)s", { count: row.count, price: amount(row.price.amount) }),
      mix: () => (row.price ? t("a set for %(price)s", { price: amount(row.price.amount) }) : t("a set for %(percent)s less", { percent })),
    });
    const called = (/** @type {string} */ id) => this.given.categories.find((/** @type {any} */ one) => one.id === id)?.name ?? id.slice(id.indexOf(":") + 1);
    const goods = [...(row.categories ?? []).map(called), ...(row.products?.length ? [tn("%(num)s product", "%(num)s products", row.products.length)] : [])].join(", ");
    return [words[row.kind]?.() ?? row.kind, goods, row.spend ? t("from %(amount)s on", { amount: amount(row.spend) }) : "", row.coupons?.length ? t("with a code") : ""].filter(Boolean).join(", ");
  }

  /** @param {any} row */
  #row(row) {
    const whom = [row.groups?.length ? t("for %(groups)s", { groups: row.groups.join(", ") }) : "", row.stores?.length ? storesText(row.stores, this.given.stores) : "", holds(row) || t("always")];
    return h(
      "li",
      { class: row.inactive ? "plan is-away" : "plan", dataset: { id: row.id } },
      h("div", {}, h("button", { type: "button", class: "row-button", on: { click: () => void this.open(row.id) } }, row.name), h("p", {}, this.does(row)), h("p", { class: "plan-when" }, whom.filter(Boolean).join(" · "))),
      row.inactive ? h("span", { class: "chip" }, t("Put aside")) : null,
      row.disputed ? h("a", { class: "chip", "data-level": "cut", href: `${root}conflicts/company/${encodeURIComponent(row.id)}` }, t("To decide")) : null,
    );
  }

  /** @param {string} kind @param {Record<string, string>} names @param {any} [values] */
  #specs(kind, names, values) {
    const { categories } = this.given;
    const several = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ of, hint = "") => ({ name, label, kind: "pick", of, all: categories, names, empty: [], hint });
    const all = /** @type {Record<string, any>} */ ({
      percent: { name: "percent", label: kind === "percent" ? t("Off") : t("Off (instead of a price, or of nothing to pay)"), kind: "percent", nullable: kind !== "percent", empty: null },
      amount: { name: "amount", label: t("Off each"), kind: "amount" },
      price: { name: "price", label: kind === "price" ? t("Each for") : t("Together for"), kind: "price", nullable: kind === "mix", empty: null },
      scope: { name: "scope", label: t("It is taken off"), kind: "choice", options: [["line", t("each of the goods")], ["cart", t("the whole cart, once")]], empty: "line" },
      buy: { name: "buy", label: t("Buy so many"), kind: "whole", low: 1, empty: 2 },
      get: { name: "get", label: t("get so many"), kind: "whole", low: 1, empty: 1 },
      get_products: several("get_products", t("What one gets: these products"), "product", t("Empty: the cheapest of those bought.")),
      get_categories: several("get_categories", t("or these categories"), "category"),
      count: { name: "count", label: t("So many"), kind: "whole", low: 1, empty: 3 },
      parts: {
        name: "parts", label: t("The set"), kind: "rows", empty: [{}, {}],
        parts: [several("products", t("One of these products"), "product"), several("categories", t("or of these categories"), "category"), { name: "count", label: t("How many"), kind: "whole", low: 1, empty: 1 }],
      },
      limit: { name: "limit", label: t("At most so often in a cart"), kind: "whole", low: 1, nullable: true, empty: null },
    });
    const [name, ...rule] = ruleSpecs(this.given);
    const meant = kind === "mix" ? [] : [several("products", t("Which products"), "product", t("Nothing named: everything.")), several("categories", t("Which categories"), "category")];
    return /** @type {any[]} */ ([
      name,
      { name: "kind", label: t("What it does"), kind: "choice", options: this.kinds, empty: kind, disabled: Boolean(values) },
      ...OWN[kind].map((each) => all[each]),
      ...meant,
      several("exclude_products", t("But not these products"), "product"),
      several("exclude_categories", t("But not these categories"), "category"),
      { name: "spend", label: t("From this amount on"), kind: "amount", nullable: true, empty: null },
      { name: "spend_on", label: t("that amount is of"), kind: "choice", options: [["meant", t("these goods")], ["cart", t("the whole cart")]], empty: "meant" },
      { name: "coupons", label: t("Only with one of these codes"), kind: "words", empty: [] },
      ...rule,
    ]);
  }

  /** @param {string} kind @param {any} [typed] what stands in the fields already */
  make(kind, typed = {}) {
    const specs = this.#specs(kind, typed.names ?? {}).map((spec) => (spec.name in typed && spec.name !== "kind" ? { ...spec, empty: typed[spec.name] ?? spec.empty } : spec));
    const trial = new Trial(this.given, () => this.#values());
    this.form.open({
      title: t("New promotion"),
      specs,
      values: null,
      name: t("Make the promotion"),
      send: (body) => post("api/range/promotion", this.#tidy(body)),
      done: ({ doc }) => this.learn(doc, t("%(name)s was made.", { name: doc.name })),
      extra: [trial.element],
    });
    const [, choice] = this.form.fields.find(([spec]) => spec.name === "kind") ?? [];
    choice?.element.querySelector("select")?.addEventListener("change", () => this.make(choice.read(), { name: this.form.value("name"), names: typed.names }));
  }

  /** What the fields say, as far as they can be read. */
  #values() {
    return this.#tidy(Object.fromEntries(this.form.fields.map(([spec, each]) => [spec.name, each.read()])));
  }

  /** @param {any} body */
  #tidy(body) {
    const { currency, digits } = this.given;
    const parts = body.parts?.map((/** @type {any} */ part) => Object.fromEntries(Object.entries(part).filter(([, value]) => !Array.isArray(value) || value.length)));
    const amounts = body.amount || body.price || body.spend ? { currency, digits } : {};
    return { ...body, ...(parts ? { parts } : {}), ...amounts };
  }

  /** @param {string} id */
  async open(id) {
    try {
      const doc = await get(`api/range/promotion/${encodeURIComponent(id)}`);
      const trial = new Trial(this.given, () => ({ ...doc, ...this.#values() }), id);
      this.form.open({
        title: doc.name,
        specs: this.#specs(doc.kind, { ...doc.names }, doc),
        values: doc,
        send: (body) => put(`api/range/promotion/${encodeURIComponent(id)}`, this.#tidy(body)),
        done: ({ doc: now }) => this.learn(now, t("Saved: %(name)s", { name: now.name })),
        extra: [trial.element, h("div", { class: "room-tools" }, h("a", { class: "button small", href: `${root}history/company/${encodeURIComponent(id)}` }, icon("clock"), t("History")))],
      });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("fault").textContent = problem.message;
    }
  }

  /** @param {any} doc @param {string} words */
  learn(doc, words) {
    this.rows = [...this.rows.filter((row) => row.id !== doc.id), doc];
    this.draw();
    toast(words, { key: "saved" });
  }
}

new Promotions();
