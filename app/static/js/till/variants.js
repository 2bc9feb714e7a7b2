/** A product of several kinds (a shirt's sizes): its tile asks which one. The price check and the tasks start here too. */
import { get } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { PriceCheck } from "./price-check.js";
import { Tasks } from "./tasks.js";

/** @typedef {import("../cart.js").Product} Product */

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  const variants = new Variants(frame);
  frame.variants = (product) => variants.choose(product);
  new PriceCheck(frame).start();
  new Tasks(frame).start();
}

class Variants {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.dialog = byId("variants", HTMLDialogElement);
    this.grid = byId("variants-grid");
    /** @type {Product[]} */
    this.found = [];
    /** @type {((chosen: Product | null) => void) | null} */
    this.answer = null;
    this.dialog.addEventListener("close", () => this.#settle(null));
    this.grid.addEventListener("click", (event) => {
      const tile = /** @type {HTMLElement} */ (event.target).closest("[data-variant]");
      if (!(tile instanceof HTMLElement)) return;
      this.#settle(this.found.find((each) => each.id === tile.dataset.variant) ?? null);
      hide(this.dialog);
    });
    this.grid.addEventListener("keydown", (event) => this.#arrows(event));
  }

  /**
   * Which of its kind is meant; the product itself where there is nothing to choose.
   * @param {Product} product
   * @returns {Promise<Product | null>} null: none was chosen
   */
  async choose(product) {
    const { rows } = await get(`api/products/${encodeURIComponent(product.id)}/variants`);
    if (!rows.length) return product;
    this.#settle(null);
    this.found = rows;
    byId("variants-title").textContent = product.name;
    byId("variants-lead").textContent = t("Which one?");
    this.grid.replaceChildren(...rows.map((/** @type {any} */ row) => this.#tile(row)));
    show(this.dialog);
    /** @type {HTMLElement | null} */ (this.grid.querySelector("button"))?.focus();
    return new Promise((resolve) => (this.answer = resolve));
  }

  /** @param {Product | null} chosen */
  #settle(chosen) {
    const { answer } = this;
    this.answer = null;
    answer?.(chosen);
  }

  /** @param {any} row */
  #tile(row) {
    return h(
      "button",
      { type: "button", class: "variant", dataset: { variant: row.id } },
      h("span", {}, row.variant || row.name),
      row.variant ? h("small", {}, row.name) : null,
      h("span", { class: "amount" }, row.price ? money(BigInt(row.price.amount), this.frame.currency) : t("Key price")),
    );
  }

  /** @param {KeyboardEvent} event */
  #arrows(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const tiles = [...this.grid.querySelectorAll("button")];
    const at = tiles.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    event.preventDefault();
    tiles[Math.max(0, Math.min(tiles.length - 1, at + step))]?.focus();
  }
}
