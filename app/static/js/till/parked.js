/**
 * Parked carts: put away here, taken up on any till of the store. While one is open here, each change goes to its document, and what
 * another till does to it appears here; no line is lost, and what was changed on both sides is shown twice.
 *
 * @typedef {import("../parked-cart.js").Row} Row
 * @typedef {import("../cart.js").Cart} Cart
 */
import { get, Problem, request } from "../api.js";
import { emptyCart } from "../cart.js";
import { hide, show } from "../dialogs.js";
import { afterPaint, byId, h, icon } from "../dom.js";
import { language, t, tn } from "../i18n.js";
import { money } from "../money.js";
import { ahead, asLines, baseOf, canonical, joined, linesOf, restOf, taken } from "../parked-cart.js";
import { ulid } from "../ulid.js";

/** Milliseconds of quiet before a change is sent, and before one that could not be is sent again. */
const QUIET = 150;
const AGAIN = 3000;

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  new Parked(frame).start();
}

class Parked {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.dialog = byId("parked", HTMLDialogElement);
    this.list = byId("parked-list");
    this.name = byId("parked-name", HTMLInputElement);
    this.fault = byId("parked-fault");
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.sending = false;
    /** Revisions of the open cart that were heard of and are not what is open here: the server is asked. @type {Set<string>} */
    this.behind = new Set();
    /** How often a parked cart has become another one. */
    this.told = 0;
    this.busy = false;
    this.timer = 0;
    this.notice = h("div", { class: "cart-notice", role: "status", hidden: true });
    byId("cart-scroll").before(this.notice);
  }

  start() {
    const { frame } = this;
    byId("parked-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.park();
    });
    this.list.addEventListener("click", (event) => this.#click(event));
    frame.hear("parked", (row) => this.heard(row));
    frame.hear("cart", () => this.changed());
    frame.hear("sold", () => afterPaint(() => void this.load()));
    frame.hear("erased", () => void this.load()); // its rows name customers
    frame.hear("back", () => void this.load().then(() => this.changed()));
    frame.hear("session", ({ needed, staff }) => (staff || !needed) && void this.load().then(() => this.changed())); // locked, it heard nothing
    this.#offer();
    void this.load();
  }

  /** The button at the foot, with how many wait. */
  #offer() {
    const waiting = this.waiting.length;
    const name = waiting ? t("Park · %(num)s", { num: waiting }) : t("Park");
    if (this.frame.actions.all.get("park")?.name === name) return;
    this.frame.actions.add({ id: "park", name, icon: "park", key: "Insert", place: "foot", run: () => void this.open() });
  }

  /** The ones that are not open in this window, the newest first. @returns {Row[]} */
  get waiting() {
    const here = this.frame.cart.parked;
    return [...this.rows.values()].filter((row) => row.id !== here).sort((a, b) => (a.at < b.at ? 1 : -1));
  }

  get me() {
    return this.frame.store.windows.me;
  }

  async load() {
    try {
      let told;
      let rows;
      do {
        told = this.told;
        ({ rows } = await get("api/carts"));
      } while (told !== this.told); // what came meanwhile may be newer than the list
      this.rows = new Map(rows.map((/** @type {Row} */ row) => [row.id, row]));
      const { parked } = this.frame.cart;
      if (parked) {
        const row = this.rows.get(parked);
        if (row) this.heard(row);
        else this.heard(/** @type {any} */ ({ id: parked, gone: true }));
      }
      this.draw();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem; // its return, or the next event, asks again
    }
  }

  /** @param {Row} row */
  #keep(row) {
    this.told++;
    if (row.gone) this.rows.delete(row.id);
    else this.rows.set(row.id, row);
  }

  // -- the list -------------------------------------------------------------------------------------------------------

  async open() {
    const { frame } = this;
    if (frame.payment?.busy) return;
    this.fault.textContent = "";
    this.name.value = frame.cart.name;
    const full = frame.cart.lines.length > 0;
    byId("parked-form").hidden = !full;
    byId("parked-title").textContent = full ? t("Park this cart") : t("Parked carts");
    this.draw();
    show(this.dialog);
    if (full) this.name.focus();
    await this.load();
  }

  draw() {
    this.#offer();
    this.#notice();
    if (!this.dialog.open && this.list.childElementCount === 0 && !this.waiting.length) return;
    byId("parked-none").hidden = this.waiting.length > 0;
    const focused = document.activeElement instanceof HTMLElement && this.list.contains(document.activeElement) ? document.activeElement.dataset : null;
    this.list.replaceChildren(...this.waiting.map((row) => this.#row(row)));
    if (focused) /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-act="${focused.act}"][data-cart="${CSS.escape(focused.cart ?? "")}"]`))?.focus();
  }

  /** @param {Row} row */
  #row(row) {
    const lines = asLines(row.lines);
    const what = lines.map((line) => line.name).slice(0, 3).join(", ") + (lines.length > 3 ? " …" : "");
    const held = row.holder && !(row.holder.terminal === this.frame.state.terminal && row.holder.window === this.me);
    const when = new Date(row.at).toLocaleString(language, { timeZone: row.timezone, weekday: "short", hour: "2-digit", minute: "2-digit" });
    const { total } = this.frame.book.priced({ ...emptyCart(), ...taken(row) });
    const title = row.name || row.customer?.name || what || t("Empty cart");
    return h(
      "li",
      { class: "parked-row" },
      h(
        "div",
        { class: "parked-words" },
        h("strong", {}, title),
        h("span", {}, [tn("%(num)s line", "%(num)s lines", lines.length), row.name || row.customer ? what : ""].filter(Boolean).join(" · ")),
        h("small", {}, [when, row.on.toUpperCase(), row.by].filter(Boolean).join(" · ")),
        held && h("small", { class: "parked-held" }, icon("lock"), t("Open on %(till)s", { till: row.holder?.terminal.toUpperCase() ?? "" })),
        row.twice > 0 && h("small", { class: "parked-held" }, icon("warn"), t("Two tills changed the same line: check it.")),
        row.sold && h("small", { class: "parked-held" }, icon("warn"), t("Part of it was sold. This is the rest.")),
      ),
      h("span", { class: "parked-total" }, money(total, this.frame.currency)),
      h("button", { type: "button", class: held ? "button small" : "button small primary", dataset: { act: "take", cart: row.id }, "aria-label": `${held ? t("Take over") : t("Take up")}: ${title}` }, held ? t("Take over") : t("Take up")),
      h("button", { type: "button", class: "tool tool-icon", dataset: { act: "delete", cart: row.id }, "aria-label": t("Delete: %(name)s", { name: title }), title: t("Delete") }, icon("bin")),
    );
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-act]");
    if (!(button instanceof HTMLElement)) return;
    const id = button.dataset.cart ?? "";
    void (button.dataset.act === "take" ? this.take(id) : this.delete(id));
  }

  /**
   * One thing at a time; what went wrong is said in the dialog.
   * @param {() => Promise<void>} run
   */
  async #once(run) {
    if (this.busy) return;
    this.busy = true;
    this.fault.textContent = "";
    byId("parked-done", HTMLButtonElement).disabled = true;
    try {
      await run();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.frame.sound.error();
      this.fault.textContent = problem.message;
      if (problem.status) await this.load();
    } finally {
      this.busy = false;
      byId("parked-done", HTMLButtonElement).disabled = false;
    }
  }

  // -- parking and taking up --------------------------------------------------------------------------------------------

  park() {
    return this.#once(async () => {
      const { frame } = this;
      const cart = { ...frame.cart, name: this.name.value.trim().slice(0, 60) };
      if (!cart.lines.length || frame.store.pending) return;
      const body = { ...restOf(cart), lines: linesOf(cart.lines) };
      const path = cart.parked ? `api/carts/${encodeURIComponent(cart.parked)}` : "api/carts";
      const sent = async (/** @type {string} */ id) =>
        cart.parked && cart.base
          ? frame.send("PUT", path, { ...body, rev: cart.base.rev, release: true })
          : frame.send("POST", path, { ...body, request: id });
      const answer = await sent(cart.id).catch((problem) => {
        // A cart that was parked once, taken up and sold: this is another one.
        if (problem instanceof Problem && problem.error === "gone") return request("POST", "api/carts", { body: { ...body, request: ulid() } });
        throw problem;
      });
      this.#keep(answer.cart);
      if (frame.cart.id === cart.id) await frame.store.close();
      frame.selling.choose(null);
      hide(this.dialog);
      frame.sound.ok();
      frame.toast(t("Parked: %(name)s", { name: cart.name || tn("%(num)s line", "%(num)s lines", cart.lines.length) }), { key: "parked" });
      this.draw();
      frame.ready();
    });
  }

  /** @param {string} id */
  take(id) {
    return this.#once(async () => {
      const { frame } = this;
      if (frame.store.pending) return;
      const tab = frame.store.tabs.find((each) => each.cart.parked === id);
      const answer = await frame.send("POST", `api/carts/${encodeURIComponent(id)}/take`, { window: this.me, over: true });
      this.#keep(answer.cart);
      if (tab) await frame.store.take(tab.id);
      else frame.store.add(taken(answer.cart));
      if (tab) this.adopt(answer.cart);
      hide(this.dialog);
      frame.selling.choose(null);
      frame.sound.ok();
      this.draw();
      frame.ready();
    });
  }

  /** @param {string} id */
  delete(id) {
    return this.#once(async () => {
      const row = this.rows.get(id);
      if (!row) return;
      await this.frame.send("DELETE", `api/carts/${encodeURIComponent(id)}`, { rev: row.rev });
      this.#keep({ ...row, gone: true });
      this.draw();
      const { total } = this.frame.book.priced({ ...emptyCart(), ...taken(row) });
      this.frame.outbox.add({ request: ulid(), kind: "void_cart", about: null, details: { lines: Object.keys(row.lines).length, total, cart: id } });
      const lines = Object.fromEntries(asLines(row.lines).map((line) => [line.id, linesOf([line])[line.id]]));
      const again = { ...restOf(/** @type {any} */ ({ ...row, coupons: row.coupons })), lines, request: ulid() };
      this.frame.toast(t("The parked cart is deleted."), {
        key: "removed",
        actions: [{ name: t("Undo"), run: () => void this.#once(async () => void (await this.frame.send("POST", "api/carts", again))).then(() => this.load()) }],
      });
    });
  }

  // -- the open one -----------------------------------------------------------------------------------------------------

  /** Whether the open cart's parked one is nobody's, or that of another window of this till, from which it was taken over. */
  get unheld() {
    const { holder = null } = this.frame.cart.base ?? {};
    return !holder || (holder.terminal === this.frame.state.terminal && holder.window !== this.me);
  }

  /** The open cart has changed, or is another one: its parked one follows. */
  changed() {
    this.#notice();
    const { cart } = this.frame;
    if (!cart.parked || !cart.base) return;
    const heard = this.rows.get(cart.parked)?.rev ?? cart.base.rev;
    if (heard !== cart.base.rev && !this.sending) this.behind.add(heard); // while another cart was open here
    clearTimeout(this.timer);
    if (ahead(cart) || this.unheld || this.behind.size) this.timer = window.setTimeout(() => void this.follow(), QUIET);
  }

  /**
   * Sends what was changed here, or asks what was changed elsewhere. One request at a time: two answers, or an answer and the news, may
   * overtake each other, and the older one would take off the screen what the newer one brought.
   */
  async follow() {
    const { frame } = this;
    const { cart } = frame;
    if (this.sending || !cart.parked || !cart.base || frame.store.pending) return;
    const before = { lines: linesOf(cart.lines), rest: canonical(restOf(cart)) };
    const path = `api/carts/${encodeURIComponent(cart.parked)}`;
    const { rev } = cart.base;
    const ask = ahead(cart)
      ? async () => (await frame.send("PUT", path, { ...restOf(cart), lines: before.lines, rev, window: this.me })).cart
      : this.unheld
        ? async () => (await frame.send("POST", `${path}/take`, { window: this.me, over: true })).cart
        : this.behind.size
          ? () => get(path)
          : null;
    if (!ask) return;
    const behind = this.behind;
    this.behind = new Set(); // the answer will be as new as all that was heard by now
    this.sending = true;
    try {
      const row = await ask();
      this.sending = false;
      this.adopt(row, before);
      this.behind.delete(row.rev);
      if (this.behind.size) void this.follow();
      else this.changed();
    } catch (problem) {
      this.sending = false;
      if (!(problem instanceof Problem)) throw problem;
      if (problem.error === "gone" || problem.status === 404) return this.heard(/** @type {any} */ ({ id: cart.parked, gone: true, sold: problem.body.sold }));
      for (const heard of behind) this.behind.add(heard);
      this.timer = window.setTimeout(() => void this.follow(), AGAIN);
    }
  }

  /** A parked cart has changed, on whichever till. @param {Row} row */
  heard(row) {
    const { frame } = this;
    this.#keep(row);
    this.draw();
    const { cart } = frame;
    if (cart.parked !== row.id || !cart.base || row.rev === cart.base.rev) return;
    if (row.gone && !this.sending && !frame.store.pending) return this.#gone(row); // pending: the cart ends with its sale
    this.behind.add(row.rev);
    void this.follow();
  }

  /**
   * What the parked cart has become, into the open one.
   * @param {Row} row
   * @param {{lines: import("../parked-cart.js").Lines, rest: string}} [before] what was sent; without it what was last seen
   */
  adopt(row, before) {
    const { frame } = this;
    const { cart } = frame;
    if (cart.parked !== row.id || !cart.base || frame.store.pending) return;
    this.#keep(row);
    const known = before ?? cart.base;
    const result = joined(cart, row, known);
    const same = result.cart.lines.length === cart.lines.length && result.cart.lines.every((line, i) => line === cart.lines[i]) && canonical(restOf(result.cart)) === canonical(restOf(cart));
    if (!same || canonical(baseOf(row)) !== canonical(cart.base)) frame.change(result.cart, null);
    const seen = new Set(Object.keys(known.lines));
    const added = result.came.filter((id) => !seen.has(id));
    if (added.length) {
      const names = result.cart.lines.filter((line) => added.includes(line.id)).map((line) => line.name);
      frame.toast(t("Another till added: %(names)s", { names: names.join(", ") }), { key: "came" });
    }
    const { holder } = row;
    if (holder && holder.terminal !== frame.state.terminal && !ahead(frame.cart)) void this.#lost(row);
  }

  /** Another till has taken it over; what was added here is in it. @param {Row} row */
  async #lost(row) {
    const { frame } = this;
    if (frame.payment?.open && !frame.payment.busy) hide(frame.payment.dialog);
    await frame.store.close();
    frame.toast(t("%(till)s has taken over the cart %(name)s. Every line of it is there.", { till: row.holder?.terminal.toUpperCase() ?? "", name: row.name ?? "" }), { key: "taken", stays: 12000 });
    this.draw();
  }

  /** It was sold or deleted on another till. @param {Row} row */
  #gone(row) {
    const { frame } = this;
    const { cart } = frame;
    const lines = Object.fromEntries(Object.entries(cart.base?.lines ?? {}));
    const left = joined(cart, /** @type {any} */ ({ ...row, rev: "", name: cart.name, lines: {}, holder: null, customer: cart.customer, coupons: cart.coupons, discounts: cart.discounts, note: cart.note }), { lines, rest: cart.base?.rest ?? "" });
    if (frame.payment?.open && !frame.payment.busy) hide(frame.payment.dialog);
    const text = row.sold ? t("This cart was sold on another till.") : t("This cart is no longer parked: it was sold or deleted on another till.");
    if (left.cart.lines.length) {
      frame.change({ ...left.cart, parked: null, base: null }, null);
      frame.toast(`${text} ${t("What was only added here is still in this cart.")}`, { wrong: true, key: "gone", stays: 15000 });
    } else {
      void frame.store.close();
      frame.toast(text, { wrong: true, key: "gone", stays: 15000 });
    }
    this.draw();
  }

  /** Over the lines: which parked cart this is, and what a person must look at. */
  #notice() {
    const { cart } = this.frame;
    const row = cart.parked ? this.rows.get(cart.parked) : null;
    const twice = cart.lines.filter((line) => /** @type {any} */ (line).twice);
    const parts = [];
    if (twice.length) {
      parts.push(
        h("span", {}, icon("warn"), t("Two tills changed the same line. Both are here: %(names)s. Keep what is right.", { names: twice.map((line) => line.name).join(", ") })),
        h("button", { type: "button", class: "button small", on: { click: () => this.#checked() } }, t("Checked")),
      );
    }
    if (row?.sold) parts.push(h("span", {}, icon("warn"), t("Part of this cart was sold on another till. This is the rest.")));
    const shown = parts.map((part) => part.textContent).join("|");
    if (this.notice.dataset.shown === shown) return;
    this.notice.dataset.shown = shown;
    this.notice.hidden = !parts.length;
    this.notice.replaceChildren(...parts);
  }

  /** A person has looked at the lines that were there twice. */
  #checked() {
    const { cart } = this.frame;
    const lines = cart.lines.map((line) => {
      const { twice, ...rest } = /** @type {any} */ (line);
      return twice ? rest : line;
    });
    this.frame.change({ ...cart, lines }, null);
  }
}
