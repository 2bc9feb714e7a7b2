/** Many at once: what is selected gets one side, after a look at what each becomes. */
import { post, Problem } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t, tn } from "../i18n.js";
import { withLeave } from "../leave.js";
import { toast } from "../toast.js";
import { ulid } from "../ulid.js";
import { keyOf } from "./row.js";

/** Documents that one request decides, and rows that the look lists. */
const PART = 50;
const LISTED = 200;

/** @typedef {{database: string, id: string, seen: string, title: string, text: string, deleted: boolean, becomes: {field: string, value: string, now: string}[], reason: string}} Becomes */

export class Many {
  /** @param {any} inbox */
  constructor(inbox) {
    this.inbox = inbox;
    this.dialog = byId("preview", HTMLDialogElement);
    this.take = "";
    /** @type {Becomes[]} */
    this.rows = [];
    this.busy = false;
    this.stopped = false;
    this.turn = 0;
  }

  start() {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-take]"))) {
      button.addEventListener("click", () => void this.look(button.dataset.take ?? "", button.textContent ?? ""));
    }
    byId("select-all").addEventListener("change", (event) => this.#all(/** @type {HTMLInputElement} */ (event.target).checked));
    byId("select-matching").addEventListener("click", () => {
      this.inbox.everything = true;
      this.inbox.marked();
    });
    byId("bulk-none").addEventListener("click", () => this.none());
    byId("preview-apply").addEventListener("click", () => void this.apply());
    byId("preview-stop").addEventListener("click", () => (this.stopped = true));
    this.dialog.addEventListener("close", () => {
      this.stopped = true;
      this.turn++;
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]") && this.count) this.none();
    });
  }

  get count() {
    const { inbox } = this;
    return inbox.everything ? inbox.matching : inbox.selected.size;
  }

  none() {
    this.inbox.everything = false;
    this.inbox.selected.clear();
    this.inbox.marked();
  }

  /** @param {boolean} on */
  #all(on) {
    if (!on) return this.none();
    for (const row of this.inbox.rows) this.inbox.selected.set(keyOf(row), row);
    this.inbox.marked();
  }

  /** Says how many are selected. */
  marked() {
    const { inbox } = this;
    const listed = inbox.rows.length;
    const whole = listed > 0 && inbox.rows.every((/** @type {any} */ row) => inbox.everything || inbox.selected.has(keyOf(row)));
    const box = byId("select-all", HTMLInputElement);
    byId("all").hidden = listed === 0;
    box.checked = whole;
    box.indeterminate = !whole && this.count > 0;
    const button = byId("select-matching");
    button.hidden = !whole || inbox.everything || inbox.matching <= listed;
    button.textContent = tn("Select the %(num)s that matches", "Select all %(num)s that match", inbox.matching);
    byId("bulk").hidden = this.count === 0;
    byId("bulk-count").textContent = tn("%(num)s selected", "%(num)s selected", this.count);
  }

  /** Shows what each would become. @param {string} take @param {string} name */
  async look(take, name) {
    const turn = ++this.turn;
    this.take = take;
    this.rows = [];
    this.stopped = false;
    byId("preview-title").textContent = name;
    byId("preview-lead").textContent = t("Looking at what each becomes …");
    byId("preview-fault").textContent = "";
    byId("preview-list").replaceChildren();
    byId("preview-progress").hidden = true;
    byId("preview-stop").hidden = true;
    const apply = byId("preview-apply", HTMLButtonElement);
    apply.hidden = false;
    apply.disabled = true;
    apply.textContent = t("Apply");
    show(this.dialog);
    try {
      for await (const rows of this.#previews(take)) {
        if (turn !== this.turn) return;
        this.rows.push(...rows);
        this.#list(rows);
      }
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("preview-fault").textContent = problem.message;
      return;
    }
    const ready = this.rows.filter((row) => !row.reason).length;
    const stay = this.rows.length - ready;
    byId("preview-lead").textContent = [
      tn("%(num)s is decided so. Nothing is lost: each can be undone from its history.", "%(num)s are decided so. Nothing is lost: each can be undone from its history.", ready),
      stay ? tn("%(num)s stays on the list.", "%(num)s stay on the list.", stay) : "",
    ].join(" ");
    apply.textContent = tn("Apply to %(num)s", "Apply to %(num)s", ready);
    apply.disabled = ready === 0;
    if (ready) apply.focus();
  }

  /** @param {string} take @returns {AsyncGenerator<Becomes[]>} */
  async *#previews(take) {
    const { inbox } = this;
    if (!inbox.everything) {
      const items = [...inbox.selected.values()].map(({ database, id }) => ({ database, id }));
      for (let at = 0; at < items.length; at += LISTED) yield (await post("api/conflicts/preview", { take, items: items.slice(at, at + LISTED) })).rows;
      return;
    }
    let before = null;
    do {
      const answer = await post("api/conflicts/preview", { take, filter: inbox.filter(), ...(before ? { before } : {}) });
      yield answer.rows;
      before = answer.next;
    } while (before);
  }

  /** @param {Becomes[]} rows */
  #list(rows) {
    const list = byId("preview-list");
    const room = LISTED - list.childElementCount;
    list.append(...rows.slice(0, Math.max(0, room)).map((row) => h("li", {}, h("strong", {}, row.title), ...lines(row))));
    if (rows.length > room && room >= 0) list.append(h("li", { class: "quiet" }, t("… and more of them")));
  }

  async apply() {
    if (this.busy) return;
    this.busy = true;
    this.stopped = false;
    const { inbox } = this;
    const ready = this.rows.filter((row) => !row.reason);
    const request = ulid();
    const progress = byId("preview-progress", HTMLProgressElement);
    const button = byId("preview-apply", HTMLButtonElement);
    button.disabled = true;
    byId("preview-stop").hidden = ready.length <= PART;
    progress.hidden = ready.length <= PART;
    progress.max = ready.length;
    progress.value = 0;
    let decided = 0;
    /** @type {{title: string, reason: string}[]} */
    const stayed = [];
    /** @type {string[]} */
    let approvals = [];
    try {
      for (let at = 0; at < ready.length && !this.stopped; at += PART) {
        const items = ready.slice(at, at + PART).map(({ database, id, seen }) => ({ database, id, seen }));
        const answer = await withLeave((leave) => {
          approvals = leave.approvals ?? approvals; // one leave is good for all parts of this request
          return post("api/conflicts/bulk", { request, take: this.take, items, ...(approvals.length ? { approvals } : {}) }, { timeout: 120000 });
        });
        decided += answer.resolved.length;
        stayed.push(...answer.stayed);
        for (const each of answer.resolved) inbox.selected.delete(keyOf(each));
        progress.value = Math.min(at + PART, ready.length);
      }
      inbox.everything = false;
      if (!stayed.length) hide(this.dialog);
      else this.#stayed(decided, stayed);
      toast(tn("%(num)s decided.", "%(num)s decided.", decided), { key: "many" });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("preview-fault").textContent = decided ? `${tn("%(num)s decided.", "%(num)s decided.", decided)} ${problem.message}` : problem.message;
      button.disabled = false;
    } finally {
      this.busy = false;
      progress.hidden = true;
      byId("preview-stop").hidden = true;
    }
    await inbox.refresh();
  }

  /** @param {number} decided @param {{title: string, reason: string}[]} stayed */
  #stayed(decided, stayed) {
    byId("preview-lead").textContent = [
      tn("%(num)s decided.", "%(num)s decided.", decided),
      tn("%(num)s stays on the list.", "%(num)s stay on the list.", stayed.length),
    ].join(" ");
    byId("preview-list").replaceChildren(...stayed.slice(0, LISTED).map((row) => h("li", {}, h("strong", {}, row.title), h("span", { class: "stays" }, row.reason))));
    byId("preview-apply").hidden = true;
  }
}

/** @param {Becomes} row */
function lines(row) {
  if (row.reason) return [h("span", { class: "stays" }, `${t("Stays:")} ${row.reason}`)];
  if (row.deleted) return [h("span", {}, t("deleted"))];
  return row.becomes.map(({ field, value, now }) => {
    const text = field ? t("%(field)s: %(value)s", { field, value }) : value;
    return h("span", {}, now && now !== value ? `${text} ${t("(now: %(value)s)", { value: now })}` : text);
  });
}
