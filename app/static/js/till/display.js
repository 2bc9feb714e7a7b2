/** The customer's display: tells the second window what is in the open cart. Nothing of the staff goes there. */
import { t } from "../i18n.js";

/** @param {string} terminal */
export const channelName = (terminal) => `couchtill.display.${terminal}`;

/**
 * What the customer sees of the cart.
 * @param {import("./frame.js").Frame} frame
 */
function cartNews(frame) {
  const { cart, priced, currency } = frame;
  /** @type {any[]} */
  const figures = priced?.lines ?? [];
  const lines = cart.lines.map((line) => {
    const own = figures.filter(({ id, of }) => id === line.id || of === line.id);
    return {
      id: line.id,
      name: line.name,
      quantity: line.quantity,
      unit: line.unit,
      amount: own.length ? own.reduce((sum, each) => sum + each.amount, 0) : null,
      off: own.reduce((sum, each) => sum + each.amount - each.total, 0),
    };
  });
  return { kind: "cart", lines, total: Number(priced?.total ?? 0), code: currency.code, digits: currency.digits };
}

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  if (!("BroadcastChannel" in window)) return;
  const channel = new BroadcastChannel(channelName(frame.state.terminal));
  /** @type {any} what was last shown */
  let last = null;
  const say = (/** @type {any} */ news) => {
    last = news;
    channel.postMessage(news);
  };
  const paid = (/** @type {any} */ order) => ({
    kind: "sold",
    total: order.total,
    change: order.change ?? 0,
    back: (order.tenders ?? []).reduce((/** @type {number} */ sum, /** @type {any} */ tender) => sum + (tender.amount < 0 && tender.kind !== "coupon" ? -tender.amount : 0), 0),
    code: order.currency,
    digits: order.digits,
  });
  channel.addEventListener("message", ({ data }) => {
    if (data?.kind === "hello") channel.postMessage(last ?? cartNews(frame));
  });
  // The thanks for a sale stay until something is in the cart again.
  frame.hear("cart", (cart) => (cart.lines.length || last?.kind !== "sold") && document.visibilityState !== "hidden" && say(cartNews(frame)));
  frame.hear("sold", ({ order }) => say(paid(order)));
  frame.hear("refunded", ({ order }) => say(paid(order)));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && frame.cart.lines.length && say(cartNews(frame)));
  frame.actions.add({ id: "display", name: t("Customer display"), icon: "screen", place: "account", run: () => void open("display", "couchtill-display", "popup,width=1024,height=768") });
}
