/** Units of goods, as line promotions take them: the twin of app/shop/pricing/units.py, which tells how. */
import { WHOLE, least } from "./whole.js";

/** @typedef {import("./lines.js").Line} Line */

/** A limit that is none: more units than any cart can have. */
export const ENDLESS = 1n << 60n;

export class Run {
  /** @param {Line} line */
  constructor(line) {
    this.line = line;
    this.unit = line.measured ? line.quantity : WHOLE;
    this.left = (line.quantity - line.used) / this.unit;
    /** What one unit costs, only to be compared. */
    this.value = line.measured
      ? line.amount * WHOLE
      : (BigInt(line.price.amount) * WHOLE * WHOLE) / BigInt(line.price.per);
  }
}

export class Piece {
  /** @param {Run} run @param {number} part @param {bigint} start @param {bigint} units */
  constructor(run, part, start, units) {
    this.run = run;
    this.part = part;
    this.start = start;
    this.units = units;
  }

  get worth() {
    return this.run.line.worth(this.start, this.units * this.run.unit);
  }

  /** What the last `units` of the piece come to. @param {bigint} units */
  last(units) {
    const skipped = (this.units - units) * this.run.unit;
    return this.run.line.worth(this.start + skipped, units * this.run.unit);
  }
}

export class Index {
  /** @param {Line[]} lines */
  constructor(lines) {
    this.lines = lines.filter((line) => line.open);
    /** @type {Map<string, Line[]>} */
    this.byProduct = new Map();
    /** @type {Map<string, Line[]>} */
    this.byCategory = new Map();
    for (const line of this.lines) {
      for (const id of [line.product, line.family]) if (id !== null) put(this.byProduct, id, line);
      if (line.category !== null) put(this.byCategory, line.category, line);
    }
  }

  /**
   * The lines of the rule's products and categories, without those that it excludes, in the order of the cart.
   * @param {any} rule @param {string} [products] @param {string} [categories]
   */
  meant(rule, products = "products", categories = "categories") {
    const lines = this.found(rule[products], rule[categories]) ?? this.lines;
    const spared = this.found(rule.exclude_products, rule.exclude_categories);
    if (!spared?.length) return lines;
    const places = new Set(spared.map((line) => line.place));
    return lines.filter((line) => !places.has(line.place));
  }

  /** @param {string[] | null | undefined} products @param {string[] | null | undefined} categories */
  found(products, categories) {
    if (!products?.length && !categories?.length) return null;
    /** @type {Map<number, Line>} */
    const found = new Map();
    for (const id of products ?? []) for (const line of this.byProduct.get(id) ?? []) found.set(line.place, line);
    for (const id of categories ?? []) for (const line of this.byCategory.get(id) ?? []) found.set(line.place, line);
    return [...found.values()].sort((a, b) => a.place - b.place);
  }
}

/** @param {Map<string, Line[]>} index @param {string} id @param {Line} line */
function put(index, id, line) {
  const lines = index.get(id);
  if (lines) lines.push(line);
  else index.set(id, [line]);
}

export class Runs {
  constructor() {
    /** @type {Map<number, Run>} */
    this.known = new Map();
  }

  /** The runs that have units left, the dearest unit first (or the cheapest). @param {Line[]} lines @param {boolean} [cheapest] */
  of(lines, cheapest = false) {
    /** @type {Run[]} */
    const runs = [];
    for (const line of lines) {
      if (line.used >= line.quantity) continue;
      let run = this.known.get(line.place);
      if (!run) this.known.set(line.place, (run = new Run(line)));
      if (run.left > 0n) runs.push(run);
    }
    const sign = cheapest ? 1 : -1;
    return runs.sort((a, b) => (a.value === b.value ? a.line.place - b.line.place : a.value < b.value ? -sign : sign));
  }
}

/** @typedef {{runs: Run[], count: bigint}} Part */

/**
 * Units for the next sets, at most `most`; no sets when none can be filled. Nothing is taken yet.
 * @param {Part[]} parts @param {bigint} most
 * @returns {{sets: bigint, pieces: Piece[]}}
 */
export function gather(parts, most) {
  /** @type {Map<number, bigint>} */
  const needed = new Map();
  /** @type {Run[]} */
  const firsts = [];
  for (const { runs, count } of parts) {
    while (runs.length && !runs[0].left) runs.shift();
    if (!runs.length) return { sets: 0n, pieces: [] };
    const { place } = runs[0].line;
    firsts.push(runs[0]);
    needed.set(place, (needed.get(place) ?? 0n) + count);
  }
  let sets = most;
  for (const run of firsts) sets = least(sets, run.left / (needed.get(run.line.place) ?? 1n));
  /** @type {Map<number, bigint>} */
  const spoken = new Map();
  if (sets > 0n) {
    return { sets, pieces: firsts.map((run, part) => piece(run, part, sets * parts[part].count, spoken)) };
  }
  /** @type {Piece[]} */
  const pieces = [];
  for (const [part, { runs, count }] of parts.entries()) {
    let missing = count;
    for (const run of runs) {
      const units = least(missing, run.left - (spoken.get(run.line.place) ?? 0n));
      if (units > 0n) {
        pieces.push(piece(run, part, units, spoken));
        missing -= units;
      }
      if (!missing) break;
    }
    if (missing) return { sets: 0n, pieces: [] };
  }
  return { sets: 1n, pieces };
}

/** @param {Run} run @param {number} part @param {bigint} units @param {Map<number, bigint>} spoken */
function piece(run, part, units, spoken) {
  const before = spoken.get(run.line.place) ?? 0n;
  spoken.set(run.line.place, before + units);
  return new Piece(run, part, run.line.used + before * run.unit, units);
}

/** Consumes the units: no other line promotion gets them. @param {Piece[]} pieces */
export function take(pieces) {
  for (const { run, units } of pieces) {
    run.left -= units;
    run.line.used += units * run.unit;
  }
}
