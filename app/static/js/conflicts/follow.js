/** Who sees to it, what was noted, put aside or closed: the dialog over a row. */
import { Problem } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";
import { toast } from "../toast.js";
import { ulid } from "../ulid.js";
import { send } from "./allow.js";

/** @typedef {import("./row.js").Row} Row */

export class Follow {
  /** @param {{id: string, name: string}[]} people @param {() => void} changed */
  constructor(people, changed) {
    this.people = people;
    this.changed = changed;
    /** @type {Row | null} */
    this.row = null;
    this.which = "conflicts";
    this.request = "";
    this.busy = false;
    this.dialog = byId("follow", HTMLDialogElement);
    this.assigned = byId("follow-assigned", HTMLSelectElement);
    this.note = byId("follow-note", HTMLTextAreaElement);
  }

  start() {
    byId("follow-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save();
    });
    byId("follow-turn").addEventListener("click", () => void this.turn());
  }

  /** @param {Row} row @param {string} which */
  open(row, which) {
    this.row = row;
    this.which = which;
    this.request = ulid();
    const { follow } = row;
    byId("follow-title").textContent = row.title;
    byId("follow-fault").textContent = "";
    byId("follow-notes").replaceChildren(...(follow?.notes ?? []).map((note) => h("li", {}, note.text, h("small", {}, note.label))));
    const people = [{ id: "", name: t("Nobody") }, ...this.people];
    if (follow?.assigned && !people.some((one) => one.id === follow.assigned)) people.push({ id: follow.assigned, name: follow.name });
    this.assigned.replaceChildren(...people.map((one) => h("option", { value: one.id }, one.name)));
    this.assigned.value = follow?.assigned ?? "";
    this.assigned.closest("label")?.toggleAttribute("hidden", people.length < 2);
    this.note.value = "";
    byId("follow-turn").textContent = which === "conflicts" ? (follow?.later ? t("Take up again") : t("Decide later")) : follow?.done ? t("Open again") : t("Seen to: off the list");
    show(this.dialog);
    this.note.focus();
  }

  /** What was typed or chosen. */
  #given() {
    const note = this.note.value.trim();
    const assigned = this.assigned.value || null;
    return { ...(note ? { note, request: this.request } : {}), ...(assigned !== (this.row?.follow?.assigned ?? null) ? { assigned } : {}) };
  }

  async save() {
    const given = this.#given();
    if (!Object.keys(given).length) return hide(this.dialog);
    await this.#send(given, t("Saved."));
  }

  /** Puts it aside or closes it; or the other way round. */
  async turn() {
    const { follow } = /** @type {Row} */ (this.row);
    if (this.which === "conflicts") return this.#send({ ...this.#given(), later: !follow?.later }, follow?.later ? t("Taken up again.") : t("Put aside. It stays on this list."));
    await this.#send({ ...this.#given(), done: !follow?.done }, follow?.done ? t("Open again.") : t("Closed."));
  }

  /** @param {Record<string, unknown>} given @param {string} done */
  async #send(given, done) {
    const { row } = this;
    if (this.busy || !row) return;
    this.busy = true;
    byId("follow-fault").textContent = "";
    try {
      await send("POST", `api/followups/${encodeURIComponent(row.database)}/${encodeURIComponent(row.id)}`, given);
      hide(this.dialog);
      toast(done, { key: "follow" });
      this.changed();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("follow-fault").textContent = problem.message;
    } finally {
      this.busy = false;
    }
  }
}
