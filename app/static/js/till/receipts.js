/** What follows a sale: the change, the receipt, and the list of the last ones to open again. */
import { get, Problem } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { language, t, tn } from "../i18n.js";
import { money } from "../money.js";

/** Milliseconds for which a second Enter counts as the first one's echo. */
const ECHO = 500;

/** @param {string} id */
const page = (id) => `receipts/${encodeURIComponent(id)}`;

/**
 * The receipt as the server prints it, into `holder`.
 * @param {HTMLElement} holder
 * @param {string} id
 */
async function fill(holder, id) {
  holder.replaceChildren();
  holder.dataset.receipt = id;
  try {
    const response = await fetch(`${page(id)}?part=paper`, { credentials: "same-origin", signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(String(response.status));
    const html = await response.text();
    if (holder.dataset.receipt !== id) return;
    const parsed = new DOMParser().parseFromString(html, "text/html");
    holder.replaceChildren(...parsed.body.childNodes);
  } catch {
    // The sale stands whatever became of its picture.
    holder.replaceChildren(h("p", { class: "receipts-none" }, t("The receipt is written, and can be opened when the server is back.")));
  }
}

export class Sold {
  /**
   * @param {import("../money.js").Currency} currency
   * @param {() => void} next a new sale begins
   */
  constructor(currency, next) {
    this.currency = currency;
    this.dialog = byId("sold", HTMLDialogElement);
    this.shown = 0;
    byId("sold-next").addEventListener("click", () => this.#next());
    byId("sold-print").addEventListener("click", () => this.#print());
    this.dialog.addEventListener("close", next);
    this.dialog.addEventListener("keydown", (event) => {
      // The Enter that paid must not also put the change away.
      if (event.key === "Enter" && (event.repeat || performance.now() - this.shown < ECHO)) event.preventDefault();
    });
  }

  get open() {
    return this.dialog.open;
  }

  /**
   * @param {any} order
   * @param {string} note something about this sale that is worth a line
   */
  show(order, note) {
    const currency = { ...this.currency, code: order.currency ?? this.currency.code, digits: order.digits ?? this.currency.digits };
    byId("sold-number").textContent = t("Receipt %(number)s", { number: label(order) });
    byId("sold-change").textContent = money(order.change ?? 0, currency);
    const tenders = (order.tenders ?? []).map((/** @type {any} */ tender) => `${tenderName(tender.kind)} ${money(tender.amount, currency)}`);
    byId("sold-paid").textContent = [t("Total %(total)s", { total: money(order.total, currency) }), ...tenders].join(" · ");
    byId("sold-note").textContent = note;
    byId("sold-note").hidden = !note;
    this.shown = performance.now();
    void fill(byId("sold-paper"), order._id ?? order.id);
    show(this.dialog);
    byId("sold-next").focus();
  }

  close() {
    hide(this.dialog);
  }

  #next() {
    hide(this.dialog);
  }

  #print() {
    const paper = byId("sold-paper").querySelector(".paper");
    if (paper) printPaper(paper);
  }
}

export class Receipts {
  /** @param {import("../money.js").Currency} currency */
  constructor(currency) {
    this.currency = currency;
    this.dialog = byId("receipts", HTMLDialogElement);
    this.list = byId("receipts-list");
    /** @type {any[]} */
    this.rows = [];
    this.list.addEventListener("click", (event) => {
      const row = /** @type {HTMLElement} */ (event.target).closest("[data-receipt]");
      if (row instanceof HTMLElement) this.#choose(row.dataset.receipt ?? "");
    });
    this.list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const rows = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[data-receipt]")]);
      const to = rows[rows.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step];
      to?.focus();
      to?.click();
    });
  }

  async open() {
    this.list.replaceChildren();
    byId("receipts-paper").replaceChildren();
    byId("receipts-print").hidden = true;
    show(this.dialog);
    try {
      this.rows = (await get("api/receipts?limit=50")).rows;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.list.append(h("p", { class: "receipts-none" }, problem.message));
      return;
    }
    if (!this.rows.length) {
      this.list.append(h("p", { class: "receipts-none" }, t("No receipts yet. The first sale will stand here.")));
      return;
    }
    this.list.append(...this.rows.map((row) => this.#row(row)));
    this.#choose(this.rows[0].id);
    /** @type {HTMLElement | null} */ (this.list.querySelector("[data-receipt]"))?.focus();
  }

  /** @param {any} row */
  #row(row) {
    const currency = { ...this.currency, code: row.currency ?? this.currency.code, digits: row.digits ?? this.currency.digits };
    const time = new Date(row.at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short", timeZone: row.timezone });
    return h(
      "button",
      { type: "button", class: "receipts-row", role: "option", "aria-selected": "false", dataset: { receipt: row.id } },
      h("span", {}, h("strong", {}, label(row)), h("small", {}, `${time} · ${tn("%(num)s line", "%(num)s lines", row.lines)}`)),
      h("span", { class: "amount" }, money(row.total, currency)),
    );
  }

  /** @param {string} id */
  #choose(id) {
    for (const row of this.list.querySelectorAll("[data-receipt]")) {
      row.setAttribute("aria-selected", String(row instanceof HTMLElement && row.dataset.receipt === id));
    }
    const link = byId("receipts-print", HTMLAnchorElement);
    link.href = page(id);
    link.hidden = false;
    void fill(byId("receipts-paper"), id);
  }
}

/** A receipt's number as people read it: "S1-T2 · 42". @param {any} order */
export function label(order) {
  return `${String(order.terminal ?? order.series ?? "").toUpperCase()} · ${order.number}`;
}

/** @param {string} kind */
function tenderName(kind) {
  return { cash: t("Cash"), coupon: t("Coupon") }[kind] ?? kind;
}

/** @param {Element} paper prints this and nothing else of the page */
function printPaper(paper) {
  document.getElementById("print-holder")?.remove();
  const holder = h("div", { id: "print-holder" }, paper.cloneNode(true));
  document.body.append(holder);
  addEventListener("afterprint", () => holder.remove(), { once: true });
  print();
}

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  const sold = new Sold(frame.currency, () => frame.ready());
  const receipts = new Receipts(frame.currency);
  frame.hear("sold", ({ order, note }) => sold.show(order, note ?? ""));
  frame.actions.add({ id: "receipts", name: t("Last receipts"), icon: "receipt", key: "F7", place: "more", run: () => void receipts.open() });
}
