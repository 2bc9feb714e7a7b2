/** How much waits for a decision: under *More* always, and quietly in the bar for whoever may decide. */
import { get, Problem } from "../api.js";
import { byId } from "../dom.js";
import { t, tn } from "../i18n.js";

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  const inbox = new Inbox(frame);
  frame.hear("inbox", (counts) => inbox.learn(counts));
  frame.hear("session", () => inbox.offer());
  frame.hear("back", () => void inbox.load());
  inbox.offer();
}

class Inbox {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.conflicts = 0;
    this.incidents = 0;
    this.said = "";
  }

  /** @param {{conflicts: number, incidents: number}} counts */
  learn({ conflicts, incidents }) {
    this.conflicts = conflicts;
    this.incidents = incidents;
    this.offer();
  }

  async load() {
    try {
      this.learn((await get("api/inbox")).counts);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem; // a locked till says nothing; the news tell it later
    }
  }

  offer() {
    const { actions } = this.frame;
    const waiting = this.conflicts + this.incidents;
    const may = this.frame.may("conflicts");
    const said = JSON.stringify([waiting, may]);
    if (said === this.said) return;
    this.said = said;
    const run = () => location.assign("conflicts");
    actions.add({ id: "conflicts", name: waiting ? t("To decide · %(num)s", { num: waiting }) : t("To decide"), icon: "hand", place: "more", run });
    if (waiting && may) actions.add({ id: "conflicts-now", name: tn("%(num)s to decide", "%(num)s to decide", waiting), icon: "hand", place: "bar", run });
    else actions.drop("conflicts-now");
    byId("do-more").toggleAttribute("data-waiting", waiting > 0);
  }
}
