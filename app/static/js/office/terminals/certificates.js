/** The company's certificates: its authority, each terminal's, and requests that somebody brought. */
import { get, post, Problem, put } from "../../api.js";
import { hide, show, startDialogs } from "../../dialogs.js";
import { boot, byId, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { toast } from "../../toast.js";
import { ulid } from "../../ulid.js";

/** Milliseconds between two looks, and while a terminal is waited for. */
const LOOK = 30_000;
const WAITS = 4_000;

/**
 * @typedef {{terminal: string, label: string, store_name: string, suggested: string[], names: string[], asks: string[], state: string, level: string, more: string}} Row
 * @typedef {{id: string, names: string[], ends: string, state: string, level: string}} Other
 * @typedef {{authority: {name: string, ends: string, level: string, more: string, fingerprint: string} | null, terminals: Row[], others: Other[]}} Overview
 */

class Certificates {
  constructor() {
    /** @type {Overview} */
    this.known = boot().certificates;
    this.drawn = "";
    this.timer = 0;
    this.terminal = "";
    this.request = "";
    this.names = byId("names-names", HTMLTextAreaElement);
  }

  start() {
    byId("make").addEventListener("submit", (event) => this.#submit(event, () => this.#make(), "make"));
    byId("names-form").addEventListener("submit", (event) => this.#submit(event, () => this.#give(this.names.value.split(/[\s,;]+/).filter(Boolean)), "names"));
    byId("names-stop").addEventListener("click", (event) => this.#submit(event, () => this.#put([]), "names"));
    byId("request-form").addEventListener("submit", (event) => this.#submit(event, () => this.#sign(), "request"));
    byId("request-text").addEventListener("input", () => this.#unsigned());
    byId("sign").addEventListener("click", () => this.#ask());
    byId("rows").addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.look());
    startDialogs(() => false);
    this.draw();
    this.#later();
  }

  #later() {
    clearTimeout(this.timer);
    const waits = this.known.terminals.some((row) => row.level === "busy");
    this.timer = window.setTimeout(() => void this.look(), waits ? WAITS : LOOK);
  }

  async look() {
    try {
      if (document.visibilityState === "visible") this.#take(await get("api/certificates"));
      byId("fault").textContent = "";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("fault").textContent = t("The server of head office does not answer. This list is as it was known last.");
    }
    this.#later();
  }

  /** @param {Overview} known */
  #take(known) {
    this.known = known;
    this.draw();
  }

  draw() {
    const now = JSON.stringify(this.known);
    if (now === this.drawn) return; // what has the keyboard stays where it is
    this.drawn = now;
    const { authority, terminals, others } = this.known;
    byId("none").hidden = authority !== null;
    for (const id of ["authority", "there", "sign"]) byId(id).hidden = authority === null;
    byId("others").hidden = others.length === 0;
    byId("box").hidden = terminals.length === 0;
    byId("no-terminals").hidden = terminals.length > 0;
    if (authority) {
      byId("authority-name").textContent = t("The authority of %(company)s", { company: authority.name });
      byId("authority-ends").replaceChildren(chip(authority.level, t("Until %(day)s", { day: authority.ends })), authority.more ? h("small", {}, authority.more) : "");
      byId("authority-print").textContent = authority.fingerprint;
    }
    const at = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.terminal : "";
    byId("rows").replaceChildren(...terminals.map(drawRow));
    byId("other-rows").replaceChildren(...others.map(drawOther));
    if (at) byId("rows").querySelector(`[data-terminal="${CSS.escape(at)}"]`)?.focus();
  }

  /** Runs what a form asks for, its button locked meanwhile. @param {Event} event @param {() => Promise<void>} run @param {string} form */
  async #submit(event, run, form) {
    event.preventDefault();
    const done = byId(`${form}-done`, HTMLButtonElement);
    const fault = byId(`${form}-fault`);
    fault.textContent = "";
    done.disabled = true;
    try {
      await run();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.refused) this.request = ulid();
      fault.textContent = problem.message;
    } finally {
      done.disabled = false;
    }
  }

  async #make() {
    this.#take(await post("api/certificates/authority", { company: byId("company", HTMLInputElement).value }));
    byId("authority-file").focus();
  }

  /** @param {Event} event */
  #clicked(event) {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const row = this.known.terminals.find((one) => one.terminal === button?.dataset.terminal);
    if (!row) return;
    this.terminal = row.terminal;
    this.request = ulid();
    const names = row.asks.length ? row.asks : row.names.length ? row.names : row.suggested;
    byId("names-title").textContent = t("The certificate of %(terminal)s", { terminal: row.label });
    byId("names-done").textContent = row.asks.length ? t("Allow these names") : row.names.length ? t("Save the names") : t("Give it a certificate");
    byId("names-stop").hidden = row.names.length === 0;
    byId("names-first").hidden = row.names.length > 0;
    byId("names-fault").textContent = "";
    this.names.value = names.join("\n");
    show(byId("names", HTMLDialogElement));
    this.names.focus();
  }

  /** @param {string[]} names */
  async #give(names) {
    if (names.length) return this.#put(names);
    byId("names-fault").textContent = t("Name the machine as browsers call it.");
    this.names.focus();
  }

  /** @param {string[]} names none: it is renewed no more */
  async #put(names) {
    this.#take(await put(`api/certificates/terminals/${encodeURIComponent(this.terminal)}`, { request: this.request, names }));
    hide(byId("names", HTMLDialogElement));
    toast(names.length ? t("It asks for its certificate by itself.") : t("It is not renewed any more."));
    this.#later();
  }

  #ask() {
    byId("request-text", HTMLTextAreaElement).value = "";
    byId("request-fault").textContent = "";
    this.#unsigned();
    show(byId("request", HTMLDialogElement));
    byId("request-text").focus();
  }

  #unsigned() {
    const file = byId("request-file", HTMLAnchorElement);
    if (file.href) URL.revokeObjectURL(file.href);
    file.removeAttribute("href");
    file.hidden = true;
    byId("request-done").hidden = false;
    byId("request-told").textContent = "";
  }

  async #sign() {
    const done = await post("api/certificates/sign", { text: byId("request-text", HTMLTextAreaElement).value });
    const file = byId("request-file", HTMLAnchorElement);
    file.href = URL.createObjectURL(new Blob([done.certificate], { type: "application/x-pem-file" }));
    file.download = `${done.id || "machine"}.crt`;
    file.hidden = false;
    byId("request-done").hidden = true;
    byId("request-told").textContent = t("Signed for %(names)s, until %(day)s.", { names: done.names.join(", "), day: done.ends });
    file.focus();
    void this.look();
  }
}

/** @param {string} level @param {string} text */
function chip(level, text) {
  return h("span", { class: "chip", dataset: { level } }, h("span", { class: "light-dot", "aria-hidden": "true" }), text);
}

/** @param {Row} row */
function drawRow(row) {
  const action = row.asks.length ? t("Look at it") : row.names.length ? t("Change the names") : t("Give it a certificate");
  return h(
    "tr",
    {},
    h("td", { "data-label": t("Terminal") }, row.label),
    h("td", { "data-label": t("Store") }, row.store_name),
    h("td", { "data-label": t("Certificate") }, h("span", {}, chip(row.level, row.state), row.more ? h("small", {}, row.more) : null)),
    h("td", { "data-label": t("Its names") }, row.names.join(", ")),
    h("td", {}, h("div", { class: "terminals-actions" }, h("button", { type: "button", class: "button small", dataset: { terminal: row.terminal }, "aria-label": `${action}: ${row.label}` }, action))),
  );
}

/** @param {Other} other */
function drawOther(other) {
  return h("tr", {}, h("td", { "data-label": t("Machine") }, other.id), h("td", { "data-label": t("Certificate") }, chip(other.level, other.state)), h("td", { "data-label": t("Its names") }, other.names.join(", ")));
}

new Certificates().start();
