/** Another price for a product, from now on and everywhere: who may not is asked for a supervisor's PIN. */
import { Problem } from "../api.js";
import { t } from "../i18n.js";
import { money } from "../money.js";

/**
 * Asks for the new price and writes it. What somebody else wrote meanwhile is shown, and asked about again.
 * @param {import("./frame.js").Frame} frame
 * @param {any} product as the API shows it, with `rev`
 * @returns {Promise<any | null>} the product as it is now; null: nothing was changed
 */
export async function changePrice(frame, product) {
  const { currency } = frame;
  const shown = (/** @type {any} */ price) => (price ? money(BigInt(price.amount), currency) : t("open price"));
  let lead = t("It costs %(price)s. The new price holds at every till and at head office.", { price: shown(product.price) });
  for (let seen = product; ; ) {
    const price = await frame.ask.price({ name: product.name, unit: seen.unit, measured: seen.measured, price: seen.price, lead });
    if (!price) return null;
    try {
      const now = { ...product, ...(await frame.send("PUT", `api/products/${encodeURIComponent(product.id)}/price`, { rev: seen.rev, price })) };
      frame.catalog.learn(now);
      frame.toast(t("%(name)s costs %(price)s now.", { name: now.name, price: shown(now.price) }), { key: "price" });
      return now;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status !== 409 || !problem.body.current) {
        if (problem.error !== "needs_approval") frame.toast(problem.message, { wrong: true, key: "price" });
        return null;
      }
      seen = { ...product, ...problem.body.current };
      lead = t("Somebody else has changed it meanwhile: it costs %(price)s now. Nothing was written.", { price: shown(seen.price) });
    }
  }
}
