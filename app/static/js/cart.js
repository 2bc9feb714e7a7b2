/**
 * The cart as plain data, and the pure functions that change it: each takes a cart and returns a new one. What it costs is
 * the pricing rules' to say (`pricing/price.js`); `pricingCart` is the cart as they take it, `saleRequest` as the server does.
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
 * @property {any} [pricing] what the pricing rules want to know of it
 * @property {boolean} [variants] its tile opens a choice
 * @property {{name: string, quantity: number, price: Price | null}[]} [units] packings
 * @property {number | null} [min_age] years that the customer must have
 * @property {boolean} [elsewhere] only other stores have it in their range
 * @property {number} [quantity] of a code that says how much, thousandths
 * @property {Price} [line_price] of a code that says what it costs
 * @property {string} [scanned] that code
 * @property {{name: string, quantity: number, price: Price | null}} [sold_unit] of a packing's code
 *
 * @typedef {{kind: "manual", name?: string, percent?: number, amount?: number}} Discount percent in millionths
 *
 * @typedef {object} Line
 * @property {string} id unlike any other line's of any till
 * @property {"goods" | "giftcard" | "topup"} kind
 * @property {string | null} product null: an item that the catalogue lacks
 * @property {string} name
 * @property {string} size
 * @property {number} quantity thousandths; negative: brought back
 * @property {Price} price
 * @property {boolean} keyed whether the price was keyed rather than the catalogue's
 * @property {boolean} measured
 * @property {string} unit
 * @property {any} pricing of its product
 * @property {Discount[]} discounts by hand
 * @property {string} note
 * @property {number | null} min_age
 * @property {{order: string, line: string} | null} return_of
 * @property {"restock" | "damaged" | "none" | null} restock of a return
 * @property {any} fixed figures of a returned line, which no rule prices anew
 * @property {string} [code] of a gift card
 * @property {string} [barcode] the code that gave its price
 * @property {boolean} [gone] the catalogue has lost it while the cart was parked: it keeps its name and price
 * @property {string} [to] where a topup goes
 * @property {{card: string, hint: string}[]} [cards] of a returned line: the gift cards that had paid, by their hashes
 * @property {{name: string, quantity: number, price: Price | null}[]} [units] packings that it can be sold in
 * @property {{name: string, quantity: number, single: {price: Price, keyed: boolean, size: string}} | null} [pack] the one that was chosen
 * @property {string | null} [category]
 *
 * @typedef {object} Tender
 * @property {string} kind
 * @property {number} amount minor units
 *
 * @typedef {{name: string, address: string[], tax_number: string | null}} Invoice
 *
 * @typedef {object} Cart
 * @property {string} id
 * @property {Line[]} lines
 * @property {Tender[]} tenders entered so far while paying
 * @property {number} tip minor units, on top of the total
 * @property {{id: string, name: string, group?: string | null} | null} customer
 * @property {string[]} coupons codes of promotions
 * @property {Discount[]} discounts by hand, off the whole cart
 * @property {string} note
 * @property {boolean} adult somebody has seen that the customer is old enough
 * @property {Invoice | null} [invoice] to whom, where one was asked for
 * @property {string | null} parked the `cart:<ulid>` that it was taken up from
 * @property {string} name given to it when it was parked
 * @property {string[]} approvals what supervisors have allowed for it
 * @property {import("./parked-cart.js").Base | null} [base] the parked cart as this window last saw it
 */
import { ulid } from "./ulid.js";

/** The most of one line, in thousandths, as the server has it. */
export const MOST = 9_999_999_999;

/** @returns {Cart} */
export function emptyCart() {
  return { id: ulid(), lines: [], tenders: [], customer: null, coupons: [], discounts: [], note: "", adult: false, parked: null, name: "", approvals: [], tip: 0 };
}

/** @param {Partial<Line>} fields @returns {Line} with all that a line has */
export function lineOf(fields) {
  return {
    id: ulid().toLowerCase(),
    kind: "goods",
    product: null,
    name: "",
    size: "",
    quantity: 1000,
    price: { amount: 0, per: 1000 },
    keyed: false,
    measured: false,
    unit: "",
    pricing: null,
    discounts: [],
    note: "",
    min_age: null,
    return_of: null,
    restock: null,
    fixed: null,
    ...fields,
  };
}

/**
 * A cart as it was kept, by whichever version, with all that one of today has.
 * @param {any} kept
 * @returns {Cart}
 */
export function cartOf(kept) {
  return { ...emptyCart(), ...kept, lines: Array.isArray(kept?.lines) ? kept.lines.map(lineOf) : [] };
}

/**
 * Pieces in the cart: a measured line counts as one.
 * @param {Cart} cart
 */
export const piecesOf = (cart) => cart.lines.reduce((n, line) => n + (line.measured ? 1 : Math.abs(line.quantity) / 1000), 0);

/** Whether one more of it may simply be counted up. @param {Line} line */
const plainLine = (line) => !line.keyed && !line.pack && !line.measured && !line.note && !line.return_of && !line.restock && line.quantity > 0 && line.kind === "goods";

/**
 * Adds a product; the same one again raises its line, unless a price was keyed or it is measured.
 * @param {Cart} cart
 * @param {Product} product
 * @param {{quantity?: number, price?: Price}} [how] quantity in thousandths; price: a keyed one
 * @returns {{cart: Cart, line: Line}}
 */
export function add(cart, product, { quantity = 1000, price } = {}) {
  const same = cart.lines.find((line) => line.product === product.id && plainLine(line));
  if (same && !price && !product.measured && quantity > 0 && same.quantity + quantity <= MOST) {
    const line = { ...same, quantity: same.quantity + quantity, price: product.price ?? same.price, pricing: product.pricing ?? same.pricing };
    return { cart: replace(cart, line), line };
  }
  const chosen = price ?? product.price;
  if (!chosen) throw new Error("an open-price product needs a price");
  return append(cart, {
    product: product.id,
    name: product.name,
    size: product.sold_unit?.name ?? product.size ?? "",
    quantity,
    price: chosen,
    keyed: Boolean(price),
    measured: product.measured,
    unit: product.unit ?? "",
    pricing: product.pricing ?? null,
    category: product.category?.id ?? null,
    min_age: product.min_age ?? null,
    restock: quantity < 0 ? "restock" : null,
    ...(product.units?.length && !product.measured && !product.sold_unit && !price && quantity > 0 ? { units: product.units } : {}),
    ...(product.line_price && product.scanned ? { barcode: product.scanned } : {}),
  });
}

/**
 * Adds what the catalogue lacks, by keyed name and price.
 * @param {Cart} cart
 * @param {{name: string, price: Price}} item
 */
export function addKeyed(cart, { name, price }) {
  return append(cart, { name, price, keyed: true });
}

/**
 * @param {Cart} cart
 * @param {Partial<Line>} fields
 */
export function append(cart, fields) {
  const line = lineOf(fields);
  return { cart: { ...cart, lines: [...cart.lines, line] }, line };
}

/**
 * The line in another of its packings, as many of them as there were of the one before.
 * @param {Line} line
 * @param {number} place of the packing in `units`; -1: single ones again
 * @returns {Partial<Line> | null} what changes; null: nothing that can be
 */
export function packed(line, place) {
  const unit = line.units?.[place] ?? null;
  if (line.fixed || line.quantity <= 0 || (!unit && !line.pack)) return null;
  const count = Math.max(1, Math.round(line.quantity / (line.pack?.quantity ?? 1000)));
  const quantity = count * (unit?.quantity ?? 1000);
  if (quantity > MOST) return null;
  const single = line.pack?.single ?? { price: line.price, keyed: line.keyed, size: line.size };
  if (!unit) return { quantity, ...single, pack: null };
  const price = unit.price ? { price: { amount: unit.price.amount, per: unit.quantity }, keyed: true } : { price: single.price, keyed: single.keyed };
  return { quantity, ...price, size: unit.name, pack: { name: unit.name, quantity: unit.quantity, single } };
}

/** @param {Cart} cart @param {Line} line @returns {Cart} */
export function replace(cart, line) {
  return { ...cart, lines: cart.lines.map((each) => (each.id === line.id ? line : each)) };
}

/** @param {Cart} cart @param {string} id @returns {Cart} */
export function remove(cart, id) {
  return { ...cart, lines: cart.lines.filter((line) => line.id !== id) };
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

/** The cart as `pricing/price.js` and `POST api/price` take it. @param {Cart} cart */
export function pricingCart(cart) {
  return {
    customer: cart.customer ? { id: cart.customer.id, group: cart.customer.group ?? null } : null,
    coupons: cart.coupons,
    discounts: cart.discounts,
    lines: cart.lines.map((line) => ({
      ...(line.pricing ?? {}),
      id: line.id,
      kind: line.kind,
      product: line.product,
      category: line.pricing?.category ?? line.category ?? null,
      name: line.name,
      quantity: line.quantity,
      measured: line.measured,
      price: line.keyed ? (line.pricing?.price ?? null) : line.price,
      keyed: line.keyed ? line.price : null,
      label: Boolean(line.barcode),
      discounts: line.discounts,
      ...(line.fixed ? { fixed: line.fixed } : {}),
    })),
  };
}

/**
 * The request for `POST /api/sales`: lines without a keyed price are priced by the catalogue, and `total` says what the window showed.
 * @param {Cart} cart
 * @param {{sale: string, seen: {series: string, number: number, mark?: string} | null, total: number, tenders: Tender[]}} how
 */
export function saleRequest(cart, { sale, seen, total, tenders }) {
  return {
    sale,
    ...(seen ? { seen } : {}),
    ...(cart.parked ? { cart: cart.parked } : {}),
    ...(cart.customer ? { customer: cart.customer.id } : {}),
    ...(cart.coupons.length ? { coupons: cart.coupons } : {}),
    ...(cart.discounts.length ? { discounts: cart.discounts } : {}),
    ...(cart.note ? { note: cart.note } : {}),
    ...(cart.adult ? { age: true } : {}),
    ...(cart.invoice ? { invoice: cart.invoice } : {}),
    ...(cart.approvals.length ? { approvals: cart.approvals } : {}),
    lines: cart.lines.map(requestLine),
    tenders,
    total,
  };
}

/** @param {Line} line */
function requestLine(line) {
  return {
    id: line.id,
    ...(line.kind === "goods" ? {} : { kind: line.kind }),
    product: line.product,
    quantity: line.quantity,
    ...(line.keyed || line.kind !== "goods" ? { price: line.price } : {}),
    ...(line.product && !line.gone ? {} : { name: line.name }),
    ...(line.barcode ? { barcode: line.barcode } : {}),
    ...(line.discounts.length ? { discounts: line.discounts } : {}),
    ...(line.note ? { note: line.note } : {}),
    ...(line.return_of ? { return_of: line.return_of } : {}),
    ...(line.restock ? { restock: line.restock } : {}),
    ...(line.code ? { code: line.code } : {}),
    ...(line.to ? { to: line.to } : {}),
  };
}
