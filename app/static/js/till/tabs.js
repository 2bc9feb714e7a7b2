/** The open carts as tabs in the bar: this window's, those that no window has, and those of other windows, to take over. */
import { hide, show } from "../dialogs.js";
import { byId, h, icon } from "../dom.js";
import { t, tn } from "../i18n.js";
import { money } from "../money.js";

/** @typedef {import("../store.js").Tab} Tab */

export class Tabs {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.bar = byId("tabs");
    this.sheet = byId("take-over", HTMLDialogElement);
    /** @type {string | null} */
    this.asked = null;
    this.shown = "";
    /** Which tabs there were, and which was open, when the open one was brought into sight. */
    this.scrolled = "";
  }

  start() {
    const { frame } = this;
    frame.store.addEventListener("change", () => this.draw());
    frame.store.addEventListener("lost", (event) => this.#lost(/** @type {CustomEvent} */ (event).detail));
    this.bar.addEventListener("click", (event) => {
      const tab = /** @type {HTMLElement} */ (event.target).closest("[data-cart]");
      if (tab instanceof HTMLElement) void this.open(tab.dataset.cart ?? "");
    });
    byId("take-over-done").addEventListener("click", () => {
      hide(this.sheet);
      if (this.asked) void this.frame.store.take(this.asked).then(() => this.#opened());
    });
    /** @type {Promise<void>} */
    this.stepping = Promise.resolve();
    frame.actions.add({ id: "new-cart", name: t("New cart"), icon: "plus", key: "F3", place: "key", run: () => this.add() });
    frame.actions.add({ id: "next-cart", name: t("Next cart"), key: "PageDown", place: "key", run: () => this.next() });
    this.draw();
  }

  /** @param {Tab} tab */
  name(tab) {
    return tab.cart.name || tab.cart.customer?.name || t("Cart %(num)s", { num: tab.number });
  }

  draw() {
    const { tabs } = this.frame.store;
    const open = tabs.map((tab) => `${tab.id} ${tab.state === "open"}`).join();
    const shown = JSON.stringify(tabs.map((tab) => [tab.id, tab.state, this.name(tab), tab.cart.lines.length, Boolean(tab.pending)]));
    if (shown === this.shown) return; // a tab under a finger stays where it is
    this.shown = shown;
    this.bar.replaceChildren(
      ...tabs.map((tab) => this.#tab(tab)),
      h("button", { type: "button", class: "tab tab-new", "aria-label": t("New cart"), title: `${t("New cart")} (F3)`, "aria-keyshortcuts": "F3", on: { click: () => this.add() } }, icon("plus")),
    );
    if (open === this.scrolled) return; // only words have changed: looking where a tab stands would lay out the page in the midst of a scan
    this.scrolled = open;
    this.bar.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {Tab} tab */
  #tab(tab) {
    const { lines } = tab.cart;
    const note = tab.pending ? t("not yet written") : tab.state === "elsewhere" ? t("in another window") : lines.length ? tn("%(num)s line", "%(num)s lines", lines.length) : t("empty");
    return h(
      "button",
      { type: "button", class: `tab tab-${tab.state}`, "aria-current": tab.state === "open" ? "true" : null, dataset: { cart: tab.id } },
      tab.state === "elsewhere" ? icon("lock") : null,
      h("span", { class: "tab-words" }, h("strong", {}, this.name(tab)), h("small", {}, note)),
    );
  }

  /** @param {string} id */
  async open(id) {
    const { store, payment } = this.frame;
    if (payment?.busy) return;
    const tab = store.tabs.find((each) => each.id === id);
    if (!tab || tab.state === "open") return;
    if (tab.state === "elsewhere") return this.#ask(tab);
    await store.open(id);
    this.#opened();
  }

  #opened() {
    this.frame.selling.choose(null);
    this.frame.ready();
    if (this.frame.store.pending) this.frame.payment?.resume();
  }

  add() {
    if (this.frame.payment?.busy || !this.frame.cart.lines.length) return this.frame.ready();
    this.frame.store.add();
    this.#opened();
  }

  /** Each press goes on from where the one before has led, however fast they come. */
  next() {
    const step = this.stepping.then(() => this.#step());
    this.stepping = step.catch((problem) => reportError(problem)); // said, and the next press works
  }

  async #step() {
    const tabs = this.frame.store.tabs.filter((tab) => tab.state !== "elsewhere");
    const here = tabs.findIndex((tab) => tab.state === "open");
    const to = tabs[(here + 1) % tabs.length];
    if (to) await this.open(to.id);
  }

  /** @param {Tab} tab */
  #ask(tab) {
    this.asked = tab.id;
    byId("take-over-title").textContent = t("%(name)s is open in another window", { name: this.name(tab) });
    byId("take-over-lines").replaceChildren(
      ...tab.cart.lines.slice(0, 8).map((line) => h("li", {}, `${line.quantity / 1000} × ${line.name}`)),
      h("li", { class: "take-over-total" }, money(this.frame.book.priced(tab.cart).total, this.frame.currency)),
    );
    show(this.sheet);
    byId("take-over-done").focus();
  }

  /** @param {import("../store.js").Kept | null} taken */
  #lost(taken) {
    const { payment } = this.frame;
    if (payment?.open && !payment.busy) hide(payment.dialog);
    if (taken) this.frame.toast(t("Cart %(num)s was taken over by another window.", { num: taken.number }), { key: "taken" });
  }
}
