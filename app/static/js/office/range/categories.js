/** Categories: what lies in what, their colours, the order of their tiles, and the stores that sell them. */
import { get, post, put, Problem, root } from "../../api.js";
import { byId, h, icon } from "../../dom.js";
import { t } from "../../i18n.js";
import { toast } from "../../toast.js";
import { storesField, storesText } from "./kinds.js";
import { ListPage } from "./list-page.js";

/** Between two categories that stand beside each other. */
const STEP = 10;

class Categories extends ListPage {
  constructor() {
    super();
    this.draw();
  }

  /** The tree, each row with how deep it lies: those of one parent by their order, then by name. */
  get tree() {
    const known = new Set(this.rows.map((row) => row.id));
    /** @type {Map<string, any[]>} */
    const below = new Map();
    for (const row of this.rows) {
      const parent = known.has(row.parent) ? row.parent : "";
      below.set(parent, [...(below.get(parent) ?? []), row]);
    }
    /** @type {{row: any, depth: number, beside: any[]}[]} */
    const found = [];
    const walk = (/** @type {string} */ parent, /** @type {number} */ depth) => {
      const beside = (below.get(parent) ?? []).sort((a, b) => (a.sort ?? 0) - (b.sort ?? 0) || a.name.localeCompare(b.name));
      for (const row of beside) {
        found.push({ row, depth, beside });
        if (depth < 20) walk(row.id, depth + 1);
      }
    };
    walk("", 0);
    return found;
  }

  draw() {
    byId("rows").replaceChildren(...this.tree.map((each) => this.#row(each)));
    byId("box").hidden = !this.rows.length;
    byId("empty").hidden = this.rows.length > 0;
  }

  /** @param {{row: any, depth: number, beside: any[]}} place */
  #row({ row, depth, beside }) {
    const at = beside.indexOf(row);
    const move = (/** @type {number} */ by, /** @type {string} */ name, /** @type {string} */ symbol, /** @type {boolean} */ can) =>
      h("button", { type: "button", class: "tool tool-icon", "aria-label": name, disabled: !can, dataset: { move: by }, on: { click: () => void this.#move(row, beside, at, by) } }, symbol === "up" ? h("span", { class: "turned" }, icon("down")) : icon(symbol));
    const swatch = h("span", { class: "swatch" });
    if (row.colour) swatch.style.background = row.colour;
    const place = h("div", { class: "cell-product" }, swatch, h("div", {}, h("button", { type: "button", class: "row-button", on: { click: () => this.edit(row) } }, row.name), row.disputed ? h("a", { class: "chip", "data-level": "cut", href: `${root}conflicts/company/${encodeURIComponent(row.id)}` }, t("To decide")) : null));
    place.style.paddingInlineStart = `${depth * 22}px`;
    return h(
      "tr",
      { class: row.inactive ? "is-away" : null, dataset: { id: row.id } },
      h("td", {}, place),
      h("td", { class: "number", "data-label": t("Products") }, h("a", { href: `${root}products?${new URLSearchParams({ category: row.id })}` }, String(this.given.counts[row.id] ?? 0))),
      h("td", { "data-label": t("Stores") }, storesText(row.stores, this.given.stores)),
      h("td", {}, move(-1, t("Move %(name)s up", row), "up", at > 0), move(1, t("Move %(name)s down", row), "down", at < beside.length - 1)),
    );
  }

  /** @param {any} [row] */
  #specs(row) {
    const others = this.tree.filter((each) => each.row.id !== row?.id && !this.#within(each.row, row)).map(({ row: each, depth }) => [each.id, `${"– ".repeat(depth)}${each.name}`]);
    return /** @type {any[]} */ ([
      { name: "name", label: t("Name"), kind: "text", max: 100, required: true, empty: "" },
      { name: "parent", label: t("Within"), kind: "choice", options: [[null, t("none: at the top")], ...others], empty: null },
      { name: "colour", label: t("Colour of its tile"), kind: "colour", empty: null },
      { name: "sort", label: t("Order"), kind: "whole", empty: 0, hint: t("The smaller one stands first.") },
      storesField(this.given.stores, t("None chosen: every store. A product may say otherwise.")),
      { name: "inactive", label: t("Put aside"), kind: "flag" },
    ]);
  }

  /** @param {any} row @param {any} upper */
  #within(row, upper) {
    const seen = new Set();
    for (let at = row; at && !seen.has(at.id); at = this.rows.find((each) => each.id === at.parent)) {
      if (at.id === upper?.id) return true;
      seen.add(at.id);
    }
    return false;
  }

  make() {
    this.form.open({ title: t("New category"), specs: this.#specs(), values: null, name: t("Make the category"), send: (body) => post("api/range/category", body), done: ({ doc }) => this.learn(doc, t("%(name)s was made.", { name: doc.name })) });
  }

  /** @param {any} row */
  edit(row) {
    const path = encodeURIComponent(row.id);
    this.form.open({
      title: row.name,
      specs: this.#specs(row),
      values: row,
      send: (body) => put(`api/range/category/${path}`, body),
      done: ({ doc }) => this.learn(doc, t("Saved: %(name)s", { name: doc.name })),
      extra: [h("div", { class: "room-tools" }, h("a", { class: "button small", href: `${root}history/company/${path}` }, icon("clock"), t("History")))],
    });
  }

  /** Changes places with the one before or behind it; where their orders are alike, all beside them get new ones. @param {any} row @param {any[]} beside @param {number} at @param {number} by */
  async #move(row, beside, at, by) {
    const order = [...beside];
    order.splice(at, 1);
    order.splice(at + by, 0, row);
    try {
      for (const [index, each] of order.entries()) {
        if (each.sort === (index + 1) * STEP) continue;
        const { doc } = await put(`api/range/category/${encodeURIComponent(each.id)}`, { rev: each.rev, sort: (index + 1) * STEP });
        this.rows = this.rows.map((one) => (one.id === doc.id ? doc : one));
      }
      byId("fault").textContent = "";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("fault").textContent = problem.message;
      this.rows = (await get("api/range/category").catch(() => ({ rows: this.rows }))).rows;
    }
    this.draw();
    /** @type {HTMLElement | null} */ (byId("rows").querySelector(`[data-id="${CSS.escape(row.id)}"] [data-move="${by}"]:not(:disabled), [data-id="${CSS.escape(row.id)}"] [data-move]:not(:disabled)`))?.focus();
  }

  /** @param {any} doc @param {string} words */
  learn(doc, words) {
    this.rows = [...this.rows.filter((row) => row.id !== doc.id), doc];
    this.draw();
    toast(words, { key: "saved" });
  }
}

new Categories();
