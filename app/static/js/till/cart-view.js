/** The cart on screen: its lines, the chosen one with its tools, the total. What changes it goes through `Till`. */
import { amountOf, piecesOf, taxOf, totalOf } from "../cart.js";
import { byId, h, icon } from "../dom.js";
import { language, t, tn } from "../i18n.js";
import { money, plain, quantityText } from "../money.js";

/** @typedef {import("../cart.js").Line} Line */
/** @typedef {import("../money.js").Currency} Currency */

export class CartView {
  /**
   * @param {Currency} currency
   * @param {{choose: (id: string | null) => void, step: (id: string, by: number) => void, quantity: (id: string) => void,
   *   price: (id: string) => void, remove: (id: string) => void}} acts
   */
  constructor(currency, acts) {
    this.currency = currency;
    this.acts = acts;
    this.list = byId("lines");
    this.list.addEventListener("click", (event) => this.#click(event));
  }

  /**
   * @param {import("../cart.js").Cart} cart
   * @param {string | null} chosen
   * @param {string | null} [flash] the line that has just changed
   */
  render(cart, chosen, flash = null) {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.act : undefined;
    this.list.replaceChildren(...cart.lines.map((line) => this.#line(line, line.id === chosen, line.id === flash)));
    // Drawing anew must not take the keyboard away from the button that was pressed.
    if (focused && chosen) this.#find(chosen)?.querySelector(`[data-act="${focused}"]`)?.focus();
    byId("cart-empty").hidden = cart.lines.length > 0;
    byId("clear").hidden = cart.lines.length === 0;
    const pieces = piecesOf(cart);
    byId("cart-count").textContent = cart.lines.length ? tn("%(num)s item", "%(num)s items", pieces) : "";
    const tax = taxOf(cart);
    byId("tax").textContent = money(tax, this.currency);
    byId("tax-row").hidden = tax === 0n;
    const total = money(totalOf(cart), this.currency);
    byId("total").textContent = total;
    byId("pay", HTMLButtonElement).disabled = cart.lines.length === 0;
    byId("phone-cart").hidden = cart.lines.length === 0;
    byId("phone-count").textContent = tn("%(num)s item", "%(num)s items", pieces);
    byId("phone-total").textContent = total;
    document.body.classList.toggle("has-lines", cart.lines.length > 0);
    const shown = this.#find(flash ?? chosen);
    shown?.scrollIntoView({ block: "nearest" });
  }

  /** @param {string | null} id @returns {HTMLElement | null} */
  #find(id) {
    return id ? this.list.querySelector(`[data-line="${CSS.escape(id)}"]`) : null;
  }

  /**
   * @param {Line} line
   * @param {boolean} chosen
   * @param {boolean} flash
   */
  #line(line, chosen, flash) {
    const quantity = quantityText(line.quantity, language) + (line.measured && line.unit ? ` ${line.unit}` : "");
    return h(
      "li",
      { class: flash ? "line flash" : "line", "aria-current": chosen ? "true" : null, dataset: { line: line.id } },
      h(
        "button",
        { type: "button", class: "line-main", "aria-expanded": String(chosen), dataset: { act: "choose" } },
        h("span", { class: "line-quantity" }, line.measured ? "" : `${quantity} ×`),
        h("span", { class: "line-name" }, line.name),
        h("span", { class: "line-amount" }, plain(amountOf(line), this.currency)),
        this.#detail(line, quantity),
      ),
      chosen && this.#tools(line, quantity),
    );
  }

  /** @param {Line} line @param {string} quantity */
  #detail(line, quantity) {
    const parts = [];
    if (line.size) parts.push(line.size);
    const each = plain(line.price.amount, this.currency);
    const per = line.price.per ?? 1000;
    if (line.measured) parts.push(`${quantity} × ${each} / ${per === 1000 ? "" : `${quantityText(per, language)} `}${line.unit || t("unit")}`);
    else if (line.quantity !== 1000 || line.keyed) parts.push(t("%(price)s each", { price: each }));
    const detail = h("span", { class: "line-detail" }, parts.join(" · "));
    if (line.keyed) detail.append(parts.length ? " · " : "", h("span", { class: "line-keyed" }, t("keyed price")));
    return detail.textContent ? detail : null;
  }

  /** @param {Line} line @param {string} quantity */
  #tools(line, quantity) {
    const tool = (/** @type {string} */ act, /** @type {string} */ label, /** @type {any} */ content, /** @type {string} */ className = "") =>
      h("button", { type: "button", class: className, dataset: { act }, "aria-label": label, title: label }, content);
    return h(
      "div",
      { class: "line-tools" },
      h(
        "div",
        { class: "step", role: "group", "aria-label": t("Quantity") },
        !line.measured && tool("less", t("One less"), icon("minus")),
        tool("quantity", t("Key the quantity"), quantity, "step-value"),
        !line.measured && tool("more", t("One more"), icon("plus")),
      ),
      h("button", { type: "button", class: "line-tool", dataset: { act: "price" } }, icon("pen"), t("Price")),
      tool("remove", t("Remove this line"), icon("bin"), "line-tool remove"),
    );
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-act]");
    const line = button?.closest("[data-line]");
    if (!(button instanceof HTMLElement) || !(line instanceof HTMLElement)) return;
    const id = line.dataset.line ?? "";
    switch (button.dataset.act) {
      case "choose":
        return this.acts.choose(line.getAttribute("aria-current") ? null : id);
      case "less":
        return this.acts.step(id, -1000);
      case "more":
        return this.acts.step(id, 1000);
      case "quantity":
        return this.acts.quantity(id);
      case "price":
        return this.acts.price(id);
      case "remove":
        return this.acts.remove(id);
    }
  }
}
