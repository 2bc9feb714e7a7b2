/** Taxes: their rates, and the stores where each applies. */
import { post, put, root } from "../../api.js";
import { byId, h, icon } from "../../dom.js";
import { t } from "../../i18n.js";
import { decimalText } from "../../money.js";
import { toast } from "../../toast.js";
import { storesField, storesText } from "./kinds.js";
import { ListPage } from "./list-page.js";

/** Millionths as per cent. @param {number} rate */
const percent = (rate) => `${decimalText(rate, 4).replace(/\.?0+$/, "") || "0"} %`;

class Taxes extends ListPage {
  constructor() {
    super();
    this.draw();
  }

  draw() {
    this.rows.sort((a, b) => Number(a.inactive) - Number(b.inactive) || a.name.localeCompare(b.name));
    byId("rows").replaceChildren(...this.rows.map((row) => this.#row(row)));
    byId("box").hidden = !this.rows.length;
    byId("empty").hidden = this.rows.length > 0;
  }

  /** @param {any} row */
  #row(row) {
    return h(
      "tr",
      { class: row.inactive ? "is-away" : null, dataset: { id: row.id } },
      h("td", {}, h("button", { type: "button", class: "row-button", on: { click: () => this.edit(row) } }, row.name), row.inactive ? h("span", { class: "chip" }, t("Put aside")) : null, row.disputed ? h("a", { class: "chip", "data-level": "cut", href: `${root}conflicts/company/${encodeURIComponent(row.id)}` }, t("To decide")) : null),
      h("td", { class: "number", "data-label": t("Rate") }, percent(row.rate)),
      h("td", { "data-label": t("Stores") }, storesText(row.stores, this.given.stores)),
      h("td", {}, h("a", { class: "tool tool-icon", href: `${root}history/company/${encodeURIComponent(row.id)}`, "aria-label": t("History: %(name)s", { name: row.name }) }, icon("clock"))),
    );
  }

  #specs() {
    return /** @type {any[]} */ ([
      { name: "name", label: t("Name"), kind: "text", max: 60, required: true, empty: "", hint: t("It stands on the receipts.") },
      { name: "rate", label: t("Rate"), kind: "rate" },
      storesField(this.given.stores, t("None chosen: every store.")),
      { name: "inactive", label: t("Put aside: it is charged no more"), kind: "flag" },
    ]);
  }

  make() {
    this.form.open({ title: t("New tax"), specs: this.#specs(), values: null, name: t("Make the tax"), send: (body) => post("api/range/tax", body), done: ({ doc }) => this.learn(doc, t("%(name)s was made.", { name: doc.name })) });
  }

  /** @param {any} row */
  edit(row) {
    this.form.open({
      title: row.name,
      lead: t("A new rate holds at each till from the moment that it arrives there. What was sold keeps its own."),
      specs: this.#specs(),
      values: row,
      send: (body) => put(`api/range/tax/${encodeURIComponent(row.id)}`, body),
      done: ({ doc }) => this.learn(doc, t("Saved: %(name)s", { name: doc.name })),
    });
  }

  /** @param {any} doc @param {string} words */
  learn(doc, words) {
    this.rows = [...this.rows.filter((row) => row.id !== doc.id), doc];
    this.draw();
    toast(words, { key: "saved" });
  }
}

new Taxes();
