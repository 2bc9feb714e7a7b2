/**
 * What is still to pay, while it is being paid: the same rules as app/shop/payments/settle.py, for the window. Amounts are BigInt in minor
 * units. What isn't settled in cash is settled to the cent; only the part left for cash is rounded to the coins there are.
 *
 * @typedef {object} Settings `GET api/tenders`
 * @property {string[]} kinds
 * @property {"slip" | "simulated"} card
 * @property {boolean} tips
 * @property {{step: number, mode?: string} | null} cash_rounding
 * @property {{code: string, digits: number, num: number, den: number}[]} foreign
 *
 * @typedef {object} Standing
 * @property {bigint} owed total and tip; below zero it is paid out
 * @property {bigint} left to pay to the cent
 * @property {bigint} cash to pay when the rest is paid in cash, rounded
 * @property {bigint} rounding what that rounds
 * @property {boolean} out whether money goes back
 */
import { cashRound } from "../pricing/price.js";
import { divideRound } from "../money.js";

const IN_CASH = ["cash", "foreign"];

/** Until the server has said: what every till takes. @type {Settings} */
export const USUAL = { kinds: ["cash", "coupon"], card: "slip", tips: false, cash_rounding: null, foreign: [] };

/** @param {{kind: string, amount: number}[]} tenders @param {(kind: string) => boolean} wanted @returns {bigint} */
const sum = (tenders, wanted) => tenders.reduce((whole, tender) => (wanted(tender.kind) ? whole + BigInt(tender.amount) : whole), 0n);

/**
 * @param {{total: number, tip: number, coupon: number, tenders: {kind: string, amount: number}[], rule: Settings["cash_rounding"]}} sale coupon: what
 *   manufacturers' coupons had paid of returned lines, zero or less
 * @returns {Standing}
 */
export function standing({ total, tip, coupon, tenders, rule }) {
  const owed = BigInt(total) + BigInt(tip) - BigInt(coupon);
  const forCash = owed - sum(tenders, (kind) => !IN_CASH.includes(kind));
  const given = sum(tenders, (kind) => IN_CASH.includes(kind));
  const rounded = BigInt(cashRound(forCash, rule));
  return { owed, left: forCash - given, cash: rounded - given, rounding: rounded - forCash, out: owed < 0n };
}

/**
 * The change for `given` more in cash (or foreign cash, in book value); below zero: that much is missing.
 * @param {Standing} now
 * @param {bigint} given
 * @param {Settings["cash_rounding"]} rule
 * @param {boolean} foreign whether foreign cash is among it: what it is worth is no multiple of a coin, so the change is rounded
 */
export function changeFor(now, given, rule, foreign) {
  const change = given - now.cash;
  if (!foreign) return change;
  if (change < 0n) return given >= now.left ? 0n : change;
  const rounded = BigInt(cashRound(change, rule));
  return rounded < given ? rounded : given;
}

/** What foreign cash is worth, in minor units of the book currency. @param {bigint} amount @param {Settings["foreign"][number]} rate */
export const worthOf = (amount, rate) => divideRound(amount * BigInt(rate.num), BigInt(rate.den));

/** The least of a foreign currency that is worth `due`. @param {bigint} due @param {Settings["foreign"][number]} rate */
export function leastOf(due, rate) {
  if (due <= 0n) return 0n;
  const [num, den] = [BigInt(rate.num), BigInt(rate.den)];
  let amount = (due * den) / num;
  if (amount > 0n) amount -= 1n;
  while (worthOf(amount, rate) < due) amount += 1n;
  return amount;
}
