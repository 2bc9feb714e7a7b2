/**
 * Taxes of lines, contained or added, rounded by line or by tax group: the twin of app/shop/pricing/tax.py.
 *
 * @typedef {{id: string, rate: number}} Rate  millionths
 * @typedef {{id: string, rate: number, base: bigint, amount: bigint}} Entry
 */
import { MILLION, abs, allot, rounded, sum } from "./whole.js";

/**
 * The taxes of a line whose price after discounts is `total`, rounded by itself.
 * @param {bigint} total
 * @param {Rate[]} rates
 * @param {string} mode "included" | "added"
 * @param {string} rounding
 * @returns {Entry[]}
 */
export function lineTaxes(total, rates, mode, rounding) {
  if (!rates.length) return [];
  const weights = rates.map((tax) => BigInt(tax.rate));
  if (mode !== "included") return entries(rates, total, weights.map((rate) => rounded(total * rate, MILLION, rounding)));
  const base = rounded(total * MILLION, MILLION + sum(weights), rounding);
  return entries(rates, base, allot(total - base, weights));
}

/**
 * The taxes of lines with these totals and rates, rounded as `{scope, mode}` says.
 * @param {bigint[]} totals
 * @param {Rate[][]} rates
 * @param {string} mode
 * @param {{scope: string, mode: string}} rounding
 * @returns {Entry[][]}
 */
export function assess(totals, rates, mode, rounding) {
  if (rounding.scope === "line") return totals.map((total, place) => lineTaxes(total, rates[place], mode, rounding.mode));
  return (mode === "included" ? contained : added)(totals, rates, rounding.mode);
}

/** @param {bigint[]} totals @param {Rate[][]} rates @param {string} rounding @returns {Entry[][]} */
function contained(totals, rates, rounding) {
  /** @type {Map<string, number[]>} */
  const groups = new Map();
  rates.forEach((own, place) => {
    const key = JSON.stringify([totals[place] < 0n, ...own.map((tax) => [tax.id, tax.rate])]);
    push(groups, key, place);
  });
  /** @type {Entry[][]} */
  const found = totals.map(() => []);
  for (const places of groups.values()) {
    const own = rates[places[0]];
    if (!own.length) continue;
    const whole = lineTaxes(sum(places.map((place) => totals[place])), own, "included", rounding);
    let left = places.map((place) => abs(totals[place]));
    const parts = whole.map((entry) => {
      const part = allot(entry.amount, left);
      left = left.map((rest, row) => rest - abs(part[row]));
      return part;
    });
    places.forEach((place, row) => {
      const base = totals[place] >= 0n ? left[row] : -left[row];
      found[place] = entries(own, base, parts.map((part) => part[row]));
    });
  }
  return found;
}

/** @param {bigint[]} totals @param {Rate[][]} rates @param {string} rounding @returns {Entry[][]} */
function added(totals, rates, rounding) {
  /** @type {Map<string, [number, number][]>} */
  const groups = new Map();
  const amounts = rates.map((own) => own.map(() => 0n));
  rates.forEach((own, place) => {
    own.forEach((tax, column) => push(groups, JSON.stringify([totals[place] < 0n, tax.id, tax.rate]), [place, column]));
  });
  for (const cells of groups.values()) {
    const rate = BigInt(rates[cells[0][0]][cells[0][1]].rate);
    const whole = rounded(sum(cells.map(([place]) => totals[place])) * rate, MILLION, rounding);
    allot(whole, cells.map(([place]) => abs(totals[place]))).forEach((part, row) => {
      amounts[cells[row][0]][cells[row][1]] = part;
    });
  }
  return rates.map((own, place) => entries(own, totals[place], amounts[place]));
}

/** @template T @param {Map<string, T[]>} groups @param {string} key @param {T} value */
function push(groups, key, value) {
  const group = groups.get(key);
  if (group) group.push(value);
  else groups.set(key, [value]);
}

/** @param {Rate[]} rates @param {bigint} base @param {bigint[]} amounts @returns {Entry[]} */
const entries = (rates, base, amounts) =>
  rates.map((tax, place) => ({ id: tax.id, rate: tax.rate, base, amount: amounts[place] }));

/**
 * The taxes of a whole order, one entry for each tax and rate in the order met.
 * @param {{tax: {id: string, rate: number, base: bigint, amount: bigint}[]}[]} lines
 * @param {Record<string, {name: string, rate: number}>} known
 */
export function summary(lines, known) {
  const groups = new Map();
  for (const line of lines) {
    for (const tax of line.tax) {
      const key = JSON.stringify([tax.id, tax.rate]);
      let group = groups.get(key);
      if (!group) {
        const name = Object.hasOwn(known, tax.id) ? known[tax.id].name : tax.id;
        groups.set(key, (group = { id: tax.id, name, rate: tax.rate, base: 0n, amount: 0n }));
      }
      group.base += tax.base;
      group.amount += tax.amount;
    }
  }
  return [...groups.values()];
}
