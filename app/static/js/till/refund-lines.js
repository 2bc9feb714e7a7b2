/** The lines of a receipt in the refund's dialog: how much of each comes back, and what becomes of it. */
import { byId, h, icon } from "../dom.js";
import { language, t } from "../i18n.js";
import { parseDecimal, quantityText } from "../money.js";

export class RefundLines {
  /**
   * @param {(amount: number) => string} money an amount in the receipt's currency
   * @param {() => void} changed
   */
  constructor(money, changed) {
    this.money = money;
    this.changed = changed;
    /** @type {any[]} */
    this.lines = [];
    /** @type {Map<string, {quantity: number, restock: string}>} what comes back, by line */
    this.chosen = new Map();
  }

  /** @param {any[]} lines of `GET api/refunds/<id>` */
  draw(lines) {
    this.lines = lines;
    this.chosen = new Map();
    byId("refund-lines").replaceChildren(...lines.map((line) => this.#line(line)));
  }

  /** @param {any} line */
  #line(line) {
    const sold = `${quantityText(line.quantity, language)}${line.unit ? ` ${line.unit}` : ""}`;
    const about = line.returned
      ? t("%(left)s of %(sold)s can come back", { left: quantityText(line.left, language), sold })
      : t("%(sold)s sold", { sold });
    const none = line.left <= 0;
    const step = (/** @type {number} */ by) => this.set(line, Math.max(0, Math.min(line.left, (this.chosen.get(line.line)?.quantity ?? 0) + by)));
    const whole = line.left % 1000 === 0 ? 1000 : line.left;
    const input = h("input", {
      type: "text", inputmode: "decimal", class: "refund-count", value: "0", disabled: none,
      "aria-label": t("How much of %(name)s comes back", { name: line.name }),
      on: { change: () => this.#keyed(line), focus: () => input instanceof HTMLInputElement && input.select() },
    });
    return h(
      "li",
      { class: "refund-line", dataset: { line: line.line } },
      h("div", { class: "refund-name" }, h("strong", {}, line.name), h("small", {}, [about, line.note, this.money(line.amount)].filter(Boolean).join(" · "))),
      h(
        "div",
        { class: "refund-step", role: "group", "aria-label": line.name },
        h("button", { type: "button", class: "refund-by", disabled: none, "aria-label": t("One less of %(name)s", { name: line.name }), on: { click: () => step(-whole) } }, icon("minus")),
        input,
        h("button", { type: "button", class: "refund-by", disabled: none, "aria-label": t("One more of %(name)s", { name: line.name }), on: { click: () => step(whole) } }, icon("plus")),
      ),
      this.#restock(line, none),
    );
  }

  /** @param {any} line @param {boolean} none */
  #restock(line, none) {
    const goods = line.kind === "goods";
    const choices = goods ? [["restock", t("Back on the shelf")], ["damaged", t("Damaged")], ["none", t("Nothing to put back")]] : [["none", t("Nothing to put back")]];
    const select = h(
      "select",
      { class: "refund-restock", disabled: none || !goods, "aria-label": t("What becomes of %(name)s", { name: line.name }) },
      ...choices.map(([value, name]) => h("option", { value }, name)),
    );
    select.addEventListener("change", () => {
      const chosen = this.chosen.get(line.line);
      if (chosen && select instanceof HTMLSelectElement) chosen.restock = select.value;
    });
    return select;
  }

  /** @param {any} line @returns {HTMLElement} */
  #item(line) {
    return /** @type {HTMLElement} */ (byId("refund-lines").querySelector(`[data-line="${CSS.escape(line.line)}"]`));
  }

  /** @param {any} line */
  #keyed(line) {
    const input = /** @type {HTMLInputElement} */ (this.#item(line).querySelector("input"));
    const keyed = parseDecimal(input.value, 3);
    this.set(line, keyed === null ? (this.chosen.get(line.line)?.quantity ?? 0) : Math.min(Number(keyed), line.left));
  }

  /** @param {any} line @param {number} quantity */
  set(line, quantity) {
    const item = this.#item(line);
    const select = /** @type {HTMLSelectElement} */ (item.querySelector("select"));
    if (quantity > 0) this.chosen.set(line.line, { quantity, restock: select.value });
    else this.chosen.delete(line.line);
    /** @type {HTMLInputElement} */ (item.querySelector("input")).value = quantityText(quantity);
    item.classList.toggle("chosen", quantity > 0);
    this.changed();
  }

  /** All that is left of it. */
  all() {
    for (const line of this.lines) if (line.left > 0) this.set(line, line.left);
  }
}
