/**
 * What a code under the scanner means, for when the till's server is away: the rules of app/shop/barcodes.py once more, which says what they
 * are; one table of cases runs through both. Pure: looking in the catalogue is the caller's.
 *
 * @typedef {{prefix: string, kind: "weight" | "price", item: number, value: number, decimals: number}} Rule of the settings `codes`
 * @typedef {{quantity: number, line_price?: import("./money.js").Price}} Valued
 */

import { MAX_AMOUNT, MAX_QUANTITY } from "./pricing/whole.js";

const WHOLE = 1000n;
const EAN = 13;

/** @param {string} code */
export const isDigits = (code) => /^[0-9]+$/.test(code);

/** The last digit of a GS1 code, from those before it. @param {string} digits */
export function checkDigit(digits) {
  const total = [...digits].reverse().reduce((sum, digit, place) => sum + Number(digit) * (place % 2 === 0 ? 3 : 1), 0);
  return String((10 - (total % 10)) % 10);
}

/** Whether the last digit of an EAN-13 shows that it was misread. @param {string} code */
export const misread = (code) => isDigits(code) && code.length === EAN && code[EAN - 1] !== checkDigit(code.slice(0, -1));

/** The ways in which the same article may stand in the catalogue. @param {string} code @returns {string[]} */
export function readings(code) {
  if (!isDigits(code)) return [code];
  if (code.length === 12) return [code, `0${code}`];
  if (code.length === EAN && code[0] === "0") return [code, code.slice(1)];
  if (code.length === 14 && code[0] === "0") return [code, code.slice(1), ...(code[1] === "0" ? [code.slice(2)] : [])];
  const opened = upcA(code);
  return opened === null ? [code] : [code, opened, `0${opened}`];
}

/** The UPC-A that a UPC-E of eight digits is short for. @param {string} code @returns {string | null} */
export function upcA(code) {
  if (code.length !== 8 || !isDigits(code) || !"01".includes(code[0])) return null;
  const [system, body, check] = [code[0], code.slice(1, 7), code[7]];
  const last = body[5];
  let opened;
  if ("012".includes(last)) opened = `${body.slice(0, 2)}${last}0000${body.slice(2, 5)}`;
  else if (last === "3") opened = `${body.slice(0, 3)}00000${body.slice(3, 5)}`;
  else if (last === "4") opened = `${body.slice(0, 4)}00000${body[4]}`;
  else opened = `${body.slice(0, 5)}0000${last}`;
  return checkDigit(system + opened) === check ? system + opened + check : null;
}

/** Whether a code has the shape that a rule names. @param {Rule} rule @param {string} code */
export function fits(rule, code) {
  const length = rule.prefix.length + rule.item + rule.value;
  return code.length === EAN && isDigits(code) && (length === EAN - 1 || length === EAN - 2) && code.startsWith(rule.prefix);
}

/** The item's digits and the value of a code that fits. @param {Rule} rule @param {string} code @returns {[string, number]} */
export function takenApart(rule, code) {
  const start = rule.prefix.length;
  return [code.slice(start, start + rule.item), Number(code.slice(-1 - rule.value, -1))];
}

/** What a product may have for a barcode or SKU when a code with a value in it names it, the first that is found counts. @param {Rule} rule @param {string} code */
export function candidates(rule, code) {
  const [item] = takenApart(rule, code);
  const bare = item.replace(/^0+/, "");
  const zeroed = code.slice(0, -1 - rule.value) + "0".repeat(rule.value);
  return [...new Set([item, ...(bare ? [bare] : []), zeroed + checkDigit(zeroed), zeroed])];
}

/**
 * How much of a product the value in a code is; null: nothing that can be sold.
 * @param {Rule} rule
 * @param {{measured: boolean, price: import("./money.js").Price | null}} product
 * @param {number} value
 * @param {number} digits of the currency
 * @returns {Valued | null}
 */
export function valued(rule, product, value, digits) {
  if (rule.kind === "weight") {
    const quantity = scaled(BigInt(value), 3 - rule.decimals);
    return quantity > 0n && quantity <= MAX_QUANTITY ? { quantity: Number(quantity) } : null;
  }
  const amount = scaled(BigInt(value), digits - rule.decimals);
  if (amount <= 0n || amount > MAX_AMOUNT) return null;
  let quantity = WHOLE;
  if (product.measured && product.price?.amount) {
    // What was weighed, as the price tells it: the line then costs what the label says, to the cent.
    const price = BigInt(product.price.amount);
    const weighed = (2n * amount * BigInt(product.price.per ?? 1000) + price) / (2n * price);
    quantity = weighed < 1n ? 1n : weighed > MAX_QUANTITY ? MAX_QUANTITY : weighed;
  }
  return { quantity: Number(quantity), line_price: { amount: Number(amount), per: Number(quantity) } };
}

/** The value with its point moved, half away from zero. @param {bigint} value @param {number} places */
function scaled(value, places) {
  if (places >= 0) return value * 10n ** BigInt(places);
  const step = 10n ** BigInt(-places);
  return (2n * value + step) / (2n * step);
}
