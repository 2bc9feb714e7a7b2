/** What stands on an empty shelf: why, and what can be done. */
import { h, icon } from "../dom.js";
import { t } from "../i18n.js";

/**
 * @param {import("./frame.js").Frame} frame
 * @param {{fault?: string, text: string, category: string | null}} why
 * @returns {Node[]}
 */
export function nothingHere(frame, { fault, text, category }) {
  if (fault) return [h("strong", {}, fault), h("span", {}, t("Products come back when it does. Your cart is kept."))];
  if (!text && category) return [h("strong", {}, t("Nothing in this category"))];
  const [title, lead] = text
    ? [t("Nothing found for “%(text)s”", { text }), t("Try fewer letters, or sell it by name and price.")]
    : [t("No products yet"), t("They come with the first sync, or when the shop’s list is imported. Until then you can sell by name and price.")];
  const item = h("button", { type: "button", class: "button", on: { click: () => frame.actions.run("item") } }, icon("plus"), t("Item without code"));
  return [h("strong", {}, title), h("span", {}, lead), item];
}
