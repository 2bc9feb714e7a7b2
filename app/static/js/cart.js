/**
 * The cart as plain data, and the pure functions that change it: each takes a cart and returns a new one.
 *
 * @typedef {import("./money.js").Price} Price
 * @typedef {object} Product what the API shows of a product
 * @property {string} id
 * @property {string} name
 * @property {string} [size]
 * @property {Price | null} price null: keyed at the sale
 * @property {boolean} open the price is always keyed
 * @property {boolean} measured sold by weight or volume
 * @property {string} [unit] "kg", "gal"
 * @property {{id: string, name: string, colour?: string | null} | null} [category]
 * @property {string | null} [picture]
 * @property {string} [code] its first barcode
 * @property {number[]} [rates] of taxes added to its price, in millionths
 *
 * @typedef {object} Line
 * @property {string} id "l1", unique within the cart
 * @property {string | null} product null: an item that the catalogue lacks
 * @property {string} name
 * @property {string} size
 * @property {number} quantity thousandths
 * @property {Price} price
 * @property {boolean} keyed whether the price was keyed rather than the catalogue's
 * @property {boolean} measured
 * @property {string} unit
 * @property {number[]} [rates] of taxes added to the price, in millionths; none where prices contain them
 *
 * @typedef {object} Tender
 * @property {"coupon" | "cash"} kind
 * @property {number} amount minor units
 *
 * @typedef {object} Cart
 * @property {string} id
 * @property {Line[]} lines
 * @property {number} born the count behind the next line's id
 * @property {Tender[]} tenders entered so far while paying
 * @property {{id: string, name: string, group?: string | null} | null} customer
 * @property {string[]} coupons codes of promotions
 * @property {{kind: "manual", name: string, percent?: number, amount?: number}[]} discounts by hand, off the whole cart
 * @property {string} note
 * @property {boolean} adult somebody has seen that the customer is old enough
 * @property {string | null} parked the `cart:<ulid>` that it was taken up from
 * @property {string} name given to it when it was parked
 */
import { divideRound, lineAmount } from "./money.js";
import { ulid } from "./ulid.js";

/** The most of one line, in thousandths, as the server has it. */
export const MOST = 9_999_999_999;

/** @returns {Cart} */
export function emptyCart() {
  return { id: ulid(), lines: [], born: 0, tenders: [], customer: null, coupons: [], discounts: [], note: "", adult: false, parked: null, name: "" };
}

/** @param {Line} line */
export const amountOf = (line) => lineAmount(line.price, line.quantity);

/** Taxes that come on top of a line, each rounded for itself. @param {Line} line */
const addedTo = (line) => (line.rates ?? []).reduce((sum, rate) => sum + divideRound(amountOf(line) * BigInt(rate), 1_000_000n), 0n);

/** Taxes on top of the prices, where a store adds them. @param {Cart} cart @returns {bigint} */
export const taxOf = (cart) => cart.lines.reduce((sum, line) => sum + addedTo(line), 0n);

/** @param {Cart} cart @returns {bigint} minor units */
export const totalOf = (cart) => cart.lines.reduce((sum, line) => sum + amountOf(line), taxOf(cart));

/** What is still to be paid beside what was entered. @param {Cart} cart @returns {bigint} */
export const dueOf = (cart) => cart.tenders.reduce((due, tender) => due - BigInt(tender.amount), totalOf(cart));

/**
 * Pieces in the cart: a measured line counts as one.
 * @param {Cart} cart
 */
export const piecesOf = (cart) => cart.lines.reduce((n, line) => n + (line.measured ? 1 : line.quantity / 1000), 0);

/**
 * Adds a product; the same one again raises its line, unless a price was keyed or it is measured.
 * @param {Cart} cart
 * @param {Product} product
 * @param {{quantity?: number, price?: Price}} [how] quantity in thousandths; price: a keyed one
 * @returns {{cart: Cart, line: Line}}
 */
export function add(cart, product, { quantity = 1000, price } = {}) {
  const same = cart.lines.find((line) => line.product === product.id && !line.keyed && !line.measured);
  if (same && !price && !product.measured && same.quantity + quantity <= MOST) {
    const line = { ...same, quantity: same.quantity + quantity, price: product.price ?? same.price };
    return { cart: replace(cart, line), line };
  }
  const chosen = price ?? product.price;
  if (!chosen) throw new Error("an open-price product needs a price");
  return append(cart, {
    product: product.id,
    name: product.name,
    size: product.size ?? "",
    quantity,
    price: chosen,
    keyed: Boolean(price),
    measured: product.measured,
    unit: product.unit ?? "",
    rates: product.rates ?? [],
  });
}

/**
 * Adds what the catalogue lacks, by keyed name and price.
 * @param {Cart} cart
 * @param {{name: string, price: Price, rates?: number[]}} item
 */
export function addKeyed(cart, { name, price, rates = [] }) {
  return append(cart, { product: null, name, size: "", quantity: 1000, price, keyed: true, measured: false, unit: "", rates });
}

/**
 * @param {Cart} cart
 * @param {Omit<Line, "id">} fields
 */
function append(cart, fields) {
  const born = cart.born + 1;
  const line = { id: `l${born}`, ...fields };
  return { cart: { ...cart, born, lines: [...cart.lines, line] }, line };
}

/** @param {Cart} cart @param {Line} line @returns {Cart} */
export function replace(cart, line) {
  return { ...cart, lines: cart.lines.map((each) => (each.id === line.id ? line : each)) };
}

/** @param {Cart} cart @param {string} id @returns {Cart} */
export function remove(cart, id) {
  return trimTenders({ ...cart, lines: cart.lines.filter((line) => line.id !== id) });
}

/**
 * Puts a removed line back where it was.
 * @param {Cart} cart
 * @param {Line} line
 * @param {number} index
 * @returns {Cart}
 */
export function restore(cart, line, index) {
  if (cart.lines.some((each) => each.id === line.id)) return cart;
  const lines = [...cart.lines];
  lines.splice(index, 0, line);
  return { ...cart, lines };
}

/**
 * What was entered can't pay more than there is to pay: when the cart shrinks below it, it is asked for anew.
 * @param {Cart} cart
 * @returns {Cart}
 */
export function trimTenders(cart) {
  return dueOf(cart) < 0n ? { ...cart, tenders: [] } : cart;
}

/**
 * The request for `POST /api/sales`: lines without a keyed price are priced by the catalogue, and `total` says what the window showed.
 * @param {Cart} cart
 * @param {{sale: string, seen: {series: string, number: number} | null, cash: bigint}} how
 */
export function saleRequest(cart, { sale, seen, cash }) {
  const tenders = [...cart.tenders];
  if (cash > 0n) tenders.push({ kind: "cash", amount: Number(cash) });
  return {
    sale,
    ...(seen ? { seen } : {}),
    lines: cart.lines.map((line) => ({
      id: line.id,
      product: line.product,
      quantity: line.quantity,
      ...(line.keyed ? { price: line.price } : {}),
      ...(line.product ? {} : { name: line.name }),
    })),
    tenders,
    total: Number(totalOf(cart)),
  };
}
