/**
 * Whether somebody is at work in this window: their keys and taps keep the session alive at the server, and when there
 * were none for as long as the settings say, the window asks whether another one was worked in.
 */
import { request } from "../api.js";

/** Milliseconds between two words to the server that somebody is at work; never more than a quarter of the time until it locks. */
const TELL = 20_000;

export class Idle {
  /** @param {() => void} ask called when this window was idle for so long that the session may have ended */
  constructor(ask) {
    this.ask = ask;
    /** Seconds; 0 while nobody is signed in. */
    this.after = 0;
    this.told = 0;
    this.timer = 0;
    this.telling = 0;
    for (const event of ["pointerdown", "keydown", "wheel"]) document.addEventListener(event, () => this.work(), { capture: true, passive: true });
  }

  /**
   * Somebody is signed in, and has this much time left without work.
   * @param {number} after seconds until the till locks
   * @param {number} left seconds of them that are left
   */
  watch(after, left) {
    this.after = after;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), (left + 1) * 1000);
  }

  rest() {
    this.after = 0;
    clearTimeout(this.timer);
    clearTimeout(this.telling);
    this.telling = 0;
  }

  work() {
    if (!this.after) return;
    this.watch(this.after, this.after);
    if (this.telling) return;
    const wait = Math.max(0, this.told + Math.min(TELL, this.after * 250) - Date.now());
    this.telling = window.setTimeout(() => {
      this.telling = 0;
      this.told = Date.now();
      // Nobody answers, or the till was locked meanwhile: both are said where they matter.
      request("PUT", "api/session", { body: {} }).catch(() => {});
    }, wait);
  }
}
