/** The lines of a cart while they are priced: the twin of app/shop/pricing/lines.py, which tells the rules. */
import { MAX_AMOUNT, abs, divide, lineAmount } from "./whole.js";

const CARDS = ["giftcard", "topup"];
/** Whether a kind of line is no goods: no tax, no discount, no revenue. @param {string} kind */
export const isCard = (kind) => CARDS.includes(kind);

/** A cart that has no price: `code` is "no_price" or "too_large", `line` the id of the cart's line or null. */
export class PricingError extends Error {
  /** @param {string} code @param {string | null} line */
  constructor(code, line) {
    super(`${code}: ${line}`);
    this.name = "PricingError";
    this.code = code;
    this.line = line;
  }
}

export class Line {
  /** @param {any} source @param {number} place */
  constructor(source, place) {
    this.source = source;
    this.place = place;
    /** @type {string} */
    this.id = source.id;
    /** @type {string} */
    this.kind = source.kind || "goods";
    /** @type {string | null} */
    this.product = source.product ?? null;
    /** @type {string | null} */
    this.family = source.family ?? null;
    /** @type {string | null} */
    this.category = source.category ?? null;
    this.quantity = BigInt(source.quantity);
    this.fixed = source.fixed ?? null;
    this.measured = Boolean(source.measured) || this.quantity % 1000n !== 0n;
    /** @type {{amount: number, per: number}} */
    this.price = { amount: 0, per: 1000 };
    /** @type {string | null} */
    this.list = null;
    this.amount = 0n;
    this.rest = 0n;
    this.used = 0n;
    this.open = false;
    /** @type {{kind: string, id?: string, name?: string, amount: bigint}[]} */
    this.discounts = [];
  }

  /** Whether discounts may touch it: no card, and not the return of a known line. */
  get goods() {
    return !isCard(this.kind) && this.fixed === null;
  }

  /** What `quantity` thousandths from `start` on come to. @param {bigint} start @param {bigint} quantity */
  worth(start, quantity) {
    if (start === 0n && quantity === this.quantity) return this.amount;
    return divide(this.amount * (start + quantity), this.quantity) - divide(this.amount * start, this.quantity);
  }

  /**
   * Notes a discount; one promotion is one entry of the line, however often it took something.
   * @param {bigint} amount @param {string} kind @param {string | null} id @param {string | null | undefined} name
   */
  takeOff(amount, kind, id, name) {
    this.rest -= amount;
    const same = id === null ? undefined : this.discounts.find((discount) => discount.id === id);
    if (same) {
      same.amount += amount;
      return;
    }
    this.discounts.push({
      kind,
      ...(id === null ? {} : { id }),
      ...(name === null || name === undefined ? {} : { name }),
      amount,
    });
  }
}

/**
 * The catalogue's price of a line's product at this moment: its own, or the last of those planned whose time has come.
 * @param {{price?: any, planned?: {at: string, price: any}[] | null}} source
 * @param {{date: string, time: string}} now the store's time
 * @returns {{amount: number, per?: number} | null}
 */
export function listed(source, now) {
  const moment = `${now.date}T${now.time}`;
  let found = source.price ?? null;
  for (const plan of source.planned ?? []) if (plan.at <= moment) found = plan.price;
  return found;
}

/** A price less `percent` millionths of it. @param {{amount: number, per?: number} | null} price @param {number} percent */
function percentOff(price, percent) {
  if (price === null) return null;
  return { amount: Number(divide(BigInt(price.amount) * BigInt(1_000_000 - percent), 1_000_000n)), per: price.per ?? 1000 };
}

/**
 * The cart's lines with their prices and amounts; `lists` are the price lists that hold, the strongest first.
 * @param {any} cart
 * @param {{id: string}[]} lists
 * @param {{date: string, time: string}} now the store's time
 */
export function readLines(cart, lists, now) {
  /** @type {Line[]} */
  const lines = cart.lines.map((/** @type {any} */ source, /** @type {number} */ place) => new Line(source, place));
  /** @type {Map<string, bigint>} */
  const sold = new Map();
  for (const line of lines) {
    if (line.goods && line.product !== null && line.quantity > 0n) {
      sold.set(line.product, (sold.get(line.product) ?? 0n) + line.quantity);
    }
  }
  const ranks = new Map(lists.map((list, rank) => [list.id, rank]));
  for (const line of lines) {
    if (line.fixed) {
      fix(line);
      continue;
    }
    const count = line.quantity > 0n ? (sold.get(line.product ?? "") ?? 0n) : -line.quantity;
    choosePrice(line, count || line.quantity, ranks, listed(line.source, now));
    line.amount = line.rest = lineAmount(line.price, line.quantity);
    if (abs(line.amount) > MAX_AMOUNT) throw new PricingError("too_large", line.id);
  }
  return lines;
}

/** @param {Line} line */
function fix(line) {
  const given = line.source.keyed || line.source.price;
  line.amount = BigInt(line.fixed.amount);
  line.rest = BigInt(line.fixed.total);
  line.discounts = line.fixed.discounts.map((/** @type {any} */ discount) => ({
    ...discount,
    amount: BigInt(discount.amount),
  }));
  line.price = given ? whole(given) : { amount: Number(abs(line.amount)), per: Number(abs(line.quantity)) || 1000 };
  line.list = line.source.list ?? null;
}

/** @param {Line} line @param {bigint} count @param {Map<string, number>} ranks @param {{amount: number, per?: number} | null} own the catalogue's */
function choosePrice(line, count, ranks, own) {
  const keyed = line.source.keyed ?? null;
  if (keyed !== null) {
    line.price = whole(keyed);
  } else {
    let best = ranks.size;
    let found = own;
    for (const entry of line.source.prices ?? []) {
      const rank = ranks.get(entry.list) ?? ranks.size;
      if (rank >= best || BigInt(entry.from) > count) continue;
      const offered = entry.percent ? percentOff(own, entry.percent) : entry.price;
      if (offered === null) continue;
      best = rank;
      line.list = entry.list;
      found = offered;
    }
    if (found === null) throw new PricingError("no_price", line.id);
    line.price = whole(found);
  }
  const other = keyed !== null && own !== null && !samePrice(line.price, whole(own));
  const byHand = other && !line.source.label;
  line.open = line.goods && line.kind === "goods" && line.quantity > 0n && !byHand;
}

/** @param {{amount: number, per: number}} a @param {{amount: number, per: number}} b */
const samePrice = (a, b) => a.amount === b.amount && a.per === b.per;

/** @param {{amount: number, per?: number}} price */
const whole = (price) => ({ amount: price.amount, per: price.per ?? 1000 });
