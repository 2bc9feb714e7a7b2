/** X and Z in a dialog, as the server prints them, and onto paper: on the till's printer, else by the browser. */
import { Problem } from "../api.js";
import { show } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";

export class ShiftReport {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.dialog = byId("shift-report", HTMLDialogElement);
    /** The Z that is shown; null: an X. @type {string | null} */
    this.zreport = null;
    this.busy = false;
    byId("report-print").addEventListener("click", () => void this.#print());
  }

  /**
   * @param {string} title
   * @param {string} path of its page
   * @param {string | null} zreport the id of a Z, after which the next shift comes
   */
  async open(title, path, zreport) {
    const holder = byId("report-paper");
    byId("report-title").textContent = title;
    this.zreport = zreport;
    byId("report-next").hidden = zreport === null;
    holder.replaceChildren();
    show(this.dialog);
    byId(zreport === null ? "report-print" : "report-next").focus();
    try {
      const response = await fetch(`${path}?part=paper`, { credentials: "same-origin", signal: AbortSignal.timeout(10000) });
      if (!response.ok) throw new Error(String(response.status));
      const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
      const paper = parsed.querySelector(".paper");
      if (!paper) throw new Error("no paper");
      holder.replaceChildren(paper);
    } catch {
      holder.replaceChildren(h("p", { class: "quiet" }, t("The report can be opened when the server is back.")));
    }
  }

  async #print() {
    const paper = byId("report-paper").querySelector(".paper");
    if (!paper || this.busy) return;
    this.busy = true;
    try {
      const answer = await this.frame.send("POST", "api/reports/print", { zreport: this.zreport }, { timeout: 20000 });
      if (answer.printed) this.frame.toast(t("Printed."), { key: "print" });
      else if (answer.error === "browser") byBrowser(paper);
      else this.frame.toast(t("Not printed. %(reason)s", { reason: answer.reason }), { wrong: true, key: "print", stays: 20000 });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.away) byBrowser(paper); // it is on the screen, so it can be printed
      else this.frame.toast(t("Not printed. %(reason)s", { reason: problem.message }), { wrong: true, key: "print" });
    } finally {
      this.busy = false;
    }
  }
}

/** @param {Element} paper */
function byBrowser(paper) {
  const holder = document.getElementById("print-holder") ?? h("div", { id: "print-holder" });
  holder.replaceChildren(paper.cloneNode(true));
  document.body.append(holder);
  print();
}

/** What is wrong with the till's clock. @param {any} clock of `GET api/shift` */
export function clockWords(clock) {
  if (clock?.off === undefined) return t("The clock of this till is behind its last receipt. Receipts carry the time of the last one until it is right.");
  const minutes = Math.round(Math.abs(clock.off) / 60_000);
  return clock.off > 0
    ? t("The clock of this till is %(minutes)s minutes slow. Set it right; receipts say so until then.", { minutes })
    : t("The clock of this till is %(minutes)s minutes fast. Set it right; receipts say so until then.", { minutes });
}
