/**
 * Money and measures on integers: amounts are BigInt in the currency's minor unit, quantities integers in thousandths.
 * The server's figures count (app/shop/money.py); these are what the window shows before it has asked.
 *
 * @typedef {{amount: number, per?: number}} Price  minor units for `per` thousandths (1000 unless said)
 * @typedef {{code: string, digits: number, locale: string}} Currency
 */

/** The largest integer a document may carry, as in every JavaScript engine. */
export const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * `numerator / denominator`, half away from zero.
 * @param {bigint} numerator
 * @param {bigint} denominator greater than zero
 */
export function divideRound(numerator, denominator) {
  const negative = numerator < 0n;
  const n = negative ? -numerator : numerator;
  const quotient = (2n * n + denominator) / (2n * denominator);
  return negative ? -quotient : quotient;
}

/**
 * What `quantity` thousandths cost at `price`.
 * @param {Price} price
 * @param {number} quantity
 */
export function lineAmount(price, quantity) {
  return divideRound(BigInt(price.amount) * BigInt(quantity), BigInt(price.per ?? 1000));
}

/**
 * A keyed number as an integer with `digits` decimals: "12.5" with 2 is 1250n. Point or comma; no sign, no grouping.
 * null where it is no number, has more decimals than the currency, or is beyond what a document may carry.
 * @param {string} text
 * @param {number} digits
 * @returns {bigint | null}
 */
export function parseDecimal(text, digits) {
  const match = /^(\d*)(?:[.,](\d*))?$/.exec(text.replace(/[\s\u00a0]/g, ""));
  if (!match) return null;
  const whole = match[1] ?? "";
  const fraction = match[2] ?? "";
  if (!whole && !fraction) return null;
  if (fraction.length > digits) return null;
  const value = BigInt((whole || "0") + fraction.padEnd(digits, "0"));
  return value > LARGEST ? null : value;
}

/**
 * An integer with `digits` decimals as plain text with a point: (1250n, 2) is "12.50".
 * @param {bigint | number} value
 * @param {number} digits
 */
export function decimalText(value, digits) {
  const v = BigInt(value);
  const negative = v < 0n;
  const text = (negative ? -v : v).toString().padStart(digits + 1, "0");
  const whole = digits ? text.slice(0, -digits) : text;
  const fraction = digits ? `.${text.slice(-digits)}` : "";
  return `${negative ? "-" : ""}${whole}${fraction}`;
}

/**
 * Thousandths as a person reads them: 1000 is "1", 1234 is "1.234".
 * @param {number} quantity
 * @param {string} [locale]
 */
export function quantityText(quantity, locale) {
  const text = decimalText(quantity, 3).replace(/\.?0+$/, "");
  return locale ? localize(text, locale, {}) : text;
}

/** @type {Map<string, Intl.NumberFormat>} made once for each kind of figure: a page shows hundreds */
const formats = new Map();

/**
 * @param {string} decimal
 * @param {string} locale
 * @param {Intl.NumberFormatOptions} options the currency, or nothing
 */
function localize(decimal, locale, options) {
  const fraction = decimal.split(".")[1]?.length ?? 0;
  const key = `${locale} ${fraction} ${options.currency ?? ""}`;
  const format = formats.get(key) ?? new Intl.NumberFormat(locale, { minimumFractionDigits: fraction, maximumFractionDigits: fraction, ...options });
  formats.set(key, format);
  // Engines format decimal strings exactly; the type declarations lag behind.
  return format.format(/** @type {any} */ (decimal));
}

/**
 * An amount with its currency's sign: "$12.50".
 * @param {bigint | number} amount
 * @param {Currency} currency
 */
export function money(amount, currency) {
  const decimal = decimalText(amount, currency.digits);
  try {
    return localize(decimal, currency.locale, {
      style: "currency",
      currency: currency.code,
      currencyDisplay: "narrowSymbol",
    });
  } catch {
    return `${decimal} ${currency.code}`; // an unknown currency code is no reason to show nothing
  }
}

/**
 * An amount without the sign, for columns: "1,012.50".
 * @param {bigint | number} amount
 * @param {Currency} currency
 */
export function plain(amount, currency) {
  return localize(decimalText(amount, currency.digits), currency.locale, {});
}

/** Notes in circulation, in whole units of the currency; others count in 1-2-5 steps. */
const NOTES = /** @type {Record<string, number[]>} */ ({
  USD: [1, 5, 10, 20, 50, 100],
  EUR: [5, 10, 20, 50, 100, 200],
  GBP: [5, 10, 20, 50],
  CNY: [1, 5, 10, 20, 50, 100],
  JPY: [1000, 5000, 10000],
  KWD: [1, 5, 10, 20],
});
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/**
 * The three amounts a customer most likely hands over for `due`, beside the exact one: of few notes, and not far above it. Who pays 25.42 gives
 * 50, or 30, or 40; hardly 26 with coins, and hardly ever 200.
 * @param {bigint} due
 * @param {Currency} currency
 * @returns {bigint[]} ascending, each greater than `due`
 */
export function likelyNotes(due, currency) {
  if (due <= 0n) return [];
  const unit = 10n ** BigInt(currency.digits);
  const notes = (NOTES[currency.code] ?? STEPS).map((n) => BigInt(n) * unit);
  /** @type {Map<bigint, number>} */
  const candidates = new Map();
  for (const note of notes) {
    const amount = ((due + note - 1n) / note) * note;
    // Twice what is due is as unlikely as one more note.
    if (amount > due) candidates.set(amount, countNotes(amount, notes) + Math.log2(Number(amount) / Number(due)));
  }
  return [...candidates.entries()]
    .sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1))
    .slice(0, 3)
    .map(([amount]) => amount)
    .sort((a, b) => (a < b ? -1 : 1));
}

/**
 * @param {bigint} amount
 * @param {bigint[]} notes ascending
 */
function countNotes(amount, notes) {
  let rest = amount;
  let count = 0;
  for (const note of [...notes].reverse()) {
    count += Number(rest / note);
    rest %= note;
  }
  return count;
}
