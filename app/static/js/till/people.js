/**
 * Who works at this till: the lock screen, the cashier's name in the bar, and a supervisor's PIN over whatever is open.
 * The server decides; this window shows it. A window that is locked keeps its cart and its dialogs beneath.
 */
import { Problem, get, post, request } from "../api.js";
import { hide, show } from "../dialogs.js";
import { boot, byId } from "../dom.js";
import { t } from "../i18n.js";
import { Idle } from "./idle.js";
import { OwnPin } from "./own-pin.js";
import { PinEntry, roleName } from "./pin-entry.js";

/** Milliseconds between two looks whether staff came or went at another till. */
const LOOK = 60_000;

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  const people = new People(frame);
  frame.allow = (right, why) => people.allow(right, why);
  people.start();
}

class People {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.lock = byId("lock", HTMLDialogElement);
    this.asking = byId("allow", HTMLDialogElement);
    /** The session at the server still has to be closed. */
    this.owed = false;
    /** Which answer about the session is the newest: a slower, older one is passed over. */
    this.turn = 0;
    /** Whether the server has said who is signed in since this page was opened. */
    this.heard = false;
    /** @type {((leave: {approvals: string[]} | null) => void) | null} */
    this.answered = null;
    this.right = "";
    /** @type {import("./frame.js").Why} */
    this.reason = {};
    this.last = "";
    this.idle = new Idle(() => void this.look(true));
    this.told = new BroadcastChannel(`couchtill-session-${frame.state.terminal}`);
    this.entry = new PinEntry(this.lock, (proof) => this.signIn(proof));
    this.leave = new PinEntry(this.asking, (proof) => this.lend(proof));
    this.ownPin = new OwnPin(frame, () => void this.look().then(() => {
      frame.live?.renew(); // the news go to a session, and this is a new one
      this.told.postMessage("signed in");
    }));
  }

  start() {
    // Over every other dialog of the page, in the order of the document too.
    document.body.append(this.asking, this.lock);
    this.asking.addEventListener("close", () => this.#answer(null));
    this.told.addEventListener("message", () => {
      this.frame.live?.renew();
      void this.look();
    });
    addEventListener("couchtill:locked", () => void this.look());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.look());
    this.frame.hear("back", () => void this.look());
    setInterval(() => document.visibilityState === "visible" && void this.look(), LOOK);
    byId("lock-retry").addEventListener("click", () => void this.look());
    void this.#begin(boot().session);
  }

  /** @param {any} kept as the page was rendered, which may be long ago: whoever was signed in then has to be heard of again */
  async #begin(kept) {
    if (kept?.needed && !kept.staff) this.set(kept);
    await this.look();
    if (this.heard || !kept?.needed) return;
    this.set({ ...kept, staff: null, rights: [] });
    this.away(true);
  }

  /** Asks the server who is signed in. @param {boolean} [idle] nobody has worked here for so long that it locks */
  async look(idle = false) {
    const turn = ++this.turn;
    try {
      if (this.owed) await request("DELETE", "api/session");
      this.owed = false;
      const session = await get("api/session", { timeout: 5000 });
      this.heard = true;
      if (turn === this.turn) this.set(session);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const { session } = this.frame;
      if (idle && session?.staff) this.set({ ...session, staff: null, rights: [] }); // whoever answers or not
      if (this.lock.open) this.away(true);
    }
  }

  /** @param {any} session `GET api/session` */
  set(session) {
    const { frame } = this;
    const before = frame.session;
    frame.session = session;
    if (before && before.staff !== session.staff) frame.live?.renew();
    this.away(false);
    byId("account-name").textContent = session.staff ? `${session.name} · ${roleName(session.role)}` : frame.state.store_name;
    if (session.staff) this.idle.watch(session.lock_after, session.left);
    else this.idle.rest();
    this.offerActions();
    if (session.needed && !session.staff) this.#lockUp(session, before);
    else if (this.lock.open) {
      hide(this.lock);
      frame.ready();
      if (frame.store.pending) frame.payment?.resume(); // what waited for somebody to sign in
    }
    this.ownPin.must(Boolean(session.staff && session.renew));
    if (before?.staff !== session.staff || before?.needed !== session.needed || String(before?.rights) !== String(session.rights)) frame.tell("session", session);
  }

  /** @param {any} session @param {any} before */
  #lockUp(session, before) {
    const faces = (/** @type {any} */ those) => JSON.stringify(those?.people.map((/** @type {any} */ one) => [one.id, one.name, one.role]));
    if (this.lock.open && faces(before) === faces(session)) this.entry.learn(session.people);
    else this.entry.offer(session.people, this.lock.open ? this.entry.person?.id : this.last);
    if (this.asking.open) hide(this.asking);
    if (this.lock.open) return;
    show(this.lock);
    this.lock.locked = true;
    if (this.entry.person) this.entry.field.focus({ preventScroll: true });
  }

  /** @param {boolean} away */
  away(away) {
    if (!away && !byId("lock-away").hidden) this.entry.say(""); // it answers again
    byId("lock-away").hidden = !away;
  }

  offerActions() {
    const { actions, session } = this.frame;
    for (const id of ["lock", "own-pin", "people"]) actions.drop(id);
    if (session.needed) actions.add({ id: "lock", name: t("Lock or switch person"), icon: "lock", key: "F1", place: "account", run: () => void this.lockNow() });
    if (session.needed) actions.add({ id: "own-pin", name: t("Change my PIN"), icon: "keypad", place: "account", run: () => this.ownPin.open() });
    if (!session.needed || session.rights?.includes("people"))
      actions.add({ id: "people", name: t("People"), icon: "users", place: "account", run: () => location.assign("people") });
  }

  /** Locks this window at once, and the others of this browser. */
  async lockNow() {
    const { session } = this.frame;
    if (!session?.needed) return;
    this.owed = true;
    this.last = "";
    this.turn++;
    this.set({ ...session, staff: null, rights: [] });
    this.entry.choose(null);
    await this.look();
    this.told.postMessage("locked");
  }

  /** @param {import("./pin-entry.js").Proof} proof */
  async signIn(proof) {
    const session = await post("api/session", proof);
    this.turn++;
    this.owed = false;
    this.last = session.staff;
    this.frame.sound.ok();
    this.set(session);
    this.told.postMessage("signed in");
  }

  // -- what a supervisor allows ---------------------------------------------------------------------------------------

  /**
   * Asks somebody who may. null: it was not allowed.
   * @param {string} right
   * @param {import("./frame.js").Why} [why]
   * @returns {Promise<{approvals: string[]} | null>}
   */
  async allow(right, why = {}) {
    if (this.frame.may(right)) return { approvals: [] };
    if (this.answered || this.lock.open) return null;
    const may = this.frame.session.people.filter((/** @type {any} */ person) => person.rights.includes(right));
    this.right = right;
    this.reason = { request: why.request, cart: why.cart, what: why.what, line: why.line };
    byId("allow-title").textContent = why.title || t("Who allows it?");
    byId("allow-about").textContent = why.about ?? "";
    byId("allow-nobody").hidden = may.length > 0;
    this.leave.offer(may);
    show(this.asking);
    this.leave.focus();
    return new Promise((resolve) => {
      this.answered = resolve;
    });
  }

  /** @param {import("./pin-entry.js").Proof} proof */
  async lend(proof) {
    const given = await post("api/approvals", { right: this.right, ...this.reason, ...proof });
    this.frame.sound.ok();
    this.#answer({ approvals: [given.approval] });
  }

  /** @param {{approvals: string[]} | null} leave */
  #answer(leave) {
    const { answered } = this;
    this.answered = null;
    if (this.asking.open) hide(this.asking);
    answered?.(leave);
  }
}
