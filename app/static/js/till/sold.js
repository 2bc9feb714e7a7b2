/** What follows a sale: the change, which stays until the next scan, and the receipt. */
import { hide, show } from "../dialogs.js";
import { afterPaint, byId } from "../dom.js";
import { t } from "../i18n.js";
import { money } from "../money.js";
import { fill, label, lay, printReceipt, tenderName } from "./receipt-paper.js";

/** Milliseconds for which a second Enter counts as the first one's echo. */
const ECHO = 500;

export class Sold {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.dialog = byId("sold", HTMLDialogElement);
    this.shown = 0;
    /** Whether every sale is printed by itself. */
    this.always = false;
    this.order = "";
    byId("sold-next").addEventListener("click", () => hide(this.dialog));
    byId("sold-print").addEventListener("click", () => void printReceipt(frame, this.order, { copy: false }));
    byId("sold-gift").addEventListener("click", () => void printReceipt(frame, this.order, { gift: true }));
    this.dialog.addEventListener("close", () => frame.ready());
    this.dialog.addEventListener("keydown", (event) => {
      // The Enter that paid must not also put the change away.
      if (event.key === "Enter" && (event.repeat || performance.now() - this.shown < ECHO)) event.preventDefault();
    });
  }

  /**
   * @param {any} order
   * @param {string} note something about this sale that is worth a line
   * @param {string} [paper] the receipt, where the answer to the sale has brought it
   */
  show(order, note, paper) {
    const { currency: own } = this.frame;
    const currency = { ...own, code: order.currency ?? own.code, digits: order.digits ?? own.digits };
    const back = order.kind === "refund";
    this.order = order._id ?? order.id;
    byId("sold-title").textContent = back ? t("Refunded") : t("Sold");
    byId("sold-number").textContent = t("Receipt %(number)s", { number: label(order) });
    const cash = (order.tenders ?? []).reduce((/** @type {number} */ sum, /** @type {any} */ tender) => sum + (tender.kind === "cash" && tender.amount < 0 ? -tender.amount : 0), 0);
    // A refund gives no change: what the customer gets back stands there, in cash or however it was paid.
    byId("sold-change-label").textContent = cash ? t("Pay out in cash") : back ? t("Given back") : t("Change");
    byId("sold-change").textContent = money(cash || (back ? -order.total : (order.change ?? 0)), currency);
    byId("sold-gift").hidden = back;
    const tenders = (order.tenders ?? []).map((/** @type {any} */ tender) => `${tenderName(tender.kind)} ${money(tender.amount, currency)}`);
    byId("sold-paid").textContent = [t("Total %(total)s", { total: money(order.total, currency) }), ...tenders].join(" · ");
    byId("sold-note").textContent = note;
    byId("sold-note").hidden = !note;
    this.shown = performance.now();
    const holder = byId("sold-paper");
    if (paper) {
      holder.replaceChildren();
      holder.dataset.receipt = this.order;
      const { order: id } = this;
      afterPaint(() => lay(holder, id, paper)); // the change comes first
    } else void fill(holder, this.order, "codes=1");
    show(this.dialog);
    byId("sold-next").focus();
    if (this.always) void printReceipt(this.frame, this.order, { copy: false, quiet: true });
  }
}
