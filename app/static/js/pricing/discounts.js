/** Discounts by hand, and how what a whole cart takes off is allotted: the twin of app/shop/pricing/discounts.py. */
import { MILLION, abs, allot, divide, least, sum } from "./whole.js";

/** @typedef {import("./lines.js").Line} Line */

/**
 * What a discount takes off `rest`, never more than it; with the sign of `rest`.
 * @param {bigint} rest
 * @param {{percent?: number | null, amount?: number}} discount
 */
export function off(rest, discount) {
  const whole = abs(rest);
  const wanted =
    discount.percent !== undefined && discount.percent !== null
      ? divide(whole * BigInt(discount.percent), MILLION)
      : abs(BigInt(discount.amount ?? 0));
  const taken = least(wanted, whole);
  return rest < 0n ? -taken : taken;
}

/** @param {Line[]} lines */
export function lineDiscounts(lines) {
  for (const line of lines) {
    if (!line.goods) continue;
    for (const discount of line.source.discounts ?? []) {
      const taken = off(line.rest, discount);
      if (taken) line.takeOff(taken, discount.kind, null, discount.name);
    }
  }
}

/** @param {Line[]} lines @param {any[]} discounts */
export function cartDiscounts(lines, discounts) {
  const sold = lines.filter((line) => line.goods && line.rest > 0n);
  for (const discount of discounts) {
    share(sold, off(sum(sold.map((line) => line.rest)), discount), "cart", null, discount.name);
  }
}

/**
 * Takes `amount` off `lines` by largest remainder of what is left of them.
 * @param {Line[]} lines @param {bigint} amount @param {string} kind @param {string | null} id @param {string | null} [name]
 */
export function share(lines, amount, kind, id, name) {
  if (!amount) return;
  allot(amount, lines.map((line) => line.rest)).forEach((part, place) => {
    if (part) lines[place].takeOff(part, kind, id, name);
  });
}
