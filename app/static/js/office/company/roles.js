/** Roles and the rights behind them: of all stores, or of one that has its own. They are the setting `roles`. */
import { Problem, get, request } from "../../api.js";
import { byId, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { roleName } from "../../till/pin-entry.js";
import { toast } from "../../toast.js";

/** Roles that there are without any setting. */
const USUAL = ["cashier", "supervisor", "manager"];

/** @typedef {{name: string, rights: string[], lends: boolean}} Role */

export class Roles {
  /**
   * @param {any} given
   * @param {import("./form.js").Form} form
   * @param {() => {store: string, roles: Role[]} | null} list
   * @param {(store: string) => void} changed
   */
  constructor(given, form, list, changed) {
    this.given = given;
    this.form = form;
    this.list = list;
    this.changed = changed;
    /** @type {Role[]} */
    this.company = given.company_roles;
    this.all = byId("company-roles", HTMLInputElement);
    this.all.checked = given.company || !given.list;
    this.all.disabled = !given.list;
    this.all.addEventListener("change", () => this.draw());
    byId("add-role").addEventListener("click", () => void this.open(null));
  }

  get scope() {
    return this.all.checked ? "all" : `store:${this.list()?.store}`;
  }

  draw() {
    const roles = this.all.checked ? this.company : (this.list()?.roles ?? []);
    byId("roles").replaceChildren(
      ...roles.map((role) => {
        const every = Object.keys(this.given.rights).every((right) => role.rights.includes(right));
        const rights = every ? t("May do everything.") : role.rights.map((right) => this.given.rights[right] ?? right).join(" · ");
        return h(
          "section",
          { class: "card setting", dataset: { role: role.name } },
          h("div", {}, h("h3", {}, roleName(role.name)), role.lends ? h("p", {}, t("Lends rights to others: their PINs have six digits at least.")) : null),
          h("p", {}, rights),
          h("div", { class: "setting-tools" }, h("button", { type: "button", class: "button small", "aria-label": t("Edit: %(name)s", { name: roleName(role.name) }), on: { click: () => void this.open(role) } }, t("Edit"))),
        );
      }),
    );
  }

  /** @param {Role | null} role */
  async open(role) {
    const { scope } = this;
    let view;
    try {
      view = await get(`api/settings?scope=${encodeURIComponent(scope)}`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return toast(problem.message, { wrong: true });
    }
    const row = view.rows.find((/** @type {any} */ one) => one.name === "roles");
    /** @type {[any, string][]} */
    const rights = Object.entries(this.given.rights).map(([right, name]) => [right, String(name)]);
    /** @type {import("./fields.js").Spec[]} */
    const specs = [{ name: "rights", label: t("May"), kind: "many", options: rights, empty: [], wide: true }];
    const named = !role || (row.own && role.name in row.value && !USUAL.includes(role.name));
    if (named) specs.unshift({ name: "name", label: t("Name"), kind: "text", max: 40, required: true, empty: "" });
    const write = (/** @type {any} */ roles, /** @type {string} */ rev, seen = { own: row.own, value: row.own ? row.value : null }) =>
      request("PUT", `api/settings/${encodeURIComponent(scope)}/roles`, { body: { rev, seen, ...(Object.keys(roles).length ? { value: roles } : { reset: true }) } });
    const reset = role && row.own && role.name in row.value && h("button", { type: "button", class: "button small", on: { click: () => {
      const { [role.name]: _gone, ...rest } = row.value;
      void write(rest, view.rev).then(() => {
        this.form.dialog.close();
        void this.#done(roleName(role.name));
      }, (problem) => {
        if (!(problem instanceof Problem)) throw problem;
        this.form.fault.textContent = problem.message;
      });
    } } }, USUAL.includes(role.name) ? t("As it was before") : t("Take this role away"));
    this.form.open({
      title: role ? roleName(role.name) : t("Make a role"),
      lead: scope === "all" ? t("For all stores that have no roles of their own.") : t("For this store only."),
      specs,
      values: role ? { rev: view.rev, name: role.name, rights: role.rights } : { rev: view.rev, name: "", rights: [] },
      always: true,
      send: async ({ rev, name, rights: may }) => {
        if (!role || !named || name === role.name) return await write({ ...row.value, [role ? role.name : name]: may }, rev);
        const told = await request("PUT", `api/staff/roles/${encodeURIComponent(scope)}/${encodeURIComponent(role.name)}/name`, { body: { rev, name } });
        if (told.left.length) toast(t("The old name stays for now: %(stores)s is not here yet.", { stores: told.left.join(", ") }), { stays: 10_000 });
        if (may.length === role.rights.length && may.every((/** @type {string} */ right) => role.rights.includes(right))) return told;
        return await write({ ...told.roles, [name]: may }, told.rev, { own: true, value: told.roles });
      },
      done: () => void this.#done(named ? this.form.value("name") : roleName(role.name)),
      extra: [reset || null],
    });
  }

  /** @param {string} name */
  async #done(name) {
    toast(t("Saved: %(name)s", { name }));
    const store = this.list()?.store;
    if (store) this.changed(store);
    const told = await get("api/staff/roles").catch((problem) => {
      if (!(problem instanceof Problem)) throw problem;
    });
    if (told) this.company = told.roles;
    this.draw();
  }
}
