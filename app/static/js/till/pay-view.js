/** What the payment dialog shows: its buttons and rows, and the words for what is asked, wrong and done. */
import { byId, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { decimalText, money } from "../money.js";
import { DEAREST } from "./ask.js";
import { KINDS } from "./pay-kinds.js";
import { changeFor, worthOf } from "./tendering.js";

/** @typedef {import("./pay-kinds.js").Asked} Asked */

/** One payment that was taken. @param {string} name @param {string} amount @param {number} place @param {string} remove */
export function tenderRow(name, amount, place, remove) {
  const button = h("button", { type: "button", class: "tool tool-icon", dataset: { tender: place }, "aria-label": `${remove}: ${name}` }, icon("close"));
  return h("li", {}, name, h("span", { class: "amount" }, amount), button);
}

/** @param {string} name of the kind @param {boolean} chosen */
export function kindButton(name, chosen) {
  const kind = KINDS[name];
  const key = kind.key.toUpperCase();
  const props = { type: "button", role: "radio", class: "pay-kind", id: `kind-${name}`, "aria-checked": String(chosen), "aria-keyshortcuts": key };
  return h("button", { ...props, dataset: { kind: name } }, icon(kind.icon), h("span", {}, kind.name()), h("kbd", {}, key));
}

/** @param {string} code of a foreign currency @param {number} place @param {boolean} chosen */
export function rateButton(code, place, chosen) {
  return h("button", { type: "button", role: "radio", class: "pay-rate", "aria-checked": String(chosen), dataset: { rate: place } }, code);
}

/** Lets the cashier choose whose credit or account it is, over the payment. @param {import("./frame.js").Frame} frame @param {() => void} then */
export function askCustomer(frame, then) {
  frame.actions.run("customer");
  byId("customers").addEventListener("close", then, { once: true });
}

export class PayWords {
  /** @param {import("../money.js").Currency} currency */
  constructor(currency) {
    this.currency = currency;
  }

  /** What the cashier should know of it. @param {string} kind @param {Asked} asked @param {bigint} amount @returns {string} */
  info(kind, { rate, known, now, card, text }, amount) {
    if (kind === "giftcard" && now.out) {
      return card && !text ? t("It goes back to the card …%(hint)s that paid; no code is needed.", { hint: card.hint }) : t("Scan the card that paid, or key its code.");
    }
    if (kind === "foreign" && rate) {
      const one = this.#money(worthOf(10n ** BigInt(rate.digits), rate));
      return t("1 %(code)s = %(one)s. It is worth %(worth)s.", { code: rate.code, one, worth: this.#money(worthOf(amount, rate)) });
    }
    if (!known) return kind === "giftcard" ? t("Scan the card, or key its code and press Enter.") : "";
    const words = { balance: this.#money(known.balance), available: this.#money(known.available) };
    if (known.online) return kind === "account" ? t("The account stands at %(balance)s.", words) : t("There is %(balance)s on it.", words);
    if (known.known) return t("As far as this till knows there is %(balance)s on it. Without head office it may take %(available)s.", words);
    return t("Head office is out of reach, and this till does not know it. It may take %(available)s on trust.", words);
  }

  /** What the button does. @param {string} kind @param {Asked} asked @param {bigint} amount @returns {string} */
  done(kind, asked, amount) {
    const { now, rate, known, settings } = asked;
    if (KINDS[kind].lacks?.(asked)) return t("Choose the customer");
    if (now.out) return t("Pay out %(amount)s", { amount: this.#money(kind === "cash" ? -now.cash : (asked.keyed ?? -now.left)) });
    if (kind === "coupon") return t("Take the coupon");
    if (kind === "tip") return t("Add the tip");
    if (kind === "giftcard" && !known) return t("Ask for the balance");
    if (kind !== "cash" && kind !== "foreign") return t("Take %(amount)s", { amount: this.#money(amount) });
    const worth = rate ? worthOf(amount, rate) : amount;
    if (changeFor(now, worth, settings.cash_rounding, Boolean(rate)) < 0n) return t("Take a part in cash");
    return now.cash <= 0n ? t("Finish the sale") : t("Take cash and finish");
  }

  /** What is wrong with what is keyed. @param {string} kind @param {Asked} asked @param {string} typed @returns {string} */
  fault(kind, asked, typed) {
    const { keyed, now, known, rate } = asked;
    const digits = rate?.digits ?? this.currency.digits;
    if (typed.trim() && keyed === null) {
      if (!digits) return t("Key an amount without decimals.");
      return t("Key an amount like %(example)s.", { example: decimalText(10n ** BigInt(digits) * 12n, digits) });
    }
    if (keyed !== null && keyed > DEAREST) return t("That is too much.");
    const lacks = KINDS[kind].lacks?.(asked);
    if (lacks) return lacks;
    if (["cash", "foreign", "tip"].includes(kind) || keyed === null) return "";
    if (now.out) return keyed > -now.left ? t("That is more than the %(due)s to pay out.", { due: this.#money(-now.left) }) : "";
    const due = { due: this.#money(now.left) };
    if (keyed > now.left) return kind === "coupon" ? t("A coupon can’t pay more than the %(due)s that is due.", due) : t("That is more than the %(due)s that is due.", due);
    if (known && kind !== "account" && keyed > BigInt(known.available)) return t("It can pay %(available)s at most.", { available: this.#money(known.available) });
    return "";
  }

  /** @param {bigint | number} amount */
  #money(amount) {
    return money(amount, this.currency);
  }
}
