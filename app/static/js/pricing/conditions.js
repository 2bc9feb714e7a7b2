/** When a price list or a promotion holds, and which is stronger: the twin of app/shop/pricing/conditions.py. */

/** By code points, as Python compares text. @param {string} a @param {string} b */
export function compareText(a, b) {
  const left = [...a];
  const right = [...b];
  for (let place = 0; place < left.length && place < right.length; place += 1) {
    const difference = (left[place].codePointAt(0) ?? 0) - (right[place].codePointAt(0) ?? 0);
    if (difference) return difference;
  }
  return left.length - right.length;
}

/** The rules by priority, the highest first, then by id. @template {{id: string, priority?: number | null}} R @param {R[]} rules @returns {R[]} */
export const strongest = (rules) =>
  [...rules].sort((a, b) => (b.priority || 0) - (a.priority || 0) || compareText(a.id, b.id));

/**
 * Whether a rule holds for this cart's customer and codes at this moment.
 * @param {any} rule
 * @param {any} cart
 * @param {{date: string, time: string, weekday: number}} now the store's time
 */
export function holds(rule, cart, now) {
  if (rule.groups?.length && !rule.groups.includes(cart.customer?.group ?? null)) return false;
  const moment = `${now.date} ${now.time}`;
  if (rule.starts && moment < `${rule.starts} ${rule.starts_at || "00:00"}`) return false;
  if (rule.ends && moment >= `${rule.ends} ${rule.ends_at || "24:00"}`) return false;
  if (rule.hours?.length && !rule.hours.some((/** @type {any} */ span) => within(span, now))) return false;
  if (!rule.coupons?.length) return true;
  const shown = new Set((cart.coupons ?? []).map(plain));
  return rule.coupons.some((/** @type {string} */ code) => shown.has(plain(code)));
}

/** @param {any} span @param {{time: string, weekday: number}} now */
function within(span, now) {
  const begins = span.begins || "00:00";
  const ends = span.ends || "24:00";
  const days = span.weekdays?.length ? span.weekdays : [1, 2, 3, 4, 5, 6, 7];
  const yesterday = ((now.weekday + 5) % 7) + 1;
  if (begins < ends) return days.includes(now.weekday) && begins <= now.time && now.time < ends;
  return (days.includes(now.weekday) && now.time >= begins) || (days.includes(yesterday) && now.time < ends);
}

/** A coupon code as it is compared. @param {string} code */
export const plain = (code) => code.replace(/[a-z]/g, (letter) => letter.toUpperCase());

/** The codes of the cart, each once, whose promotion took something off. @param {any} cart @param {any[]} applied @returns {string[]} */
export function usedCodes(cart, applied) {
  const good = new Set(applied.flatMap((rule) => (rule.coupons ?? []).map(plain)));
  const found = new Set((cart.coupons ?? []).map(plain));
  return /** @type {string[]} */ ([...found].filter((code) => good.has(code)));
}

/** @type {Map<string, Intl.DateTimeFormat>} made once for each zone: a cart is priced at every scan */
const walls = new Map();

/** @param {string} timezone */
function wall(timezone) {
  const made = walls.get(timezone);
  if (made) return made;
  const options = /** @type {Intl.DateTimeFormatOptions} */ ({
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  const format = new Intl.DateTimeFormat("en-US", options);
  walls.set(timezone, format);
  return format;
}

/**
 * The moment as a store's wall shows it, for `book.now`.
 * @param {string} timezone IANA name
 * @param {Date} [instant]
 * @returns {{date: string, time: string, weekday: number}} weekday 1 is Monday
 */
export function storeNow(timezone, instant = new Date()) {
  const parts = Object.fromEntries(
    wall(timezone)
      .formatToParts(instant)
      .map((part) => [part.type, part.value]),
  );
  const date = `${parts.year.padStart(4, "0")}-${parts.month}-${parts.day}`;
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay() || 7;
  return { date, time: `${parts.hour}:${parts.minute}`, weekday };
}
