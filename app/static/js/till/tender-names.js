/** What the ways of paying are called where reports and counts list them. */
import { t } from "../i18n.js";

/** @param {string} kind */
export function tenderName(kind) {
  /** @type {Record<string, string>} */
  const names = {
    cash: t("Cash"),
    card: t("Card slips"),
    coupon: t("Coupons"),
    giftcard: t("Gift card"),
    credit: t("Store credit"),
    account: t("Customer account"),
    foreign: t("Foreign cash"),
  };
  return names[kind] ?? kind;
}
