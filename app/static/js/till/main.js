/** The till page: makes the frame, starts its parts, and keeps them up with what the server says. */
import { Problem } from "../api.js";
import { startDialogs } from "../dialogs.js";
import { byId } from "../dom.js";
import { t } from "../i18n.js";
import { showLight } from "../light.js";
import { Live } from "../live.js";
import { Catalog } from "./catalog.js";
import { Frame } from "./frame.js";
import { KeptCatalogue } from "./kept.js";
import { startKeys } from "./keys.js";
import { Pricebook } from "./pricebook.js";
import { Scans } from "./scans.js";
import { Selling } from "./selling.js";
import { Tabs } from "./tabs.js";
import * as customers from "./customers.js";
import * as display from "./display.js";
import * as inbox from "./inbox.js";
import * as parked from "./parked.js";
import * as payment from "./payment.js";
import * as people from "./people.js";
import * as receipts from "./receipts.js";
import * as refund from "./refund.js";
import * as shift from "./shift.js";
import * as variants from "./variants.js";

const PARTS = [payment, parked, customers, refund, receipts, shift, people, display, variants, inbox];

class Till {
  constructor() {
    const frame = new Frame();
    this.frame = frame;
    frame.book = new Pricebook(frame);
    frame.selling = new Selling(frame);
    frame.kept = new KeptCatalogue(frame);
    frame.catalog = new Catalog(frame, (product) => void frame.selling.addFromShelf(product));
    this.scans = new Scans(frame);
    this.tabs = new Tabs(frame);
  }

  async start() {
    const { frame } = this;
    frame.store.addEventListener("trouble", () => this.trouble());
    await frame.store.start();
    frame.store.note(frame.state.seen);
    frame.actions.shops = frame.state.keys ?? {};
    frame.actions.may = (right) => frame.may(right);
    await frame.book.start();
    await frame.outbox.start();
    frame.selling.start();
    for (const part of PARTS) {
      try {
        part.start(frame);
      } catch (error) {
        reportError(error); // a part that fails to start must not keep the others from selling
      }
    }
    startDialogs(() => frame.selling.hideCart());
    startKeys(frame);
    this.scans.start();
    this.tabs.start();
    byId("do-more").addEventListener("click", () => frame.actions.open("more", byId("more", HTMLDialogElement)));
    byId("open-account").addEventListener("click", () => frame.actions.open("account", byId("account", HTMLDialogElement)));
    byId("away-retry").addEventListener("click", () => void frame.live?.poll());
    frame.hear("sold", ({ order }) => this.sold(order));
    frame.hear("session", () => frame.actions.draw());
    frame.live = new Live("api/events", "api/state", ["light", "erased", "order", "catalogue", "cart", "task", "shift", "inbox"]);
    this.listen(frame.live);
    frame.actions.draw();
    frame.selling.changed();
    void this.load();
    void frame.kept.start();
    void keepPage();
    frame.ready();
    if (frame.store.pending) frame.payment?.resume();
  }

  /** @param {Live} live */
  listen(live) {
    const { frame } = this;
    const hear = (/** @type {string} */ name, /** @type {(detail: any) => void} */ run) =>
      live.addEventListener(name, (event) => run(/** @type {CustomEvent} */ (event).detail));
    for (const name of ["light", "erased", "order", "catalogue", "task", "shift", "inbox", "away", "back"]) hear(name, (detail) => frame.tell(name, detail));
    hear("cart", (detail) => frame.tell("parked", detail)); // "cart" is the page's own open one
    hear("light", showLight);
    hear("catalogue", () => void live.poll().then(() => frame.catalog.refresh()));
    hear("state", (state) => this.learn(state));
    hear("order", (order) => {
      if (!order.own) return;
      frame.series = order.series;
      frame.store.note(order.seen);
    });
    hear("away", () => this.away(true));
    hear("back", () => this.away(false));
    hear("signedout", (problem) => frame.toast(problem.reason || t("This window is no longer signed in."), { wrong: true, key: "signedout", stays: 60000 }));
  }

  /** What the server says of itself. The store's document may come after the window was opened. @param {any} state */
  learn(state) {
    const { frame } = this;
    frame.state = state;
    showLight(state.sync);
    byId("no-store").hidden = Boolean(state.store_known);
    byId("closing").hidden = state.closing !== "finishing";
    byId("closed").hidden = state.closing !== "over";
    frame.series = state.series ?? frame.series;
    frame.store.note(state.seen);
    frame.tell("state", state);
    if (state.currency === frame.currency.code && state.digits === frame.currency.digits) return;
    Object.assign(frame.currency, { code: state.currency, digits: state.digits }); // every part of the page holds this one
    frame.selling.changed();
    void frame.catalog.refresh();
  }

  /** The browser keeps nothing: selling goes on, but whoever sells must know. */
  trouble() {
    this.frame.toast(t("This browser could not keep the cart on its disk. Do not close or reload this window before the sale is made."), { wrong: true, key: "trouble", stays: 60000 });
  }

  /** @param {boolean} away */
  away(away) {
    byId("away").hidden = !away;
    if (away) return showLight({ level: "bad", text: t("Server away") });
    this.frame.payment?.retry();
    if (this.frame.catalog.answered === null || this.frame.catalog.stale) void this.load();
  }

  async load() {
    try {
      await this.frame.catalog.start();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      await this.frame.catalog.search(); // says so on the shelf
    }
  }

  /** @param {any} order */
  sold(order) {
    this.frame.series = order.series;
    this.frame.selling.chosen = null; // the empty cart is drawn when the sold one has gone from the window's store: the receipt comes first
    this.frame.selling.hideCart();
    this.frame.sound.ok();
    setTimeout(() => void this.scans.take()); // what was scanned meanwhile begins the next sale
  }
}

/** The page itself is kept by a service worker, where the browser has one: on this machine, or over TLS. */
async function keepPage() {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  try {
    await navigator.serviceWorker.register("/sw.js");
    (await navigator.serviceWorker.ready).active?.postMessage("keep");
    await navigator.storage?.persist?.(); // so that the browser does not throw carts away when its disk gets full
  } catch (error) {
    console.warn("the page is not kept for when its server is away:", error);
  }
}

const till = new Till();
document.documentElement.dataset.till = "loaded"; // watchdog.js looks for it
void till.start();
