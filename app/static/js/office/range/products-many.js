/** Many products changed alike: those selected, in small batches, while the page tells how far it is. */
import { post } from "../../api.js";
import { byId, h } from "../../dom.js";
import { t, tn } from "../../i18n.js";
import { toast } from "../../toast.js";
import { Form } from "../company/form.js";
import { Job } from "./job.js";
import { storesField } from "./kinds.js";

export class Many {
  /**
   * @param {any} given
   * @param {() => any[]} chosen the rows that are selected
   * @param {() => void} done
   */
  constructor(given, chosen, done) {
    this.given = given;
    this.chosen = chosen;
    this.done = done;
    this.form = new Form(given);
    this.job = new Job(byId("many"));
  }

  open() {
    const rows = this.chosen();
    const { categories, taxes, stores } = this.given;
    const fields = /** @type {Record<string, any>} */ ({
      category: { name: "value", label: t("Category"), kind: "pick", of: "category", all: categories, single: true, nullable: true, names: {} },
      stores: { ...storesField(stores, t("None chosen: every store, or those of its category.")), name: "value" },
      taxes: { name: "value", label: t("Taxes"), kind: "some", off: t("Those of the store"), options: taxes.map((/** @type {any} */ tax) => [tax.id, tax.name]), empty: null, wide: true },
      inactive: { name: "value", label: t("What becomes of them"), kind: "choice", options: [[true, t("Put them aside")], [false, t("Sell them again")]] },
      brand: { name: "value", label: t("Brand"), kind: "text", max: 100, nullable: true },
      department: { name: "value", label: t("Department"), kind: "text", max: 100, nullable: true },
      min_age: { name: "value", label: t("Only from this age on"), kind: "whole", low: 0, high: 150, nullable: true },
      deposit: { name: "value", label: t("Deposit"), kind: "pick", of: "product", single: true, nullable: true, names: {} },
    });
    const what = /** @type {[string, string][]} */ ([["category", t("Category")], ["stores", t("Stores")], ["inactive", t("Put aside or sell again")], ["taxes", t("Taxes")], ["brand", t("Brand")], ["department", t("Department")], ["min_age", t("Age")], ["deposit", t("Deposit")]]);
    const show = (/** @type {string} */ name) => {
      this.form.open({
        title: tn("Change %(num)s product", "Change %(num)s products", rows.length),
        specs: [{ name: "what", label: t("What"), kind: "choice", options: what, empty: name }, { ...fields[name] }],
        values: null,
        name: t("Change them"),
        send: ({ request, value }) => post("api/range/many", { request, products: rows.map(({ id, rev }) => ({ id, rev })), changes: { [name]: value } }),
        done: (job) => void this.#follow(job.id),
      });
      const choice = this.form.fields[0][1].element.querySelector("select");
      choice?.addEventListener("change", () => show(this.form.fields[0][1].read()));
      choice?.focus();
    };
    show("category");
  }

  /** @param {string} id */
  async #follow(id) {
    const job = await this.job.follow(id);
    const { written = 0, unchanged = 0, left = [], left_out: out = 0 } = job.result;
    const words = [tn("%(num)s product changed", "%(num)s products changed", written), unchanged ? t("%(num)s were so already", { num: unchanged }) : "", out ? t("%(num)s left out", { num: out }) : ""];
    toast(job.reason ?? words.filter(Boolean).join(", "), { wrong: Boolean(job.reason || out), key: "many", stays: 10_000 });
    const told = byId("fault");
    told.replaceChildren(...left.slice(0, 10).map((/** @type {any} */ row) => h("span", { class: "row-fault" }, `${row.name}: ${row.reason}`)));
    this.done();
  }
}
