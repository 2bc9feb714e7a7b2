/** The customer's window: the open cart in big type, then the change, and the shop's name while nobody is served. */
import { boot, byId, h } from "./dom.js";
import { language, t } from "./i18n.js";
import { money, quantityText } from "./money.js";

/** Milliseconds after a sale until the shop's name comes back. */
const THANKS = 20000;

const { state } = boot();
const currency = { code: state.currency, digits: state.digits, locale: language };
const channel = new BroadcastChannel(`couchtill.display.${state.terminal}`);
let idle = 0;

/** @param {"idle" | "cart" | "sold"} which */
function show(which) {
  document.body.dataset.show = which;
  for (const name of ["idle", "cart", "sold"]) byId(`display-${name}`).hidden = name !== which;
  clearTimeout(idle);
  if (which === "sold") idle = window.setTimeout(() => show("idle"), THANKS);
}

/** @param {any} news */
function cart({ lines, total }) {
  if (!lines.length) return show("idle");
  byId("display-lines").replaceChildren(
    ...lines.map((/** @type {any} */ line) => {
      const count = `${quantityText(line.quantity, language)}${line.unit ? ` ${line.unit}` : ""} ×`;
      return h(
        "li",
        { dataset: { line: line.id } },
        h("span", { class: "display-count" }, count),
        h("span", { class: "display-name" }, line.name, line.off > 0 ? h("small", {}, t("%(amount)s off", { amount: money(line.off, currency) })) : null),
        h("span", { class: "amount" }, line.amount === null ? "" : money(line.amount - line.off, currency)),
      );
    }),
  );
  byId("display-total").textContent = money(total, currency);
  show("cart");
  byId("display-lines").lastElementChild?.scrollIntoView({ block: "nearest" });
}

/** @param {any} news */
function sold({ total, change, back }) {
  byId("display-paid").textContent = money(total, currency);
  const gets = back || change;
  byId("display-change-row").hidden = !gets;
  byId("display-change-label").textContent = back ? t("You get back") : t("Change");
  byId("display-change").textContent = money(gets, currency);
  show("sold");
}

channel.addEventListener("message", ({ data }) => {
  if (data?.code) Object.assign(currency, { code: data.code, digits: data.digits });
  if (data?.kind === "cart") cart(data);
  if (data?.kind === "sold") sold(data);
});
show("idle");
channel.postMessage({ kind: "hello" });
