/** The receipts of the store: found, looked at, printed again, refunded; new ones appear as they are sold. And what the printer still owes. */
import { get, Problem, request } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId, debounce, h } from "../dom.js";
import { language, t, tn } from "../i18n.js";
import { money } from "../money.js";
import { fill, knownAsOf, label, printReceipt, retryPrints } from "./receipt-paper.js";
import { Sold } from "./sold.js";

/** What a badge says of a receipt of which something came back. */
const RETURNED = /** @type {Record<string, () => string>} */ ({
  part: () => t("partly returned"),
  all: () => t("returned"),
  void: () => t("void"),
});

/**
 * A list of receipts under a search field, page by page; the refund's dialog has one too.
 */
export class ReceiptRows {
  /**
   * @param {import("./frame.js").Frame} frame
   * @param {HTMLElement} list
   * @param {HTMLElement} more the button that looks further back
   * @param {HTMLElement} known where it says how fresh this is
   * @param {(row: any) => void} choose
   */
  constructor(frame, list, more, known, choose) {
    this.frame = frame;
    this.list = list;
    this.more = more;
    this.known = known;
    /** @type {any[]} */
    this.rows = [];
    /** @type {string | null} */
    this.next = null;
    this.asks = new URLSearchParams();
    this.asked = 0;
    list.addEventListener("click", (event) => {
      const row = /** @type {HTMLElement} */ (event.target).closest("[data-receipt]");
      const found = row instanceof HTMLElement && this.rows.find(({ id }) => id === row.dataset.receipt);
      if (found) choose(found);
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const rows = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[data-receipt]")]);
      const to = rows[rows.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step];
      to?.focus();
      if (list.dataset.follow) to?.click();
    });
    more.addEventListener("click", () => void this.load(false));
  }

  /**
   * @param {Record<string, string>} asks of the API: q, date, kind
   * @returns {Promise<any[]>} the first page
   */
  find(asks) {
    this.asks = new URLSearchParams(Object.entries(asks).filter(([, value]) => value));
    return this.load(true);
  }

  /** @param {boolean} anew @returns {Promise<any[]>} */
  async load(anew) {
    const asked = ++this.asked;
    const asks = new URLSearchParams(this.asks);
    asks.set("limit", "30");
    if (!anew && this.next) asks.set("before", this.next);
    let page;
    try {
      page = await get(`api/receipts?${asks}`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (asked === this.asked) this.#say(problem.message);
      return [];
    }
    if (asked !== this.asked) return this.rows;
    this.rows = anew ? page.rows : [...this.rows, ...page.rows.filter((/** @type {any} */ row) => !this.rows.some(({ id }) => id === row.id))];
    this.next = page.next;
    this.known.textContent = knownAsOf(page, language, this.frame.state.timezone);
    this.known.hidden = !this.known.textContent;
    this.draw();
    this.more.hidden = !this.next;
    if (!this.rows.length) {
      const until = page.next && page.until ? new Date(page.until).toLocaleDateString(language, { dateStyle: "medium" }) : null;
      if (until) this.#say(t("Nothing like it back to %(date)s.", { date: until }));
      else this.#say(this.asks.size ? t("No receipt here is like that.") : t("No receipts yet. The first sale will stand here."));
    }
    return this.rows;
  }

  draw(chosen = this.chosen) {
    this.chosen = chosen;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.receipt : null;
    this.list.replaceChildren(...this.rows.map((row) => this.#row(row)));
    if (focused) /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-receipt="${CSS.escape(focused)}"]`))?.focus();
  }

  /** @type {string | null} */
  chosen = null;

  /** @param {string} text */
  #say(text) {
    this.list.replaceChildren(h("p", { class: "receipts-none", role: "option", "aria-disabled": "true" }, text));
  }

  /** @param {any} row */
  #row(row) {
    const own = this.frame.currency;
    const currency = { ...own, code: row.currency ?? own.code, digits: row.digits ?? own.digits };
    const time = row.at ? new Date(row.at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short", timeZone: row.timezone }) : "";
    const badges = [row.kind === "refund" && t("refund"), RETURNED[row.returned]?.(), row.copies > 0 && tn("%(num)s copy", "%(num)s copies", row.copies)];
    const about = [time, row.customer, tn("%(num)s line", "%(num)s lines", row.lines), row.names].filter(Boolean).join(" · ");
    return h(
      "button",
      { type: "button", class: "receipts-row", role: "option", "aria-selected": String(row.id === this.chosen), dataset: { receipt: row.id } },
      h("span", {}, h("strong", {}, label(row)), ...badges.map((badge) => badge && h("span", { class: "receipts-badge" }, badge)), h("small", {}, about)),
      h("span", { class: "amount" }, money(row.total, currency)),
    );
  }
}

class Receipts {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.dialog = byId("receipts", HTMLDialogElement);
    this.q = byId("receipts-q", HTMLInputElement);
    this.date = byId("receipts-date", HTMLInputElement);
    this.kind = "";
    this.rows = new ReceiptRows(frame, byId("receipts-list"), byId("receipts-more"), byId("receipts-known"), (row) => this.choose(row));
    const search = debounce(200, () => void this.search());
    this.q.addEventListener("input", search);
    this.q.addEventListener("scan", () => void this.search());
    this.rows.list.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
      if (key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey) this.q.focus(); // whoever types looks for one
    });
    this.date.addEventListener("change", () => void this.search());
    for (const chip of /** @type {NodeListOf<HTMLElement>} */ (this.dialog.querySelectorAll("[data-kind]"))) {
      chip.addEventListener("click", () => {
        this.kind = chip.dataset.kind ?? "";
        for (const each of this.dialog.querySelectorAll("[data-kind]")) each.setAttribute("aria-pressed", String(each === chip));
        void this.search();
      });
    }
    byId("receipts-print").addEventListener("click", () => this.row && void printReceipt(frame, this.row.id).then(() => this.refresh()));
    byId("receipts-gift").addEventListener("click", () => this.row && void printReceipt(frame, this.row.id, { gift: true }));
    byId("receipts-refund").addEventListener("click", () => this.#refund(false));
    byId("receipts-void").addEventListener("click", () => this.#refund(true));
    byId("prints-retry").addEventListener("click", () => void retryPrints(frame));
    byId("prints-drop").addEventListener("click", () => void this.#drop());
    frame.hear("order", () => void this.refresh());
    frame.hear("erased", () => (this.dialog.open ? void this.refresh() : byId("receipts-list").replaceChildren())); // its rows name customers
    frame.hear("printed", () => void this.waiting());
  }

  /** @type {any} */
  row = null;

  async open() {
    show(this.dialog);
    this.q.value = "";
    void this.waiting();
    await this.search();
    /** @type {HTMLElement | null} */ (this.dialog.querySelector(".receipts-row"))?.focus();
  }

  async search() {
    this.#show(null);
    const [first] = await this.rows.find({ q: this.q.value.trim(), date: this.date.value, kind: this.kind });
    if (first) this.choose(first);
  }

  /** A sale at this or another till while the list is open: its row appears, what is looked at stays. */
  async refresh() {
    if (!this.dialog.open) return;
    const chosen = this.row?.id;
    const rows = await this.rows.load(true);
    const again = rows.find(({ id }) => id === chosen);
    if (again) this.row = again;
    this.#buttons();
  }

  /** @param {any} row */
  choose(row) {
    this.#show(row);
    this.rows.chosen = row.id;
    for (const each of this.rows.list.querySelectorAll("[data-receipt]")) {
      each.setAttribute("aria-selected", String(each instanceof HTMLElement && each.dataset.receipt === row.id));
    }
    void fill(byId("receipts-paper"), row.id);
  }

  /** @param {any} row */
  #show(row) {
    this.row = row;
    if (!row) byId("receipts-paper").replaceChildren();
    this.#buttons();
  }

  #buttons() {
    byId("receipts-buttons").hidden = !this.row;
    const open = this.row?.kind === "sale" && !["all", "void"].includes(this.row.returned);
    byId("receipts-refund", HTMLButtonElement).disabled = !open;
    byId("receipts-void", HTMLButtonElement).disabled = !open || this.row.returned !== "none";
  }

  /** @param {boolean} whole */
  #refund(whole) {
    const { row } = this;
    if (!row) return;
    hide(this.dialog);
    this.frame.tell("refund", { order: row.id, void: whole });
  }

  /** What the printer still owes, and every sale's print. */
  async waiting() {
    try {
      this.#owed(await get("api/prints"));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
    }
  }

  /** @type {any[]} */
  owed = [];

  /** @param {any} answer */
  #owed({ waiting, always }) {
    this.owed = waiting;
    if (this.sold) this.sold.always = always;
    byId("prints").hidden = !waiting.length;
    byId("prints-text").textContent = waiting.length ? `${tn("%(num)s receipt waits for the printer.", "%(num)s receipts wait for the printer.", waiting.length)} ${waiting.at(-1).reason}` : "";
  }

  async #drop() {
    try {
      for (const { id } of this.owed) this.#owed(await request("DELETE", `api/prints/${id}`));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.frame.toast(problem.message, { wrong: true, key: "print" });
    }
  }

  /** @type {Sold | null} */
  sold = null;
}

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  const sold = new Sold(frame);
  const receipts = new Receipts(frame);
  receipts.sold = sold;
  void receipts.waiting();
  frame.hear("sold", ({ order, note, paper }) => sold.show(order, note ?? "", paper));
  frame.hear("refunded", ({ order, note }) => sold.show(order, note ?? ""));
  frame.hear("back", () => void receipts.waiting());
  frame.hear("session", ({ needed, staff }) => (staff || !needed) && void receipts.waiting());
  frame.hear("receipts", () => void receipts.open());
  frame.actions.add({ id: "receipts", name: t("Receipts"), icon: "receipt", key: "F7", place: "bar", run: () => void receipts.open() });
}
