/** Stores: made, changed, closed; and the central prepared for one that it doesn't know yet. */
import { Problem, get, post, put } from "../../api.js";
import { startDialogs } from "../../dialogs.js";
import { boot, byId, h } from "../../dom.js";
import { t, tn } from "../../i18n.js";
import { toast } from "../../toast.js";
import { Form } from "./form.js";

/** Milliseconds between two looks at the links while one isn't in step. */
const LOOK = 3000;

/** @typedef {{id: string, rev: string, name: string, inactive: boolean, sold: boolean, terminals?: number, currency: string, address: string[], link: {level: string, text: string, missing: boolean}}} Store */

class Stores {
  constructor() {
    const given = boot();
    /** @type {Store[]} */
    this.stores = given.stores;
    this.given = given;
    this.form = new Form(given);
    this.prepare = new Form(given);
    startDialogs(() => false);
    byId("add").addEventListener("click", () => this.make());
    this.draw();
    setInterval(() => void this.look(), LOOK);
  }

  /** Asks again while a store isn't in step, and the page is looked at. */
  async look() {
    if (document.visibilityState !== "visible" || !this.given.central || this.stores.every((store) => store.inactive || store.link.level === "ok")) return;
    const answer = await get("api/stores").catch((problem) => {
      if (!(problem instanceof Problem)) throw problem;
    });
    if (!answer || document.querySelector("dialog[open]")) return;
    this.stores = answer.rows;
    this.draw();
  }

  draw() {
    const focus = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.store : null;
    byId("empty").hidden = this.stores.length > 0;
    byId("box").hidden = this.stores.length === 0;
    byId("rows").replaceChildren(...this.stores.map((store) => this.#row(store)));
    if (focus) /** @type {HTMLElement | null} */ (document.querySelector(`[data-store="${CSS.escape(focus)}"]`))?.focus();
  }

  /** @param {Store} store */
  #row(store) {
    const state = store.inactive
      ? h("span", { class: "chip" }, t("Closed"))
      : h("span", { class: "chip", dataset: { level: store.link.level } }, store.link.text);
    const prepare = store.link.missing && !store.inactive && h("button", { type: "button", class: "button small", on: { click: () => this.#prepare(store) } }, t("Prepare the central"));
    return h(
      "tr",
      { class: store.inactive ? "is-away" : null },
      h("td", {}, h("span", {}, h("button", { type: "button", class: "row-button", dataset: { store: store.id }, on: { click: () => this.edit(store) } }, store.name), h("small", {}, store.id))),
      h("td", { "data-label": t("Address") }, h("span", {}, (store.address ?? []).join(", "))),
      h("td", { "data-label": t("Currency") }, store.currency),
      h("td", { "data-label": t("Tills") }, String(store.terminals ?? 0)),
      h("td", { "data-label": t("Sync") }, h("span", {}, state, prepare ? " " : null, prepare)),
    );
  }

  /** @param {Store | null} store @returns {import("./fields.js").Spec[]} */
  #specs(store) {
    const { currencies, zones, languages, taxes } = this.given;
    const sold = Boolean(store?.sold);
    /** @type {import("./fields.js").Spec[]} */
    const specs = [
      { name: "name", label: t("Name"), kind: "text", max: 100, required: true, empty: "" },
      { name: "address", label: t("Address"), kind: "lines", empty: [] },
      { name: "phone", label: t("Phone"), kind: "text", max: 40, nullable: true, empty: null },
      { name: "currency", label: t("Currency"), kind: "choice", options: currencies.map(([code, name]) => [code, `${code} · ${name}`]), disabled: sold, hint: sold ? t("It stays: this store has sold already.") : "", empty: this.stores[0]?.currency ?? "USD" },
      { name: "digits", label: t("Decimals of the currency"), kind: "whole", low: 0, high: 4, disabled: sold, empty: 2 },
      { name: "timezone", label: t("Time zone"), kind: "text", list: zones, required: true, placeholder: "Europe/Berlin", empty: this.#zone() },
      { name: "day_start", label: t("A business day begins at"), kind: "text", max: 5, placeholder: "04:00", hint: t("What is sold before belongs to the day before."), empty: "04:00" },
      { name: "tax_mode", label: t("Prices"), kind: "choice", options: [["included", t("contain their taxes")], ["added", t("are without taxes")]], empty: "included" },
      { name: "taxes", label: t("Taxes of products that name none"), kind: "many", options: taxes.map((tax) => [tax.id, tax.name]), empty: [], wide: true },
      { name: "header", label: t("Head of the receipt"), kind: "lines", hint: t("One line each, twelve at most."), empty: [] },
      { name: "footer", label: t("Foot of the receipt"), kind: "lines", empty: [] },
      { name: "languages", label: t("Languages of this store"), kind: "many", options: languages, empty: [] },
      { name: "locale", label: t("Language of receipts"), kind: "choice", options: [[null, t("that of the till")], ...languages], empty: null },
      {
        name: "locations", label: t("Places where goods are"), kind: "rows", empty: [],
        parts: [
          { name: "id", label: t("Short name"), kind: "text", max: 40, required: true },
          { name: "name", label: t("Name"), kind: "text", max: 100, required: true },
          { name: "within", label: t("Within"), kind: "text", max: 40, nullable: true, hint: t("The short name of a larger place.") },
        ],
      },
    ];
    if (!taxes.length) specs.splice(specs.findIndex((spec) => spec.name === "taxes"), 1);
    return specs;
  }

  #zone() {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return this.stores[0]?.timezone ?? (this.given.zones.includes(own) ? own : "");
  }

  make() {
    /** @type {import("./fields.js").Spec} */
    const short = { name: "id", label: t("Short name"), kind: "text", max: 60, required: true, placeholder: "s1", empty: this.#free(), hint: t("Stands on receipts and in the names of its tills. It never changes.") };
    const [name, ...rest] = this.#specs(null);
    this.form.open({
      title: t("Make a store"),
      specs: [name, short, ...rest],
      values: null,
      name: t("Make the store"),
      send: (body) => post("api/stores", body),
      done: ({ store }) => {
        this.#keep(store);
        toast(t("%(name)s was made.", { name: store.name }));
        if (this.given.central) this.#prepare(store);
      },
    });
    // The decimals follow the currency until somebody says otherwise.
    const [, currency] = this.form.fields.find(([spec]) => spec.name === "currency") ?? [];
    const [, digits] = this.form.fields.find(([spec]) => spec.name === "digits") ?? [];
    currency?.element.querySelector("select")?.addEventListener("change", () => digits?.set(this.given.last_digits[currency.read()] ?? 2));
  }

  #free() {
    const numbers = this.stores.map((store) => Number(/^s(\d+)$/.exec(store.id)?.[1] ?? 0));
    return `s${Math.max(0, ...numbers) + 1}`;
  }

  /** @param {Store} store */
  edit(store) {
    const others = this.stores.filter((one) => !one.inactive && one.id !== store.id);
    const close = h("button", { type: "button", class: "button danger", on: { click: () => void this.#close(store, !store.inactive) } }, store.inactive ? t("Open this store again") : t("Close this store for good"));
    this.form.open({
      title: store.name,
      lead: store.inactive ? t("This store is closed. What its tills still send arrives all the same.") : undefined,
      specs: this.#specs(store),
      values: store,
      send: (body) => put(`api/stores/${encodeURIComponent(store.id)}`, body),
      done: ({ store: now }) => {
        this.#keep(now);
        toast(t("Saved: %(name)s", { name: now.name }));
      },
      extra: store.inactive ? [h("p", {}, close)] : others.length ? [h("p", {}, close), h("p", { class: "quiet" }, t("Its tills finish the day. Then nothing is sold there any more, and what is unsent is still sent."))] : [],
    });
  }

  /** @param {Store} store @param {boolean} inactive */
  async #close(store, inactive) {
    try {
      const { store: now } = await put(`api/stores/${encodeURIComponent(store.id)}`, { rev: store.rev, inactive });
      this.form.dialog.close();
      this.#keep(now);
      toast(inactive ? t("%(name)s is closed.", { name: now.name }) : t("%(name)s is open again.", { name: now.name }), {
        actions: inactive ? [{ name: t("Undo"), run: () => void this.#close(now, false) }] : [],
      });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.form.fault.textContent = problem.message;
    }
  }

  /** @param {any} store */
  #keep(store) {
    const before = this.stores.find((one) => one.id === store.id);
    this.stores = [...this.stores.filter((one) => one.id !== store.id), { terminals: before?.terminals ?? 0, ...store }];
    this.stores.sort((a, b) => Number(a.inactive) - Number(b.inactive) || a.name.localeCompare(b.name));
    this.draw();
  }

  /** @param {Store} store */
  #prepare(store) {
    const path = `api/stores/${encodeURIComponent(store.id)}/central`;
    /** @type {import("./fields.js").Spec[]} */
    const specs = [
      { name: "name", label: t("Name of an administrator"), kind: "text", required: true, empty: "" },
      { name: "password", label: t("Password"), kind: "password", required: true, empty: "" },
    ];
    const { prepare } = this;
    const steps = h("ul", { class: "steps" });
    const said = h("p", { role: "status" });
    const notes = h("div");
    const ask = (/** @type {boolean} */ apply) => async (/** @type {Record<string, any>} */ body) => {
      const answer = await post(path, { ...body, apply }, { timeout: 60_000 });
      if (apply) return answer;
      // First what would change, then the change: the second tap makes it.
      steps.replaceChildren(...answer.steps.map((/** @type {string} */ step) => h("li", {}, step)));
      notes.replaceChildren(...answer.notes.map((/** @type {string} */ note) => h("p", { class: "quiet" }, note)));
      said.textContent = answer.steps.length ? tn("One thing is to be done:", "%(num)s things are to be done:", answer.steps.length) : t("Nothing is missing there.");
      prepare.button.textContent = answer.steps.length ? t("Do it") : t("Link the store");
      if (prepare.task) prepare.task.send = ask(true);
      throw new Problem(0, { reason: "" });
    };
    prepare.open({
      title: t("Prepare the central for %(name)s", { name: store.name }),
      lead: t("The central (%(where)s) needs a database for this store. An administrator of the central gives name and password for this once; they are not kept.", { where: this.given.central }),
      specs,
      values: null,
      name: t("Look what is missing"),
      send: ask(false),
      done: () => {
        toast(t("The central is prepared for %(name)s.", { name: store.name }));
        void get("api/stores").then(({ rows }) => {
          this.stores = rows;
          this.draw();
        });
      },
      extra: [said, steps, notes],
    });
    // The form is not kept for another time: neither is what was typed.
    prepare.dialog.addEventListener("close", () => prepare.body.replaceChildren(), { once: true });
  }
}

new Stores();
