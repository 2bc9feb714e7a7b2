/** Price lists: who they are for, when they hold, and their prices. */
import { get, post, put, Problem, root } from "../../api.js";
import { byId, h, icon } from "../../dom.js";
import { language, t, tn } from "../../i18n.js";
import { toast } from "../../toast.js";
import { Form } from "../company/form.js";
import { ruleSpecs } from "./rule-specs.js";
import { storesText } from "./kinds.js";
import "./long-rows.js";
import { holds } from "./when.js";

export class Lists {
  /** @param {any} given */
  constructor(given) {
    this.given = given;
    /** @type {any[]} */
    this.lists = given.lists;
    this.form = new Form(given);
    this.currency = { code: given.currency, digits: given.digits, locale: language };
  }

  start() {
    byId("list-add").addEventListener("click", () => this.make());
    this.draw();
  }

  draw() {
    byId("lists").replaceChildren(...this.lists.map((list) => this.#row(list)));
    byId("lists-none").hidden = this.lists.length > 0;
  }

  /** @param {any} list */
  #row(list) {
    const whom = [list.groups?.length ? t("for %(groups)s", { groups: list.groups.join(", ") }) : t("for everybody"), list.stores?.length ? storesText(list.stores, this.given.stores) : "", holds(list) || t("always")];
    return h(
      "li",
      { class: list.inactive ? "plan is-away" : "plan", dataset: { list: list.id } },
      h("div", {}, h("button", { type: "button", class: "row-button", on: { click: () => void this.open(list.id) } }, list.name), h("p", { class: "plan-when" }, whom.filter(Boolean).join(" · "))),
      list.inactive ? h("span", { class: "chip" }, t("Put aside")) : null,
      list.disputed ? h("a", { class: "chip", "data-level": "cut", href: `${root}conflicts/company/${encodeURIComponent(list.id)}` }, t("To decide")) : null,
      h("span", { class: "chip" }, tn("%(num)s price", "%(num)s prices", list.count)),
    );
  }

  /** @param {Record<string, string>} names @param {any} [list] */
  #specs(names, list) {
    const category = Object.fromEntries(this.given.categories.map((/** @type {any} */ one) => [one.id, one.name]));
    const told = (/** @type {string | null} */ id) => (id ? `${names[id] ?? category[id] ?? ""} ${id.slice(id.indexOf(":") + 1)}` : "");
    const large = (list?.prices?.length ?? 0) > MOST_ROWS;
    const prices = {
      name: "prices", label: t("Prices"), kind: large ? "long" : "rows", empty: [], text: (/** @type {any} */ row) => `${told(row.product)} ${told(row.category)}`, hint: t("Each row is for a product, for a category, or for everything where neither is named. A price, or so much per cent less than the catalogue’s."),
      parts: [
        { name: "product", label: t("Product"), kind: "pick", of: "product", single: true, names },
        { name: "category", label: t("or category"), kind: "pick", of: "category", all: this.given.categories, single: true, names: category },
        { name: "least", label: t("from this quantity on"), kind: "measure", nullable: true },
        { name: "price", label: t("Price"), kind: "price", nullable: true, empty: null },
        { name: "percent", label: t("or less by"), kind: "percent", nullable: true, empty: null },
      ],
    };
    const [first, ...rest] = ruleSpecs(this.given);
    return /** @type {any[]} */ ([first, prices, ...rest, { name: "note", label: t("Note"), kind: "text", max: 500, nullable: true, empty: null, wide: true }]);
  }

  make() {
    const { currency, digits } = this.given;
    this.form.open({
      title: t("New price list"),
      specs: this.#specs({}),
      values: null,
      name: t("Make the price list"),
      send: (body) => post("api/range/pricelist", { ...tidy(body), currency, digits }),
      done: ({ doc }) => this.#learn(doc, t("%(name)s was made.", { name: doc.name })),
    });
  }

  /** @param {string} id */
  async open(id) {
    try {
      const doc = await get(`api/range/pricelist/${encodeURIComponent(id)}`);
      this.form.open({
        title: doc.name,
        specs: this.#specs({ ...doc.names }, doc),
        values: doc,
        send: (body) => put(`api/range/pricelist/${encodeURIComponent(id)}`, tidy(body)),
        done: ({ doc: now }) => this.#learn(now, t("Saved: %(name)s", { name: now.name })),
        extra: [h("div", { class: "room-tools" }, h("a", { class: "button small", href: `${root}history/company/${encodeURIComponent(id)}` }, icon("clock"), t("History")))],
      });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("fault").textContent = problem.message;
    }
  }

  /** @param {any} doc @param {string} words */
  #learn(doc, words) {
    this.lists = [...this.lists.filter((list) => list.id !== doc.id), { ...doc, prices: null, names: null, count: doc.prices.length }];
    this.lists.sort((a, b) => Number(a.inactive) - Number(b.inactive) || a.name.localeCompare(b.name));
    this.draw();
    toast(words, { key: "saved" });
  }
}

/** Of a list with more rows than this, a part is shown at a time. */
const MOST_ROWS = 30;

/** What a row leaves empty is not sent. @param {any} body */
function tidy(body) {
  if (!body.prices) return body;
  return { ...body, prices: body.prices.map((/** @type {any} */ row) => Object.fromEntries(Object.entries({ ...row, least: row.least ?? 0 }).filter(([, value]) => value !== null))) };
}
