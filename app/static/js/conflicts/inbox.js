/**
 * What waits for a person: conflicts, incidents or tasks. The list keeps itself up with what the server says, without losing
 * the place or what is selected.
 */
import { get, Problem } from "../api.js";
import { boot, byId, debounce, h } from "../dom.js";
import { t } from "../i18n.js";
import { Live } from "../live.js";
import { startRoom } from "./allow.js";
import { Follow } from "./follow.js";
import { Many } from "./many.js";
import { drawRow, keyOf } from "./row.js";

/** @typedef {import("./row.js").Row} Row */

/** Rows that one request brings: a page, and at most. */
const PAGE = 30;
const MOST = 200;
/** Milliseconds between two looks while news pour in, and until what could not be read is asked for again. */
const CALM = 400;
const AGAIN = 3000;

class Inbox {
  constructor() {
    const { list, first, people } = boot();
    /** @type {"conflicts" | "incidents" | "tasks"} */
    this.which = list;
    this.people = people;
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Map<string, Row>} what is selected, by key; it stays so when the list moves on */
    this.selected = new Map();
    /** Everything that the filter lets through is meant, also what isn't listed here. */
    this.everything = false;
    this.matching = 0;
    /** @type {string | null} */
    this.next = null;
    /** Which reading of the list is the last one; those before it draw nothing any more. */
    this.turn = 0;
    /** Whether one is under way. */
    this.reading = false;
    /** Whether the list may be another one than what is drawn: it is read once more. */
    this.behind = false;
    /** The timer of that. */
    this.timer = 0;
    /** How many of its kind waited when the list was read. */
    this.listed = 0;
    this.last = "";
    this.list = byId("list");
    this.follow = new Follow(people, () => void this.refresh());
    this.many = list === "conflicts" ? new Many(this) : null;
    this.#learn(first, true);
    this.next = first.next;
    this.draw(first.rows);
  }

  start() {
    startRoom();
    const search = debounce(200, () => void this.load());
    byId("query").addEventListener("input", search);
    byId("filters").addEventListener("submit", (event) => (event.preventDefault(), void this.load()));
    byId("filters").addEventListener("change", (event) => event.target !== byId("query") && void this.load());
    byId("more-rows").addEventListener("click", () => void this.load(true));
    byId("show-all").addEventListener("click", () => {
      byId("filters", HTMLFormElement).reset();
      byId("query").focus();
      void this.load();
    });
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.many?.start();
    this.follow.start();
    this.#people();
    const live = new Live("api/events", "api/state", ["inbox", "task"]);
    const again = () => this.#soon(CALM);
    live.addEventListener("inbox", (event) => {
      this.count(/** @type {CustomEvent} */ (event).detail);
      again();
    });
    live.addEventListener("task", again);
    live.addEventListener("away", () => (byId("away").hidden = false));
    live.addEventListener("back", () => {
      byId("away").hidden = true;
      again();
    });
    addEventListener("pageshow", (event) => event.persisted && again()); // back from a case that was decided
  }

  /** What is asked for now. */
  filter() {
    const value = (/** @type {string} */ id) => /** @type {HTMLInputElement | null} */ (document.getElementById(id))?.value ?? "";
    const names = { q: "query", type: "type", database: "database", assigned: "assigned", state: "state" };
    return Object.fromEntries(Object.entries(names).flatMap(([name, id]) => (value(id) ? [[name, value(id)]] : [])));
  }

  /** @param {Record<string, string>} more */
  #url(more) {
    const path = this.which === "conflicts" ? "api/conflicts" : "api/inbox";
    const list = this.which === "conflicts" ? {} : { list: this.which };
    return `${path}?${new URLSearchParams({ ...this.filter(), ...list, ...more })}`;
  }

  /** Asks anew; with `further` for the next page. @param {boolean} [further] */
  async load(further = false) {
    if (further) return this.#read(PAGE, this.rows, this.next);
    this.everything = false;
    this.selected.clear();
    await this.#read(PAGE);
  }

  /** Reads the rows that are listed, as they are now; a reading that is under way comes to its end first, since it may have begun too early. */
  async refresh() {
    this.behind = true;
    if (!this.reading) await this.#read(Math.max(this.rows.length, PAGE));
  }

  /** @param {number} wait milliseconds */
  #soon(wait) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.refresh(), wait);
  }

  /**
   * Reads rows, one page after the other, and lists them. A list that could not be read, or has changed meanwhile, is read again by itself.
   * @param {number} wanted rows to read
   * @param {Row[]} [before] rows that are listed already and stay, the first ones
   * @param {string | null} [next] where the rows after those begin
   */
  async #read(wanted, before = [], next = null) {
    const turn = ++this.turn;
    // From its beginning, all that was heard of by now will be in the list; a further page passes over what is new, and over a reading of that.
    this.behind = before.length > 0 && (this.behind || this.reading);
    this.reading = true;
    let wait = CALM;
    try {
      const rows = /** @type {Row[]} */ ([]);
      do {
        const limit = String(Math.min(MOST, wanted - rows.length));
        const answer = await get(this.#url({ limit, ...(next ? { before: next } : {}) }));
        if (turn !== this.turn) return; // somebody typed on meanwhile
        this.#learn(answer, !before.length && !rows.length);
        rows.push(...answer.rows);
        ({ next } = answer);
      } while (next && rows.length < wanted);
      byId("fault").textContent = "";
      byId("away").hidden = true;
      this.next = next;
      this.draw([...before, ...rows]);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (turn !== this.turn) return;
      if (problem.away) byId("away").hidden = false;
      else byId("fault").textContent = problem.message;
      this.behind ||= !problem.refused; // what the server refuses it would refuse again
      wait = AGAIN;
    } finally {
      if (turn === this.turn) {
        this.reading = false;
        if (this.behind) this.#soon(wait);
      }
    }
  }

  /** What an answer says besides its rows. @param {any} answer @param {boolean} begins it is of the list's beginning */
  #learn(answer, begins) {
    const waiting = answer.counts[this.which];
    if (begins) this.listed = waiting;
    else if (waiting !== this.listed) this.behind = true; // the rows before these are older than these
    this.matching = answer.matching;
    this.count(answer.counts);
    if (answer.types) this.#kinds(answer.types, answer.databases);
  }

  /** @param {Record<string, number>} counts */
  count(counts) {
    for (const badge of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-count]"))) {
      const number = String(counts[badge.dataset.count ?? ""] ?? 0);
      if (badge.textContent !== number) badge.textContent = number;
    }
  }

  /** Lists `rows`: what is there already stays the same element, and the page stays where it was. @param {Row[]} rows */
  draw(rows) {
    const there = new Map([.../** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll(":scope > li"))].map((row) => [row.dataset.key, row]));
    const anchor = there.size ? [...there.values()].find((row) => row.getBoundingClientRect().bottom > 60) : undefined;
    const top = anchor?.getBoundingClientRect().top ?? 0;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    const place = focused?.closest("li")?.dataset.key;
    const part = focused?.dataset.part;
    const elements = rows.map((row) => {
      const key = keyOf(row);
      const said = JSON.stringify(row);
      const known = there.get(key);
      if (known && known.dataset.said === said) return known;
      const drawn = drawRow(row, { selected: this.selected.has(key), many: Boolean(this.many) });
      drawn.dataset.said = said;
      if (this.rows.length && !known) drawn.classList.add("is-new");
      return drawn;
    });
    this.rows = rows;
    for (const [key, row] of this.selected) {
      const now = rows.find((each) => keyOf(each) === key);
      this.selected.set(key, now ?? row);
    }
    elements.forEach((element, index) => this.list.children[index] !== element && this.list.insertBefore(element, this.list.children[index] ?? null));
    while (this.list.childElementCount > elements.length) this.list.lastElementChild?.remove();
    if (place && part) /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-key="${CSS.escape(place)}"] [data-part="${part}"]`))?.focus({ preventScroll: true });
    if (anchor?.isConnected && scrollY > 0) scrollBy(0, anchor.getBoundingClientRect().top - top);
    byId("more-rows").hidden = !this.next;
    this.#none();
    this.marked();
  }

  /** Says again what is selected. */
  marked() {
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll(":scope > li"))) {
      const on = this.everything || this.selected.has(row.dataset.key ?? "");
      row.classList.toggle("is-selected", on);
      const box = row.querySelector("input");
      if (box) box.checked = on;
    }
    this.many?.marked();
    const shown = this.rows.length < this.matching ? t("%(shown)s of %(num)s", { shown: this.rows.length, num: this.matching }) : "";
    byId("matching").textContent = shown;
  }

  #none() {
    const none = this.rows.length === 0;
    byId("none").hidden = !none;
    if (!none) return;
    const filtered = Object.keys(this.filter()).length > 0;
    const words = {
      conflicts: [t("Nothing to decide."), t("What two places change differently while they can’t hear each other appears here.")],
      incidents: [t("No incidents."), t("Two receipts with one number, a broken chain, figures that don’t add up: they would appear here.")],
      tasks: [t("No tasks."), t("What somebody has to look at appears here.")],
    }[this.which];
    byId("none-title").textContent = filtered ? t("Nothing fits.") : words[0];
    byId("none-text").textContent = filtered ? t("Search for something else, or show all.") : words[1];
    byId("show-all").hidden = !filtered;
  }

  /** @param {{type: string, name: string, count: number}[]} types @param {{name: string, title: string, count: number}[]} databases */
  #kinds(types, databases) {
    fill(byId("type", HTMLSelectElement), [["", t("All kinds")], ...types.map((one) => /** @type {[string, string]} */ ([one.type, `${one.name} · ${one.count}`]))]);
    const place = byId("database", HTMLSelectElement);
    place.hidden = databases.filter((one) => one.count).length < 2 && !place.value;
    fill(place, [["", t("Everywhere")], ...databases.map((one) => /** @type {[string, string]} */ ([one.name, `${one.title} · ${one.count}`]))]);
  }

  #people() {
    const later = this.which === "conflicts" ? [["later", t("Put aside")]] : [];
    const people = this.people.map((/** @type {any} */ one) => [one.id, one.name]);
    fill(byId("assigned", HTMLSelectElement), [["", t("Everybody’s")], ["nobody", t("Nobody’s yet")], ...later, ...people]);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const key = target.closest("li")?.dataset.key ?? "";
    const row = this.rows.find((each) => keyOf(each) === key);
    if (!row) return;
    if (target instanceof HTMLInputElement) this.#select(key, row, target.checked, event.shiftKey);
    else if (target.closest("[data-follow]")) this.follow.open(row, this.which);
  }

  /** @param {string} key @param {Row} row @param {boolean} on @param {boolean} range from the one that was selected before */
  #select(key, row, on, range) {
    if (this.everything) {
      this.everything = false;
      for (const each of this.rows) this.selected.set(keyOf(each), each);
    }
    const keys = this.rows.map(keyOf);
    const [from, to] = range && keys.includes(this.last) ? [keys.indexOf(this.last), keys.indexOf(key)].sort((a, b) => a - b) : [keys.indexOf(key), keys.indexOf(key)];
    for (const each of this.rows.slice(from, to + 1)) {
      if (on) this.selected.set(keyOf(each), each);
      else this.selected.delete(keyOf(each));
    }
    this.last = key;
    this.marked();
  }
}

/**
 * Gives a select its options, if they are others; what was chosen stays.
 * @param {HTMLSelectElement} select
 * @param {(string[])[]} options value and name
 */
function fill(select, options) {
  const said = JSON.stringify(options);
  if (select.dataset.said === said) return;
  const { value } = select;
  select.dataset.said = said;
  select.replaceChildren(...options.map(([value, name]) => h("option", { value }, name)));
  select.value = options.some(([each]) => each === value) ? value : "";
}

new Inbox().start();
