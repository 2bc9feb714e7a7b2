/**
 * The page of one document in dispute: the server renders what there is to decide, this keeps it current, keeps what was
 * chosen when something new comes in, and passes on what is decided. `choices.js` reads the form.
 */
import { get, Problem, root } from "../api.js";
import { boot, byId } from "../dom.js";
import { t } from "../i18n.js";
import { Live } from "../live.js";
import { ulid } from "../ulid.js";
import { send, startRoom } from "./allow.js";
import { Choices } from "./choices.js";

/** Milliseconds between two looks whether something new came in of which no news tell: another version of a person's data, say. */
const LOOK = 5000;
/** Milliseconds in which a second tap belongs to the one that brought up what it hits. */
const ECHO = 400;

class CasePage {
  constructor() {
    const { db, id, currency, digits } = boot();
    this.path = `${encodeURIComponent(db)}/${encodeURIComponent(id)}`;
    this.currency = { currency, digits };
    this.body = byId("case");
    this.busy = false;
    /** When the page's body came up beneath the hand. */
    this.drawn = -ECHO;
    /** @type {Choices | null} */
    this.choices = null;
    this.timer = 0;
  }

  start() {
    startRoom();
    document.addEventListener("click", (event) => this.#echo(event), { capture: true });
    document.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    this.body.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = /** @type {SubmitEvent} */ (event).submitter;
      void this.decide(button instanceof HTMLButtonElement && button.name === "keep" ? button.value : null);
    });
    this.body.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target).closest("button");
      if (target?.id === "later") void this.later();
      if (target?.id === "undo") void this.undo();
      if (target?.dataset.take) this.choices?.take(target.dataset.take);
    });
    this.body.addEventListener("toggle", (event) => this.#opened(event), { capture: true });
    this.body.addEventListener("click", (event) => this.#unfold(event));
    addEventListener("pageshow", (event) => event.persisted && void this.refresh()); // back to it: it may be decided by now
    document.addEventListener("visibilitychange", () => !document.hidden && void this.look());
    this.#hear();
    this.#begin();
    this.#focus();
  }

  /** Looks whenever the server has news of what may be this document, and says when nobody answers. */
  #hear() {
    const live = new Live(`${root}api/events`, "api/state", ["inbox", "catalogue", "task"]);
    for (const name of ["inbox", "catalogue", "task", "back"]) live.addEventListener(name, () => void this.look());
    live.addEventListener("away", () => (byId("away").hidden = false));
    live.addEventListener("back", () => (byId("away").hidden = true));
  }

  get form() {
    const form = document.getElementById("decide");
    return form instanceof HTMLFormElement ? form : null;
  }

  /** The buttons come locked from the server: a tap before anybody listens would be lost. @param {boolean} locked */
  #lock(locked) {
    for (const button of this.body.querySelectorAll(".case-actions button")) button.toggleAttribute("disabled", locked);
  }

  #begin() {
    this.#lock(false);
    this.choices = this.form ? new Choices(this.form, this.currency) : null;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), LOOK);
  }

  /** Where the keyboard is: on what was chosen, or on what comes next. */
  #focus() {
    const first = this.choices?.first ?? document.getElementById("next") ?? this.body.querySelector("[name=keep]");
    if (first instanceof HTMLElement) first.focus({ preventScroll: true });
  }

  /** A key that is held down, or the second tap of two, answers nothing that has only just come up. @param {MouseEvent} event */
  #echo(event) {
    if (event.detail < 2 || performance.now() - this.drawn > ECHO) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.key === "Enter" && (event.repeat || performance.now() - this.drawn < ECHO) && target.tagName !== "TEXTAREA") {
      event.preventDefault();
      return;
    }
    if (target.matches("textarea, input:not([type=radio]), select") || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const pressed = { u: "undo", n: "next" }[event.key.toLowerCase()];
    if (pressed) document.getElementById(pressed)?.click();
  }

  // -- what is new ------------------------------------------------------------------------------------------------------

  /** Asks whether something new came in. */
  async look() {
    clearTimeout(this.timer);
    const { form } = this;
    this.timer = window.setTimeout(() => void this.look(), LOOK);
    if (this.busy || document.hidden) return;
    const seen = form?.dataset.seen ?? "";
    try {
      const now = await get(`api/conflicts/${this.path}?${new URLSearchParams({ seen })}`, { timeout: 5000 });
      byId("away").hidden = true;
      if (form === this.form && now.seen !== seen) await this.refresh(form ? t("Something new came in. Look again: what you chose is kept.") : t("It is in dispute again."));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.away) byId("away").hidden = false;
      else if (problem.status === 404 && this.form && form === this.form) await this.refresh(t("It was decided elsewhere meanwhile."));
    }
  }

  /** Exchanges the page's body for what there is now; what was chosen stays. @param {string} [news] @returns {Promise<boolean>} */
  async refresh(news = "") {
    const after = this.form?.dataset.position ?? "";
    try {
      const response = await fetch(`${location.pathname}?${new URLSearchParams({ part: "body", after })}`, { credentials: "same-origin", signal: AbortSignal.timeout(8000) });
      if (response.redirected) location.assign(root); // the till is locked
      if (!response.ok) throw new Error(String(response.status));
      this.#draw(await response.text(), news);
      return true;
    } catch {
      byId("away").hidden = false;
      return false;
    }
  }

  /** @param {string} html rendered by the server @param {string} news */
  #draw(html, news) {
    const kept = this.choices?.kept();
    const open = /** @type {HTMLDetailsElement | null} */ (document.getElementById("details"))?.open;
    const inside = this.body.contains(document.activeElement);
    this.body.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    this.drawn = performance.now();
    this.#begin();
    if (kept) this.choices?.restore(kept);
    const details = document.getElementById("details");
    if (open && details instanceof HTMLDetailsElement) details.open = true;
    byId("news").textContent = news;
    byId("news").hidden = !news;
    document.title = `${this.body.querySelector("h1")?.textContent ?? ""} · CouchTill`;
    if (inside || !document.activeElement || document.activeElement === document.body) this.#focus();
  }

  // -- deciding ---------------------------------------------------------------------------------------------------------

  /**
   * The id of a request: one for each state of the document, so that a reload or a second tap decides once.
   * @param {string} what
   */
  #request(what) {
    const key = `couchtill-${what}-${this.path}`;
    const known = sessionStorage.getItem(key);
    if (known) return known;
    const made = ulid();
    sessionStorage.setItem(key, made);
    return made;
  }

  /** @param {string | null} keep */
  async decide(keep) {
    const { form, choices } = this;
    if (!form || !choices || this.busy) return;
    const chosen = keep === "deleted" ? {} : choices.read();
    if (!chosen) return;
    const seen = form.dataset.seen ?? "";
    const asked = { request: this.#request(seen), seen, choose: chosen, ...(keep ? { keep } : {}), ...choices.note };
    await this.#act(async () => {
      await send("POST", `api/conflicts/${this.path}/resolve`, asked);
      await this.#done(t("Decided. Press U to undo, N for the next one."));
    });
  }

  async undo() {
    const resolution = /** @type {HTMLElement | null} */ (this.body.querySelector("[data-undo]"))?.dataset.undo;
    if (!resolution || this.busy) return;
    await this.#act(async () => {
      await send("POST", `api/conflicts/${this.path}/undo`, { request: this.#request(resolution), resolution });
      await this.#done(t("Undone: it is to be decided again."));
    });
  }

  /** Put aside: it stays in the list, and is said to wait. */
  async later() {
    const next = this.form?.dataset.next;
    await this.#act(async () => {
      await send("POST", `api/followups/${this.path}`, { later: true });
      location.assign(next ?? `${root}conflicts`);
    });
  }

  /** @param {string} said */
  async #done(said) {
    byId("said").textContent = said;
    await this.refresh();
    this.#focus();
  }

  /** @param {() => Promise<void>} act */
  async #act(act) {
    this.busy = true;
    this.#say("");
    this.#lock(true);
    try {
      await act();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      await this.#refused(problem);
    } finally {
      this.busy = false;
      this.#lock(false);
    }
  }

  /** @param {Problem} problem */
  async #refused(problem) {
    if (problem.error === "changed") {
      if (await this.refresh(problem.message)) this.#focus();
      return;
    }
    if (problem.status === 400 && this.choices?.complain(problem)) return;
    this.#say(problem.away ? t("The server does not answer. What you chose stays here: try again.") : problem.message);
  }

  /** @param {string} text */
  #say(text) {
    const fault = document.getElementById("fault");
    if (fault) fault.textContent = text;
  }

  // -- details ----------------------------------------------------------------------------------------------------------

  /** @param {Event} event */
  #opened(event) {
    const details = event.target;
    if (details instanceof HTMLDetailsElement && details.id === "details" && details.open) void this.#details("");
  }

  /** A fold of the drawing opens in its place. @param {MouseEvent} event */
  #unfold(event) {
    const link = /** @type {HTMLElement} */ (event.target).closest("a[href]");
    if (!link?.closest("#details-body") || !link.getAttribute("href")?.includes("#drawing")) return;
    event.preventDefault();
    void this.#details(new URL(String(link.getAttribute("href")), location.href).search.slice(1));
  }

  /** @param {string} query */
  async #details(query) {
    const holder = document.getElementById("details-body");
    if (!holder) return;
    try {
      const response = await fetch(`${location.pathname}?part=details${query ? `&${query}` : ""}`, { credentials: "same-origin" });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      holder.replaceChildren(...new DOMParser().parseFromString(await response.text(), "text/html").body.childNodes);
      if (query) document.getElementById("drawing")?.scrollIntoView({ block: "nearest" });
    } catch {
      byId("away").hidden = false;
    }
  }
}

new CasePage().start();
