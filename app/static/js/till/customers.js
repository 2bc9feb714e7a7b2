/**
 * The customer of a sale: found by name, phone, e-mail or card, made or edited here.
 *
 * @typedef {{id: string, rev: string, name: string, key: string | null, group: string | null, email: string | null, phone: string | null,
 *   address: string[], tax_number: string | null, note: string | null, cards: string[], conflict: Record<string, any[]> | null}} Customer
 */
import { get, Problem } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId, debounce, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { ulid } from "../ulid.js";
import { EraseDialog } from "../conflicts/erase.js";
import { toast } from "../toast.js";

const PAUSE = 120;
const FIELDS = ["name", "phone", "email", "group", "cards", "tax_number", "address", "note"];
/** Fields that are lists: how they are written in one field. @type {Record<string, RegExp>} */
const LISTS = { cards: /[,;\s]+/, address: /\n/ };

/** @param {import("./frame.js").Frame} frame */
export function start(frame) {
  new Customers(frame).start();
}

class Customers {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.dialog = byId("customers", HTMLDialogElement);
    this.input = byId("customers-search", HTMLInputElement);
    this.form = byId("customers-form", HTMLFormElement);
    /** @type {Customer[]} */
    this.found = [];
    /** The one being edited; null: a new one. @type {Customer | null} */
    this.edited = null;
    this.request = "";
    this.busy = false;
    /** @type {AbortController | null} */
    this.asking = null;
    this.erasing = new EraseDialog((path, body) => frame.send("POST", path, body));
  }

  start() {
    const { frame } = this;
    const on = (/** @type {string} */ id, /** @type {() => void} */ run) => byId(id).addEventListener("click", run);
    frame.actions.add({ id: "customer", name: t("Customer"), icon: "user", key: "F12", place: "foot", run: () => this.open() });
    // A scanned card that no product has is a customer's, if one has it.
    frame.unknownCode = async (code) => {
      const found = await this.byCard(code);
      if (found.length === 1) this.choose(found[0]);
      else if (found.length) this.open(code);
      return found.length > 0;
    };
    this.input.addEventListener("input", debounce(PAUSE, () => void this.search()));
    this.input.addEventListener("scan", () => void this.scanned());
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (this.found.length === 1) this.choose(this.found[0]);
      else void this.scanned();
    });
    byId("customers-list").addEventListener("click", (event) => this.#click(event));
    byId("customer-cards").addEventListener("scan", (event) => {
      const field = /** @type {HTMLInputElement} */ (event.target);
      const known = (this.edited?.cards ?? []).filter((card) => card !== /** @type {CustomEvent} */ (event).detail);
      field.value = [...known, /** @type {CustomEvent} */ (event).detail].join(", ");
    });
    on("customers-new", () => this.edit(null));
    on("customers-none", () => this.choose(null));
    on("customer-back", () => this.#find());
    on("customer-erase", () => this.edited && this.erasing.open(this.edited, () => this.#erased()));
    frame.hear("erased", ({ id }) => void (id ? this.forget([id]) : this.look()));
    frame.hear("back", () => void this.look());
    void this.look();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save();
    });
  }

  /** @param {string} [text] */
  open(text = "") {
    if (this.frame.payment?.busy) return;
    this.input.value = text;
    this.#find();
    byId("customers-none").hidden = !this.frame.cart.customer;
    byId("customers-erased").hidden = !this.frame.may("erase");
    show(this.dialog);
    this.input.focus();
    void this.search();
  }

  #find() {
    byId("customers-find").hidden = false;
    this.form.hidden = true;
    byId("customers-title").textContent = t("Customer");
    byId("customers-fault").textContent = "";
    this.input.focus();
  }

  // -- finding --------------------------------------------------------------------------------------------------------

  /** @param {string} code @returns {Promise<Customer[]>} */
  async byCard(code) {
    try {
      return (await get(`api/customers?card=${encodeURIComponent(code)}`)).rows;
    } catch (problem) {
      if (problem instanceof Problem) return [];
      throw problem;
    }
  }

  async search() {
    const q = this.input.value.trim();
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    byId("customers-fault").textContent = "";
    try {
      const { rows } = await get(`api/customers?q=${encodeURIComponent(q)}`, { signal: asking.signal });
      if (this.asking !== asking) return;
      this.found = rows;
      this.#list(q);
    } catch (problem) {
      if (asking.signal.aborted) return;
      if (!(problem instanceof Problem)) throw problem;
      byId("customers-fault").textContent = problem.message;
    }
  }

  /** A card was scanned into the field: whoever has it is meant. */
  async scanned() {
    await this.search();
    if (this.found.length === 1) return this.choose(this.found[0]);
    if (!this.found.length) this.frame.sound.error();
  }

  /** @param {string} q */
  #list(q) {
    const empty = byId("customers-empty");
    empty.hidden = this.found.length > 0;
    empty.textContent = q ? t("No customer is found for “%(q)s”. Make a new one, or look for the phone number.", { q }) : t("There are no customers yet.");
    byId("customers-list").replaceChildren(...this.found.map((customer) => this.#row(customer)));
  }

  /** @param {Customer} customer */
  #row(customer) {
    const about = [customer.group, customer.phone, customer.email, customer.cards[0]].filter(Boolean).join(" · ");
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "customer-row", dataset: { act: "choose", customer: customer.id } },
        h("strong", {}, customer.name),
        about && h("small", {}, about),
        customer.conflict && h("small", { class: "customers-warn" }, icon("warn"), t("Changed in two places: head office must choose")),
      ),
      h("button", { type: "button", class: "tool tool-icon", dataset: { act: "edit", customer: customer.id }, "aria-label": t("Edit: %(name)s", { name: customer.name }), title: t("Edit") }, icon("pen")),
    );
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-act]");
    if (!(button instanceof HTMLElement)) return;
    const customer = this.found.find((each) => each.id === button.dataset.customer);
    if (!customer) return;
    if (button.dataset.act === "edit") this.edit(customer);
    else this.choose(customer);
  }

  // -- on the cart ----------------------------------------------------------------------------------------------------

  /** @param {Customer | null} customer */
  choose(customer) {
    const { frame } = this;
    if (frame.store.pending) return;
    frame.change({ ...frame.cart, customer: customer && { id: customer.id, name: customer.name, group: customer.group } }, null);
    hide(this.dialog);
    if (customer) frame.sound.ok();
    frame.ready();
  }

  // -- erasing --------------------------------------------------------------------------------------------------------

  #erased() {
    const { edited } = this;
    if (edited) void this.forget([edited.id]);
    toast(t("Erased. Every till forgets them as soon as it hears of it."));
    this.#find();
    void this.search();
  }

  /** Somebody was erased, here or elsewhere: this browser keeps nothing of them either. @param {string[]} ids */
  async forget(ids) {
    const before = this.frame.cart.customer;
    this.found = this.found.filter((customer) => !ids.includes(customer.id));
    if (this.edited && ids.includes(this.edited.id)) {
      for (const name of FIELDS) this.#field(name).value = "";
      this.edited = null;
      if (this.dialog.open && !this.form.hidden) this.#find();
    }
    if (this.dialog.open) this.#list(this.input.value.trim());
    await this.frame.store.forgetCustomers(ids);
    if (before && ids.includes(before.id)) {
      this.frame.ready();
      toast(t("The customer of this cart was erased, and is no longer on it."));
    }
    navigator.serviceWorker?.controller?.postMessage("keep"); // the kept page may name parked carts by their customers
  }

  /** What was erased while this page was closed, or heard nothing: the customers of the carts that are kept here. */
  async look() {
    const kept = new Set(this.frame.store.tabs.map((tab) => tab.cart.customer?.id).filter(Boolean));
    for (const id of kept) {
      try {
        await get(`api/customers/${encodeURIComponent(/** @type {string} */ (id))}`);
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        if (problem.body.erased) await this.forget([/** @type {string} */ (id)]);
      }
    }
  }

  // -- making and editing ---------------------------------------------------------------------------------------------

  /** @param {Customer | null} customer */
  edit(customer) {
    this.edited = customer;
    this.request = ulid();
    byId("customers-find").hidden = true;
    this.form.hidden = false;
    byId("customers-title").textContent = customer ? customer.name : t("New customer");
    byId("customers-conflict").hidden = !customer?.conflict;
    byId("customer-erase").hidden = !customer || !this.frame.may("erase");
    byId("customer-history").hidden = !customer;
    if (customer) byId("customer-history", HTMLAnchorElement).href = `history/company/${encodeURIComponent(customer.id)}`;
    byId("customer-fault").textContent = "";
    const typed = this.input.value.trim();
    for (const name of FIELDS) {
      const field = this.#field(name);
      field.value = this.#text(customer, name);
      const open = customer?.conflict?.[name];
      field.disabled = Boolean(open);
      this.#say(name, open ? t("Changed in two places: %(values)s", { values: open.map((/** @type {any} */ value) => [value].flat().join(", ") || "–").join(" / ") }) : "");
    }
    if (!customer && typed) this.#field(/@/.test(typed) ? "email" : /^[+\d][\d ()/.-]*$/.test(typed) ? "phone" : "name").value = typed;
    byId("customer-groups").replaceChildren(...[...new Set(this.found.map((each) => each.group).filter(Boolean))].map((group) => h("option", { value: group })));
    this.#field("name").focus();
    void this.#accounts(customer);
  }

  /** What stands on the customer's account and store credit, and what head office said last of them. @param {Customer | null} customer */
  async #accounts(customer) {
    const place = byId("customer-accounts");
    place.hidden = true;
    if (!customer) return;
    try {
      const found = await get(`api/balances/customer/${encodeURIComponent(customer.id)}`);
      if (this.edited?.id !== customer.id) return;
      const used = /** @type {[string, any][]} */ ([[t("On account"), found.account], [t("Store credit"), found.credit]]).filter(([, one]) => one.balance || one.statement || one.known);
      place.replaceChildren(...used.map(([name, one]) => h("div", {}, h("dt", {}, name), h("dd", {}, h("strong", {}, one.text), one.statement ? h("small", {}, t("Head office’s last statement: %(amount)s, as of %(time)s", { amount: one.statement.text, time: one.statement.words })) : null, one.online ? null : h("small", {}, one.as_of_words ? t("As this till knows it; it last heard of the central %(time)s.", { time: one.as_of_words }) : t("As this till knows it."))))));
      place.hidden = !used.length;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      // The form is for the customer's own data: without the balance it is as useful.
    }
  }

  /** @param {string} name @returns {HTMLInputElement | HTMLTextAreaElement} */
  #field(name) {
    return /** @type {any} */ (byId(`customer-${name}`));
  }

  /** @param {Customer | null} customer @param {string} name */
  #text(customer, name) {
    const value = /** @type {any} */ (customer)?.[name];
    return Array.isArray(value) ? value.join(name === "address" ? "\n" : ", ") : (value ?? "");
  }

  /** @param {string} name @param {string} text @param {boolean} [news] */
  #say(name, text, news = false) {
    const place = byId(`customer-${name}-fault`);
    place.textContent = text;
    place.className = news ? "is-new" : "fault";
    this.#field(name).setAttribute("aria-invalid", String(Boolean(text) && !news));
  }

  /** What the form says that the customer did not say when it was opened. */
  #changes() {
    /** @type {Record<string, any>} */
    const changes = {};
    for (const name of FIELDS) {
      const field = this.#field(name);
      if (field.disabled || field.value.trim() === this.#text(this.edited, name).trim()) continue;
      changes[name] = LISTS[name] ? field.value.split(LISTS[name]).map((one) => one.trim()).filter(Boolean) : field.value.trim() || null;
    }
    if ("name" in changes) changes.name ??= "";
    return changes;
  }

  async save() {
    if (this.busy) return;
    byId("customer-fault").textContent = "";
    for (const name of FIELDS) if (!this.#field(name).disabled) this.#say(name, "");
    if (this.#field("email").validity.typeMismatch) {
      this.#say("email", t("This is no e-mail address."));
      return this.#field("email").focus();
    }
    this.busy = true;
    byId("customer-save", HTMLButtonElement).disabled = true;
    try {
      const changes = this.#changes();
      const { edited } = this;
      const answer = edited
        ? await this.frame.send("PUT", `api/customers/${encodeURIComponent(edited.id)}`, { ...changes, rev: edited.rev })
        : await this.frame.send("POST", "api/customers", { name: "", ...changes, request: this.request });
      this.choose(answer.customer);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.frame.sound.error();
      if (problem.error === "changed" && problem.body.customer) this.#renew(problem.body.customer, problem.message);
      else if (problem.field && FIELDS.includes(problem.field.split(".")[0])) {
        const name = problem.field.split(".")[0];
        this.#say(name, problem.message);
        this.#field(name).focus();
      } else byId("customer-fault").textContent = problem.message;
    } finally {
      this.busy = false;
      byId("customer-save", HTMLButtonElement).disabled = false;
    }
  }

  /** Somebody was quicker: what is new is shown, what was typed here stays typed. @param {Customer} now @param {string} text */
  #renew(now, text) {
    const typed = this.#changes();
    const before = this.edited;
    this.edited = now;
    byId("customer-fault").textContent = text;
    for (const name of FIELDS) {
      const news = this.#text(now, name);
      if (news === this.#text(before, name)) continue;
      if (name in typed) this.#say(name, t("It is now “%(value)s”. Yours would replace it.", { value: news || "–" }), true);
      else {
        this.#field(name).value = news;
        this.#say(name, t("New from another place."), true);
      }
    }
  }
}
