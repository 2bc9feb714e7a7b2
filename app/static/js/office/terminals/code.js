/**
 * A code for a machine: how long it is good, and where the machine finds the central; then the code, this once, with its QR
 * code. What was shown is forgotten when the dialog closes; until then it says what has become of it.
 */
import { post, Problem } from "../../api.js";
import { hide, show } from "../../dialogs.js";
import { byId, h } from "../../dom.js";
import { language, t } from "../../i18n.js";
import { toast } from "../../toast.js";
import { ulid } from "../../ulid.js";

const SVG = "http://www.w3.org/2000/svg";

export class CodeDialog {
  /** @param {() => import("./main.js").Overview} known @param {(row: import("./main.js").Row) => void} changed */
  constructor(known, changed) {
    this.known = known;
    this.changed = changed;
    this.asking = byId("ask", HTMLDialogElement);
    this.dialog = /** @type {import("../../dialogs.js").Sheet} */ (byId("code", HTMLDialogElement));
    this.central = byId("ask-central", HTMLInputElement);
    /** @type {import("./main.js").Row | null} */
    this.row = null;
    this.request = "";
    this.text = "";
    byId("ask-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#make();
    });
    this.central.addEventListener("input", () => this.#warn());
    byId("code-copy").addEventListener("click", () => void this.#copy());
    byId("code-done").addEventListener("click", () => this.#forget());
  }

  /** Whether a code is shown that waits for its machine. */
  get waits() {
    return Boolean(this.text);
  }

  /** @param {import("./main.js").Row} row */
  ask(row) {
    this.row = row;
    this.request = ulid();
    const replaces = row.actions.includes("replace");
    byId("ask-title").textContent = replaces && row.state !== "replaced" ? t("Replace %(terminal)s", { terminal: row.label }) : t("A code for %(terminal)s", { terminal: row.label });
    byId("ask-lead").textContent = this.#lead(row, replaces);
    const central = this.known().central ?? "";
    this.central.value = this.central.value || central;
    byId("ask-fault").textContent = "";
    this.#warn();
    show(this.asking);
    byId("ask-hours").focus();
  }

  /** @param {import("./main.js").Row} row @param {boolean} replaces */
  #lead(row, replaces) {
    const values = { terminal: row.label, unsent: row.unsent_words };
    if (row.state === "enrolled") {
      const begins = t("Another machine becomes %(terminal)s, in the same store, with a series of receipts of its own. The machine that is %(terminal)s now is let in no more, from this moment.", values);
      return row.unsent ? `${begins} ${t("As it told last, it still has to send something: %(unsent)s. What it has not sent stays on it.", values)}` : begins;
    }
    if (replaces) return t("A machine becomes %(terminal)s, with a series of receipts of its own.", values);
    return row.code === "waiting" ? t("The code of before is worth nothing then.") : t("The machine that gets this code becomes %(terminal)s.", values);
  }

  #warn() {
    const loopback = /^https?:\/\/(localhost|127\.|\[::1\])/i.test(this.central.value.trim());
    byId("ask-loopback").hidden = !loopback;
    if (loopback) byId("ask-more", HTMLDetailsElement).open = true;
  }

  async #make() {
    const { row } = this;
    if (!row) return;
    const done = byId("ask-done", HTMLButtonElement);
    byId("ask-fault").textContent = "";
    done.disabled = true;
    try {
      const made = await post(
        `api/terminals/${encodeURIComponent(row.terminal)}/code`,
        { request: this.request, hours: Number(byId("ask-hours", HTMLSelectElement).value), replace: row.actions.includes("replace"), central: this.central.value.trim() || null },
        { timeout: 120_000 },
      );
      hide(this.asking);
      this.#show(made);
      this.changed(made.row);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.refused) this.request = ulid();
      byId("ask-fault").textContent = problem.message;
      if (problem.field === "central") this.#field();
    } finally {
      done.disabled = false;
    }
  }

  #field() {
    byId("ask-more", HTMLDetailsElement).open = true;
    this.central.focus();
  }

  /** @param {{code: string, until: string, qr: {side: number, path: string}, pins: boolean, row: import("./main.js").Row}} made */
  #show({ code, until, qr, pins, row }) {
    byId("code-pins").hidden = pins;
    this.row = row;
    this.text = code;
    byId("code-title").textContent = t("The code of %(terminal)s", { terminal: row.label });
    byId("code-groups").replaceChildren(...code.split("-").map((group, index) => h("span", {}, group, h("sub", { "aria-hidden": "true" }, String(index + 1)))));
    const time = new Date(until).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
    byId("code-until").textContent = t("It is good until %(time)s, for one machine.", { time });
    byId("code-qr").replaceChildren(picture(qr));
    this.#state("", t("Waiting for the machine …"));
    show(this.dialog);
    this.dialog.locked = true; // neither Esc nor a tap beside it loses what nobody can show again
    byId("code-done").focus();
  }

  /** @param {string} level @param {string} words */
  #state(level, words) {
    byId("code-state").dataset.level = level;
    byId("code-state").textContent = words;
    byId("code-done").textContent = level === "ok" ? t("Done") : t("I have the code");
  }

  /** The list is another one: has the machine come? @param {import("./main.js").Row[]} rows */
  heard(rows) {
    const now = rows.find((one) => one.terminal === this.row?.terminal);
    if (!this.text || !now) return;
    if (now.state === "enrolled") this.#state("ok", t("A machine has used it: %(terminal)s is enrolled.", { terminal: now.label }));
    else if (now.code !== "waiting") this.#state("bad", now.more);
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.text);
      toast(t("Copied."));
    } catch {
      const range = document.createRange(); // no leave for the clipboard: it is marked, to be copied by hand
      range.selectNodeContents(byId("code-groups"));
      getSelection()?.removeAllRanges();
      getSelection()?.addRange(range);
    }
  }

  #forget() {
    this.text = "";
    byId("code-groups").replaceChildren();
    byId("code-qr").replaceChildren();
    hide(this.dialog);
  }
}

/** @param {{side: number, path: string}} qr */
function picture({ side, path }) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", t("The code as a QR code"));
  svg.setAttribute("shape-rendering", "crispEdges");
  const lines = document.createElementNS(SVG, "path");
  lines.setAttribute("d", path);
  lines.setAttribute("stroke", "#000");
  svg.append(lines);
  return svg;
}
