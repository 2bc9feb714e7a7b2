/** Head office: what was taken today, the sales as they arrive, a product's price to edit. */
import { get, Problem } from "../api.js";
import { boot, byId, h } from "../dom.js";
import { language, t, tn } from "../i18n.js";
import { showLight } from "../light.js";
import { Live } from "../live.js";
import { money } from "../money.js";
import { showDecide } from "./decide.js";
import { Prices } from "./prices.js";
import { Tasks } from "./tasks.js";

/** Sales on the list; older ones are in the stores' databases. */
const LISTED = 100;
/** Milliseconds between two sums while sales pour in. */
const PAUSE = 700;

const { state } = boot();
const currency = { code: state.currency, digits: state.digits, locale: language };

/** @param {number} amount @param {{currency?: string, digits?: number}} of */
const shown = (amount, of) => money(amount, { ...currency, code: of.currency ?? currency.code, digits: of.digits ?? currency.digits });

/** @param {any} order @param {boolean} fresh */
function saleRow(order, fresh) {
  const time = new Date(order.at).toLocaleTimeString(language, { timeStyle: "short", timeZone: order.timezone });
  return h(
    "li",
    { dataset: { sale: order.id } },
    h(
      "a",
      { class: fresh ? "sale new" : "sale", href: `receipts/${encodeURIComponent(order.id)}` },
      h("span", {}, h("strong", {}, `${String(order.terminal).toUpperCase()} · ${order.number}`), h("small", {}, `${time} · ${order.names}`)),
      h("span", { class: "amount" }, shown(order.total, order)),
    ),
  );
}

/** @param {any} order */
function arrive(order) {
  const list = byId("sales");
  if (list.querySelector(`[data-sale="${CSS.escape(order.id)}"]`)) return;
  list.prepend(saleRow(order, true));
  while (list.childElementCount > LISTED) list.lastElementChild?.remove();
  byId("sales-none").hidden = true;
  sumLater();
}

let summing = false;
/** Sums once for all sales of a moment. */
function sumLater() {
  if (summing) return;
  summing = true;
  setTimeout(() => {
    summing = false;
    void sum();
  }, PAUSE);
}

async function sum() {
  const [takings, told] = await Promise.all([quietly(() => get("api/takings")), quietly(() => get("api/terminals"))]);
  if (!takings) return;
  byId("takings").replaceChildren(...takings.rows.map((/** @type {any} */ store) => storeRow(store, told?.rows ?? [])));
  if (!takings.rows.length) byId("takings").append(h("p", { class: "quiet" }, t("No store is here yet. Those of the central come with the first sync.")));
}

/**
 * A store's takings, and each till's with what it last told of itself.
 * @param {any} store
 * @param {any[]} told
 */
function storeRow(store, told) {
  const names = new Set([...store.terminals, ...told.filter((report) => report.store === store.store)].map((till) => till.terminal));
  const tills = [...names].sort().map((name) => {
    const taken = store.terminals.find((/** @type {any} */ till) => till.terminal === name) ?? { total: 0, receipts: 0 };
    const report = told.find((each) => each.terminal === name);
    return h(
      "div",
      { class: "till-card" },
      h("span", {}, name.toUpperCase()),
      h("strong", {}, shown(taken.total, store)),
      h("span", {}, tn("%(num)s receipt", "%(num)s receipts", taken.receipts)),
      report && h("span", { class: "till-report", dataset: { level: report.level } }, h("span", { class: "light-dot", "aria-hidden": "true" }), report.text),
    );
  });
  return h(
    "div",
    { class: "store" },
    h(
      "div",
      {},
      h("div", { class: "store-total" }, shown(store.total, store)),
      h("div", { class: "store-name" }, `${store.name} · ${tn("%(num)s receipt", "%(num)s receipts", store.receipts)}`),
    ),
    h("div", { class: "store-tills" }, ...(tills.length ? tills : [h("span", { class: "quiet" }, t("Nothing sold yet today."))])),
  );
}

/** Lists what is known, without letting new rows flash. */
async function list() {
  const answer = await quietly(() => get(`api/sales?limit=${LISTED}`));
  if (!answer) return;
  byId("sales").replaceChildren(...answer.rows.map((/** @type {any} */ order) => saleRow(order, false)));
  byId("sales-none").hidden = answer.rows.length > 0;
}

/**
 * @template T
 * @param {() => Promise<T>} ask
 * @returns {Promise<T | null>} null: nobody answers, and the page says so by itself
 */
async function quietly(ask) {
  try {
    return await ask();
  } catch (problem) {
    if (problem instanceof Problem) return null;
    throw problem;
  }
}

/** The stores' documents, and so the currency, may come after the page was opened. @param {any} now */
function learn(now) {
  showLight(now.sync);
  if (now.currency === currency.code && now.digits === currency.digits) return;
  Object.assign(currency, { code: now.currency, digits: now.digits }); // the list of prices holds this one
  void list();
  void sum();
  void prices.search();
}

const prices = new Prices(currency);
const tasks = new Tasks();
const live = new Live("api/events", "api/state", ["light", "order", "catalogue", "task", "inbox"]);
const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ run) =>
  live.addEventListener(name, (event) => run(/** @type {CustomEvent} */ (event).detail));
on("light", showLight);
on("state", learn);
on("catalogue", () => {
  void live.poll();
  void prices.search();
  sumLater();
});
on("order", arrive);
on("task", () => void tasks.load());
on("inbox", (counts) => {
  const waiting = counts.conflicts + counts.incidents;
  byId("to-decide").textContent = waiting ? t("To decide · %(num)s", { num: waiting }) : t("To decide");
  byId("to-decide-link").toggleAttribute("data-waiting", waiting > 0);
  void showDecide(counts);
});
on("away", () => {
  byId("away").hidden = false;
});
on("back", () => {
  byId("away").hidden = true;
  void list();
  void sum();
  void tasks.load();
});
/** Milliseconds between two looks at what the tills tell of themselves, which comes with no sale. */
const LOOK = 30000;
setInterval(() => !document.hidden && void sum(), LOOK);
prices.start();
tasks.start();
void list();
void sum();
