/**
 * The kinds of payment as the dialog shows them: what each asks for, what it says, and the tender that comes of it.
 *
 * @typedef {object} Asked what stands in the dialog now
 * @property {import("./tendering.js").Standing} now
 * @property {import("./tendering.js").Settings} settings
 * @property {bigint | null} keyed the amount; null: nothing is keyed
 * @property {string} text the slip's number, the card's code
 * @property {any} known what the server said of the gift card or the customer
 * @property {import("./tendering.js").Settings["foreign"][number] | null} rate
 * @property {any} customer
 * @property {{card: string, hint: string} | null} card the gift card that had paid for what comes back: money goes back to it without its code
 *
 * @typedef {object} Kind
 * @property {string} key the letter that chooses it
 * @property {string} icon
 * @property {() => string} name
 * @property {() => string} label of the amount
 * @property {() => string} [text] label of the text that it needs
 * @property {boolean} [scans] whether the text may be scanned
 * @property {(asked: Asked) => bigint} usual the amount where nothing is keyed
 * @property {(asked: Asked) => string} [lacks] why it can't be taken yet, in words
 */
import { t } from "../i18n.js";
import { leastOf } from "./tendering.js";

/** @param {bigint} a @param {bigint} b */
const least = (a, b) => (a < b ? a : b);
const left = (/** @type {Asked} */ { now }) => now.left;
/** @param {Asked} asked */
const within = ({ now, known }) => (known && !now.out ? least(now.left, BigInt(known.available)) : now.left);
/** @param {Asked} asked */
const needsCustomer = ({ customer }) => (customer ? "" : t("There is no customer on this cart yet."));

/** @type {Record<string, Kind>} in the order of the buttons */
export const KINDS = {
  cash: { key: "c", icon: "cash", name: () => t("Cash"), label: () => t("Cash received"), usual: ({ now }) => now.cash },
  card: { key: "d", icon: "card", name: () => t("Card"), label: () => t("Amount on the card"), text: () => t("Number on the slip"), usual: left },
  giftcard: {
    key: "g",
    icon: "gift",
    name: () => t("Gift card"),
    label: () => t("Amount from the gift card"),
    text: () => t("Code of the gift card"),
    scans: true,
    usual: within,
  },
  coupon: { key: "k", icon: "tag", name: () => t("Coupon"), label: () => t("Worth of the coupon"), usual: () => 0n },
  credit: { key: "r", icon: "refund", name: () => t("Store credit"), label: () => t("Amount from the store credit"), usual: within, lacks: needsCustomer },
  account: { key: "a", icon: "user", name: () => t("On account"), label: () => t("Amount on account"), usual: left, lacks: needsCustomer },
  foreign: {
    key: "f",
    icon: "sync",
    name: () => t("Foreign cash"),
    label: () => t("Foreign cash received"),
    usual: ({ now, rate }) => (rate ? leastOf(now.cash, rate) : 0n),
  },
  tip: { key: "t", icon: "hand", name: () => t("Tip"), label: () => t("Tip on top"), usual: () => 0n },
};

/** Kinds that money can be paid out by. */
const PAYS_OUT = ["cash", "card", "giftcard", "credit", "account"];

/** The kinds to choose from. @param {import("./tendering.js").Settings} settings @param {boolean} out @returns {string[]} */
export function offered(settings, out) {
  if (out) return PAYS_OUT.filter((kind) => settings.kinds.includes(kind));
  const kinds = Object.keys(KINDS).filter((kind) => settings.kinds.includes(kind));
  return settings.tips ? [...kinds, "tip"] : kinds;
}

/** What a tender is called in a list. @param {any} tender */
export function tenderName(tender) {
  const name = KINDS[tender.kind]?.name() ?? tender.kind;
  if (tender.kind === "foreign") return `${name} ${tender.currency}`;
  if (tender.kind === "card" && tender.reference) return `${name} ${tender.reference}`;
  return tender.hint ? `${name} …${tender.hint}` : name;
}
