/**
 * A payment at the card terminal: asked for under an id of its own, so that asking again is never paying again. When it doesn't answer, nobody
 * knows whether the card was charged: the cashier asks again, or takes it back, and nothing is sold on it before.
 */
import { Problem } from "../api.js";
import { t } from "../i18n.js";
import { ulid } from "../ulid.js";

/**
 * @typedef {{title: string, why?: string, waits?: boolean, buttons?: {name: string, run: () => void, primary?: boolean}[]}} Panel
 * @typedef {{request: string, amount: number, state: string, reference: string | null}} Paid
 */

/**
 * Charges a card. null: it was not charged, and `say` has told why.
 * @param {import("./frame.js").Frame} frame
 * @param {bigint} amount
 * @param {string} words the amount as a person reads it
 * @param {(panel: Panel) => Promise<string>} ask shows a panel; the answer is the button's name
 * @param {(panel: Panel) => void} show a panel that only waits
 * @returns {Promise<Paid | {error: string}>}
 */
export async function charge(frame, amount, words, ask, show) {
  const payment = ulid();
  const again = t("Ask again");
  const back = t("Take it back");
  const body = { request: payment, amount: Number(amount) };
  for (;;) {
    show({ title: t("Waiting for the card terminal…"), why: t("%(amount)s: card in, or held against it.", { amount: words }), waits: true });
    let why = t("The card terminal did not answer. Nobody knows yet whether the card was charged.");
    try {
      const paid = await frame.send("POST", "api/card", body, { timeout: 60000 });
      if (paid.state === "approved") return paid;
      if (paid.state === "declined") return { error: t("The card was declined. Take another card, or another kind of payment.") };
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.refused || problem.status === 403) return { error: problem.message };
      why = t("The till’s server does not answer. Nobody knows yet whether the card was charged.");
    }
    for (;;) {
      const answer = await ask({ title: t("No answer from the card terminal"), why, buttons: [{ name: again, run() {}, primary: true }, { name: back, run() {} }] });
      if (answer === again) break;
      try {
        await frame.send("POST", "api/card", { request: payment, action: "reverse" });
        return { error: t("The payment by card was taken back. Nothing was charged.") };
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (problem.status === 404) return { error: t("The payment by card was taken back. Nothing was charged.") };
        why = problem.message;
      }
    }
  }
}

/** Takes back a payment whose tender was dropped. @param {import("./frame.js").Frame} frame @param {string} payment */
export async function takeBack(frame, payment) {
  await frame.send("POST", "api/card", { request: payment, action: "reverse" });
}
