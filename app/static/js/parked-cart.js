/**
 * A parked cart and the open one, as plain data: how the one becomes the other, and how what another till did meanwhile is joined with
 * what was done here. The rules are the server's (app/shop/carts/merging.py), but for a line that both changed: here ours stays on the
 * screen, is sent as a change of what was seen before, and the server keeps both.
 *
 * @typedef {import("./cart.js").Cart} Cart
 * @typedef {import("./cart.js").Line} Line
 * @typedef {Record<string, any>} Lines a line by its id
 * @typedef {{rev: string, holder: {terminal: string, window: string} | null, lines: Lines, rest: string}} Base
 * @typedef {object} Row what the API shows of a parked cart
 * @property {string} id
 * @property {string} rev
 * @property {string | null} name
 * @property {string} at
 * @property {string} by
 * @property {string} on
 * @property {string} timezone
 * @property {{terminal: string, window: string, at: string} | null} holder
 * @property {Lines} lines
 * @property {number} twice
 * @property {string | null} sold
 * @property {{id: string, name: string, group: string | null} | null} customer
 * @property {string[]} coupons
 * @property {any[]} discounts
 * @property {string | null} note
 * @property {boolean} [gone]
 */

import { lineOf } from "./cart.js";

/** What the server says of a line, and what no window writes. */
const SERVERS = new Set(["on", "gone", "id"]);

/** @param {any} value JSON with sorted keys, so that equal things have equal texts */
export function canonical(value) {
  return JSON.stringify(value, (_, each) =>
    each && typeof each === "object" && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}

/** @param {any} line */
export const plain = (line) => Object.fromEntries(Object.entries(line).filter(([key]) => !SERVERS.has(key)));

/** @param {any} a @param {any} b whether two lines, or two nothings, are the same */
const same = (a, b) => (a && b ? canonical(plain(a)) === canonical(plain(b)) : !a && !b);

/** @param {Line[]} lines @returns {Lines} as they are sent */
export function linesOf(lines) {
  return Object.fromEntries(lines.map((line) => [line.id, plain(line)]));
}

/**
 * As the open cart has them, in the order in which they were added (their ids begin with the time), a second version behind the first.
 * @param {Lines} lines
 * @returns {Line[]}
 */
export function asLines(lines) {
  return Object.keys(lines)
    .sort()
    .map((id) => {
      const { on, gone, ...line } = lines[id];
      // What the catalogue has lost meanwhile is sold for the price it had.
      return lineOf({ ...line, ...(gone ? { keyed: true, gone } : {}), id });
    });
}

/** All of a cart but its lines, as it is sent. @param {Cart} cart */
export function restOf(cart) {
  return { name: cart.name || null, customer: cart.customer?.id ?? null, coupons: [...cart.coupons].sort(), discounts: cart.discounts, note: cart.note || null };
}

/** @param {Row} row */
const restOfRow = (row) => canonical({ name: row.name || null, customer: row.customer?.id ?? null, coupons: [...row.coupons].sort(), discounts: row.discounts, note: row.note || null });

/** @param {Row} row @returns {Base} */
export function baseOf(row) {
  return { rev: row.rev, holder: row.holder, lines: row.lines, rest: restOfRow(row) };
}

/** The open cart that a parked one becomes. @param {Row} row @returns {Partial<Cart>} */
export function taken(row) {
  const lines = asLines(row.lines);
  return { lines, name: row.name ?? "", customer: row.customer, coupons: row.coupons, discounts: row.discounts, note: row.note ?? "", parked: row.id, base: baseOf(row) };
}

/** Whether the open cart says something that its parked one lacks. @param {Cart} cart */
export function ahead(cart) {
  if (!cart.parked || !cart.base) return false;
  const ours = linesOf(cart.lines);
  const { lines, rest } = cart.base;
  const ids = new Set([...Object.keys(ours), ...Object.keys(lines)]);
  return canonical(restOf(cart)) !== rest || [...ids].some((id) => !same(ours[id], lines[id]));
}

/**
 * The open cart with what its parked one has become. `before` is what it was when ours and theirs were last the same.
 * @param {Cart} cart
 * @param {Row} row
 * @param {{lines: Lines, rest: string}} before
 * @returns {{cart: Cart, came: string[]}} and the ids of lines that another till added or changed
 */
export function joined(cart, row, before) {
  const ours = linesOf(cart.lines);
  /** @type {Lines} */
  const lines = {};
  const came = [];
  let clash = false;
  for (const id of new Set([...Object.keys(ours), ...Object.keys(row.lines)])) {
    const [was, our, their] = [before.lines[id], ours[id], row.lines[id]];
    const theirs = same(our, was) || (our && their && same(our, their));
    const line = theirs ? their : same(their, was) ? our : (our ?? their);
    clash ||= !theirs && !same(their, was);
    if (line) lines[id] = line;
    if (line && line === their && !same(our, their)) came.push(id);
  }
  const kept = new Map(cart.lines.map((line) => [line.id, line]));
  const list = asLines(lines).map((line) => {
    const our = kept.get(line.id);
    return our && same(our, line) ? our : line; // what did not change stays the same object
  });
  const mine = canonical(restOf(cart));
  const rest = mine === before.rest ? { name: row.name ?? "", customer: row.customer, coupons: row.coupons, discounts: row.discounts, note: row.note ?? "" } : {};
  return { cart: { ...cart, ...rest, lines: list, base: clash && cart.base ? cart.base : baseOf(row) }, came };
}
