/**
 * The shift: opened with a float over the till, worked in (cash in and out, the drawer, X), and closed by its Z.
 * The server decides what is open; this window shows it, and asks again whenever something may have changed.
 */
import { get, Problem } from "../api.js";
import { hide, show } from "../dialogs.js";
import { afterPaint, boot, byId, h } from "../dom.js";
import { language, t } from "../i18n.js";
import { decimalText, money, parseDecimal } from "../money.js";
import { byTouch, startPad } from "../pad.js";
import { ulid } from "../ulid.js";
import { Counter } from "./counter.js";
import { showLooseCards } from "./loose-cards.js";
import { Closing } from "./shift-close.js";
import { clockWords, ShiftReport } from "./shift-report.js";

/** Milliseconds between two looks whether the business day is over. */
const LOOK = 60_000;

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  new Shift(frame).start();
}

class Shift {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.opening = /** @type {import("../dialogs.js").Sheet} */ (byId("shift-open", HTMLDialogElement));
    this.menu = byId("shift", HTMLDialogElement);
    this.cash = byId("shift-cash", HTMLDialogElement);
    this.report = new ShiftReport(frame);
    this.counter = new Counter(byId("open-counter"), frame.currency, () => this.#floated(), () => this.#openShift());
    this.closing = new Closing(frame, (z) => this.#closed(z));
    this.request = "";
    this.kind = "in";
    this.busy = false;
    this.asked = 0;
  }

  start() {
    const { frame } = this;
    byId("till").before(byId("shift-notice"));
    frame.actions.add({ id: "shift", name: t("Shift"), icon: "drawer", place: "account", run: () => void this.#showMenu() });
    frame.actions.add({ id: "cash", name: t("Cash in or out"), icon: "cash", place: "more", run: () => this.#askCash("in") });
    frame.actions.add({ id: "drawer", name: t("Open the drawer"), icon: "drawer", place: "more", right: "drawer", run: () => void this.#openDrawer() });
    for (const event of ["shift", "session", "back"]) frame.hear(event, () => void this.look());
    frame.hear("sold", () => {
      if (!frame.shift?.shift) afterPaint(() => void this.look()); // it opened one by itself
    });
    frame.hear("refused", (problem) => {
      if (problem?.error === "shift_closed" || problem?.error === "no_shift") void this.look();
    });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.look());
    setInterval(() => document.visibilityState === "visible" && void this.look(), LOOK);

    byId("open-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#openShift();
    });
    byId("open-none").addEventListener("click", () => void this.#openShift(true));
    byId("open-total").addEventListener("input", () => (byId("open-fault").textContent = ""));
    byId("cash-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#move();
    });
    byId("cash-kinds").addEventListener("change", (event) => this.#choose(/** @type {HTMLInputElement} */ (event.target).value));
    startPad(this.cash, byId("cash-amount", HTMLInputElement));
    for (const [id, run] of /** @type {[string, () => void][]} */ ([
      ["shift-in", () => this.#askCash("in")],
      ["shift-out", () => this.#askCash("out")],
      ["shift-expense", () => this.#askCash("expense")],
      ["shift-drop", () => this.#askCash("drop")],
      ["shift-drawer", () => void this.#openDrawer()],
      ["shift-x", () => void this.#showX()],
      ["shift-end", () => this.#close()],
    ]))
      byId(id).addEventListener("click", () => {
        hide(this.menu);
        run();
      });
    byId("report-next").addEventListener("click", () => {
      hide(this.report.dialog);
      this.#askFloat();
    });
    this.report.dialog.addEventListener("close", () => this.#draw());
    void this.look();
  }

  /** Asks the server which shift is open. */
  async look() {
    const session = this.frame.session ?? boot().session;
    if (session?.needed && !session.staff) return; // locked: it is asked when somebody signs in
    const asked = ++this.asked;
    try {
      const state = await get("api/shift", { timeout: 5000 });
      if (asked !== this.asked) return;
      this.frame.shift = state;
      this.#draw();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem; // away, or nobody is signed in: what was known stays
    }
  }

  /** @param {bigint | number} amount */
  #money(amount) {
    return money(amount, this.frame.currency);
  }

  /** @param {string} at */
  #time(at) {
    const timeZone = this.frame.state.timezone;
    return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone }).format(new Date(at));
  }

  // -- what the till says of its shift -------------------------------------------------------------------------------

  #draw() {
    const state = this.frame.shift;
    if (!state) return;
    const { shift } = state;
    if (!shift && !state.auto && !this.report.dialog.open) {
      if (!this.opening.open) this.#askFloat();
    } else if (shift && this.opening.open && !this.busy) hide(this.opening); // another window opened it
    this.#notice(state);
  }

  /** One line over the till, while something about the shift is to be done. @param {any} state */
  #notice(state) {
    const notice = byId("shift-notice");
    const [left] = state.unfinished;
    /** @type {[string, [string, () => void][]] | null} */
    let says = null;
    if (state.due)
      says = [
        t("The business day is over: count the drawer and close the shift."),
        [
          [t("Close the shift"), () => this.#close()],
          [t("Later"), () => void this.#postpone()],
        ],
      ];
    else if (left)
      says = [
        t("A shift of %(when)s was never closed: this till was restored, or copied.", { when: this.#time(left.at) }),
        [[t("Count and close it"), () => void this.closing.open(state, left)]],
      ];
    else if (state.closed_elsewhere) says = [t("Another copy of this till closed the shift. Close it here too."), [[t("Close the shift"), () => this.#close()]]];
    else if (state.shift && state.clock_wrong) says = [clockWords(state.clock), []];
    // In the bar, where its coming and going moves no tile: the next sale opens a shift by itself.
    const id = "shift-float";
    if (!state.shift && state.auto) this.frame.actions.add({ id, name: t("Open with a float"), icon: "drawer", place: "bar", run: () => this.#askFloat() });
    else if (this.frame.actions.all.has(id)) this.frame.actions.drop(id);
    notice.hidden = !says;
    if (!says) return notice.replaceChildren();
    const key = JSON.stringify(says);
    if (notice.dataset.says === key && notice.childElementCount) return; // a button under a finger stays
    notice.dataset.says = key;
    const [text, buttons] = says;
    notice.replaceChildren(h("p", {}, text), ...buttons.map(([name, run]) => h("button", { type: "button", class: "button small", on: { click: run } }, name)));
  }

  // -- opening -------------------------------------------------------------------------------------------------------

  #askFloat() {
    const state = this.frame.shift;
    if (!state || state.shift) return;
    this.request = ulid();
    byId("open-fault").textContent = "";
    byId("open-note", HTMLInputElement).value = "";
    const total = byId("open-total", HTMLInputElement);
    total.value = "";
    total.readOnly = false;
    this.counter.start(state.denominations);
    byId("open-clock").hidden = !state.clock_wrong;
    byId("open-clock").textContent = state.clock_wrong ? `${clockWords(state.clock)} ${t("A supervisor must allow the opening.")}` : "";
    const last = state.last;
    byId("open-last").hidden = !last;
    if (last) byId("open-last").textContent = t("Last closed: %(when)s, Z %(number)s", { when: this.#time(last.at), number: last.number });
    byId("open-close").hidden = !state.auto;
    show(this.opening);
    this.opening.locked = !state.auto;
    this.counter.focus();
  }

  #floated() {
    const total = byId("open-total", HTMLInputElement);
    total.readOnly = this.counter.touched;
    total.value = this.counter.touched ? decimalText(this.counter.total, this.frame.currency.digits) : "";
    byId("open-fault").textContent = "";
  }

  /** @param {boolean} [empty] no float at all */
  async #openShift(empty = false) {
    if (this.busy) return;
    const text = byId("open-total", HTMLInputElement).value;
    const float = empty ? 0n : parseDecimal(text, this.frame.currency.digits);
    if (float === null) {
      byId("open-fault").textContent = text.trim() ? t("This is no amount.") : t("Count the float, or choose “No float”.");
      return;
    }
    const denominations = !empty && this.counter.touched ? this.counter.counted : null;
    const body = { request: this.request, float: Number(float), denominations, note: byId("open-note", HTMLInputElement).value.trim() };
    await this.#doing("open-fault", this.opening, async () => {
      const { shift } = await this.frame.send("POST", "api/shifts", body);
      if (this.frame.shift) Object.assign(this.frame.shift, { shift, due: false });
      this.opening.locked = false;
      hide(this.opening);
      this.frame.toast(t("The shift is open with %(amount)s in the drawer.", { amount: this.#money(shift.float) }));
      await this.look();
      this.frame.ready();
    });
  }

  // -- during the day ------------------------------------------------------------------------------------------------

  async #showMenu() {
    await this.look();
    const state = this.frame.shift;
    if (!state) return this.frame.toast(t("The till’s server does not answer."), { wrong: true });
    const { shift } = state;
    if (!shift) return this.#askFloat();
    const by = shift.by ? state.names[shift.by] : "";
    byId("shift-since").textContent = by
      ? t("Open since %(when)s, by %(name)s", { when: this.#time(shift.at), name: by })
      : t("Open since %(when)s", { when: this.#time(shift.at) });
    byId("shift-float").textContent = t("Float %(amount)s", { amount: this.#money(shift.float) });
    void showLooseCards(this.frame, byId("shift-cards"));
    show(this.menu);
    byId("shift-in").focus();
  }

  /** @param {string} kind in, out, expense, drop */
  #askCash(kind) {
    const state = this.frame.shift;
    if (!state?.shift) {
      this.frame.toast(t("No shift is open: open one first."), { wrong: true });
      return this.#askFloat();
    }
    this.request = ulid();
    const amount = byId("cash-amount", HTMLInputElement);
    amount.value = "";
    amount.inputMode = byTouch() ? "none" : "decimal";
    amount.placeholder = decimalText(0, this.frame.currency.digits);
    this.cash.querySelector("[data-pad]")?.classList.toggle("no-point", this.frame.currency.digits === 0);
    byId("cash-reason", HTMLInputElement).value = "";
    byId("cash-fault").textContent = "";
    const category = byId("cash-category", HTMLSelectElement);
    category.replaceChildren(
      ...(state.expenses.length > 1 ? [h("option", { value: "" }, t("Choose a category"))] : []), // the first one would be taken unseen
      ...state.expenses.map((/** @type {string} */ name) => h("option", { value: name }, t(name))),
    );
    /** @type {HTMLInputElement} */ (this.cash.querySelector(`input[value="${kind}"]`)).checked = true;
    this.#choose(kind);
    show(this.cash);
    amount.focus();
  }

  /** @param {string} kind */
  #choose(kind) {
    this.kind = kind;
    byId("cash-category-field").hidden = kind !== "expense";
    /** @type {Record<string, string>} */
    const names = { in: t("Put into the drawer"), out: t("Take out of the drawer"), expense: t("Pay the expense"), drop: t("Take to the safe") };
    byId("cash-done").textContent = names[kind] ?? "";
  }

  async #move() {
    if (this.busy) return;
    const field = byId("cash-amount", HTMLInputElement);
    const amount = parseDecimal(field.value, this.frame.currency.digits);
    if (amount === null || amount === 0n) {
      byId("cash-fault").textContent = field.value.trim() ? t("This is no amount.") : t("Key an amount.");
      field.focus();
      return;
    }
    const kind = this.kind;
    const chosen = byId("cash-category", HTMLSelectElement);
    if (kind === "expense" && !chosen.value) {
      byId("cash-fault").textContent = t("Choose a category: what is the expense for?");
      chosen.focus();
      return;
    }
    const category = kind === "expense" ? chosen.value : null;
    const body = { request: this.request, kind, amount: Number(amount), category, reason: byId("cash-reason", HTMLInputElement).value.trim() };
    await this.#doing("cash-fault", this.cash, async () => {
      if (!(await this.#noted(body))) return;
      hide(this.cash);
      this.frame.toast(t("%(amount)s is noted.", { amount: this.#money(amount) }));
      this.frame.ready();
    });
  }

  /**
   * Notes cash in or out; more than the drawer should hold only when that is meant.
   * @param {any} body
   * @returns {Promise<boolean>} whether it is noted
   */
  async #noted(body) {
    try {
      await this.frame.send("POST", "api/cash", body);
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.error !== "more_than_drawer") throw problem;
      const { expected, approvals } = problem.body;
      const title =
        expected === undefined
          ? t("This is more than the drawer should hold: note it anyway?")
          : t("The drawer should hold %(amount)s: note it anyway?", { amount: this.#money(expected) });
      if (!(await this.frame.confirm({ title, yes: t("Note it"), no: t("Back") }))) return false;
      await this.frame.send("POST", "api/cash", { ...body, approvals, confirmed: true });
    }
    return true;
  }

  async #openDrawer() {
    await this.#quietly(async () => {
      const { kicked, wrong } = await this.frame.send("POST", "api/drawer", { request: ulid() });
      if (wrong) this.frame.toast(t(wrong), { wrong: true });
      else this.frame.toast(kicked ? t("The drawer is open.") : t("Opening the drawer is noted. No printer opens it here: use its key."));
    });
  }

  async #postpone() {
    await this.#quietly(async () => {
      await this.frame.send("POST", "api/shift/postpone", { request: ulid() });
      this.frame.toast(t("The close is put off until the next business day begins."));
      await this.look();
    });
  }

  // -- reports and the close -----------------------------------------------------------------------------------------

  async #showX() {
    await this.#quietly(async () => {
      await this.frame.send("POST", "api/reports/x", { request: ulid() });
      await this.report.open(t("X report"), "shift", null);
    });
  }

  #close() {
    const state = this.frame.shift;
    if (state?.shift) void this.closing.open(state, state.shift);
  }

  /** @param {any} z */
  #closed(z) {
    if (this.frame.shift && z.shift === this.frame.shift.shift?._id) this.frame.shift.shift = null;
    void this.report.open(z.number ? t("Z report %(number)s", { number: z.number }) : t("Z report"), `zreports/${encodeURIComponent(z._id)}`, z._id).then(() => this.look());
  }

  // -- helpers -------------------------------------------------------------------------------------------------------

  /**
   * One request of a dialog: its button waits, and what is wrong stands in it.
   * @param {string} fault @param {HTMLDialogElement} dialog @param {() => Promise<void>} run
   */
  async #doing(fault, dialog, run) {
    this.busy = true;
    const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (dialog.querySelectorAll(".sheet-foot button"));
    for (const button of buttons) button.disabled = true;
    byId(fault).textContent = "";
    try {
      await run();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId(fault).textContent = problem.away ? t("The till’s server does not answer. Try again: nothing is done twice.") : t(problem.message);
      if (["no_shift", "shift_open"].includes(problem.error)) void this.look();
    } finally {
      this.busy = false;
      for (const button of buttons) button.disabled = false;
    }
  }

  /** One request without a dialog. @param {() => Promise<void>} run */
  async #quietly(run) {
    if (this.busy) return;
    this.busy = true;
    try {
      await run();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.frame.toast(t(problem.message), { wrong: true });
      void this.look();
    } finally {
      this.busy = false;
    }
  }
}
