/**
 * News from the server by server-sent events, and by polling where those don't come through.
 * Says `away` when nobody answers and `back` when someone does again.
 */
import { get, Problem } from "./api.js";

/** Milliseconds: how often to ask when the stream is down, and how long a quiet stream counts as alive (it beats every 10 s). */
const POLL = 3000;
const QUIET = 25000;

export class Live extends EventTarget {
  /**
   * @param {string} url of the stream
   * @param {string} pollUrl what to ask instead; its answer arrives as the event `state`
   * @param {string[]} names events of the stream
   */
  constructor(url, pollUrl, names) {
    super();
    this.url = url;
    this.pollUrl = pollUrl;
    this.names = names;
    this.here = true;
    this.heard = 0;
    /** @type {EventSource | null} */
    this.source = null;
    this.#open();
    setInterval(() => this.#watch(), POLL);
    addEventListener("online", () => this.#watch());
    // A page that goes for good gives its stream back at once, not when the server next writes.
    addEventListener("pagehide", () => this.source?.close());
    addEventListener("pageshow", (event) => event.persisted && this.#open());
  }

  #open() {
    this.source?.close();
    const source = new EventSource(this.url);
    this.source = source;
    source.addEventListener("open", () => {
      this.#alive();
      void this.poll(); // what changed between the page and the stream, or while there was none
    });
    source.addEventListener("beat", () => this.#alive());
    for (const name of this.names) {
      source.addEventListener(name, (event) => {
        this.#alive();
        this.#tell(name, JSON.parse(/** @type {MessageEvent} */ (event).data));
      });
    }
    source.addEventListener("error", () => void this.poll());
  }

  /** Listens anew: as whoever is signed in now. */
  renew() {
    this.#open();
  }

  #alive() {
    this.heard = Date.now();
    this.#set(true);
  }

  async #watch() {
    if (Date.now() - this.heard < QUIET && this.source?.readyState === EventSource.OPEN) return;
    await this.poll();
  }

  /** Asks now. */
  async poll() {
    try {
      const state = await get(this.pollUrl, { timeout: 5000 });
      this.#set(true);
      this.#tell("state", state);
      if (this.source?.readyState === EventSource.CLOSED) this.#open();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.away) this.#set(false);
      else if (error.status === 401 || error.status === 403) this.#tell("signedout", error.body);
    }
  }

  /** @param {boolean} here */
  #set(here) {
    if (here === this.here) return;
    this.here = here;
    this.#tell(here ? "back" : "away", null);
  }

  /** @param {string} name @param {unknown} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
