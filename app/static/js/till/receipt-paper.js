/** A receipt on the screen and onto paper: the server draws it; what is printed is asked for first, so that every copy has its number. */
import { Problem } from "../api.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";
import { ulid } from "../ulid.js";

/** @param {string} id */
export const page = (id) => `receipts/${encodeURIComponent(id)}`;

/**
 * The receipt as the server prints it, into `holder`.
 * @param {HTMLElement} holder
 * @param {string} id
 * @param {string} [asks] of the query: "codes=1", "gift=1&copy=2"
 */
export async function fill(holder, id, asks = "") {
  holder.replaceChildren();
  holder.dataset.receipt = id;
  try {
    const response = await fetch(`${page(id)}?part=paper${asks && `&${asks}`}`, { credentials: "same-origin", signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(String(response.status));
    lay(holder, id, await response.text());
  } catch {
    // The sale stands whatever became of its picture.
    holder.replaceChildren(h("p", { class: "receipts-none" }, t("The receipt is written, and can be opened when the server is back.")));
  }
}

/**
 * A receipt that the server has drawn, into `holder`, unless that waits for another one by now.
 * @param {HTMLElement} holder
 * @param {string} id
 * @param {string} html
 */
export function lay(holder, id, html) {
  if (holder.dataset.receipt !== id) return;
  const parsed = new DOMParser().parseFromString(html, "text/html");
  holder.replaceChildren(...parsed.body.childNodes);
}

/**
 * Prints a receipt: on the till's printer, else by the browser. A printer that fails is said in words; the receipt then waits for it.
 * @param {import("./frame.js").Frame} frame
 * @param {string} id
 * @param {{copy?: boolean, gift?: boolean, quiet?: boolean}} [how] copy false: the original, after the sale
 * @returns {Promise<boolean>} whether it is on its way onto paper
 */
export async function printReceipt(frame, id, { copy = true, gift = false, quiet = false } = {}) {
  let answer;
  try {
    answer = await frame.send("POST", `api/receipts/${encodeURIComponent(id)}/print`, { request: `print.${ulid()}`, copy, gift }, { timeout: 20000 });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    frame.toast(t("Not printed. %(reason)s", { reason: problem.message }), { wrong: true, key: "print" });
    return false;
  }
  frame.tell("printed", answer);
  if (answer.printed) {
    if (!quiet) frame.toast(answer.copy ? t("Printed: copy %(number)s.", { number: answer.copy }) : t("Printed."), { key: "print" });
    return true;
  }
  const asks = gift ? "gift=1" : answer.copy ? `copy=${answer.copy}` : "codes=1";
  if (answer.error === "browser") {
    await printByBrowser(id, asks);
    return true;
  }
  frame.sound.error();
  frame.toast(t("Not printed. %(reason)s", { reason: answer.reason }), {
    wrong: true,
    key: "print",
    stays: 20000,
    actions: [
      { name: t("Print again"), run: () => void retryPrints(frame) },
      { name: t("Print in the browser"), run: () => void printByBrowser(id, asks) },
    ],
  });
  return false;
}

/**
 * Prints what the printer still owes.
 * @param {import("./frame.js").Frame} frame
 */
export async function retryPrints(frame) {
  try {
    const answer = await frame.send("POST", "api/prints", {}, { timeout: 60000 });
    frame.tell("printed", answer);
    if (answer.reason) {
      frame.sound.error();
      frame.toast(t("Not printed. %(reason)s", { reason: answer.reason }), { wrong: true, key: "print", stays: 20000, actions: [{ name: t("Print again"), run: () => void retryPrints(frame) }] });
    } else frame.toast(t("Printed."), { key: "print" });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    frame.toast(t("Not printed. %(reason)s", { reason: problem.message }), { wrong: true, key: "print" });
  }
}

/** @param {string} id @param {string} asks */
async function printByBrowser(id, asks) {
  document.getElementById("print-holder")?.remove();
  const holder = h("div", { id: "print-holder" });
  await fill(holder, id, asks);
  document.body.append(holder);
  const narrow = Boolean(holder.querySelector(".paper-58"));
  document.documentElement.classList.toggle("print-58", narrow);
  addEventListener("afterprint", () => holder.remove(), { once: true });
  print();
}

/** A receipt's number as people read it: "S1-T2 · 42". @param {any} order */
export function label(order) {
  return `${String(order.terminal ?? order.series ?? "").toUpperCase()} · ${order.number}`;
}

/** @param {string} kind */
export function tenderName(kind) {
  const names = {
    cash: t("Cash"),
    card: t("Card"),
    giftcard: t("Gift card"),
    credit: t("Store credit"),
    account: t("Customer account"),
    coupon: t("Coupon"),
    foreign: t("Foreign cash"),
  };
  return /** @type {Record<string, string>} */ (names)[kind] ?? kind;
}

/**
 * How fresh the knowledge of other tills' receipts is, in words; "" while the line stands.
 * @param {{known_as_of: string | null, online: boolean}} answer
 * @param {string} language
 * @param {string} [timeZone] the store's: a machine's own may be another, and the receipts beside it have the store's
 */
export function knownAsOf({ known_as_of: time, online }, language, timeZone) {
  if (online) return "";
  if (!time) return t("Known here: only what this till has itself.");
  const when = new Date(time).toLocaleString(language, { dateStyle: "medium", timeStyle: "short", timeZone });
  return t("Other tills’ receipts are known as of %(time)s.", { time: when });
}
