/** The cart on screen: its lines with what each took off, the chosen one with its tools, the total. It shows; `LineTools` changes. */
import { piecesOf } from "../cart.js";
import { byId, h, icon } from "../dom.js";
import { language, t, tn } from "../i18n.js";
import { money, plain, quantityText } from "../money.js";

/** @typedef {import("../cart.js").Line} Line */

/** @param {any[]} entries @param {string} field */
const sum = (entries, field) => entries.reduce((all, entry) => all + BigInt(entry[field]), 0n);

/** Discounts by their name, each once. @param {any[]} lines */
function takenOff(lines) {
  /** @type {Map<string, bigint>} */
  const found = new Map();
  for (const line of lines) {
    for (const { name, kind, amount } of line.discounts) {
      const words = name || (kind === "cart" ? t("Discount on all") : t("Discount"));
      found.set(words, (found.get(words) ?? 0n) + BigInt(amount));
    }
  }
  return [...found];
}

export class CartView {
  /**
   * @param {import("../money.js").Currency} currency
   * @param {(act: string, id: string) => void} act
   * @param {(id: string | null) => void} choose
   */
  constructor(currency, act, choose) {
    this.currency = currency;
    this.act = act;
    this.choose = choose;
    this.list = byId("lines");
    this.list.addEventListener("click", (event) => this.#click(event));
    /** The lines as they are drawn, by their ids, with all that they were drawn from. @type {Map<string, {from: string, element: HTMLElement}>} */
    this.drawn = new Map();
  }

  /**
   * @param {import("../cart.js").Cart} cart
   * @param {any} priced
   * @param {string | null} chosen
   * @param {string | null} [flash] the line that has just changed
   */
  render(cart, priced, chosen, flash = null) {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.act : undefined;
    this.#lines(cart, priced, chosen, flash);
    // Drawing anew must not take the keyboard away from the button that was pressed.
    if (focused && chosen) this.#find(chosen)?.querySelector(`[data-act="${focused}"]`)?.focus();
    byId("cart-empty").hidden = cart.lines.length > 0;
    byId("clear").hidden = cart.lines.length === 0;
    const pieces = tn("%(num)s item", "%(num)s items", piecesOf(cart));
    byId("cart-count").textContent = cart.lines.length ? pieces : "";
    byId("cart-customer").textContent = cart.customer?.name ?? "";
    byId("cart-customer").hidden = !cart.customer;
    byId("cart-note").textContent = cart.note;
    byId("cart-note").hidden = !cart.note;
    this.#sums(priced);
    const total = money(priced.total, this.currency);
    byId("total").textContent = total;
    byId("pay-total").textContent = cart.lines.length ? total : "";
    byId("pay", HTMLButtonElement).disabled = cart.lines.length === 0;
    byId("phone-cart").hidden = cart.lines.length === 0;
    byId("phone-count").textContent = pieces;
    byId("phone-total").textContent = total;
    document.body.classList.toggle("has-lines", cart.lines.length > 0);
    const seen = this.#find(flash ?? chosen);
    // With the next frame, which lays out the page anyway.
    if (seen) requestAnimationFrame(() => seen.isConnected && seen.scrollIntoView({ block: "nearest" }));
  }

  /**
   * Only what has changed is drawn anew: a receipt of two hundred lines takes a scan as quickly as an empty one.
   * @param {import("../cart.js").Cart} cart
   * @param {any} priced
   * @param {string | null} chosen
   * @param {string | null} flash
   */
  #lines(cart, priced, chosen, flash) {
    /** @type {Map<string, any[]>} */
    const parts = new Map();
    for (const part of priced.lines) {
      for (const id of new Set([part.id, part.of])) if (id) parts.set(id, [...(parts.get(id) ?? []), part]);
    }
    const before = this.drawn;
    this.drawn = new Map();
    let place = this.list.firstElementChild;
    for (const line of cart.lines) {
      const own = parts.get(line.id) ?? [];
      const from = JSON.stringify([line, own, line.id === chosen, this.currency]);
      const kept = before.get(line.id);
      const same = kept && kept.from === from && line.id !== flash;
      const element = same ? kept.element : this.#line(line, own, line.id === chosen, line.id === flash);
      this.drawn.set(line.id, { from, element });
      if (kept && !same && kept.element === place) {
        kept.element.replaceWith(element);
        place = element;
      }
      if (element === place) place = element.nextElementSibling;
      else this.list.insertBefore(element, place);
    }
    while (place) {
      const next = place.nextElementSibling;
      place.remove();
      place = next;
    }
  }

  /** What stands between the lines and the total: what was saved, taxes on top. @param {any} priced */
  #sums(priced) {
    byId("saved-row").hidden = priced.discount <= 0;
    byId("saved").textContent = `−${money(priced.discount, this.currency)}`;
    const added = priced.tax_mode === "added" ? sum(priced.tax, "amount") : 0n;
    byId("tax").textContent = money(added, this.currency);
    byId("tax-row").hidden = added === 0n;
  }

  /** @param {string | null} id @returns {HTMLElement | null} */
  #find(id) {
    return id ? this.list.querySelector(`[data-line="${CSS.escape(id)}"]`) : null;
  }

  /**
   * @param {Line} line
   * @param {any[]} own its figures; a bundle has several
   * @param {boolean} chosen
   * @param {boolean} flash
   */
  #line(line, own, chosen, flash) {
    const goods = own.filter((/** @type {any} */ each) => each.kind !== "deposit");
    const deposits = own.filter((/** @type {any} */ each) => each.kind === "deposit");
    const quantity = quantityText(line.quantity, language) + (line.measured && line.unit ? ` ${line.unit}` : "");
    const classes = ["line", flash && "flash", line.quantity < 0 && "line-back"].filter(Boolean).join(" ");
    return h(
      "li",
      { class: classes, "aria-current": chosen ? "true" : null, dataset: { line: line.id } },
      h(
        "button",
        { type: "button", class: "line-main", "aria-expanded": String(chosen), dataset: { act: "choose" } },
        h("span", { class: "line-quantity" }, line.measured ? "" : `${quantity} ×`),
        h("span", { class: "line-name" }, line.name),
        h("span", { class: "line-amount" }, plain(sum(goods, "amount"), this.currency)),
        this.#detail(line, goods, quantity),
        ...takenOff(goods).map(([name, amount]) => this.#extra("line-off", name, -amount)),
        ...deposits.map((/** @type {any} */ deposit) => this.#extra("line-deposit", deposit.name, BigInt(deposit.total))),
        line.note && h("span", { class: "line-note" }, line.note),
      ),
      chosen && this.#tools(line, quantity),
    );
  }

  /** @param {string} look @param {string} name @param {bigint} amount */
  #extra(look, name, amount) {
    const shown = plain(amount < 0n ? -amount : amount, this.currency);
    return h("span", { class: `line-extra ${look}` }, h("span", {}, name), h("span", { class: "amount" }, amount < 0n ? `−${shown}` : shown));
  }

  /** @param {Line} line @param {any[]} goods @param {string} quantity */
  #detail(line, goods, quantity) {
    const parts = [];
    const bundle = goods.length > 1 || (goods[0] && goods[0].bundle);
    const { amount, per = 1000 } = (!bundle && goods[0]?.price) || line.price;
    if (line.quantity < 0) parts.push(t("brought back"));
    if (line.size) parts.push(line.size);
    const each = plain(amount, this.currency);
    // What a label says is the price of all of it: of one kilogram it says nothing.
    if (line.measured && line.barcode && per === line.quantity) parts.push(quantity);
    else if (line.measured) parts.push(`${quantity} × ${each} / ${per === 1000 ? "" : `${quantityText(per, language)} `}${line.unit || t("unit")}`);
    else if (line.quantity !== 1000 || line.keyed) parts.push(t("%(price)s each", { price: each }));
    if (bundle) parts.push(goods.map((part) => part.name).join(", "));
    const detail = h("span", { class: "line-detail" }, parts.join(" · "));
    if (line.keyed) detail.append(parts.length ? " · " : "", h("span", { class: "line-keyed" }, line.barcode ? t("price of its label") : t("keyed price")));
    return detail.textContent ? detail : null;
  }

  /** @param {Line} line @param {string} quantity */
  #tools(line, quantity) {
    const tool = (/** @type {string} */ act, /** @type {string} */ label, /** @type {any} */ content, /** @type {string} */ className = "line-tool") =>
      h("button", { type: "button", class: className, dataset: { act }, "aria-label": label, title: label }, content);
    const free = !line.fixed;
    return h(
      "div",
      { class: "line-tools" },
      h(
        "div",
        { class: "step", role: "group", "aria-label": t("Quantity") },
        free && !line.measured && tool("less", t("One less"), icon("minus"), ""),
        free && tool("quantity", `${quantity} · ${t("Key the quantity")}`, quantity, "step-value"),
        free && !line.measured && tool("more", t("One more"), icon("plus"), ""),
      ),
      free && tool("discount", t("Discount"), icon("percent")),
      free && tool("price", t("Price"), icon("pen")),
      tool("note", t("Note"), icon("note")),
      ...(free && line.quantity > 0 ? (line.units ?? []) : []).map((unit, place) =>
        h("button", { type: "button", class: "line-tool line-pack", dataset: { act: `pack:${place}` }, "aria-pressed": String(line.pack?.name === unit.name) }, unit.name),
      ),
      tool("remove", t("Remove this line"), icon("bin"), "line-tool remove"),
    );
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-act]");
    const line = button?.closest("[data-line]");
    if (!(button instanceof HTMLElement) || !(line instanceof HTMLElement)) return;
    const id = line.dataset.line ?? "";
    if (button.dataset.act === "choose") this.choose(line.getAttribute("aria-current") ? null : id);
    else this.act(button.dataset.act ?? "", id);
  }
}
