/** Promotions, what each takes off which lines: the twin of app/shop/pricing/promotions.py, which tells the rules. */
import { holds, strongest } from "./conditions.js";
import { share } from "./discounts.js";
import { ENDLESS, Index, Piece, Runs, gather, take } from "./units.js";
import { MILLION, WHOLE, allot, divide, least, lineAmount, sum } from "./whole.js";

/**
 * @typedef {import("./lines.js").Line} Line
 * @typedef {import("./units.js").Part} Part
 * @typedef {(sets: bigint, pieces: Piece[]) => bigint[]} Offs
 * @typedef {Map<string, {promotion: any, amount: bigint}>} Applied
 */

/**
 * Takes off the lines what the book's promotions give; in the order applied.
 * @param {Line[]} lines @param {any} cart @param {any} book
 * @returns {Applied}
 */
export function promote(lines, cart, book) {
  /** @type {Applied} */
  const applied = new Map();
  const index = new Index(lines);
  const rules = strongest((book.promotions ?? []).filter((/** @type {any} */ rule) => holds(rule, cart, book.now)));
  for (const rule of rules) {
    if (rule.scope === "cart" || excluded(rule, applied) || !spent(rule, index)) continue;
    const amount = KINDS[rule.kind](rule, index);
    if (amount) applied.set(rule.id, { promotion: rule, amount });
  }
  for (const rule of rules) {
    if (rule.scope !== "cart" || excluded(rule, applied)) continue;
    const amount = offCart(rule, index);
    if (!amount) continue;
    applied.set(rule.id, { promotion: rule, amount });
    break;
  }
  return applied;
}

/** @param {any} rule @param {Applied} applied */
function excluded(rule, applied) {
  for (const [id, { promotion }] of applied) {
    if (rule.excludes?.includes(id) || promotion.excludes?.includes(rule.id)) return true;
  }
  return false;
}

/** @param {any} rule @param {Index} index */
function spent(rule, index) {
  if (!rule.spend) return true;
  const lines = rule.spend_on === "cart" ? index.lines : index.meant(rule);
  return sum(lines.map((line) => line.amount)) >= BigInt(rule.spend);
}

/** @param {any} rule @param {Index} index */
function offCart(rule, index) {
  const lines = index.meant(rule).filter((line) => line.rest > 0n);
  const worth = sum(lines.map((line) => line.rest));
  if (!worth || worth < BigInt(rule.spend || 0)) return 0n;
  let off;
  if (rule.kind === "percent") off = portion(worth, rule.percent);
  else off = rule.kind === "amount" ? BigInt(rule.amount) : worth - BigInt(rule.price.amount);
  off = least(off, worth);
  if (off <= 0n) return 0n;
  share(lines, off, "promotion", rule.id, rule.name);
  return off;
}

/** @param {any} rule */
const limitOf = (rule) => (rule.limit ? BigInt(rule.limit) : ENDLESS);
/** @param {bigint} worth @param {number} percent millionths */
const portion = (worth, percent) => least(divide(worth * BigInt(percent), MILLION), worth);

/** Every unit by itself, as many as the limit allows. @param {any} rule @param {Index} index */
function each(rule, index) {
  let given = 0n;
  let left = limitOf(rule);
  for (const run of new Runs().of(index.meant(rule))) {
    const units = least(run.left, left);
    if (!units) break;
    const piece = new Piece(run, 0, run.line.used, units);
    const off = offUnits(rule, piece.worth, units * run.unit);
    if (off <= 0n) continue;
    take([piece]);
    left -= units;
    given += off;
    run.line.takeOff(off, "promotion", rule.id, rule.name);
  }
  return given;
}

/** @param {any} rule @param {bigint} worth @param {bigint} quantity */
function offUnits(rule, worth, quantity) {
  if (rule.kind === "percent") return portion(worth, rule.percent);
  if (rule.kind === "amount") return least(divide(BigInt(rule.amount) * quantity, WHOLE), worth);
  return worth - lineAmount(rule.price, quantity);
}

/** @param {any} rule @param {Index} index */
function buy(rule, index) {
  const percent = rule.percent || 1_000_000;
  const runs = new Runs();
  const bought = BigInt(rule.buy);
  const got = BigInt(rule.get);
  if (rule.get_products?.length || rule.get_categories?.length) {
    const given = runs.of(index.meant(rule, "get_products", "get_categories"), true);
    const parts = [
      { runs: runs.of(index.meant(rule)), count: bought },
      { runs: given, count: got },
    ];
    return sets(rule, parts, (_, pieces) => pieces.map((piece) => (piece.part ? portion(piece.worth, percent) : 0n)));
  }
  return sets(rule, [{ runs: runs.of(index.meant(rule)), count: bought + got }], (number, pieces) => {
    let left = number * got; // the last of a set are the cheapest: pieces come dearest first
    return [...pieces]
      .reverse()
      .map((piece) => {
        const units = least(piece.units, left);
        left -= units;
        return units ? portion(piece.last(units), percent) : 0n;
      })
      .reverse();
  });
}

/** @param {any} rule @param {Index} index */
const count = (rule, index) =>
  sets(rule, [{ runs: new Runs().of(index.meant(rule)), count: BigInt(rule.count) }], forPrice(rule.price.amount));

/** @param {any} rule @param {Index} index */
function mix(rule, index) {
  const runs = new Runs();
  const { exclude_products, exclude_categories } = rule;
  const parts = rule.parts.map((/** @type {any} */ part) => ({
    runs: runs.of(index.meant({ exclude_products, exclude_categories, ...part })),
    count: BigInt(part.count),
  }));
  if (rule.percent === undefined || rule.percent === null) return sets(rule, parts, forPrice(rule.price.amount));
  return sets(rule, parts, (_, pieces) => pieces.map((piece) => portion(piece.worth, rule.percent)));
}

/** @param {number} price @returns {Offs} */
const forPrice = (price) => (number, pieces) => {
  const worths = pieces.map((piece) => piece.worth);
  const off = sum(worths) - number * BigInt(price);
  return allot(off > 0n ? off : 0n, worths);
};

/**
 * Takes sets as long as they can be filled, the limit allows, and each takes something off.
 * @param {any} rule @param {Part[]} parts @param {Offs} offs
 */
function sets(rule, parts, offs) {
  let given = 0n;
  let left = limitOf(rule);
  while (left) {
    const next = gather(parts, left);
    const taken = next.sets ? offs(next.sets, next.pieces) : [];
    const whole = sum(taken);
    if (!whole) break;
    next.pieces.forEach((piece, place) => {
      if (taken[place]) piece.run.line.takeOff(taken[place], "promotion", rule.id, rule.name);
    });
    take(next.pieces);
    given += whole;
    left -= next.sets;
  }
  return given;
}

/** @type {Record<string, (rule: any, index: Index) => bigint>} */
const KINDS = { percent: each, amount: each, price: each, buy, count, mix };
