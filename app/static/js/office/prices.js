/**
 * Products and their prices. An edit names the revision that was seen: when somebody else was faster, both values are shown,
 * what was typed is kept, and a person chooses.
 */
import { get, Problem, put } from "../api.js";
import { byId, debounce, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { decimalText, money, parseDecimal } from "../money.js";
import { toast } from "../toast.js";

/** Milliseconds of quiet before a search is sent. */
const PAUSE = 80;

/** @typedef {import("../cart.js").Product & {rev: string}} Product */

export class Prices {
  /** @param {import("../money.js").Currency} currency */
  constructor(currency) {
    this.currency = currency;
    this.query = byId("price-query", HTMLInputElement);
    this.list = byId("prices");
    this.asked = 0;
  }

  start() {
    this.query.addEventListener("input", debounce(PAUSE, () => void this.search()));
    byId("price-search").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.search();
    });
    void this.search();
  }

  async search() {
    const asked = ++this.asked;
    const text = this.query.value.trim();
    try {
      const { rows } = await get(`api/products?${new URLSearchParams({ limit: "40", ...(text ? { q: text } : {}) })}`);
      if (asked !== this.asked) return;
      // A row that is being edited stays as it is: what was typed, and the revision that was seen.
      const edited = new Map([...this.list.querySelectorAll("li:has(form)")].map((row) => [/** @type {HTMLElement} */ (row).dataset.product, row]));
      const typing = document.activeElement;
      this.list.replaceChildren(...rows.map((/** @type {Product} */ product) => edited.get(product.id) ?? this.#row(product)));
      if (typing instanceof HTMLElement && this.list.contains(typing)) typing.focus(); // its row was put back, which took that away
      this.#none(rows.length ? "" : text ? t("Nothing found for “%(text)s”", { text }) : t("No products yet. They come with the first sync."));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (asked === this.asked) this.#none(problem.message);
    }
  }

  /** @param {string} words */
  #none(words) {
    byId("prices-none").textContent = words;
    byId("prices-none").hidden = !words;
  }

  /** @param {import("../money.js").Price | null} price @param {Product} product */
  #price(price, product) {
    if (!price) return t("open price");
    return money(price.amount, this.currency) + (product.measured && product.unit && (price.per ?? 1000) === 1000 ? ` / ${product.unit}` : "");
  }

  /** @param {Product} product */
  #row(product) {
    const row = h("li", { class: "price", dataset: { product: product.id } });
    this.#show(row, product);
    return row;
  }

  /** @param {HTMLElement} row @param {Product} product */
  #show(row, product) {
    const edit = h("button", { type: "button", class: "button small", on: { click: () => this.#edit(row, product) } }, t("Edit"));
    row.replaceChildren(
      h(
        "div",
        { class: "price-row" },
        h("div", { class: "price-name" }, h("strong", {}, product.name), h("small", {}, [product.size, product.category?.name].filter(Boolean).join(" · "))),
        h("span", { class: "price-now" }, this.#price(product.price, product)),
        h("a", { class: "tool tool-icon", href: `history/company/${encodeURIComponent(product.id)}`, "aria-label": t("History: %(name)s", { name: product.name }), title: t("History") }, icon("clock")),
        edit,
      ),
    );
    return edit;
  }

  /** @param {HTMLElement} row @param {Product} product */
  #edit(row, product) {
    this.#show(row, product).hidden = true;
    const { digits } = this.currency;
    const input = /** @type {HTMLInputElement} */ (
      h("input", { type: "text", inputmode: "decimal", value: product.price ? decimalText(product.price.amount, digits) : "", placeholder: t("open price") })
    );
    const fault = h("p", { class: "fault", role: "alert" });
    const done = (/** @type {Product} */ now) => this.#show(row, now).focus();
    const form = h(
      "form",
      {
        class: "price-edit",
        novalidate: true,
        autocomplete: "off",
        on: {
          submit: (/** @type {Event} */ event) => {
            event.preventDefault();
            void this.#save(row, form, product, input, fault);
          },
          keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && done(product),
        },
      },
      h("label", { class: "field" }, h("span", {}, t("New price")), input),
      h("button", { type: "submit", class: "button primary small" }, t("Save")),
      h("button", { type: "button", class: "button small", on: { click: () => done(product) } }, t("Cancel")),
      fault,
    );
    row.append(form);
    input.focus();
    input.select();
  }

  /**
   * @param {HTMLElement} row
   * @param {HTMLElement} form
   * @param {Product} product what the person saw
   * @param {HTMLInputElement} input
   * @param {HTMLElement} fault
   */
  async #save(row, form, product, input, fault) {
    const text = input.value.trim();
    const amount = text ? parseDecimal(text, this.currency.digits) : null;
    if (text && amount === null) {
      fault.textContent = t("Key an amount like %(example)s, or nothing for an open price.", { example: decimalText(10n ** BigInt(this.currency.digits) * 12n, this.currency.digits) });
      input.focus();
      return;
    }
    fault.textContent = "";
    form.querySelector(".clash")?.remove();
    const price = amount === null ? null : { amount: Number(amount), per: product.price?.per ?? 1000 };
    const save = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
    save.disabled = true;
    try {
      const now = await put(`api/products/${encodeURIComponent(product.id)}/price`, { rev: product.rev, price });
      this.#show(row, now).focus();
      toast(t("%(name)s costs %(price)s now. The tills learn it with their next sync.", { name: now.name, price: this.#price(now.price, now) }), { key: "price" });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 409 && problem.body.current) this.#clash(row, form, input, product, problem.body.current);
      else fault.textContent = problem.message;
    } finally {
      save.disabled = false;
    }
  }

  /**
   * Somebody else was faster: both values, and what was typed stays in the field.
   * @param {HTMLElement} row
   * @param {HTMLElement} form
   * @param {HTMLInputElement} input
   * @param {Product} seen
   * @param {Product & {updated_on?: string, updated_by?: string}} current
   */
  #clash(row, form, input, seen, current) {
    const by = current.updated_by || current.updated_on;
    const value = (/** @type {string} */ name, /** @type {string} */ text) => h("div", {}, h("dt", {}, name), h("dd", {}, text));
    const amount = parseDecimal(input.value, this.currency.digits);
    form.querySelector(".clash")?.remove();
    const clash = h(
      "div",
      { class: "clash", role: "alert" },
      h("span", {}, by ? t("%(who)s changed this product in the meantime. Nothing was written.", { who: by }) : t("This product was changed in the meantime. Nothing was written.")),
      h("dl", {}, value(t("You saw"), this.#price(seen.price, seen)), value(t("It is now"), this.#price(current.price, current))),
      h(
        "div",
        { class: "clash-buttons" },
        h(
          "button",
          {
            type: "button",
            class: "button primary small",
            on: { click: () => void this.#save(row, form, current, input, /** @type {HTMLElement} */ (form.querySelector(".fault"))) },
          },
          t("Save mine: %(price)s", { price: amount === null ? t("open price") : money(amount, this.currency) }),
        ),
        h("button", { type: "button", class: "button small", on: { click: () => this.#show(row, current).focus() } }, t("Keep %(price)s", { price: this.#price(current.price, current) })),
      ),
    );
    form.append(clash);
    input.focus();
  }
}
