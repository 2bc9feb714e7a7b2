/**
 * A form of head office over the page: it sends what was changed, with the revision that it was read at. Where somebody
 * else was quicker it shows both values of each field and lets the person choose; what they typed is never lost.
 */
import { Problem } from "../../api.js";
import { hide, show } from "../../dialogs.js";
import { h, icon } from "../../dom.js";
import { t } from "../../i18n.js";
import { ulid } from "../../ulid.js";
import { Fault, field, readAll } from "./fields.js";

/**
 * @typedef {import("./fields.js").Spec} Spec
 * @typedef {import("./fields.js").Field} Field
 * @typedef {{title: string, lead?: string, specs: Spec[], values?: Record<string, any> | null, name?: string,
 *   send: (body: Record<string, any>) => Promise<any>, done: (answer: any) => void, extra?: (Node | null)[], shown?: (name: string, value: any) => string, always?: boolean}} Task
 *   `values` null: something new, all of whose fields are sent; `always`: they are sent though nothing was changed; `name`: what the button says
 */

/** @param {any} a @param {any} b */
export const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

export class Form {
  /** @param {{digits: number, currency?: string}} money make it before `startDialogs` */
  constructor(money) {
    this.money = money;
    this.title = h("h2", { id: `form-title-${Form.count++}` });
    this.body = h("div", { class: "form-body" });
    this.fault = h("p", { class: "fault", role: "alert" });
    this.button = /** @type {HTMLButtonElement} */ (h("button", { type: "submit", class: "button primary" }, t("Save")));
    this.foot = h("footer", { class: "sheet-foot form-foot" }, this.fault, h("button", { type: "button", class: "button", "data-close": true }, t("Cancel")), this.button);
    this.form = h("form", { novalidate: true, autocomplete: "off" }, this.body, this.foot);
    this.dialog = /** @type {HTMLDialogElement} */ (
      h(
        "dialog",
        { class: "sheet sheet-wide office-form", "aria-labelledby": this.title.id },
        h("header", { class: "sheet-head" }, this.title, h("button", { type: "button", class: "tool tool-icon", "data-close": true, "aria-label": t("Close") }, icon("close"))),
        this.form,
      )
    );
    document.body.append(this.dialog);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
    /** @type {[Spec, Field][]} */
    this.fields = [];
    /** @type {Task | null} */
    this.task = null;
    /** @type {Record<string, any>} */
    this.seen = {};
    this.busy = false;
    this.request = "";
  }

  static count = 0;

  /** @param {Task} task */
  open(task) {
    this.task = task;
    this.request = ulid(); // a second tap, or a second try after no answer, is the same request
    this.rev = task.values?.rev;
    this.title.textContent = task.title;
    this.button.textContent = task.name ?? t("Save");
    this.fields = task.specs.map((spec) => [spec, field(spec, this.money)]);
    for (const [spec, each] of this.fields) each.set(task.values && spec.name in task.values ? task.values[spec.name] : spec.empty);
    this.#remember();
    this.body.replaceChildren(
      ...(task.lead ? [h("p", { class: "form-lead" }, task.lead)] : []),
      h("div", { class: "form-grid" }, ...this.fields.map(([, each]) => each.element)),
      ...(task.extra ?? []).filter((one) => one !== null),
    );
    this.fault.textContent = "";
    show(this.dialog);
    (this.fields.find(([spec]) => !spec.disabled) ?? this.fields[0])?.[1].focus();
  }

  /** What the fields show now is what was seen: what differs from it later was changed here. */
  #remember() {
    this.seen = Object.fromEntries(
      this.fields.map(([spec, each]) => {
        try {
          return [spec.name, each.read()];
        } catch (problem) {
          if (!(problem instanceof Fault)) throw problem;
          return [spec.name, undefined]; // an empty field of something new
        }
      }),
    );
  }

  /** @param {string} name */
  value(name) {
    const found = this.fields.find(([spec]) => spec.name === name);
    return found ? found[1].read() : undefined;
  }

  async #save() {
    const { task } = this;
    if (!task || this.busy) return;
    this.fault.textContent = "";
    /** @type {Record<string, any>} */
    let values;
    try {
      values = readAll(this.fields);
    } catch (problem) {
      if (!(problem instanceof Fault)) throw problem;
      return;
    }
    const changed = task.values && !task.always ? Object.fromEntries(Object.entries(values).filter(([name, value]) => !same(value, this.seen[name]))) : values;
    if (task.values && !Object.keys(changed).length) return hide(this.dialog);
    await this.#send(changed, 2);
  }

  /** @param {Record<string, any>} changed @param {number} tries */
  async #send(changed, tries) {
    const { task } = this;
    if (!task) return;
    this.busy = true;
    this.button.disabled = true;
    try {
      const answer = await task.send({ request: this.request, ...(this.rev === undefined ? {} : { rev: this.rev }), ...changed });
      hide(this.dialog);
      task.done(answer);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 409 && problem.body.current && tries > 0) return await this.#changed(problem.body.current, changed, tries);
      this.#refused(problem);
    } finally {
      this.busy = false;
      this.button.disabled = false;
    }
  }

  /**
   * Somebody else was quicker. What only they changed is taken; of what both did, both values are shown.
   * @param {Record<string, any>} current
   * @param {Record<string, any>} changed
   * @param {number} tries
   */
  async #changed(current, changed, tries) {
    this.rev = current.rev;
    const both = Object.keys(changed).filter((name) => name in current && !same(current[name], this.seen[name]) && !same(current[name], changed[name]));
    for (const [spec, each] of this.fields) {
      if (!(spec.name in current) || both.includes(spec.name)) continue;
      this.seen[spec.name] = current[spec.name];
      if (!(spec.name in changed)) each.set(current[spec.name]);
    }
    if (!both.length) return await this.#send(changed, tries - 1);
    const who = current.updated_by || current.updated_on;
    this.fault.textContent = who ? t("%(who)s changed this in the meantime. Nothing was written: choose what shall hold.", { who }) : t("This was changed in the meantime. Nothing was written: choose what shall hold.");
    for (const [spec, each] of this.fields) if (both.includes(spec.name)) this.#clash(spec, each, current[spec.name]);
    const [, first] = this.fields.find(([spec]) => both.includes(spec.name)) ?? [];
    first?.focus();
    first?.element.scrollIntoView({ block: "nearest" }); // with both values, which stand below it
  }

  /** @param {Spec} spec @param {Field} each @param {any} now */
  #clash(spec, each, now) {
    each.element.querySelector(".clash")?.remove();
    const shown = (/** @type {any} */ value) => this.#shown(spec, value);
    const value = (/** @type {string} */ name, /** @type {any} */ one) => h("div", {}, h("dt", {}, name), h("dd", {}, shown(one)));
    const before = this.seen[spec.name];
    const settle = (/** @type {boolean} */ theirs) => {
      if (theirs) each.set(now);
      this.seen[spec.name] = now;
      clash.remove();
      each.focus();
    };
    const clash = h(
      "div",
      { class: "clash", role: "alert" },
      h("dl", {}, value(t("You saw"), before), value(t("It is now"), now)),
      h(
        "div",
        { class: "clash-buttons" },
        h("button", { type: "button", class: "button small", on: { click: () => settle(false) } }, t("Keep mine")),
        h("button", { type: "button", class: "button small", on: { click: () => settle(true) } }, t("Take theirs")),
      ),
    );
    each.element.append(clash);
  }

  /** A value in words. @param {Spec} spec @param {any} value */
  #shown(spec, value) {
    const own = this.task?.shown?.(spec.name, value);
    if (own !== undefined) return own;
    const option = spec.options?.find(([one]) => one === value);
    if (option) return option[1];
    if (value === null || value === undefined || value === "") return t("nothing");
    if (typeof value === "boolean") return value ? t("yes") : t("no");
    if (Array.isArray(value)) return value.map((one) => (typeof one === "object" ? Object.values(one).filter(Boolean).join(" ") : String(one))).join(", ") || t("nothing");
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }

  /** @param {Problem} problem */
  #refused(problem) {
    const name = (problem.field ?? "").split(".")[0];
    const found = this.fields.find(([spec]) => spec.name === name);
    if (!found) {
      this.fault.textContent = problem.message;
      return;
    }
    found[1].say(problem.message);
    found[1].focus();
  }
}
