/** The page with the list of people: who works here, in which role, with which PIN; added, changed, and gone. */
import { Problem, get, post, put } from "../api.js";
import { hide, show, startDialogs } from "../dialogs.js";
import { boot, byId, h } from "../dom.js";
import { t, tn } from "../i18n.js";
import { toast } from "../toast.js";
import { ulid } from "../ulid.js";
import { Idle } from "./idle.js";
import { initials, roleName } from "./pin-entry.js";

/** @typedef {{id: string, rev: string, name: string, role: string, inactive: boolean, pin: boolean, badge: boolean, wait: number}} Row */

class PeoplePage {
  constructor() {
    const { rows, roles, session, rights } = boot();
    /** @type {Row[]} */
    this.rows = rows;
    /** @type {{name: string, rights: string[], lends: boolean}[]} */
    this.roles = roles;
    /** @type {Record<string, string>} what each right is called */
    this.rights = rights;
    this.needed = session.needed;
    /** @type {Row | null} the person that the dialog shows; null: a new one */
    this.person = null;
    this.request = "";
    this.busy = false;
    this.dialog = byId("person", HTMLDialogElement);
    this.name = byId("person-name", HTMLInputElement);
    this.role = byId("person-role", HTMLSelectElement);
    this.pin = byId("person-pin", HTMLInputElement);
    this.badge = byId("person-badge", HTMLInputElement);
    this.idle = new Idle(() => void this.look());
    if (session.staff) this.idle.watch(session.lock_after, session.left);
  }

  start() {
    startDialogs(() => false);
    const on = (/** @type {string} */ id, /** @type {() => void} */ run) => byId(id).addEventListener("click", run);
    on("add", () => this.open(null));
    on("add-first", () => this.open(null));
    on("person-leave", () => void this.change({ inactive: true }));
    on("person-back", () => void this.change({ inactive: false }));
    on("person-unbadge", () => void this.change({ badge: null }));
    this.role.addEventListener("change", () => this.#hints());
    byId("person-show").addEventListener("change", (event) => {
      this.pin.type = /** @type {HTMLInputElement} */ (event.target).checked ? "text" : "password";
    });
    // A scanner ends with Enter; in the badge's field that is the end of the code, not of the form.
    this.badge.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    byId("person-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save();
    });
    addEventListener("couchtill:locked", () => location.assign(".")); // the till shows who may unlock it
    this.draw();
  }

  /** Whether the session still holds: another window may have been worked in. */
  async look() {
    const session = await get("api/session").catch(() => null);
    if (session?.staff) this.idle.watch(session.lock_after, session.left);
    else location.assign(".");
  }

  draw() {
    byId("empty").hidden = this.rows.length > 0;
    byId("add").hidden = this.rows.length === 0;
    const rows = [...this.rows].sort((a, b) => Number(a.inactive) - Number(b.inactive));
    byId("list").replaceChildren(...rows.map((row) => this.#row(row)));
  }

  /** @param {Row} row */
  #row(row) {
    const state = row.inactive ? t("Gone") : row.wait ? t("Waits after wrong PINs") : row.pin ? (row.badge ? t("PIN and badge") : t("PIN")) : row.badge ? t("Badge") : t("No PIN yet");
    return h(
      "button",
      { type: "button", class: row.inactive ? "person is-inactive" : "person", dataset: { person: row.id }, on: { click: () => this.open(row) } },
      h("span", { class: "person-face", "aria-hidden": "true" }, initials(row.name)),
      h("span", { class: "person-name" }, row.name, h("small", {}, roleName(row.role))),
      h("span", { class: "person-state" }, state),
    );
  }

  /** @param {Row | null} row */
  open(row) {
    this.person = row;
    this.request = ulid();
    const first = !this.needed;
    byId("person-title").textContent = row ? row.name : first ? t("The first person") : t("Add a person");
    this.name.value = row?.name ?? "";
    this.role.replaceChildren(...this.roles.map((role) => h("option", { value: role.name }, roleName(role.name))));
    this.role.value = row?.role ?? (first ? "manager" : "cashier");
    this.role.disabled = first;
    this.pin.value = "";
    this.pin.type = "password";
    byId("person-show", HTMLInputElement).checked = false;
    this.badge.value = "";
    byId("person-pin-label").textContent = row?.pin ? t("New PIN") : t("PIN");
    byId("person-badge-hint").textContent = row?.badge ? t("There is a badge. Scan another one to change it.") : t("Scan a badge, if there is one.");
    byId("person-unbadge").hidden = !row?.badge;
    byId("person-leave").hidden = !row || row.inactive;
    byId("person-back").hidden = !row?.inactive;
    this.#say("");
    this.#hints();
    show(this.dialog);
    this.name.focus();
  }

  #hints() {
    const role = this.roles.find((each) => each.name === this.role.value);
    const digits = role?.lends ? 6 : 4;
    const keep = this.person?.pin ? ` ${t("Leave it empty to keep the one of now.")}` : "";
    byId("person-pin-hint").textContent = tn("At least %(num)s digit.", "At least %(num)s digits.", digits) + keep;
    const all = Object.keys(this.rights).every((right) => role?.rights.includes(right));
    byId("person-rights").textContent = all ? t("May do everything.") : (role?.rights ?? []).map((right) => this.rights[right] ?? right).join(" · ");
  }

  /** @param {string} text */
  #say(text) {
    byId("person-fault").textContent = text;
  }

  async save() {
    if (!this.name.value.trim()) {
      this.#say(t("The name is missing."));
      return this.name.focus();
    }
    const given = { name: this.name.value, role: this.role.value, ...(this.pin.value ? { pin: this.pin.value } : {}), ...(this.badge.value.trim() ? { badge: this.badge.value.trim() } : {}) };
    if (this.person) return this.change(given);
    await this.#send(async () => {
      const { person } = await post("api/people", { request: this.request, ...given });
      this.rows = [...this.rows.filter((row) => row.id !== person.id), person];
      if (this.needed) return toast(t("%(name)s was added.", { name: person.name }));
      this.needed = true;
      toast(t("%(name)s is the manager. You are signed in as %(name)s.", { name: person.name }), { stays: 8000 });
      await this.look();
    });
  }

  /** @param {Record<string, unknown>} changes */
  async change(changes) {
    const { person } = this;
    if (!person) return;
    await this.#send(async () => {
      const { person: changed } = await put(`api/people/${encodeURIComponent(person.id)}`, { rev: person.rev, ...changes });
      this.rows = this.rows.map((row) => (row.id === changed.id ? changed : row));
      toast(t("Saved: %(name)s", { name: changed.name }));
    });
  }

  /** @param {() => Promise<unknown>} write */
  async #send(write) {
    if (this.busy) return;
    this.busy = true;
    byId("person-done", HTMLButtonElement).disabled = true;
    this.#say("");
    try {
      await write();
      hide(this.dialog);
      this.draw();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.error === "changed") return void (await this.#reload(problem));
      this.#say(t(problem.message));
      const field = { name: this.name, role: this.role, pin: this.pin, badge: this.badge }[problem.field ?? ""];
      field?.focus();
    } finally {
      this.busy = false;
      byId("person-done", HTMLButtonElement).disabled = false;
    }
  }

  /** Somebody else changed this person: theirs is shown, what was typed stays. @param {Problem} problem */
  async #reload(problem) {
    this.rows = (await get("api/people")).rows;
    this.person = this.rows.find((row) => row.id === this.person?.id) ?? null;
    this.draw();
    this.#say(t(problem.message));
  }
}

new PeoplePage().start();
