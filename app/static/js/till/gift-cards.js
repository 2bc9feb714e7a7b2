/** Selling a gift card, putting money on one or on a customer's account: a line of the sale like any other. And the codes of the cards sold. */
import { get, Problem } from "../api.js";
import { append } from "../cart.js";
import { hide, show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";
import { money, parseDecimal } from "../money.js";
import { byTouch, startPad } from "../pad.js";
import { DEAREST } from "./ask.js";
import { askCustomer } from "./pay-view.js";

/** @param {import("./frame.js").Frame} frame */
export function startGiftCards(frame) {
  const sale = new GiftCardSale(frame);
  frame.actions.add({ id: "giftcard", name: t("Gift card"), icon: "gift", place: "more", right: "giftcard", run: () => sale.open() });
  frame.hear("sold", ({ order, codes }) => {
    if (codes && Object.keys(codes).length) setTimeout(() => showCodes(frame, order, codes)); // over the dialog that says what was sold
  });
  byId("gift-codes-print").addEventListener("click", () => printCodes());
}

class GiftCardSale {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.dialog = byId("gift-card", HTMLDialogElement);
    this.amount = byId("gift-amount", HTMLInputElement);
    this.code = byId("gift-code", HTMLInputElement);
    /** @type {string} new, topup or account */
    this.what = "new";
    startPad(this.dialog, this.amount);
    byId("gift-card-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add();
    });
    this.dialog.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-gift]");
      if (button instanceof HTMLElement) this.#choose(button.dataset.gift ?? "new");
    });
    this.amount.addEventListener("input", () => this.#render());
    this.code.addEventListener("input", () => this.#render());
    this.code.addEventListener("change", () => void this.#look());
    this.code.addEventListener("scan", () => {
      void this.#look();
      this.amount.focus();
    });
  }

  open() {
    this.amount.value = "";
    this.code.value = "";
    this.amount.inputMode = byTouch() ? "none" : "decimal";
    show(this.dialog);
    this.#choose("new");
  }

  /** @param {string} what */
  #choose(what) {
    this.what = what;
    byId("gift-info").textContent = "";
    for (const button of this.dialog.querySelectorAll("[data-gift]")) {
      button.setAttribute("aria-checked", String(button instanceof HTMLElement && button.dataset.gift === what));
    }
    byId("gift-code-field").hidden = what === "account";
    this.code.hidden = what === "account";
    byId("gift-code-label").textContent = what === "new" ? t("Code on the card (empty: a new one is made)") : t("Code of the gift card");
    this.#render();
    (what === "topup" ? this.code : this.amount).focus();
    if (what === "account") void this.#look();
  }

  #render() {
    byId("gift-error").textContent = this.#fault;
    byId("gift-done").textContent = this.#lacksCustomer ? t("Choose the customer") : t("Add to the sale");
    byId("gift-done", HTMLButtonElement).disabled = !this.#lacksCustomer && (Boolean(this.#fault) || !this.#value || (this.what === "topup" && !this.code.value.trim()));
  }

  get #lacksCustomer() {
    return this.what === "account" && !this.frame.cart.customer;
  }

  get #value() {
    return parseDecimal(this.amount.value, this.frame.currency.digits);
  }

  get #fault() {
    if (this.#lacksCustomer) return t("There is no customer on this cart yet.");
    if (this.amount.value.trim() && this.#value === null) return t("Key a number.");
    if (this.#value !== null && this.#value > DEAREST) return t("That is too much.");
    return "";
  }

  /** What is on it already. */
  async #look() {
    const code = this.code.value.trim();
    const { customer } = this.frame.cart;
    const path = this.what === "account" ? customer && `api/balances/customer/${customer.id}` : this.what === "topup" && code ? `api/balances/giftcard?code=${encodeURIComponent(code)}` : null;
    if (!path) return;
    try {
      const found = await get(path, { timeout: 8000 });
      const { balance } = this.what === "account" ? found.account : found;
      byId("gift-info").textContent = t("There is %(balance)s on it.", { balance: money(balance, this.frame.currency) });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("gift-error").textContent = problem.message;
    }
  }

  #add() {
    if (this.#lacksCustomer) return askCustomer(this.frame, () => this.dialog.open && this.#choose("account"));
    const amount = this.#value;
    if (!amount || byId("gift-done", HTMLButtonElement).disabled) return;
    const code = this.code.value.trim();
    const fields = { new: { kind: "giftcard", name: t("Gift card") }, topup: { kind: "topup", name: t("Top-up of a gift card") }, account: { kind: "topup", name: t("Payment into the account"), to: "account" } };
    const chosen = /** @type {any} */ (fields)[this.what];
    const line = { ...chosen, price: { amount: Number(amount), per: 1000 }, keyed: true, ...(code && this.what !== "account" ? { code } : {}) };
    const { cart, line: added } = append(this.frame.cart, line);
    this.frame.change(cart, added.id);
    hide(this.dialog);
    this.frame.sound.ok();
  }
}

/** @param {import("./frame.js").Frame} frame @param {any} order @param {Record<string, string>} codes */
function showCodes(frame, order, codes) {
  byId("gift-codes-list").replaceChildren(
    ...Object.entries(codes).map(([id, code]) => {
      const line = order.lines.find((/** @type {any} */ each) => each.id === id);
      return h("li", {}, h("code", {}, code), h("span", {}, line ? money(line.total, frame.currency) : ""));
    }),
  );
  show(byId("gift-codes", HTMLDialogElement));
}

/** Prints the codes by themselves: the receipt goes into the books, a code must not. */
function printCodes() {
  document.body.classList.add("prints-codes");
  addEventListener("afterprint", () => document.body.classList.remove("prints-codes"), { once: true });
  print();
}
