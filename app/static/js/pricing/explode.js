/** From a cart's line to the lines of the order, bundles and deposits: the twin of app/shop/pricing/explode.py. */
import { WHOLE, abs, allot, divide, lineAmount, sum } from "./whole.js";

/** @typedef {import("./lines.js").Line} Line */

/**
 * The order's lines of one line of the cart; `taxes` are ids, null for the store's usual ones; `done` a returned line's
 * finished taxes.
 * @param {Line} line
 * @returns {{made: any, taxes: string[] | null, done?: any[]}[]}
 */
export function explode(line) {
  const { source } = line;
  if (line.fixed) {
    const made = order(line, line.id, source.of ?? null, source, line.quantity, line.price, line.amount, line.discounts);
    made.bundle = typeof source.bundle === "string" ? source.bundle : null;
    made.total = line.rest;
    const done = line.fixed.tax.map((/** @type {any} */ tax) => ({
      ...tax,
      base: BigInt(tax.base),
      amount: BigInt(tax.amount),
    }));
    return [{ made, taxes: [], done }];
  }
  const parts = source.bundle;
  if (!parts?.length) {
    const made = order(line, line.id, null, source, line.quantity, line.price, line.amount, line.discounts);
    return [{ made, taxes: line.goods ? (source.taxes ?? null) : [] }, ...deposit(line, line.id, source.deposit, line.quantity)];
  }
  /** @type {bigint[]} */
  const quantities = parts.map((/** @type {any} */ part) => times(line.quantity, BigInt(part.quantity)));
  const amounts = allot(line.amount, parts.map((/** @type {any} */ part, /** @type {number} */ place) => abs(lineAmount(part.value, quantities[place]))));
  const rests = [...amounts];
  /** @type {any[][]} */
  const shares = parts.map(() => []);
  for (const discount of line.discounts) {
    allot(discount.amount, rests.map(abs)).forEach((taken, place) => {
      if (!taken) return;
      shares[place].push({ ...discount, amount: taken });
      rests[place] -= taken;
    });
  }
  return parts.flatMap((/** @type {any} */ part, /** @type {number} */ place) => {
    const id = `${line.id}.${part.id}`;
    const quantity = quantities[place];
    const price = { amount: Number(abs(amounts[place])), per: Number(abs(quantity)) };
    const made = order(line, id, line.id, part, quantity, price, amounts[place], shares[place]);
    made.bundle = line.product;
    return [{ made, taxes: part.taxes ?? null }, ...deposit(line, id, part.deposit, quantity)];
  });
}

/** Thousandths of a component in `bundles` thousandths of a bundle, at least one. @param {bigint} bundles @param {bigint} each */
const times = (bundles, each) => divide(bundles * each, WHOLE) || (bundles >= 0n ? 1n : -1n);

/** @param {Line} line @param {string} id @param {any} given @param {bigint} quantity */
function deposit(line, id, given, quantity) {
  if (!given) return [];
  const price = { amount: given.price.amount, per: given.price.per ?? 1000 };
  const made = order(line, `${id}.deposit`, id, given, quantity, price, lineAmount(price, quantity), []);
  made.kind = "deposit";
  made.list = null;
  return [{ made, taxes: given.taxes ?? null }];
}

/**
 * @param {Line} line @param {string} id @param {string | null} of @param {any} named @param {bigint} quantity
 * @param {{amount: number, per: number}} price @param {bigint} amount @param {any[]} discounts
 * @returns {any}
 */
function order(line, id, of, named, quantity, price, amount, discounts) {
  return {
    id,
    of,
    kind: line.kind,
    product: named.product ?? null,
    name: named.name ?? null,
    category: named.category ?? null,
    quantity,
    price,
    list: line.list,
    amount,
    discounts,
    total: amount - sum(discounts.map((discount) => discount.amount)),
    tax: [],
    bundle: null,
  };
}
