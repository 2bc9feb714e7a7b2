/** A new terminal: its store, its number, its name. */
import { post, Problem } from "../../api.js";
import { hide, show } from "../../dialogs.js";
import { byId, h } from "../../dom.js";
import { t } from "../../i18n.js";
import { ulid } from "../../ulid.js";

export class Plan {
  /** @param {() => import("./main.js").Overview} known @param {(row: import("./main.js").Row) => void} made */
  constructor(known, made) {
    this.known = known;
    this.made = made;
    this.dialog = byId("plan", HTMLDialogElement);
    this.store = byId("plan-store", HTMLSelectElement);
    this.number = byId("plan-number", HTMLInputElement);
    this.name = byId("plan-name", HTMLInputElement);
    this.request = "";
    this.store.addEventListener("change", () => this.#suggest());
    this.number.addEventListener("input", () => this.#called());
    byId("plan-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  open() {
    const { stores } = this.known();
    const before = this.store.value;
    this.store.replaceChildren(...stores.map((store) => h("option", { value: store.id }, `${store.name} (${store.id.toUpperCase()})`)));
    if (stores.some((store) => store.id === before)) this.store.value = before;
    this.name.value = "";
    this.request = ulid();
    byId("plan-fault").textContent = "";
    this.#suggest();
    show(this.dialog);
    this.number.focus();
    this.number.select();
  }

  #suggest() {
    const store = this.known().stores.find((one) => one.id === this.store.value);
    this.number.value = String(store?.next ?? 1);
    this.#called();
  }

  #called() {
    const terminal = `${this.store.value}-t${this.number.value || "…"}`.toUpperCase();
    byId("plan-called").textContent = t("It is called %(terminal)s, on its receipts too.", { terminal });
  }

  async #save() {
    const done = byId("plan-done", HTMLButtonElement);
    const fault = byId("plan-fault");
    const number = Number(this.number.value);
    fault.textContent = "";
    if (!Number.isInteger(number) || number < 1 || number > 9999) {
      fault.textContent = t("The number is a whole one, from 1 to 9999.");
      this.number.focus();
      return;
    }
    done.disabled = true;
    try {
      const { row } = await post("api/terminals", { request: this.request, store: `store:${this.store.value}`, number, name: this.name.value });
      hide(this.dialog);
      this.made(row);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.refused) this.request = ulid();
      fault.textContent = problem.message;
      if (problem.field === "number") this.number.focus();
    } finally {
      done.disabled = false;
    }
  }
}
