/** The face of a product or category where it has no picture: two letters on a colour that is always the same for its category. */
import { h } from "../dom.js";

/** Hues in degrees, far enough apart to tell, none of them the red of errors. */
const HUES = [152, 28, 208, 265, 48, 182, 330, 95, 232, 14, 125, 300];

/** @param {string | null | undefined} key */
function hue(key) {
  let hash = 7;
  for (const character of key ?? "") hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return HUES[hash % HUES.length];
}

/**
 * Gives an element its colours: the shop's own where there is one, else the one of `key`.
 * @param {HTMLElement} element
 * @param {string} key
 * @param {string | null} [colour] "#1a2b3c"
 */
export function paint(element, key, colour) {
  const base = /^#[0-9a-f]{6}$/i.test(colour ?? "") ? colour : `hsl(${hue(key)} 48% 40%)`;
  element.style.setProperty("--colour", /** @type {string} */ (base));
}

/** @param {string} name */
export function initials(name) {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const [one = "?", two] = words.filter((word) => !/^\d+$/.test(word)).concat(words);
  if (/^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(one)) return [...one].slice(0, 2).join("");
  return ([...one][0] + (two && two !== one ? [...two][0] : ([...one][1] ?? ""))).toUpperCase();
}

/**
 * @param {import("../cart.js").Product} product
 * @param {string} className
 */
export function face(product, className) {
  const element = h("span", { class: className, "aria-hidden": "true" });
  paint(element, product.category?.id ?? product.name, product.category?.colour);
  if (product.picture) element.append(h("img", { src: product.picture, alt: "", loading: "lazy", decoding: "async" }));
  else element.textContent = initials(/\p{L}/u.test(product.name) ? product.name : (product.category?.name ?? product.name));
  return element;
}
