/** One terminal: its name to change, its series, and what happened to it. */
import { Problem, put } from "../../api.js";
import { hide, show } from "../../dialogs.js";
import { byId, h } from "../../dom.js";
import { t } from "../../i18n.js";

export class Details {
  /** @param {(row: import("./main.js").Row) => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.dialog = byId("details", HTMLDialogElement);
    this.name = byId("details-name", HTMLInputElement);
    this.clash = byId("details-clash");
    /** @type {import("./main.js").Row | null} */
    this.row = null;
    this.rev = "";
    byId("details-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  /** @param {import("./main.js").Row} row */
  open(row) {
    this.row = row;
    this.rev = row.rev ?? "";
    byId("details-title").textContent = `${row.label} · ${row.state_name}`;
    this.name.value = row.name;
    this.name.disabled = !row.rev;
    byId("details-save", HTMLButtonElement).disabled = !row.rev;
    byId("details-series").textContent = row.series.join(", ") || t("None yet: it has sold nothing.");
    byId("details-log").replaceChildren(...row.log.map((event) => h("li", {}, event.what, h("small", {}, [event.at, event.who].filter(Boolean).join(" · ")))));
    if (!row.log.length) byId("details-log").append(h("li", { class: "quiet" }, t("It was made without a code.")));
    byId("details-fault").textContent = "";
    this.clash.hidden = true;
    show(this.dialog);
  }

  async #save() {
    const { row } = this;
    if (!row) return;
    const done = byId("details-save", HTMLButtonElement);
    byId("details-fault").textContent = "";
    done.disabled = true;
    try {
      const answer = await put(`api/terminals/${encodeURIComponent(row.terminal)}`, { rev: this.rev, name: this.name.value });
      hide(this.dialog);
      this.changed(answer.row);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.error === "changed" && problem.body.current?.rev) this.#clash(problem.body.current);
      else byId("details-fault").textContent = problem.message;
    } finally {
      done.disabled = false;
    }
  }

  /** Somebody was faster: both are shown, and saving again keeps what was typed. @param {{rev: string, name: string | null}} current */
  #clash(current) {
    this.rev = current.rev;
    this.clash.replaceChildren(
      h("p", {}, t("Somebody changed this terminal meanwhile.")),
      h("dl", {}, h("div", {}, h("dt", {}, t("Name now")), h("dd", {}, current.name || "—")), h("div", {}, h("dt", {}, t("Yours")), h("dd", {}, this.name.value || "—"))),
      h(
        "div",
        { class: "clash-buttons" },
        h("button", { type: "submit", class: "button small primary" }, t("Save mine")),
        h(
          "button",
          {
            type: "button",
            class: "button small",
            on: {
              click: () => {
                this.name.value = current.name ?? "";
                this.clash.hidden = true;
              },
            },
          },
          t("Keep theirs"),
        ),
      ),
    );
    this.clash.hidden = false;
  }
}
