/**
 * The frame of the till's page: what every part of it (payment, receipts, shift, people …) hangs on. `main.js` makes one
 * and calls `start(frame)` of each part; parts know the frame, never each other.
 *
 * @typedef {{title?: string, about?: string, request?: string, cart?: string, what?: string[], line?: {name: string, price: number}}} Why what the
 *   supervisor reads (`about`), and what the leave is bound to: a request, an open cart, what the server's refusal named, a line's price
 * @typedef {{approvals: string[]}} Leave tokens of supervisors who have allowed it; none where nobody had to be asked
 */
import { Problem, request } from "../api.js";
import { hide, show, topmost } from "../dialogs.js";
import { boot, byId } from "../dom.js";
import { language } from "../i18n.js";
import { byTouch } from "../pad.js";
import { errorSound, okSound } from "../sound.js";
import { TillStore } from "../store.js";
import { toast } from "../toast.js";
import { Actions } from "./actions.js";
import { Ask } from "./ask.js";
import { Outbox } from "./outbox.js";

export class Frame {
  constructor() {
    const { state, demo } = boot();
    /** `GET api/state`, as last heard. */
    this.state = state;
    /** @type {import("../money.js").Currency} one object for the page's life: every part may hold it */
    this.currency = { code: state.currency, digits: state.digits, locale: language };
    this.store = new TillStore(state.terminal, demo);
    this.ask = new Ask(this.currency);
    this.actions = new Actions();
    /** `GET api/session`; people.js sets it. @type {any} */
    this.session = null;
    /** `GET api/shift`; shift.js sets it. @type {any} */
    this.shift = null;
    /** The series that the server writes now. @type {string | null} */
    this.series = state.series ?? null;
    this.sound = { ok: okSound, error: errorSound };
    this.toast = toast;
    /** The open payment; payment.js sets it. `busy`: a sale is under way, nothing else may happen.
     * @type {{start: () => void, resume: () => void, retry: () => void, open: boolean, busy: boolean, dialog: HTMLDialogElement} | null} */
    this.payment = null;
    /** What works on the cart's lines; main.js sets it. @type {import("./selling.js").Selling} */
    this.selling = /** @type {any} */ (null);
    /** @type {import("./kept.js").KeptCatalogue} */
    this.kept = /** @type {any} */ (null);
    /** @type {import("./pricebook.js").Pricebook} */
    this.book = /** @type {any} */ (null);
    /** @type {import("./catalog.js").Catalog} */
    this.catalog = /** @type {any} */ (null);
    /** @type {import("../live.js").Live | null} */
    this.live = null;
    /**
     * Asks somebody who may, where the cashier may not; people.js puts its dialog here. null: it was not allowed.
     * @type {(right: string, why: Why) => Promise<Leave | null>}
     */
    this.allow = async () => ({ approvals: [] });
    /** Takes a code that no product has, as a customer's card; customers.js sets it. @type {(code: string) => Promise<boolean>} */
    this.unknownCode = async () => false;
    /** Which of its kind is meant, for a product with variants; variants.js sets it.
     * @type {((product: import("../cart.js").Product) => Promise<import("../cart.js").Product | null>) | null} */
    this.variants = null;
    /** Lets a person choose among a product's kinds; variants.js puts its dialog here.
     * @type {((product: import("../cart.js").Product) => Promise<import("../cart.js").Product | null>) | null} */
    this.variants = null;
    /** Events for the journal that this window owes. */
    this.outbox = new Outbox(this);
    this.news = new EventTarget();
  }

  /** The open cart of this window. */
  get cart() {
    return this.store.cart;
  }

  /** Its figures: lines, discounts, promotions, taxes and the total, as the pricing rules have them. */
  get priced() {
    return this.book.priced(this.cart);
  }

  /**
   * Puts a changed cart in the place of the open one, unless a sale of it is under way.
   * @param {import("../cart.js").Cart} cart
   * @param {string | null} [flash] the id of the line that has changed
   */
  change(cart, flash = null) {
    this.selling.change(cart, flash);
  }

  /** May the cashier do this without asking? Until people.js has said who it is, everything. @param {string} right */
  may(right) {
    return !this.session?.rights || this.session.rights.includes(right);
  }

  /**
   * A question with two answers; a scan waits until one is given.
   * @param {{title: string, lead?: string, yes: string, no: string}} question
   * @returns {Promise<boolean>} false also when it was closed
   */
  confirm({ title, lead = "", yes, no }) {
    const dialog = byId("confirm", HTMLDialogElement);
    byId("confirm-title").textContent = title;
    byId("confirm-lead").textContent = lead;
    byId("confirm-yes").textContent = yes;
    byId("confirm-no").textContent = no;
    show(dialog);
    byId("confirm-yes").focus();
    return new Promise((resolve) => {
      byId("confirm-yes").onclick = () => {
        resolve(true);
        hide(dialog);
      };
      dialog.addEventListener("close", () => resolve(false), { once: true });
    });
  }

  /**
   * A request to the terminal; where it needs somebody's leave, that is asked for and the request sent once more with it.
   * Raises Problem, also when it was not allowed (403).
   * @param {string} method
   * @param {string} path
   * @param {any} [body]
   * @param {{timeout?: number}} [options]
   * @returns {Promise<any>}
   */
  async send(method, path, body, options = {}) {
    let approvals = [...(body?.approvals ?? [])];
    for (;;) {
      try {
        return await request(method, path, { ...options, body: approvals.length ? { ...body, approvals } : body });
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (problem.error !== "needs_approval") {
          problem.body.approvals = approvals; // a refusal spends none: for the same request, sent again
          throw problem;
        }
        const { right = "", what } = problem.body;
        const leave = await this.allow(right, { about: problem.message, what });
        if (!leave || !leave.approvals.length) throw problem;
        approvals = [...approvals, ...leave.approvals];
      }
    }
  }

  /**
   * Hears of what happens: "sold" `{order, repeated}`, "refused" Problem, "cart", "light", "session", "shift",
   * "order", "parked" (a parked cart of the store has changed), "catalogue", "task", "state", "away", "back". "cart" is
   * the open cart of this window.
   * @param {string} event
   * @param {(detail: any) => void} run
   * @returns {() => void} hears no more
   */
  hear(event, run) {
    const listener = (/** @type {Event} */ heard) => run(/** @type {CustomEvent} */ (heard).detail);
    this.news.addEventListener(event, listener);
    return () => this.news.removeEventListener(event, listener);
  }

  /** @param {string} event @param {any} [detail] */
  tell(event, detail = null) {
    this.news.dispatchEvent(new CustomEvent(event, { detail }));
  }

  /** Ready for the next product: the keyboard in the search field, unless a touch would bring up a keyboard of glass. */
  ready() {
    if (!byTouch() && !topmost()) byId("search").focus({ preventScroll: true });
  }
}
