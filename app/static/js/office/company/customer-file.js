/** A file of customers: looked through, told row by row, and only then applied. */
import { Problem, post, root } from "../../api.js";
import { hide, show } from "../../dialogs.js";
import { byId, h } from "../../dom.js";
import { t, tn } from "../../i18n.js";
import { toast } from "../../toast.js";
import { ulid } from "../../ulid.js";

export class CustomerFile {
  /** @param {() => void} done */
  constructor(done) {
    this.done = done;
    this.dialog = byId("file", HTMLDialogElement);
    this.input = byId("file-input", HTMLInputElement);
    this.button = byId("file-apply", HTMLButtonElement);
    this.id = "";
    this.turn = 0;
    this.input.addEventListener("change", () => void this.look());
    this.button.addEventListener("click", () => void this.apply());
  }

  open() {
    this.input.value = "";
    this.#clear();
    show(this.dialog);
    this.input.focus();
  }

  #clear() {
    byId("file-fault").textContent = "";
    byId("file-counts").textContent = "";
    byId("file-box").hidden = true;
    byId("file-wrong").hidden = true;
    this.button.disabled = true;
    this.button.textContent = t("Apply");
  }

  async look() {
    const [file] = this.input.files ?? [];
    const turn = ++this.turn;
    this.#clear();
    if (!file) return;
    this.id = ulid();
    byId("file-counts").textContent = t("Looking it through…");
    try {
      const query = new URLSearchParams({ request: this.id, name: file.name });
      const response = await fetch(`${root}api/customers/import?${query}`, { method: "POST", body: file, headers: { "Content-Type": "text/csv", Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
      const answer = await response?.json().catch(() => null);
      if (turn !== this.turn) return;
      if (!response || !answer) throw new Problem(0, { reason: t("The server of head office does not answer.") });
      if (!response.ok) throw new Problem(response.status, answer);
      this.#show(answer);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("file-counts").textContent = "";
      byId("file-fault").textContent = problem.message;
    }
  }

  /** @param {any} found */
  #show(found) {
    const counts = [
      tn("%(num)s new", "%(num)s new", found.new),
      tn("%(num)s changed", "%(num)s changed", found.changed),
      tn("%(num)s unchanged", "%(num)s unchanged", found.unchanged),
      tn("%(num)s wrong", "%(num)s wrong", found.wrong),
    ];
    byId("file-counts").textContent = counts.join(" · ");
    const wrong = found.faults.map((/** @type {any} */ fault) => this.#row(fault.line, fault.key, [fault.column, fault.reason].filter(Boolean).join(": "), true));
    const rows = found.shown.map((/** @type {any} */ row) => this.#row(row.line, row.name, row.changes.map((/** @type {string[]} */ [column, before, after]) => (row.kind === "new" ? `${column}: ${after}` : `${column}: ${before || "–"} → ${after || "–"}`)).join(" · "), false));
    byId("file-rows").replaceChildren(...wrong, ...rows);
    byId("file-box").hidden = !byId("file-rows").childElementCount;
    const much = found.new + found.changed;
    this.button.disabled = !much;
    this.button.textContent = much ? tn("Apply %(num)s row", "Apply %(num)s rows", much) : t("Nothing to apply");
    const link = byId("file-wrong", HTMLAnchorElement);
    link.hidden = !found.wrong;
    link.href = `${root}api/customers/import/${encodeURIComponent(this.id)}/wrong.csv`;
  }

  /** @param {number} line @param {string} who @param {string} text @param {boolean} wrong */
  #row(line, who, text, wrong) {
    return h("tr", {}, h("td", { "data-label": t("Line") }, String(line)), h("td", { "data-label": t("Customer") }, who || "–"), h("td", {}, wrong ? h("span", { class: "fault" }, text) : text));
  }

  async apply() {
    this.button.disabled = true;
    try {
      const { written, left_out: left } = await post(`api/customers/import/${encodeURIComponent(this.id)}/apply`, {}, { timeout: 120_000 });
      hide(this.dialog);
      const words = [tn("%(num)s customer was written.", "%(num)s customers were written.", written)];
      if (left) words.push(tn("%(num)s was left out: somebody changed it meanwhile.", "%(num)s were left out: somebody changed them meanwhile.", left));
      toast(words.join(" "), { stays: 8000 });
      this.done();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("file-fault").textContent = problem.message;
      this.button.disabled = false;
    }
  }
}
