/** Ids born in the browser: ULIDs, 48 bits of time and 80 of chance, in Crockford's base 32. */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** @param {number} [now] milliseconds */
export function ulid(now = Date.now()) {
  let time = "";
  for (let i = 0, rest = now; i < 10; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  const chance = crypto.getRandomValues(new Uint8Array(16));
  return time + [...chance].map((byte) => ALPHABET[byte % 32]).join("");
}
