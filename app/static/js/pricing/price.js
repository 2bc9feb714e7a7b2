/**
 * The pricing function for the page: the same carts and books in, the same figures out as app/shop/pricing/price.py,
 * which tells shapes and rules. Integers are BigInt inside, plain numbers at the edge. The server's answer counts; this
 * one is there at once.
 */
import { holds, strongest, usedCodes } from "./conditions.js";
import { cartDiscounts, lineDiscounts } from "./discounts.js";
import { explode } from "./explode.js";
import { PricingError, isCard, readLines } from "./lines.js";
import { promote } from "./promotions.js";
import { assess, summary } from "./tax.js";
import { MAX_AMOUNT, MAX_QUANTITY, abs, sum } from "./whole.js";

export { storeNow } from "./conditions.js";
export { PricingError, listed } from "./lines.js";
export { cashRound } from "./whole.js";

/**
 * The cart priced by the book. Throws PricingError: an open price that nobody keyed, or a figure too large.
 * @param {any} cart
 * @param {any} book
 * @returns {any}
 */
export function price(cart, book) {
  const lists = strongest((book.lists ?? []).filter((/** @type {any} */ list) => holds(list, cart, book.now)));
  const lines = readLines(cart, lists, book.now);
  const applied = [...promote(lines, cart, book)];
  lineDiscounts(lines);
  cartDiscounts(lines, cart.discounts ?? []);
  const known = book.taxes;
  const usual = book.default_taxes ?? [];
  /** @type {any[]} */
  const out = [];
  /** @type {number[]} */
  const open = [];
  /** @type {{id: string, rate: number}[][]} */
  const rates = [];
  for (const line of lines) {
    for (const { made, taxes, done } of explode(line)) {
      if (abs(made.amount) > MAX_AMOUNT || abs(made.quantity) > MAX_QUANTITY) throw new PricingError("too_large", line.id);
      if (done) made.tax = done;
      else {
        open.push(out.length);
        const ids = (taxes ?? usual).filter((/** @type {string} */ id) => Object.hasOwn(known, id));
        rates.push(ids.map((/** @type {string} */ id) => ({ id, rate: known[id].rate })));
      }
      out.push(made);
    }
  }
  const found = assess(open.map((place) => out[place].total), rates, book.tax_mode, book.rounding);
  open.forEach((place, row) => {
    out[place].tax = found[row];
  });
  const taxes = summary(out, known);
  const subtotal = sum(out.map((line) => line.total));
  const total = subtotal + (book.tax_mode === "added" ? sum(taxes.map((tax) => tax.amount)) : 0n);
  if (abs(total) > MAX_AMOUNT) throw new PricingError("too_large", null);
  const revenue = subtotal - sum(out.filter((line) => isCard(line.kind)).map((line) => line.total));
  return plainNumbers({
    lines: out,
    tax_mode: book.tax_mode,
    rounding: { ...book.rounding },
    subtotal,
    discount: sum(out.map((line) => line.amount - line.total)),
    tax: taxes,
    total,
    promotions: applied.map(([id, { promotion, amount }]) => ({ id, name: promotion.name, amount })),
    coupons: usedCodes(cart, applied.map(([, { promotion }]) => promotion)),
    revenue,
  });
}

/** The same value with every BigInt a number. @param {any} value @returns {any} */
function plainNumbers(value) {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plainNumbers);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plainNumbers(entry)]));
  }
  return value;
}
