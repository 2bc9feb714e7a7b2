/**
 * The windows of one till in one browser: each has a name, and every other one learns at once when it is gone, closed or crashed. A lock that
 * the browser takes back with the window says so; where there are no locks (a page without TLS on another machine) a heartbeat does, later.
 */
import { ulid } from "./ulid.js";

/** Milliseconds: between two beats, after which silence means gone, and that a reload may hold the name of its past self. */
const BEAT = 2000;
const SILENT = 7000;
const RELOAD = 1000;

export class Windows extends EventTarget {
  /** @param {string} space what the names begin with */
  constructor(space) {
    super();
    this.space = space;
    this.me = "";
    /** @type {Set<string>} windows that are known to be gone */
    this.gone = new Set();
    /** @type {Set<string>} windows whose end is waited for */
    this.watched = new Set();
    this.channel = new BroadcastChannel(space);
    this.channel.addEventListener("message", (event) => this.dispatchEvent(new CustomEvent("told", { detail: event.data })));
  }

  /** Takes this window's name: that of before a reload, a new one for a copy. */
  async start() {
    const key = `${this.space}.window`;
    const before = sessionStorage.getItem(key);
    this.me = before && (await this.#hold(before, RELOAD)) ? before : ulid();
    if (this.me !== before) await this.#hold(this.me, RELOAD);
    sessionStorage.setItem(key, this.me);
    if (!navigator.locks) setInterval(() => this.#beat(), BEAT);
  }

  /** @param {any} news for the other windows */
  tell(news) {
    this.channel.postMessage(news);
  }

  /** @param {string | null} name @returns {boolean} whether this window is another one, and lives */
  elsewhere(name) {
    if (!name || name === this.me) return false;
    if (!navigator.locks) return Date.now() - Number(localStorage.getItem(`${this.space}.beat.${name}`) ?? 0) < SILENT;
    this.#watch(name);
    return !this.gone.has(name);
  }

  /** Asks the browser who lives: what `elsewhere` says is true from here on. @param {(string | null)[]} names */
  async look(names) {
    if (!navigator.locks) return;
    const { held = [] } = await navigator.locks.query();
    const living = new Set(held.map((lock) => lock.name));
    for (const name of names) {
      if (!name || name === this.me) continue;
      if (living.has(this.#lock(name))) this.gone.delete(name);
      else this.gone.add(name);
    }
  }

  /** @param {string} name */
  #lock(name) {
    return `${this.space}.window.${name}`;
  }

  /** @param {string} name @param {number} patience @returns {Promise<boolean>} whether the name is this window's now, for as long as it lives */
  #hold(name, patience) {
    if (!navigator.locks) {
      this.me = name;
      this.#beat();
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      navigator.locks
        .request(this.#lock(name), { signal: AbortSignal.timeout(patience) }, () => {
          resolve(true);
          return new Promise(() => {}); // held until the window is gone
        })
        .catch(() => resolve(false));
    });
  }

  /** @param {string} name */
  #watch(name) {
    if (this.watched.has(name) || this.gone.has(name)) return;
    this.watched.add(name);
    void navigator.locks.request(this.#lock(name), { mode: "shared" }, () => {
      this.watched.delete(name);
      this.gone.add(name);
      this.dispatchEvent(new CustomEvent("gone", { detail: name }));
    });
  }

  #beat() {
    localStorage.setItem(`${this.space}.beat.${this.me}`, String(Date.now()));
    this.dispatchEvent(new CustomEvent("gone", { detail: null })); // somebody may be: look
  }
}
