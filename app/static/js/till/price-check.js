/** What does this cost? A scan or a name shows the price, and nothing is put into the cart; here it can be changed, too. */
import { get, Problem } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId, h, icon } from "../dom.js";
import { language, t } from "../i18n.js";
import { money, quantityText } from "../money.js";
import { changePrice } from "./price-change.js";

export class PriceCheck {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.dialog = byId("price-check", HTMLDialogElement);
    this.input = byId("price-check-code", HTMLInputElement);
    this.answer = byId("price-check-answer");
    this.asked = 0;
    /** What is shown was asked for by this, and whether from a tile. @type {(() => Promise<any[]>) | null} */
    this.again = null;
    this.ofTile = false;
  }

  start() {
    this.frame.actions.add({ id: "price-check", name: t("Price check"), icon: "tag", place: "more", run: () => this.open() });
    byId("price-check-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.look(this.input.value);
    });
    this.input.addEventListener("scan", (event) => void this.look(/** @type {CustomEvent} */ (event).detail));
    // A long press on a tile, or the other button of the mouse.
    byId("tiles").addEventListener("contextmenu", (event) => {
      const tile = /** @type {HTMLElement} */ (event.target).closest("[data-product]");
      if (!(tile instanceof HTMLElement) || !tile.dataset.product) return;
      event.preventDefault();
      this.open();
      const { product: id } = tile.dataset;
      this.ofTile = true;
      void this.#show(() => this.#kinds([{ id, variants: true }]), tile.title).then(() => this.answer.querySelector("button")?.focus());
    });
    // A price that somebody else changes, or decides about, while it is looked at.
    this.frame.hear("catalogue", () => this.dialog.open && this.again && void this.#show(this.again, "", true));
  }

  open() {
    this.input.value = "";
    this.answer.replaceChildren();
    this.again = null;
    this.ofTile = false;
    show(this.dialog);
    this.input.focus();
  }

  /** @param {string} text */
  async look(text) {
    const code = text.trim();
    if (!code) return;
    this.input.select();
    await this.#show(() => this.#find(code), code);
  }

  /** @param {() => Promise<any[]>} find @param {string} code @param {boolean} [quiet] it is shown already: a failure says nothing */
  async #show(find, code, quiet = false) {
    const asked = ++this.asked;
    try {
      const rows = await find();
      if (asked !== this.asked) return;
      this.again = find;
      if (quiet && !rows.length) return;
      const focused = this.answer.contains(document.activeElement);
      if (!rows.length) this.frame.sound.error();
      this.answer.replaceChildren(...(rows.length ? rows.slice(0, 5).map((row) => this.#row(row)) : [h("p", {}, t("Nothing is found for “%(code)s”.", { code }))]));
      if (focused) this.answer.querySelector("button")?.focus();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (quiet) return;
      this.frame.sound.error();
      if (asked === this.asked) this.answer.replaceChildren(h("p", { class: "fault" }, problem.message));
    }
  }

  /** @param {string} code @returns {Promise<any[]>} */
  async #find(code) {
    try {
      return (await get(`api/barcode/${encodeURIComponent(code)}`)).rows;
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status !== 404) throw problem;
    }
    return this.#kinds((await get(`api/products?limit=5&q=${encodeURIComponent(code)}`)).rows);
  }

  /** What of its kind there is, where a product has variants; else the product. @param {any[]} rows @returns {Promise<any[]>} */
  async #kinds(rows) {
    const kinds = await Promise.all(
      rows.map(async (row) => {
        if (!row.variants) return [row];
        const { product, rows: kinds } = await get(`api/products/${encodeURIComponent(row.id)}/variants`);
        return kinds.length ? kinds : [product];
      }),
    );
    return kinds.flat();
  }

  /** @param {any} row */
  #row(row) {
    const { currency } = this.frame;
    const cost = row.line_price ?? row.price;
    const per = row.line_price ? 1000 : (row.price?.per ?? 1000);
    const unit = row.measured ? ` / ${per === 1000 ? "" : `${quantityText(per, language)} `}${row.unit || t("unit")}` : "";
    const price = cost ? h("span", { class: "price-check-price" }, money(BigInt(cost.amount), currency), unit && !row.line_price ? h("small", {}, unit) : null) : h("p", {}, t("The price is keyed at the sale."));
    const about = [row.size, row.variant, row.code, row.category?.name, row.inactive ? t("no longer sold") : ""].filter(Boolean).join(" · ");
    const offers = (row.pricing?.prices ?? []).map((/** @type {any} */ offer) => {
      const from = offer.from > 1000 ? t("from %(quantity)s", { quantity: quantityText(offer.from, language) }) : "";
      return [t("Price list"), from, money(BigInt(offer.price.amount), currency)].filter(Boolean).join(" · ");
    });
    const units = (row.units ?? []).map((/** @type {any} */ each) => `${each.name}: ${each.price ? money(BigInt(each.price.amount), currency) : quantityText(each.quantity, language)}`);
    const shown = h(
      "div",
      { class: "price-check-row" },
      h("strong", {}, row.sold_unit ? `${row.name}, ${row.sold_unit.name}` : row.name),
      price,
      row.quantity && row.measured ? h("small", {}, `${quantityText(row.quantity, language)} ${row.unit ?? ""}`) : null,
      about ? h("small", {}, about) : null,
      row.min_age ? h("small", {}, t("From %(age)s years", { age: row.min_age })) : null,
      units.length || offers.length ? h("div", { class: "price-check-units" }, ...[...units, ...offers].map((text) => h("span", {}, text))) : null,
      h("button", { type: "button", class: "button price-check-change", on: { click: () => void this.#change(shown, row) } }, icon("pen"), t("Change the price")),
    );
    return shown;
  }

  /** @param {HTMLElement} shown @param {any} row */
  async #change(shown, row) {
    const now = await changePrice(this.frame, row);
    if (!now) return;
    if (this.ofTile) return hide(this.dialog); // the tile shows it
    const fresh = this.#row({ ...row, ...now });
    shown.replaceWith(fresh);
    fresh.querySelector("button")?.focus();
  }
}
