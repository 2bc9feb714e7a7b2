/**
 * Whole numbers for money: BigInt in the currency's minor unit, nothing ever rounded twice. The twin of
 * app/shop/money.py and app/shop/pricing/rounding.py; plain numbers only at the edge.
 */

/** Minor units: the most that a line or a receipt may come to. */
export const MAX_AMOUNT = 10n ** 12n - 1n;
/** Thousandths: the most of one line. */
export const MAX_QUANTITY = 10n ** 10n - 1n;
/** Thousandths in one. */
export const WHOLE = 1000n;
/** Millionths in one. */
export const MILLION = 1_000_000n;

/** @param {bigint} n */
export const abs = (n) => (n < 0n ? -n : n);
/** @param {bigint} a @param {bigint} b */
export const least = (a, b) => (a < b ? a : b);
/** @param {bigint[]} values */
export const sum = (values) => values.reduce((whole, value) => whole + value, 0n);

/**
 * `numerator / denominator`, half away from zero.
 * @param {bigint} numerator
 * @param {bigint} denominator greater than zero
 */
export function divide(numerator, denominator) {
  const quotient = (2n * abs(numerator) + denominator) / (2n * denominator);
  return numerator < 0n ? -quotient : quotient;
}

/**
 * The nearest integer; halves away from zero, or to the even neighbour.
 * @param {bigint} numerator
 * @param {bigint} denominator greater than zero
 * @param {string} mode "half_away" | "half_even"
 */
export function rounded(numerator, denominator, mode) {
  const quotient = divide(numerator, denominator);
  const half = (2n * abs(numerator)) % (2n * denominator) === denominator;
  if (mode !== "half_even" || !half || quotient % 2n === 0n) return quotient;
  return quotient > 0n ? quotient - 1n : quotient + 1n;
}

/**
 * Splits `total` in proportion to `weights` (none negative) by largest remainder; equal remainders favour the earlier.
 * @param {bigint} total
 * @param {bigint[]} weights
 * @returns {bigint[]}
 */
export function allot(total, weights) {
  if (!weights.length) return [];
  if (total < 0n) return allot(-total, weights).map((part) => -part);
  const whole = sum(weights);
  if (whole === 0n) return weights.map((_, place) => (place === 0 ? total : 0n));
  const parts = weights.map((weight) => (total * weight) / whole);
  const remainders = weights.map((weight) => (total * weight) % whole);
  const order = weights.map((_, place) => place);
  order.sort((a, b) => (remainders[a] === remainders[b] ? a - b : remainders[a] > remainders[b] ? -1 : 1));
  let missing = Number(total - sum(parts));
  for (const place of order) {
    if (missing-- <= 0) break;
    parts[place] += 1n;
  }
  return parts;
}

/**
 * What `quantity` thousandths cost at a price for `per` thousandths.
 * @param {{amount: number | bigint, per?: number | bigint}} price
 * @param {bigint} quantity
 */
export const lineAmount = (price, quantity) => divide(BigInt(price.amount) * quantity, BigInt(price.per ?? 1000));

/**
 * What of `amount` is settled in cash: the multiple of `rule.step` that `rule.mode` picks. "half_away" and "half_even"
 * take the nearest, "up" the one away from zero, "down" the one towards it. No rule, no rounding.
 * @param {number | bigint} amount minor units
 * @param {{step: number, mode?: string} | null} rule
 * @returns {number}
 */
export function cashRound(amount, rule) {
  const whole = BigInt(amount);
  if (!rule) return Number(whole);
  const step = BigInt(rule.step);
  const mode = rule.mode ?? "half_away";
  if (mode === "half_away" || mode === "half_even") return Number(rounded(whole, step, mode) * step);
  const steps = abs(whole) / step + (mode === "up" && whole % step !== 0n ? 1n : 0n);
  return Number(whole < 0n ? -(steps * step) : steps * step);
}
