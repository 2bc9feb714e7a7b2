/** The people of the stores: added, changed, moved, given a code for a PIN; and what each role may do. */
import { Problem, get, post, put } from "../../api.js";
import { EraseDialog } from "../../conflicts/erase.js";
import { hide, show, startDialogs } from "../../dialogs.js";
import { boot, byId, debounce, h } from "../../dom.js";
import { language, t } from "../../i18n.js";
import { roleName } from "../../till/pin-entry.js";
import { toast } from "../../toast.js";
import { ulid } from "../../ulid.js";
import { Form } from "./form.js";
import { Roles } from "./roles.js";

/** @typedef {{id: string, rev: string, store: string, name: string, role: string, inactive: boolean, pin: boolean, badge: boolean, code: {until: string, words: string} | null, language: string | null, moved: string | null, renew: boolean}} Row */

class Staff {
  constructor() {
    const given = boot();
    this.given = given;
    /** @type {{store: string, rows: Row[], roles: {name: string, rights: string[], lends: boolean}[]} | null} */
    this.list = given.list;
    this.form = new Form(given);
    this.small = new Form(given);
    this.roles = new Roles(given, this.form, () => this.list, (store) => void this.load(store));
    this.erase = new EraseDialog((path, body) => post(path, body));
    this.pick = byId("store", HTMLSelectElement);
    this.search = byId("search", HTMLInputElement);
    this.dialog = byId("code", HTMLDialogElement);
    startDialogs(() => false);
    this.pick.append(...given.stores.map((/** @type {any} */ store) => h("option", { value: store.id }, store.name)));
    if (this.list) this.pick.value = this.list.store;
    this.pick.hidden = !given.stores.length;
    this.pick.addEventListener("change", () => void this.load(this.pick.value));
    this.search.addEventListener("input", debounce(80, () => this.draw()));
    byId("add").addEventListener("click", () => this.add());
    byId("show-people").addEventListener("click", () => this.part(false));
    byId("show-roles").addEventListener("click", () => this.part(true));
    // What was shown once is gone with its dialog.
    this.dialog.addEventListener("close", () => (byId("code-digits").textContent = ""));
    this.part(given.show_roles);
    this.draw();
  }

  /** @param {boolean} roles */
  part(roles) {
    byId("people-part").hidden = roles;
    byId("roles-part").hidden = !roles;
    this.search.closest(".room-search")?.toggleAttribute("hidden", roles); // it finds people
    byId("show-people").setAttribute("aria-checked", String(!roles));
    byId("show-roles").setAttribute("aria-checked", String(roles));
    if (roles) this.roles.draw();
  }

  /** @param {string} store */
  async load(store) {
    try {
      this.list = await get(`api/staff?store=${encodeURIComponent(store)}`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return toast(problem.message, { wrong: true });
    }
    history.replaceState(history.state, "", `?store=${encodeURIComponent(store)}`);
    this.draw();
    this.roles.draw();
  }

  draw() {
    const rows = this.list?.rows ?? [];
    const words = this.search.value.toLocaleLowerCase(language).split(/\s+/).filter(Boolean);
    const found = rows.filter((row) => words.every((word) => `${row.name} ${roleName(row.role)}`.toLocaleLowerCase(language).includes(word)));
    byId("no-store").hidden = this.list !== null;
    byId("add", HTMLButtonElement).disabled = this.list === null;
    byId("empty").hidden = !this.list || rows.length > 0;
    byId("box").hidden = found.length === 0;
    byId("none").hidden = !rows.length || found.length > 0;
    byId("rows").replaceChildren(...found.map((row) => this.#row(row)));
  }

  /** @param {Row} row */
  #row(row) {
    const ways = [row.pin ? t("PIN") : "", row.badge ? t("Badge") : ""].filter(Boolean).join(", ");
    const store = this.given.stores.find((/** @type {any} */ one) => one.id === row.moved);
    const state = row.inactive
      ? h("span", { class: "chip" }, store ? t("Now at %(store)s", { store: store.name }) : t("Gone"))
      : row.code
        ? h("span", { class: "chip", dataset: { level: "busy" } }, t("Code, until %(time)s", { time: row.code.words }))
        : row.renew
          ? h("span", { class: "chip", dataset: { level: "cut" } }, t("Must choose a new PIN"))
          : null;
    return h(
      "tr",
      { class: row.inactive ? "is-away" : null },
      h("td", {}, h("button", { type: "button", class: "row-button", dataset: { person: row.id }, on: { click: () => this.edit(row) } }, row.name)),
      h("td", { "data-label": t("Role") }, roleName(row.role)),
      h("td", { "data-label": t("Signs in with") }, ways || (row.inactive || row.code ? "" : t("nothing yet"))),
      h("td", {}, state),
    );
  }

  /** @param {Row | null} row @returns {import("./fields.js").Spec[]} */
  #specs(row) {
    const roles = (this.list?.roles ?? []).map((role) => /** @type {[any, string]} */ ([role.name, roleName(role.name)]));
    const first = !this.list?.rows.some((one) => !one.inactive && one.id !== row?.id);
    return [
      { name: "name", label: t("Name"), kind: "text", max: 60, required: true, empty: "" },
      { name: "role", label: t("Role"), kind: "choice", options: roles, empty: first && !row ? "manager" : "cashier" },
      { name: "language", label: t("Language"), kind: "choice", options: [[null, t("that of the till")], ...this.given.languages], empty: null },
    ];
  }

  /** What a role may do, in words, below the choice. */
  #rights() {
    const text = h("p", { class: "quiet", role: "status" });
    const tell = () => {
      const role = this.list?.roles.find((one) => one.name === this.form.value("role"));
      const all = Object.keys(this.given.rights).every((right) => role?.rights.includes(right));
      text.textContent = all ? t("May do everything.") : (role?.rights ?? []).map((right) => this.given.rights[right] ?? right).join(" · ");
    };
    return { text, start: () => {
      this.form.fields.find(([spec]) => spec.name === "role")?.[1].element.querySelector("select")?.addEventListener("change", tell);
      tell();
    } };
  }

  add() {
    const { list } = this;
    if (!list) return;
    const rights = this.#rights();
    this.form.open({
      title: t("Add a person"),
      lead: t("They get a code, and choose a PIN of their own with it at a till. Head office never knows it."),
      specs: this.#specs(null),
      values: null,
      name: t("Add, and make a code"),
      send: (body) => post("api/staff", { ...body, store: list.store }),
      done: ({ person, code }) => {
        this.#keep(person);
        if (code) this.#code(person, code);
        else toast(t("%(name)s was added.", { name: person.name }));
      },
      extra: [rights.text],
    });
    rights.start();
  }

  /** @param {Row} row */
  edit(row) {
    const rights = this.#rights();
    const path = `api/staff/${encodeURIComponent(row.store)}/${encodeURIComponent(row.id)}`;
    const button = (/** @type {string} */ name, /** @type {() => void} */ run, danger = false) => h("button", { type: "button", class: danger ? "button small danger" : "button small", on: { click: run } }, name);
    const change = (/** @type {Record<string, unknown>} */ changes) => () => void this.#change(row, path, changes);
    const buttons = row.inactive
      ? [button(t("This person works here again"), change({ inactive: false })), button(t("Erase this person’s data…"), () => this.#erase(row), true)]
      : [
          button(t("A code for a new PIN…"), () => this.#newCode(row, path)),
          row.badge ? button(t("Take the badge away"), change({ badge: null })) : null,
          this.given.stores.length > 1 ? button(t("Move to another store…"), () => this.#move(row, path)) : null,
          button(t("This person no longer works here"), change({ inactive: true }), true),
        ];
    this.form.open({
      title: row.name,
      specs: this.#specs(row),
      values: row,
      send: (body) => put(path, body),
      done: ({ person, code }) => {
        this.#keep(person);
        if (code) this.#code(person, code);
        else toast(t("Saved: %(name)s", { name: person.name }));
      },
      extra: [rights.text, h("div", { class: "room-tools" }, ...buttons)],
    });
    rights.start();
  }

  /** @param {Row} row @param {string} path @param {Record<string, unknown>} changes */
  async #change(row, path, changes) {
    try {
      const { person } = await put(path, { rev: row.rev, request: ulid(), ...changes });
      hide(this.form.dialog);
      this.#keep(person);
      toast(t("Saved: %(name)s", { name: person.name }));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.form.fault.textContent = problem.message;
      if (problem.body.current) this.#keep(problem.body.current);
    }
  }

  /** @param {Row} row @param {string} path */
  #newCode(row, path) {
    hide(this.form.dialog);
    this.small.open({
      title: t("A code for %(name)s", { name: row.name }),
      lead: t("With it they choose a new PIN at a till of their store, within three days."),
      specs: [{ name: "end", label: t("The PIN of now ends at once"), kind: "flag", hint: t("Else it works until the new one is chosen."), empty: false }],
      values: { rev: row.rev, end: false },
      always: true,
      name: t("Make the code"),
      send: (body) => post(`${path}/code`, body),
      done: ({ person, code }) => {
        this.#keep(person);
        this.#code(person, code);
      },
    });
  }

  /** @param {Row} row @param {string} path */
  #move(row, path) {
    hide(this.form.dialog);
    const others = this.given.stores.filter((/** @type {any} */ store) => store.id !== row.store);
    this.small.open({
      title: t("Move %(name)s to another store", { name: row.name }),
      lead: t("They keep name and role. PINs and badges are each store’s own: they get a code for a new PIN there."),
      specs: [{ name: "to", label: t("Store"), kind: "choice", options: others.map((/** @type {any} */ store) => [store.id, store.name]), empty: others[0]?.id }],
      values: { rev: row.rev, to: others[0]?.id },
      always: true,
      name: t("Move"),
      send: (body) => post(`${path}/move`, body),
      done: ({ person, code }) => {
        void this.load(row.store);
        if (code) this.#code(person, code);
      },
    });
  }

  /** @param {Row} row */
  #erase(row) {
    hide(this.form.dialog);
    this.erase.open({ id: row.id, name: row.name, kind: "staff" }, () => {
      toast(t("The data are erased, and every till forgets them as it hears of it."));
      void this.load(row.store);
    });
  }

  /** @param {Row} person @param {string} code */
  #code(person, code) {
    byId("code-title").textContent = t("The code of %(name)s", { name: person.name });
    byId("code-digits").textContent = code.replace(/(\d{4})(?=\d)/g, "$1 ");
    byId("code-words").textContent = t("Good once, at a till of %(store)s, until %(time)s.", {
      store: this.given.stores.find((/** @type {any} */ one) => one.id === person.store)?.name ?? person.store,
      time: person.code?.words ?? "",
    });
    show(this.dialog);
  }

  /** @param {Row} person */
  #keep(person) {
    if (!this.list || person.store !== this.list.store) return;
    this.list.rows = [...this.list.rows.filter((row) => row.id !== person.id), person];
    this.list.rows.sort((a, b) => Number(a.inactive) - Number(b.inactive) || a.name.localeCompare(b.name, language));
    this.draw();
  }
}

new Staff();
