/** Asks before a person's data are erased for good: what goes, what stays, why, and what is still open with them. */
import { Problem } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";
import { ulid } from "../ulid.js";

/**
 * @typedef {{id: string, name: string, kind?: string}} Person
 * @typedef {(path: string, body: any) => Promise<any>} Send raises Problem
 */

export class EraseDialog {
  /** @param {Send} send */
  constructor(send) {
    this.send = send;
    this.dialog = byId("erase", HTMLDialogElement);
    this.reason = byId("erase-reason", HTMLSelectElement);
    this.despite = byId("erase-despite", HTMLInputElement);
    this.button = byId("erase-go", HTMLButtonElement);
    /** @type {Person | null} */
    this.person = null;
    this.request = "";
    /** @type {(erasure: any) => void} */
    this.done = () => {};
    byId("erase-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#erase();
    });
    this.despite.addEventListener("change", () => this.#ready());
  }

  /** @param {Person} person @param {(erasure: any) => void} done */
  open(person, done) {
    this.person = person;
    this.done = done;
    this.request = ulid(); // a second tap, or a second try after no answer, is the same erasure
    byId("erase-title").textContent = t("Erase %(name)s?", { name: person.name });
    this.reason.value = person.kind === "staff" ? "left" : "asked";
    byId("erase-open").hidden = true;
    this.despite.checked = false;
    byId("erase-fault").textContent = "";
    this.#ready();
    show(this.dialog);
    this.reason.focus();
  }

  #ready() {
    this.button.disabled = !byId("erase-open").hidden && !this.despite.checked;
  }

  async #erase() {
    const { person } = this;
    if (!person || this.button.disabled) return;
    this.button.disabled = true;
    byId("erase-fault").textContent = "";
    const where = person.kind === "staff" ? "people" : "customers";
    try {
      const body = { request: this.request, reason: this.reason.value, ...(this.despite.checked ? { despite: true } : {}) };
      const { erasure } = await this.send(`api/${where}/${encodeURIComponent(person.id)}/erase`, body);
      hide(this.dialog);
      this.person = null;
      byId("erase-title").textContent = ""; // the page keeps no name either
      this.done(erasure);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.error === "still_open") this.#stillOpen(problem.body.words);
      else byId("erase-fault").textContent = problem.message;
    } finally {
      this.#ready();
    }
  }

  /** @param {string[]} words */
  #stillOpen(words) {
    byId("erase-open-list").replaceChildren(...words.map((text) => h("li", {}, text)));
    byId("erase-open").hidden = false;
    this.despite.focus();
  }
}
