/** Promotions: the twin of app/shop/pricing/promotions.py. */

/** @typedef {import("./lines.js").Line} Line */

/**
 * Takes off the lines what the book's promotions give; in the order applied.
 * @param {Line[]} lines @param {any} cart @param {any} book
 * @returns {Map<string, {promotion: any, amount: bigint}>}
 */
export function promote(lines, cart, book) {
  return new Map();
}
