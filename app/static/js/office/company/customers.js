/** Customers: found among tens of thousands, made, changed, put aside, erased; what they bought and owe. */
import { Problem, get, post, put, root } from "../../api.js";
import { EraseDialog } from "../../conflicts/erase.js";
import { hide, startDialogs } from "../../dialogs.js";
import { boot, byId, debounce, h } from "../../dom.js";
import { t, tn } from "../../i18n.js";
import { toast } from "../../toast.js";
import { Form } from "./form.js";

/** @typedef {{id: string, rev: string, name: string, key: string | null, group: string | null, phone: string | null, email: string | null, cards: string[], inactive: boolean, conflict: boolean}} Customer */

class Customers {
  constructor() {
    this.given = boot();
    /** @type {Customer[]} */
    this.rows = this.given.list.rows;
    /** @type {string | null} */
    this.next = this.given.list.next;
    /** @type {Record<string, number>} */
    this.groups = this.given.groups;
    this.turn = 0;
    this.form = new Form(this.given);
    this.erase = new EraseDialog((path, body) => post(path, body));
    this.search = byId("search", HTMLInputElement);
    this.group = byId("group", HTMLSelectElement);
    this.state = byId("state", HTMLSelectElement);
    startDialogs(() => false);
    this.search.addEventListener("input", debounce(150, () => void this.load()));
    this.group.addEventListener("change", () => void this.load());
    this.state.addEventListener("change", () => void this.load());
    byId("add").addEventListener("click", () => this.make());
    byId("more").addEventListener("click", () => void this.load(true));
    this.#groups();
    this.draw();
  }

  #groups() {
    const chosen = this.group.value;
    const options = Object.entries(this.groups).map(([group, count]) => h("option", { value: group }, t("%(name)s (%(count)s)", { name: group, count })));
    this.group.replaceChildren(h("option", { value: "" }, t("All groups")), ...options);
    this.group.value = chosen in this.groups ? chosen : "";
  }

  /** @param {boolean} [further] */
  async load(further = false) {
    const turn = ++this.turn;
    const query = new URLSearchParams({ q: this.search.value.trim(), group: this.group.value, state: this.state.value, ...(further && this.next ? { after: this.next } : {}) });
    try {
      const answer = await get(`api/customers?${query}`);
      if (turn !== this.turn) return; // somebody typed on
      this.rows = further ? [...this.rows, ...answer.rows] : answer.rows;
      this.next = answer.next;
      this.draw();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (turn === this.turn) toast(problem.message, { wrong: true, key: "load" });
    }
  }

  draw() {
    const asked = this.search.value.trim() || this.group.value || this.state.value !== "active";
    byId("empty").hidden = this.rows.length > 0 || Boolean(asked) || this.given.count > 0;
    byId("none").hidden = this.rows.length > 0 || !byId("empty").hidden;
    byId("box").hidden = !this.rows.length;
    byId("more-box").hidden = !this.next;
    byId("rows").replaceChildren(...this.rows.map((row) => this.#row(row)));
  }

  /** @param {Customer} row */
  #row(row) {
    return h(
      "tr",
      { class: row.inactive ? "is-away" : null },
      h("td", {}, h("span", {}, h("button", { type: "button", class: "row-button", dataset: { customer: row.id }, on: { click: () => void this.edit(row) } }, row.name), row.key && row.key !== row.name ? h("small", {}, row.key) : null, row.conflict ? h("span", { class: "chip", dataset: { level: "cut" } }, t("To decide")) : null)),
      h("td", { "data-label": t("Group") }, row.group ?? ""),
      h("td", { "data-label": t("Phone") }, row.phone ?? ""),
      h("td", { "data-label": t("E-mail") }, row.email ?? ""),
      h("td", { "data-label": t("Cards") }, row.cards.join(", ")),
    );
  }

  /** @returns {import("./fields.js").Spec[]} */
  #specs() {
    return [
      { name: "name", label: t("Name"), kind: "text", max: 200, required: true, empty: "" },
      { name: "group", label: t("Group"), kind: "text", max: 60, list: Object.keys(this.groups), empty: null, hint: t("Price lists and promotions go by it.") },
      { name: "phone", label: t("Phone"), kind: "text", max: 40, nullable: true, empty: null },
      { name: "email", label: t("E-mail"), kind: "text", max: 254, nullable: true, empty: null },
      { name: "address", label: t("Address"), kind: "lines", empty: [], hint: t("As it stands on an invoice.") },
      { name: "tax_number", label: t("Tax number"), kind: "text", max: 40, nullable: true, empty: null },
      { name: "cards", label: t("Cards"), kind: "words", empty: [], hint: t("With commas between; or scan them here.") },
      { name: "account_limit", label: t("May owe on account"), kind: "amount", nullable: true, empty: null, hint: t("Empty: without a limit.") },
      { name: "note", label: t("Note"), kind: "text", max: 2000, nullable: true, empty: null, wide: true },
      { name: "attributes", label: t("What else there is"), kind: "map", empty: {}, wide: true },
    ];
  }

  make() {
    this.form.open({
      title: t("Make a customer"),
      specs: this.#specs(),
      values: null,
      send: (body) => post("api/customers", Object.fromEntries(Object.entries(body).filter(([, value]) => value !== "" && value !== null))),
      done: ({ customer }) => this.#saved(customer, true),
    });
  }

  /** @param {Customer} row */
  async edit(row) {
    let found;
    try {
      found = await get(`api/customers/${encodeURIComponent(row.id)}`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      toast(problem.message, { wrong: true });
      if (problem.status === 404) void this.load();
      return;
    }
    const { customer, accounts, lists } = found;
    const path = `api/customers/${encodeURIComponent(customer.id)}`;
    const aside = h("button", { type: "button", class: "button small", on: { click: () => void this.#aside(customer) } }, customer.inactive ? t("Use again") : t("Put aside"));
    const erase = h("button", { type: "button", class: "button small danger", on: { click: () => this.#erase(customer) } }, t("Erase this person’s data…"));
    this.form.open({
      title: customer.name,
      lead: customer.conflict ? t("Two versions of this customer wait for a decision: choose there first, then change it here.") : undefined,
      specs: this.#specs(),
      values: customer,
      send: (body) => put(path, body),
      done: ({ customer: now }) => this.#saved(now, false),
      extra: [this.#accounts(accounts), this.#lists(customer, lists), this.#purchases(path), h("div", { class: "room-tools" }, aside, erase)],
    });
  }

  /** @param {any} accounts */
  #accounts(accounts) {
    const told = (/** @type {string} */ name, /** @type {any} */ one) => {
      const words = one.as_of_words ? t("as of %(time)s", { time: one.as_of_words }) : one.last_words ? t("last moved %(time)s", { time: one.last_words }) : t("never used");
      const since = one.as_of_words && one.moved ? tn("with %(num)s movement since, %(amount)s", "with %(num)s movements since, %(amount)s", one.moved, { amount: one.since_text }) : "";
      return h("div", {}, h("dt", {}, name), h("dd", {}, h("strong", {}, one.text), " ", h("small", {}, [words, since].filter(Boolean).join(", "))));
    };
    return h("dl", { class: "customer-accounts" }, told(t("On account"), accounts.account), told(t("Store credit"), accounts.credit));
  }

  /** @param {any} customer @param {{id: string, name: string}[]} lists */
  #lists(customer, lists) {
    if (!customer.group) return null;
    return h("p", {}, lists.length ? t("Price lists of this group: %(names)s", { names: lists.map((list) => list.name).join(", ") }) : t("No price list is for this group alone."));
  }

  /** @param {string} path */
  #purchases(path) {
    const list = h("tbody");
    const none = h("p", { class: "quiet", hidden: true }, t("Nothing bought yet, as far as has arrived here."));
    const more = h("button", { type: "button", class: "button small", hidden: true }, t("Show more"));
    const box = h("div", { class: "table-box", hidden: true }, h("table", { class: "table table-stack" }, list));
    const load = async (/** @type {string | null} */ before) => {
      try {
        const { rows, next } = await get(`${path}/purchases?limit=10${before ? `&before=${encodeURIComponent(before)}` : ""}`);
        list.append(...rows.map((/** @type {any} */ row) => h("tr", {}, h("td", {}, h("a", { href: `${root}receipts/${encodeURIComponent(row.id)}` }, `${row.terminal.toUpperCase()} · ${row.number}`)), h("td", {}, row.when), h("td", { class: "number" }, row.total_text))));
        box.hidden = !list.childElementCount;
        none.hidden = Boolean(list.childElementCount);
        more.hidden = !next;
        more.onclick = () => void load(next);
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        none.hidden = false;
        none.textContent = problem.message;
      }
    };
    void load(null);
    return h("section", { "aria-label": t("Purchases") }, h("h3", {}, t("Purchases")), box, none, more);
  }

  /** @param {Customer} customer */
  async #aside(customer) {
    try {
      const { customer: now } = await put(`api/customers/${encodeURIComponent(customer.id)}`, { rev: customer.rev, inactive: !customer.inactive });
      hide(this.form.dialog);
      void this.load();
      const undo = { name: t("Undo"), run: () => void this.#aside(now) };
      toast(now.inactive ? t("%(name)s is put aside: no till finds them.", { name: now.name }) : t("%(name)s is in use again.", { name: now.name }), { actions: [undo] });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.form.fault.textContent = problem.message;
    }
  }

  /** @param {Customer} customer */
  #erase(customer) {
    hide(this.form.dialog);
    this.erase.open({ id: customer.id, name: customer.name, kind: "customer" }, () => {
      toast(t("The data are erased, and every till forgets them as it hears of it."));
      void this.load();
    });
  }

  /** @param {Customer} customer @param {boolean} made */
  #saved(customer, made) {
    this.given.count += made ? 1 : 0;
    toast(made ? t("%(name)s was made.", { name: customer.name }) : t("Saved: %(name)s", { name: customer.name }));
    if (made) this.rows = [customer, ...this.rows];
    else this.rows = this.rows.map((row) => (row.id === customer.id ? customer : row));
    this.draw();
    void get("api/customers/groups").then(({ groups }) => {
      this.groups = groups;
      this.#groups();
    }, () => {});
  }
}

new Customers();
