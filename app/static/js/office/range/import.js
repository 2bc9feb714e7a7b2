/** A file of products or of customers: looked through, shown row by row, and only then applied. */
import { get, post, Problem, root } from "../../api.js";
import { boot, byId, h } from "../../dom.js";
import { t, tn } from "../../i18n.js";
import { ulid } from "../../ulid.js";
import { Job } from "./job.js";

/** @typedef {"wrong" | "new" | "changed"} Kind */

class Import {
  constructor() {
    this.given = boot();
    this.products = this.given.kind === "product";
    this.job = new Job(byId("job"));
    this.id = "";
    /** @type {any} */
    this.result = null;
    /** @type {Kind} */
    this.kind = "wrong";
    /** @type {number | null} */
    this.next = null;
    this.turn = 0;
    byId("encoding").append(h("option", { value: "" }, t("found out")), ...this.given.encodings.map((/** @type {string} */ one) => h("option", { value: one }, one)));
    byId("choose").addEventListener("change", () => void this.look());
    byId("choose").addEventListener("submit", (event) => event.preventDefault());
    byId("apply").addEventListener("click", () => void this.apply());
    byId("more").addEventListener("click", () => void this.rows(true));
    void this.look(); // a file that was chosen before this listened
  }

  /** @param {string} words */
  #fault(words) {
    byId("fault").textContent = words;
  }

  async look() {
    const [file] = byId("file", HTMLInputElement).files ?? [];
    if (!file) return;
    const turn = ++this.turn;
    this.#fault("");
    byId("found").hidden = true;
    byId("done").textContent = "";
    if (file.size > this.given.largest) return this.#fault(t("The file is too large: %(num)s MB at most.", { num: Math.floor(this.given.largest / 1e6) }));
    this.id = ulid();
    const value = (/** @type {string} */ id) => byId(id, HTMLSelectElement).value;
    const query = new URLSearchParams({ request: this.id, name: file.name, encoding: value("encoding"), delimiter: value("delimiter"), decimal: value("decimal") });
    try {
      const response = await fetch(`${root}${this.given.api}/import?${query}`, { method: "POST", body: file, headers: { "Content-Type": "text/csv", Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
      const answer = await response?.json().catch(() => null);
      if (!response || !answer) throw new Problem(0, { reason: t("The server of head office does not answer.") });
      if (!response.ok) throw new Problem(response.status, answer);
      const job = await this.job.follow(this.id);
      if (turn !== this.turn) return;
      if (job.state === "failed") return this.#fault(job.reason);
      if (job.state === "stopped") return this.#fault(t("Stopped: nothing was written."));
      this.result = job.result;
      this.#show();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (turn === this.turn) this.#fault(problem.message);
    }
  }

  #show() {
    const { result } = this;
    const signs = /** @type {Record<string, string>} */ ({ ",": t("comma"), ";": t("semicolon"), "\t": t("tab"), "|": "|" });
    const parts = [t("Read as %(encoding)s, with %(delimiter)s between the columns; decimals like %(example)s.", { encoding: result.encoding, delimiter: signs[result.delimiter] ?? result.delimiter, example: `12${result.decimal}50` })];
    if (result.strange.length) parts.push(t("These columns are not known and are left alone: %(names)s.", { names: result.strange.join(", ") }));
    byId("read-as").textContent = parts.join(" ");
    byId("categories").hidden = !result.categories.length;
    byId("categories").textContent = tn("%(num)s category will be made:", "%(num)s categories will be made:", result.categories.length) + ` ${result.categories.join(", ")}`;
    const counts = /** @type {[string, number, string][]} */ ([["new", result.new, t("new")], ["changed", result.changed, t("changed")], ["unchanged", result.unchanged, t("unchanged")], ["wrong", result.wrong, t("wrong")]]);
    byId("counts").replaceChildren(
      ...counts.map(([kind, count, name]) => {
        const words = [h("strong", {}, String(count)), name];
        if (kind === "unchanged") return h("div", { class: "import-count" }, ...words);
        return h("button", { type: "button", class: "import-count", dataset: { kind }, "aria-pressed": "false", on: { click: () => this.#choose(/** @type {Kind} */ (kind)) } }, ...words);
      }),
    );
    const much = result.new + result.changed;
    const button = byId("apply", HTMLButtonElement);
    button.disabled = !much;
    button.textContent = much ? tn("Apply %(num)s row", "Apply %(num)s rows", much) : t("Nothing to apply");
    const file = byId("wrong-file", HTMLAnchorElement);
    file.hidden = !result.wrong;
    file.href = `${root}${this.given.api}/import/${encodeURIComponent(this.id)}/wrong.csv`;
    byId("found").hidden = false;
    this.#choose(result.wrong ? "wrong" : result.changed ? "changed" : "new");
  }

  /** @param {Kind} kind */
  #choose(kind) {
    this.kind = kind;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (byId("counts").querySelectorAll("button"))) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    void this.rows();
  }

  /** @param {boolean} [further] */
  async rows(further = false) {
    const { id, kind } = this;
    try {
      const answer = await get(`${this.given.api}/import/${encodeURIComponent(id)}/rows?${new URLSearchParams({ kind, ...(further && this.next ? { from: String(this.next) } : {}) })}`);
      if (id !== this.id || kind !== this.kind) return;
      const rows = answer.rows.map((/** @type {any} */ row) => (kind === "wrong" ? this.#wrong(row) : this.#change(row)));
      if (further) byId("rows").append(...rows);
      else byId("rows").replaceChildren(...rows);
      const titles = kind === "wrong" ? [t("Line"), this.#who(), t("Column"), t("What is wrong")] : [t("Line"), this.#who(), t("What changes")];
      byId("head").replaceChildren(h("tr", {}, ...titles.map((title) => h("th", { scope: "col" }, title))));
      this.next = answer.next;
      byId("rows-box").hidden = !byId("rows").childElementCount;
      byId("more-box").hidden = !answer.next;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#fault(problem.message);
    }
  }

  #who() {
    return this.products ? t("Product") : t("Customer");
  }

  /** @param {any} row */
  #wrong(row) {
    return h("tr", {}, h("td", { "data-label": t("Line") }, String(row.line)), h("td", { "data-label": this.#who() }, row.key || "—"), h("td", { "data-label": t("Column") }, row.column || "—"), h("td", {}, row.reason));
  }

  /** @param {any} row */
  #change(row) {
    const changes = row.changes.map(([column, before, after]) => (row.kind === "new" ? `${column}: ${after}` : `${column}: ${before || "—"} → ${after || "—"}`));
    return h("tr", {}, h("td", { "data-label": t("Line") }, String(row.line)), h("td", {}, row.name, h("small", {}, row.key === row.name ? "" : row.key)), h("td", { class: "import-change" }, changes.join(" · ")));
  }

  async apply() {
    const button = byId("apply", HTMLButtonElement);
    button.disabled = true;
    this.#fault("");
    try {
      const { id } = await post(`${this.given.api}/import/${encodeURIComponent(this.id)}/apply`, { request: ulid() });
      const job = await this.job.follow(id);
      const { written = 0, left_out: out = 0 } = job.result;
      if (job.state === "failed") this.#fault(job.reason);
      const words = [this.products ? tn("%(num)s product was written.", "%(num)s products were written.", written) : tn("%(num)s customer was written.", "%(num)s customers were written.", written)];
      if (out) words.push(tn("%(num)s was left out: somebody changed it meanwhile.", "%(num)s were left out: somebody changed them meanwhile.", out));
      if (job.state === "stopped") words.push(t("Stopped: the same file again writes the rest."));
      byId("done").textContent = words.join(" ");
      byId("found").hidden = true;
      byId("file", HTMLInputElement).value = "";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.#fault(problem.message);
      button.disabled = false;
    }
  }
}

new Import();
