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
/** Milliseconds for which taking it all back is offered: each can be later, from its history. */
const STAYS = 30000;

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
    /** @type {{database: string, id: string, resolution: string}[]} */
    const made = [];
    const told = () => {
      const actions = made.length ? [{ name: t("Undo"), run: () => void this.undo(made) }] : [];
      toast(tn("%(num)s decided.", "%(num)s decided.", decided), { key: "many", actions, stays: STAYS });
    };
    const send = inParts("api/conflicts/bulk", { request, take: this.take });
    try {
      for (let at = 0; at < ready.length && !this.stopped; at += PART) {
        const answer = await send(ready.slice(at, at + PART).map(({ database, id, seen }) => ({ database, id, seen })));
        decided += answer.resolved.length;
        stayed.push(...answer.stayed);
        made.push(...answer.resolved.map((/** @type {any} */ { database, id, resolution }) => ({ database, id, resolution })));
        for (const each of answer.resolved) inbox.selected.delete(keyOf(each));
        progress.value = Math.min(at + PART, ready.length);
      }
      inbox.everything = false;
      if (!stayed.length) hide(this.dialog);
      else this.#stayed(decided, stayed);
      told();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("preview-fault").textContent = problem.message;
      if (decided) told();
      button.disabled = false;
    } finally {
      this.busy = false;
      progress.hidden = true;
      byId("preview-stop").hidden = true;
    }
    await inbox.refresh();
  }

  /**
   * All of it is in dispute again, but for what was changed since.
   * @param {{database: string, id: string, resolution: string}[]} made
   */
  async undo(made) {
    if (this.busy) return;
    this.busy = true;
    if (this.dialog.open) hide(this.dialog);
    const send = inParts("api/conflicts/bulk/undo", { request: ulid() });
    const left = [...made];
    let undone = 0;
    /** @type {{title: string, reason: string}[]} */
    const stayed = [];
    try {
      while (left.length) {
        const answer = await send(left.slice(0, PART));
        left.splice(0, PART);
        undone += answer.undone.length;
        stayed.push(...answer.stayed);
      }
      const words = [tn("%(num)s is in dispute again.", "%(num)s are in dispute again.", undone)];
      if (stayed.length) words.push(tn("%(num)s stays decided.", "%(num)s stay decided.", stayed.length), `${stayed[0].title}: ${stayed[0].reason}`);
      toast(words.join(" "), { key: "many", stays: stayed.length ? STAYS : undefined });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      toast(problem.message, { key: "many", wrong: true, actions: [{ name: t("Undo"), run: () => void this.undo(left) }], stays: STAYS });
    } finally {
      this.busy = false;
    }
    await this.inbox.refresh();
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

/**
 * Sends one request in parts; one leave of a supervisor's is good for all of them.
 * @param {string} path @param {any} body
 * @returns {(items: any[]) => Promise<any>}
 */
function inParts(path, body) {
  /** @type {string[]} */
  let approvals = [];
  return (items) =>
    withLeave((leave) => {
      approvals = leave.approvals ?? approvals;
      return post(path, { ...body, items, ...(approvals.length ? { approvals } : {}) }, { timeout: 120000 });
    });
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
