/** Events that this window owes the journal: kept until the server has them, each written once by its request's id. */
import { Problem, post } from "../api.js";

/** The most that is kept: a server that refuses them for a day must not fill the browser. */
const MOST = 500;

export class Outbox {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    /** @type {any[]} */
    this.owed = [];
    this.sending = false;
  }

  async start() {
    this.owed = [...((await this.frame.store.recall("outbox")) ?? []), ...this.owed];
    this.frame.hear("back", () => void this.send());
    void this.send();
  }

  /** @param {{request: string, kind: string, about: string | null, details: any}} event */
  add(event) {
    this.owed = [...this.owed, event].slice(-MOST);
    void this.frame.store.keep("outbox", this.owed);
    void this.send();
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.owed.length) {
        const [first] = this.owed;
        try {
          await post("api/events", first);
        } catch (problem) {
          if (!(problem instanceof Problem)) throw problem;
          if (!problem.refused && problem.status !== 403) return; // later
        }
        this.owed = this.owed.filter((each) => each !== first);
        void this.frame.store.keep("outbox", this.owed);
      }
    } finally {
      this.sending = false;
    }
  }
}
