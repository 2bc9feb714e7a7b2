/** Planned changes: one product, many by a percentage, or a file of prices; moved, changed, called off before they hold. */
import { get, post, put, Problem } from "../../api.js";
import { byId, debounce, h, icon } from "../../dom.js";
import { language, t, tn } from "../../i18n.js";
import { money } from "../../money.js";
import { toast } from "../../toast.js";
import { Form } from "../company/form.js";
import "./kinds.js";
import { priceFile } from "./price-file.js";
import { from, tomorrow } from "./when.js";

/** Milliseconds of quiet before a draft is asked for; rows of it that are shown. */
const PAUSE = 300;
const SHOWN = 12;

export class Plans {
  /** @param {any} given what the page was rendered with */
  constructor(given) {
    this.given = given;
    this.currency = { code: given.currency, digits: given.digits, locale: language };
    /** @type {any[]} */
    this.plans = given.plans;
    this.form = new Form(given);
    this.list = new Form(given);
  }

  start() {
    byId("plan-one").addEventListener("click", () => this.one());
    byId("plan-many").addEventListener("click", () => this.many());
    byId("plan-file").addEventListener("click", () => this.file());
    this.draw();
    const query = new URLSearchParams(location.search);
    const product = query.get("product");
    if (product) this.one({ id: product, name: query.get("name") ?? product });
  }

  /** @param {any} price */
  price(price) {
    return price ? money(price.amount, this.currency) : t("open price");
  }

  draw() {
    const coming = this.plans.filter((plan) => ["planned", "begun"].includes(plan.state));
    const past = this.plans.filter((plan) => !coming.includes(plan));
    byId("plans").replaceChildren(...coming.map((plan) => this.#row(plan)));
    byId("plans-none").hidden = coming.length > 0;
    byId("plans-past").replaceChildren(...past.map((plan) => this.#row(plan)));
    byId("past").hidden = !past.length;
  }

  /** @param {any} plan */
  #row(plan) {
    const [first] = plan.entries;
    const now = { planned: () => t("now %(price)s", { price: this.price(first?.now) }), begun: () => t("was %(price)s", { price: this.price(first?.was) }), past: () => t("was %(price)s", { price: this.price(first?.was) }), off: () => t("called off") };
    const state = { planned: null, begun: t("holds"), past: t("done"), off: t("called off") };
    const told = plan.count === 1 && first ? `${from(plan.starts, plan.starts_at)}: ${this.price(first.price)} (${now[/** @type {keyof typeof now} */ (plan.state)]()})` : `${from(plan.starts, plan.starts_at)}: ${tn("%(num)s price", "%(num)s prices", plan.count)}`;
    const label = state[/** @type {keyof typeof state} */ (plan.state)];
    return h(
      "li",
      { class: "plan", dataset: { plan: plan.id, state: plan.state } },
      h("div", {}, h("button", { type: "button", class: "row-button", on: { click: () => void this.open(plan.id) } }, plan.name), h("p", { class: "plan-when" }, told), plan.note ? h("p", { class: "quiet" }, plan.note) : null),
      label ? h("span", { class: "chip", "data-level": plan.state === "begun" ? "ok" : null }, label) : null,
      plan.state === "planned" ? h("button", { type: "button", class: "button small", on: { click: () => void this.off(plan) } }, t("Call off")) : null,
    );
  }

  /** When, in every form. @param {any} [plan] */
  #when(plan) {
    return [
      { name: "starts", label: t("From this day on"), kind: "date", required: true, empty: plan?.starts ?? tomorrow() },
      { name: "starts_at", label: t("At"), kind: "time", required: true, empty: plan?.starts_at ?? "00:00", hint: t("The time of each store.") },
    ];
  }

  /** @param {{id: string, name: string} | null} [product] */
  one(product = null) {
    const names = product ? { [product.id]: product.name } : {};
    this.form.open({
      title: t("Plan another price"),
      specs: /** @type {any[]} */ ([
        { name: "product", label: t("Product"), kind: "pick", of: "product", single: true, required: true, names, empty: product?.id ?? null },
        { name: "price", label: t("New price"), kind: "price" },
        ...this.#when(),
        { name: "note", label: t("Note"), kind: "text", max: 500, nullable: true, empty: null, wide: true },
      ]),
      values: null,
      name: t("Plan it"),
      send: ({ product: id, price, ...body }) => post("api/range/plans", { ...body, what: { prices: [{ product: id, price }] } }),
      done: (plan) => this.learn(plan),
    });
  }

  many() {
    const up = [["up", t("raise")], ["down", t("lower")]];
    const endings = [["1", t("as they come out")], ["5", t("to 5")], ["10", t("to 10")], ["9", t("ending in 9")], ["49", t("ending in 49 or 99")], ["99", t("ending in 99")], ["100", t("whole")]];
    const body = (/** @type {any} */ { category, way, percent, ending, ...rest }) => ({
      ...rest,
      what: category ? { category } : { all: true },
      how: { percent: way === "down" ? -percent : percent, ending },
    });
    this.form.open({
      title: t("Change many prices"),
      specs: /** @type {any[]} */ ([
        { name: "category", label: t("Category"), kind: "pick", of: "category", all: this.given.categories, single: true, names: {}, hint: t("With all that lie in it. Empty: every product.") },
        { name: "way", label: t("The prices"), kind: "choice", options: up, empty: "up" },
        { name: "percent", label: t("By"), kind: "rate", empty: 50000 },
        { name: "ending", label: t("Rounded"), kind: "choice", options: endings, empty: "1", hint: t("In the smallest unit of the currency.") },
        ...this.#when(),
        { name: "name", label: t("Name"), kind: "text", max: 100, empty: "", placeholder: t("Change of prices") },
        { name: "note", label: t("Note"), kind: "text", max: 500, nullable: true, empty: null },
      ]),
      values: null,
      name: t("Plan it"),
      send: (given) => post("api/range/plans", body(given), { timeout: 120_000 }),
      done: (plan) => this.learn(plan),
      extra: [this.#preview(() => body(this.#values()))],
    });
    this.#changed();
  }

  file() {
    /** @type {any[]} */
    let prices = [];
    this.form.open({
      title: t("Prices from a file"),
      lead: t("A CSV file with the columns product_id and price, or barcode and price. A spreadsheet saves one as “CSV”."),
      specs: /** @type {any[]} */ ([...this.#when(), { name: "name", label: t("Name"), kind: "text", max: 100, empty: "", placeholder: t("Change of prices") }]),
      values: null,
      name: t("Plan it"),
      send: (given) => post("api/range/plans", { ...given, what: { prices } }, { timeout: 120_000 }),
      done: (plan) => this.learn(plan),
      extra: [priceFile((found) => {
        prices = found;
        this.#changed();
      }), this.#preview(() => ({ what: { prices }, how: {} }))],
    });
    this.#changed();
  }

  #values() {
    return Object.fromEntries(this.form.fields.map(([spec, each]) => [spec.name, each.read()]));
  }

  #changed() {
    this.form.body.dispatchEvent(new Event("input"));
  }

  /** What a draft would do, asked for while the form is filled in. @param {() => any} body */
  #preview(body) {
    const said = h("p", { class: "note-planned", role: "status" });
    const rows = h("tbody");
    const table = h("div", { class: "table-box", hidden: true }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Product")), h("th", { scope: "col", class: "number" }, t("Now")), h("th", { scope: "col", class: "number" }, t("Then")))), rows));
    const box = h("div", { class: "plan-preview" }, said, table);
    let turn = 0;
    const look = debounce(PAUSE, async () => {
      const mine = ++turn;
      if (!box.isConnected) return;
      try {
        const { what, how } = body();
        if (Array.isArray(what.prices) && !what.prices.length) return void (said.textContent = "");
        const answer = await post("api/range/plans/draft", { what, how }, { timeout: 60_000 });
        if (mine !== turn) return;
        said.textContent = answer.count ? tn("%(num)s product gets another price", "%(num)s products get another price", answer.count) + (answer.down ? `; ${t("%(num)s of them a lower one", { num: answer.down })}` : "") : t("No product gets another price by this.");
        rows.replaceChildren(...answer.rows.slice(0, SHOWN).map((/** @type {any} */ row) => h("tr", {}, h("td", {}, row.name), h("td", { class: "number" }, this.price(row.was)), h("td", { class: "number" }, this.price(row.price)))));
        table.hidden = !answer.rows.length;
      } catch (problem) {
        if (mine !== turn) return;
        table.hidden = true;
        said.textContent = problem instanceof Error ? problem.message : ""; // a field that is not filled in yet, or what the server says
      }
    });
    for (const event of ["input", "change"]) this.form.body.addEventListener(event, look);
    return box;
  }

  /** @param {any} plan */
  learn(plan) {
    this.plans = [...this.plans.filter((each) => each.id !== plan.id), { ...plan, entries: plan.entries.slice(0, 3) }];
    this.plans.sort((a, b) => `${a.starts}T${a.starts_at ?? ""}`.localeCompare(`${b.starts}T${b.starts_at ?? ""}`));
    this.draw();
    const row = byId("plans").querySelector(`[data-plan="${CSS.escape(plan.id)}"] .row-button`);
    if (row instanceof HTMLElement) row.focus();
    if (plan.state === "planned") toast(t("Planned: %(name)s, %(when)s", { name: plan.name, when: from(plan.starts, plan.starts_at) }), { key: "plan" });
  }

  /** @param {any} plan */
  async off(plan) {
    try {
      this.learn(await put(`api/range/plans/${encodeURIComponent(plan.id)}`, { revs: plan.revs, inactive: true }));
      toast(t("%(name)s was called off.", { name: plan.name }), { key: "plan" });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("fault").textContent = problem.message;
      if (problem.body.current) this.learn(problem.body.current);
    }
  }

  /** @param {string} id */
  async open(id) {
    try {
      this.#edit(await get(`api/range/plans/${encodeURIComponent(id)}`));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("fault").textContent = problem.message;
    }
  }

  /** @param {any} plan */
  #edit(plan) {
    const open = plan.state === "planned";
    const rev = JSON.stringify(plan.revs);
    const with_ = (/** @type {any} */ now) => ({ ...now, rev: JSON.stringify(now.revs) });
    this.form.open({
      title: plan.name,
      lead: open ? undefined : t("It can’t be changed any more. What was sold keeps its prices."),
      specs: /** @type {any[]} */ ([
        { name: "name", label: t("Name"), kind: "text", max: 100, required: true, disabled: !open },
        ...this.#when(plan).map((spec) => ({ ...spec, disabled: !open })),
        { name: "note", label: t("Note"), kind: "text", max: 500, nullable: true, disabled: !open },
      ]),
      values: { ...plan, rev },
      send: async ({ rev: seen, request: _request, ...fields }) => {
        try {
          return await put(`api/range/plans/${encodeURIComponent(plan.id)}`, { revs: JSON.parse(seen), ...fields });
        } catch (problem) {
          if (problem instanceof Problem && problem.body.current) problem.body.current = with_(problem.body.current);
          throw problem;
        }
      },
      done: (now) => this.learn(now),
      extra: [this.#entries(plan, open), plan.disputed ? h("p", { class: "note-warn" }, icon("hand"), t("Two places changed this differently: it waits in the inbox.")) : null],
    });
    this.form.button.hidden = !open;
  }

  /** @param {any} plan @param {boolean} open */
  #entries(plan, open) {
    const row = (/** @type {any} */ entry) =>
      h(
        "tr",
        {},
        h("td", {}, entry.name),
        h("td", { class: "number", "data-label": t("Before") }, this.price(open ? entry.now : entry.was)),
        h("td", { class: "number", "data-label": t("Then") }, this.price(entry.price)),
        open ? h("td", {}, h("button", { type: "button", class: "tool tool-icon", "aria-label": t("Take %(name)s out of it", { name: entry.name }), on: { click: () => void this.#out(plan, entry) } }, icon("bin"))) : null,
      );
    const more = plan.count > plan.entries.length ? h("p", { class: "quiet" }, t("%(shown)s of %(num)s", { shown: plan.entries.length, num: plan.count })) : null;
    return h("div", {}, h("div", { class: "table-box" }, h("table", { class: "table" }, h("tbody", {}, ...plan.entries.map(row)))), more);
  }

  /** @param {any} plan @param {any} entry */
  async #out(plan, entry) {
    try {
      const now = await put(`api/range/plans/${encodeURIComponent(plan.id)}`, { revs: plan.revs, product: entry.product, price: null });
      this.learn(now);
      this.#edit(now);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.form.fault.textContent = problem.message;
    }
  }
}

