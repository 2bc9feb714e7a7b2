/** What a cart would cost: with a promotion that isn't written yet, and without it. */
import { post, Problem } from "../../api.js";
import { debounce, h } from "../../dom.js";
import { language, t } from "../../i18n.js";
import { money, quantityText } from "../../money.js";
import { field, Fault } from "../company/fields.js";

/** Milliseconds of quiet before it is asked. */
const PAUSE = 300;

export class Trial {
  /**
   * @param {any} given the page's
   * @param {() => any} promotion what the form says now; throws Fault while it can't be read
   * @param {string} [id] of the promotion that it stands for
   */
  constructor(given, promotion, id) {
    this.promotion = promotion;
    this.id = id;
    const currency = { code: given.currency, digits: given.digits, locale: language };
    this.money = (/** @type {number} */ amount) => money(amount, currency);
    this.lines = field(/** @type {any} */ ({ name: "lines", label: t("A cart to try it on"), kind: "rows", parts: [
      { name: "product", label: t("Product"), kind: "pick", of: "product", single: true, names: {} },
      { name: "quantity", label: t("How many"), kind: "measure", empty: 1000 },
    ] }), given);
    this.at = field(/** @type {any} */ ({ name: "at", label: t("When"), kind: "moment" }), given);
    this.group = field({ name: "group", label: t("Customer’s group"), kind: "text", nullable: true }, given);
    this.store = field({ name: "store", label: t("Store"), kind: "choice", options: given.stores.map((/** @type {any} */ one) => [one.id, one.name]) }, given);
    this.said = h("div", { role: "status" });
    this.element = h("details", { class: "preview-cart" }, h("summary", {}, t("What would this cart cost?")), this.lines.element, h("div", { class: "form-grid" }, this.store.element, this.at.element, this.group.element), this.said);
    this.lines.set([]);
    this.turn = 0;
    const look = debounce(PAUSE, () => void this.look());
    for (const event of ["input", "change", "focusout", "click"]) this.element.addEventListener(event, look);
    setTimeout(() => this.element.closest("form")?.addEventListener("input", look));
  }

  async look() {
    if (!(/** @type {HTMLDetailsElement} */ (this.element).open)) return;
    const turn = ++this.turn;
    try {
      const lines = this.lines.read().filter((/** @type {any} */ line) => line.product);
      if (!lines.length) return void this.said.replaceChildren();
      const promotion = this.promotion();
      const group = this.group.read();
      const body = { promotion, ...(this.id ? { id: this.id } : {}), store: this.store.read(), lines, ...(group ? { group } : {}), at: this.at.read(), coupons: (promotion.coupons ?? []).slice(0, 1) };
      const answer = await post("api/range/promotions/try", body);
      if (turn === this.turn) this.#show(answer);
    } catch (problem) {
      if (!(problem instanceof Problem) && !(problem instanceof Fault)) throw problem;
      if (turn === this.turn) this.said.replaceChildren(h("p", { class: "fault" }, problem.message));
    }
  }

  /** @param {any} answer */
  #show(answer) {
    const row = (/** @type {any} */ line) => {
      const off = line.discounts.map((/** @type {any} */ one) => h("small", { class: "preview-off" }, `${one.name ?? ""} −${this.money(one.amount)}`));
      return h("tr", {}, h("td", {}, `${quantityText(line.quantity, language)} × ${line.name}`, ...off), h("td", { class: "number" }, this.money(line.total)));
    };
    this.said.replaceChildren(
      h("table", { class: "table" }, h("tbody", {}, ...answer.lines.map(row))),
      h("p", { class: "preview-total" }, h("span", {}, t("Total")), h("span", {}, this.money(answer.total))),
      h("p", { class: answer.given ? "preview-off" : "quiet" }, answer.given ? t("This promotion takes off %(amount)s; without it: %(total)s", { amount: this.money(answer.given), total: this.money(answer.without) }) : t("This promotion takes nothing off this cart.")),
    );
  }
}
