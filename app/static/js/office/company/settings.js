/** Settings of the company, a store or a terminal: what holds, where it comes from; changed, and given back. */
import { Problem, request } from "../../api.js";
import { startDialogs } from "../../dialogs.js";
import { boot, byId, debounce, h } from "../../dom.js";
import { language, t, tn } from "../../i18n.js";
import { decimalText, money } from "../../money.js";
import { toast } from "../../toast.js";
import { Form } from "./form.js";

/**
 * @typedef {import("./fields.js").Spec} Spec
 * @typedef {{name: string, value: any, from: string, own: boolean, inherited: any, inherited_from: string}} Row
 */

class Settings {
  constructor() {
    const given = boot();
    this.view = given.view;
    this.scopes = given.scopes;
    /** @type {{id: string, name: string, settings: Spec[]}[]} */
    this.sections = given.sections;
    this.money = { digits: given.digits, currency: given.currency };
    this.form = new Form(this.money);
    this.search = byId("search", HTMLInputElement);
    this.own = byId("own", HTMLInputElement);
    startDialogs(() => false);
    this.#scopes();
    this.search.addEventListener("input", debounce(80, () => this.draw()));
    this.own.addEventListener("change", () => this.draw());
    this.draw();
    if (given.missing) toast(t("There is no such store or terminal here. These are the settings of the whole company."), { wrong: true });
  }

  #scopes() {
    const pick = byId("scope", HTMLSelectElement);
    const stores = this.scopes.map((/** @type {any} */ store) =>
      h(
        "optgroup",
        { label: store.inactive ? t("%(name)s (closed)", { name: store.name }) : store.name },
        h("option", { value: store.scope }, t("Store: %(name)s", { name: store.name })),
        ...store.terminals.map((/** @type {any} */ till) => h("option", { value: till.scope }, t("Terminal: %(name)s", { name: till.name }))),
      ),
    );
    pick.append(h("option", { value: "all" }, t("The whole company")), ...stores);
    pick.value = this.view.scope;
    pick.addEventListener("change", () => location.assign(`?scope=${encodeURIComponent(pick.value)}`));
  }

  /** What a scope is called. @param {string} scope */
  #place(scope) {
    if (scope === "default") return t("as CouchTill comes");
    if (scope === "all") return t("the whole company");
    if (scope.startsWith("terminal:")) return scope.slice(9).toUpperCase();
    return this.scopes.find((/** @type {any} */ store) => store.scope === scope)?.name ?? scope.slice(6);
  }

  draw() {
    const focus = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.key : undefined;
    const words = this.search.value.toLocaleLowerCase(language).split(/\s+/).filter(Boolean);
    let found = 0;
    /** @type {HTMLElement[]} */
    const cards = [];
    /** @type {HTMLElement[]} */
    const links = [];
    for (const section of this.sections) {
      const rows = section.settings.filter((spec) => {
        const row = this.#row(spec.name);
        const text = `${spec.label} ${spec.hint} ${spec.name} ${section.name}`.toLocaleLowerCase(language);
        return row && (!this.own.checked || row.own) && words.every((word) => text.includes(word));
      });
      if (!rows.length) continue;
      found += rows.length;
      links.push(h("a", { href: `#${section.id}` }, section.name));
      cards.push(h("section", { class: "card", id: section.id, "aria-label": section.name }, h("h2", {}, section.name), ...rows.map((spec) => this.#draw(spec, /** @type {Row} */ (this.#row(spec.name))))));
    }
    byId("sections").replaceChildren(...cards);
    byId("nav").replaceChildren(...links);
    byId("none").hidden = found > 0;
    const own = this.view.rows.filter((/** @type {Row} */ row) => row.own).length;
    byId("about").textContent =
      this.view.scope === "all" ? t("They hold everywhere, unless a store or a terminal has its own.") : own ? tn("One setting is this place’s own; the others come from above.", "%(num)s settings are this place’s own; the others come from above.", own) : t("Nothing is set here: everything comes from above.");
    if (focus) /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${CSS.escape(focus)}"]`))?.focus();
  }

  /** @param {string} name @returns {Row | undefined} */
  #row(name) {
    return this.view.rows.find((/** @type {Row} */ row) => row.name === name);
  }

  /** @param {Spec} spec @param {Row} row */
  #draw(spec, row) {
    const from = row.own ? t("set here") : this.#place(row.from);
    const change =
      spec.kind === "roles"
        ? h("a", { class: "button small", href: `staff?roles=${encodeURIComponent(this.view.scope)}` }, t("Roles"))
        : h("button", { type: "button", class: "button small", dataset: { key: `change ${spec.name}` }, "aria-label": t("Edit: %(name)s", { name: spec.label }), on: { click: () => this.change(spec, row) } }, t("Edit"));
    const back = row.own && h("button", { type: "button", class: "button small", dataset: { key: `reset ${spec.name}` }, "aria-label": t("Reset: %(name)s", { name: spec.label }), on: { click: () => void this.reset(spec, row) } }, t("Reset"));
    return h(
      "div",
      { class: "setting", id: `set-${spec.name}`, dataset: { setting: spec.name } },
      h("div", {}, h("h3", {}, spec.label), spec.hint ? h("p", {}, spec.hint) : null),
      h("div", { class: "setting-value" }, h("strong", {}, this.#shown(spec, row.value)), h("span", { class: "chip", dataset: { level: row.own ? "busy" : "" } }, from)),
      h("div", { class: "setting-tools" }, back || null, change),
    );
  }

  /** A value in words. @param {Spec} spec @param {any} value @returns {string} */
  #shown(spec, value) {
    const { digits, currency } = this.money;
    const cash = (/** @type {number} */ one) => money(one, { code: currency, digits, locale: language });
    if (value === null || value === undefined) return spec.off ?? spec.options?.find(([one]) => one === null)?.[1] ?? "–";
    if (spec.kind === "flag") return value ? t("yes") : t("no");
    if (spec.kind === "amount") return cash(value);
    if (spec.kind === "amounts") return value.length ? value.map((/** @type {number} */ one) => decimalText(one, digits)).join("  ") : t("the usual ones");
    if (spec.kind === "rate") return `${decimalText(value, 4).replace(/\.?0+$/, "")} %`;
    if (spec.name === "lock_after") return duration(value);
    if (spec.kind === "whole") return spec.unit ? `${value} ${spec.unit}` : String(value);
    if (spec.kind === "choice") return spec.options?.find(([one]) => one === value)?.[1] ?? String(value);
    if (spec.kind === "many") return value.map((/** @type {any} */ one) => spec.options?.find(([each]) => each === one)?.[1] ?? one).join(", ") || t("none");
    if (spec.kind === "words") return value.join(", ") || t("none");
    if (spec.kind === "roles") return Object.keys(value).length ? tn("%(num)s role differs", "%(num)s roles differ", Object.keys(value).length) : t("the usual ones");
    if (spec.kind === "rows") return value.length ? value.map((/** @type {any} */ one) => this.#parts(spec, one)).join("; ") : t("none");
    if (spec.kind === "object") return this.#parts(spec, value);
    if (spec.kind === "map") return Object.entries(value).map(([name, one]) => `${name}: ${one}`).join(", ") || t("none");
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }

  /** @param {Spec} spec @param {any} value */
  #parts(spec, value) {
    const told = (spec.parts ?? []).filter((part) => value[part.name] !== null && value[part.name] !== undefined && value[part.name] !== "" && !(Array.isArray(value[part.name]) && !value[part.name].length));
    return told.map((part) => `${part.label}: ${this.#shown(part, value[part.name])}`).join(", ");
  }

  /** @param {Spec} spec @param {Row} row */
  #seen(spec, row) {
    return { own: row.own, value: row.own ? row.value : null };
  }

  /** @param {Spec} spec @param {Row} row */
  change(spec, row) {
    const inherited = row.own ? row.inherited_from : row.from;
    const whom = this.view.scope === "all" ? t("For the whole company.") : t("For %(place)s only.", { place: this.#place(this.view.scope) });
    const otherwise = t("Otherwise: %(value)s (%(place)s).", { value: this.#shown(spec, row.own ? row.inherited : row.value), place: this.#place(inherited) });
    this.form.open({
      title: spec.label,
      lead: [whom, otherwise].join(" "),
      specs: [{ ...spec, wide: true }],
      values: { rev: this.view.rev, [spec.name]: row.value },
      send: ({ rev, [spec.name]: value }) => this.#put(spec.name, { rev, seen: this.#seen(spec, row), value }),
      done: (view) => this.#saved(view, t("Saved: %(name)s", { name: spec.label })),
      shown: (name, value) => this.#shown(spec, value),
      always: true,
    });
  }

  /** @param {string} name @param {Record<string, any>} body */
  #put(name, body) {
    return request("PUT", `api/settings/${encodeURIComponent(this.view.scope)}/${name}`, { body });
  }

  /** @param {Spec} spec @param {Row} row */
  async reset(spec, row) {
    try {
      const view = await this.#put(spec.name, { rev: this.view.rev, seen: this.#seen(spec, row), reset: true });
      const undo = () => void this.#put(spec.name, { rev: this.view.rev, seen: { own: false }, value: row.value }).then((now) => this.#saved(now, t("Saved: %(name)s", { name: spec.label })));
      this.#saved(view, t("%(name)s is as above again.", { name: spec.label }), [{ name: t("Undo"), run: undo }]);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      toast(problem.message, { wrong: true });
      if (problem.status === 409) this.#saved(await request("GET", `api/settings?scope=${encodeURIComponent(this.view.scope)}`), "");
    }
  }

  /** @param {any} view @param {string} text @param {{name: string, run: () => void}[]} [actions] */
  #saved(view, text, actions = []) {
    this.view = view;
    this.draw();
    if (text) toast(text, { actions });
  }
}

/** Seconds, in the largest unit that they are whole in. @param {number} seconds */
function duration(seconds) {
  const [unit, size] = seconds % 3600 === 0 ? ["hour", 3600] : seconds % 60 === 0 ? ["minute", 60] : ["second", 1];
  return new Intl.NumberFormat(language, { style: "unit", unit: String(unit), unitDisplay: "long" }).format(seconds / Number(size));
}

new Settings();
// Other pages lead to one setting; it is there only now.
if (location.hash.startsWith("#set-")) document.getElementById(location.hash.slice(1))?.scrollIntoView();
