/**
 * The way of a sale to the server: sent, repeated until it is answered, told apart whether the server said no or wasn't there. What it needs on
 * the way (a supervisor's leave, a look at the customer's age) is asked for while the cart stays as it is.
 */
import { get, post, Problem } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";

/** Milliseconds until the next try: first soon, since most losses are one packet, then calmly. */
const PAUSES = [300, 700, 1500, 3000];
/** Milliseconds after which the dialog says that the sale is being written: most are, before anybody could read it. */
const LATE = 200;

/** @typedef {import("./card-terminal.js").Panel} Panel */

export class Sending {
  /**
   * @param {import("./frame.js").Frame} frame
   * @param {import("../dialogs.js").Sheet} dialog
   * @param {{sold: (answer: {order: any, repeated: boolean, note: string, codes?: Record<string, string>, paper?: string}) => void, refused: (problem: Problem) => void}} then
   */
  constructor(frame, dialog, then) {
    this.frame = frame;
    this.store = frame.store;
    this.dialog = dialog;
    this.then = then;
    this.busy = false;
    /** A conversation in the dialog that must come to its end. */
    this.asking = false;
    /** The timer of what is said late. */
    this.late = 0;
    /** @type {(() => void) | null} ends the pause between two tries */
    this.hurry = null;
  }

  showForm() {
    byId("payment-form").hidden = false;
    byId("sending").hidden = true;
  }

  /** @param {any} [request] a new sale; none: the one that is pending */
  async send(request) {
    if (this.busy) return;
    this.busy = true;
    this.dialog.locked = true;
    byId("payment-form").inert = true;
    if (request || !this.store.pending?.request) this.late = window.setTimeout(() => this.#say(""), LATE);
    else this.#say("");
    let refused = null;
    try {
      if (request) await this.store.begin(request);
      for (let tries = 0; this.store.pending; tries++) {
        const { request, sale } = this.store.pending;
        try {
          const answer = request ? await this.#post(request) : await get(`api/sales/${encodeURIComponent(sale)}`, { prefer: "paper" });
          if (answer) return this.#done(answer, request?.sale ?? sale);
        } catch (problem) {
          if (!(problem instanceof Problem)) throw problem;
          if (!request && problem.status === 404) {
            await this.store.recover(); // nothing was sold: the cart is offered again
            continue;
          }
          if (problem.refused || problem.error === "needs_approval") {
            await this.store.giveUp();
            refused = problem;
            return;
          }
          this.#say(this.#words(problem));
        }
        const pause = PAUSES[Math.min(tries, PAUSES.length - 1)];
        await new Promise((resolve) => {
          this.hurry = () => resolve(undefined);
          setTimeout(resolve, pause);
        });
      }
      hide(this.dialog); // another window of this till has brought the sale to its end
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      refused = problem; // this browser could not keep the request, so it was never sent
    } finally {
      clearTimeout(this.late);
      this.busy = false;
      this.hurry = null;
      this.dialog.locked = false;
      byId("payment-form").inert = false;
      if (refused) this.then.refused(refused);
    }
  }

  /**
   * Sends it once, and once more for each thing that somebody had to allow. Those tokens are good for one time and stand in no store.
   * @param {any} request
   */
  async #post(request) {
    let body = request;
    for (;;) {
      try {
        return await post("api/sales", body, { timeout: 10000, prefer: "paper" });
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        const more = problem.error === "needs_approval" ? await this.#leave(problem, request) : problem.error === "age_check" ? await this.#age(problem) : null;
        if (!more) throw problem;
        body = { ...body, ...more, approvals: [...(body.approvals ?? []), ...(more.approvals ?? [])] };
        if (!body.approvals.length) delete body.approvals;
        this.#say("");
      }
    }
  }

  /** @param {Problem} problem @param {any} request @returns {Promise<{approvals: string[]} | null>} */
  async #leave(problem, request) {
    const why = /** @type {any} */ ({ about: problem.message, request: request.sale, what: problem.body.what });
    const leave = await this.frame.allow(problem.body.right ?? "", why);
    return leave?.approvals.length ? leave : null;
  }

  /** @param {Problem} problem @returns {Promise<any>} */
  async #age(problem) {
    const yes = t("Yes, old enough");
    const why = problem.message;
    const answer = await this.ask({ title: t("Is the customer %(age)s or older?", { age: problem.body.age }), why, buttons: [{ name: yes, run() {}, primary: true }, { name: t("No"), run() {} }] });
    return answer === yes ? { age: true } : null;
  }

  /** @param {any} answer @param {string} sale */
  #done(answer, sale) {
    const { order } = answer;
    const before = this.frame.series;
    this.store.note(answer.seen);
    // The sale is on the server's disk, and asking again gives the same one: the receipt need not wait for the window's own copy to go.
    void this.store.settle(sale);
    this.busy = false;
    const note = before && before !== order.series ? t("This till had been set back to an older copy. It has begun a new series of receipts: %(series)s.", { series: order.series }) : "";
    this.then.sold({ order, repeated: Boolean(answer.repeated), note, codes: answer.codes, paper: answer.paper });
    hide(this.dialog); // beneath the receipt by now: the page between the two is never drawn
  }

  // -- conversations -----------------------------------------------------------------------------------------------

  /**
   * Something that takes its time, in the dialog's own panel; the dialog stays until it has come to its end.
   * @template T
   * @param {(ask: (panel: Panel) => Promise<string>, wait: (panel: Panel) => void) => Promise<T>} run
   * @returns {Promise<T>}
   */
  async during(run) {
    this.asking = true;
    this.dialog.locked = true;
    try {
      return await run(
        (panel) => this.ask(panel),
        (panel) => this.#panel(panel),
      );
    } finally {
      this.asking = false;
      this.dialog.locked = false;
      this.showForm();
    }
  }

  /** Shows a question; the answer is the name of the button. @param {Panel} panel @returns {Promise<string>} */
  ask(panel) {
    return new Promise((resolve) => {
      const buttons = (panel.buttons ?? []).map((button) => ({ ...button, run: () => resolve(button.name) }));
      this.#panel({ ...panel, buttons });
      /** @type {HTMLElement | null} */ (byId("sending-buttons").querySelector("button"))?.focus();
    });
  }

  /** @param {Panel} panel */
  #panel({ title, why = "", waits = false, buttons = [] }) {
    clearTimeout(this.late);
    byId("payment-form").hidden = true;
    byId("sending").hidden = false;
    byId("sending-spinner").hidden = !waits;
    byId("sending-title").textContent = title;
    byId("sending-why").textContent = why;
    byId("sending-retry").hidden = true;
    byId("sending-buttons").replaceChildren(
      ...buttons.map(({ name, run, primary }) => h("button", { type: "button", class: primary ? "button primary big" : "button big", on: { click: run } }, name)),
    );
  }

  /** @param {string} words */
  #say(words) {
    const asks = this.store.pending && !this.store.pending.request;
    if (!this.dialog.open) show(this.dialog);
    this.#panel({ title: asks ? t("Asking whether this cart was sold…") : words ? t("Not yet written") : t("Writing the sale…"), why: words, waits: true });
    byId("sending-retry").hidden = !words;
  }

  /** @param {Problem} problem */
  #words(problem) {
    if (problem.error === "locked") return t("The till is locked. Sign in: the sale goes on then.");
    if (problem.status === 401 || problem.status === 403) return t("This window is no longer signed in. Open the till from its start link: the sale goes on there.");
    if (problem.away && !this.store.pending?.request) return t("The till’s server does not answer. This cart may have been sold before the window was closed: that is asked as soon as it does. It is sold once, whatever happens.");
    if (problem.away) return t("The till’s server does not answer. The sale is kept and tried again; it is sold once, whatever happens.");
    return t("The server could not write the sale: %(reason)s It is tried again, and sold once.", { reason: problem.message });
  }
}
