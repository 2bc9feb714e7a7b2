/**
 * Card payments that were approved and never became part of a sale, because a browser lost its cart: listed where the shift is looked at and
 * closed, to be reversed at the terminal or noted.
 */
import { get, Problem } from "../api.js";
import { h } from "../dom.js";
import { language, t } from "../i18n.js";
import { money } from "../money.js";

/** @typedef {{request: string, amount: number, state: string, at?: string}} Loose */

/**
 * Lists them in `holder`, which is hidden while there are none.
 * @param {import("./frame.js").Frame} frame
 * @param {HTMLElement} holder
 */
export async function showLooseCards(frame, holder) {
  holder.hidden = true;
  /** @type {Loose[]} */
  let rows;
  try {
    rows = (await get("api/card", { timeout: 5000 })).rows;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return; // away, or locked: the next look shows them
  }
  const own = new Set(frame.store.tabs.flatMap((tab) => tab.cart.tenders.map((/** @type {any} */ tender) => tender.payment)));
  holder.replaceChildren(...rows.filter((row) => !own.has(row.request)).map((row) => item(frame, holder, row)));
  holder.hidden = !holder.childElementCount;
}

/** @param {import("./frame.js").Frame} frame @param {HTMLElement} holder @param {Loose} row */
function item(frame, holder, row) {
  const amount = money(row.amount, frame.currency);
  const time = row.at ? new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone: frame.state.timezone }).format(new Date(row.at)) : "–";
  const words =
    row.state === "approved"
      ? t("Card payment of %(amount)s approved at %(time)s without a sale: reverse it, or note it.", { amount, time })
      : t("Card payment of %(amount)s asked for at %(time)s without an answer or a sale: reverse it, or note it.", { amount, time });
  const fault = h("span", { class: "fault", role: "alert" });
  const act = (/** @type {string} */ action, /** @type {string} */ done) => async (/** @type {Event} */ event) => {
    const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
    button.disabled = true;
    try {
      await frame.send("POST", "api/card", { request: row.request, action }, { timeout: 60000 });
      frame.toast(done);
      await showLooseCards(frame, holder);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fault.textContent = problem.message;
      button.disabled = false;
    }
  };
  return h(
    "li",
    { class: "shift-warn", dataset: { payment: row.request } },
    h("span", {}, words),
    h(
      "span",
      { class: "loose-card-buttons" },
      h("button", { type: "button", class: "button", on: { click: act("reverse", t("%(amount)s was taken back from the card.", { amount })) } }, t("Reverse it")),
      h("button", { type: "button", class: "button", on: { click: act("note", t("The card payment of %(amount)s is noted.", { amount })) } }, t("Note it")),
    ),
    fault,
  );
}
