/** The shop's texts in the user's language. The catalogue is gettext's (app/translations), rendered into the page. */
import { boot } from "./dom.js";

const { messages = {}, locale = "en" } = boot();
const ORDER = ["zero", "one", "two", "few", "many", "other"];

/** The language of the page, as a BCP 47 tag. @type {string} */
export const language = locale;
/** How it counts; made once, since making it takes longer than drawing a line. */
const rules = new Intl.PluralRules(locale);
const known = ORDER.filter((category) => rules.resolvedOptions().pluralCategories.includes(/** @type {any} */ (category)));

/**
 * @param {string} text
 * @param {Record<string, unknown>} values
 */
function fill(text, values) {
  return text.replace(/%\((\w+)\)[sd]/g, (_, name) => String(values[name] ?? ""));
}

/**
 * The text in the user's language, `%(name)s` filled from `values`.
 * @param {string} message the English text
 * @param {Record<string, unknown>} [values]
 */
export function t(message, values = {}) {
  const found = messages[message];
  return fill(typeof found === "string" && found ? found : message, values);
}

/**
 * The text for `count` things; `%(num)s` is the count.
 * @param {string} singular
 * @param {string} plural
 * @param {number} count
 * @param {Record<string, unknown>} [values]
 */
export function tn(singular, plural, count, values = {}) {
  const forms = messages[singular];
  const form = Array.isArray(forms) ? forms[known.indexOf(rules.select(count))] ?? forms.at(-1) : null;
  return fill(form || (count === 1 ? singular : plural), { num: count, ...values });
}
