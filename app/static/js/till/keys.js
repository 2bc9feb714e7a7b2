/** The keyboard of the till: what each key does while no dialog is open. `?` shows the list (app/templates/till/dialogs.html). */
import { show, topmost } from "../dialogs.js";
import { byId } from "../dom.js";

/**
 * @typedef {object} Hands what the keys work
 * @property {import("./catalog.js").Catalog} catalog
 * @property {import("./receipts.js").Receipts} receipts
 * @property {string | null} chosen
 * @property {(id?: string) => Promise<void>} keyQuantity
 * @property {(id?: string) => Promise<void>} keyPrice
 * @property {() => Promise<void>} keyItem
 * @property {(id: string | null) => void} choose
 * @property {(id: string) => void} remove
 * @property {(id: string, by: number) => void} step
 * @property {(by: number) => void} walk
 * @property {() => void} pay
 * @property {() => void} ready
 */

/** @param {Hands} till */
export function startKeys(till) {
  const search = byId("search", HTMLInputElement);

  /** @type {Record<string, () => void>} */
  const keys = {
    F2: () => {
      search.focus();
      search.select();
    },
    F4: () => void till.keyQuantity(),
    F6: () => void till.keyItem(),
    F7: () => void till.receipts.open(),
    F8: () => void till.keyPrice(),
    F9: () => till.pay(),
  };

  /** Keys that mean something else while a text is being typed. @type {Record<string, () => boolean>} */
  const whenEmpty = {
    "?": () => (show(byId("help", HTMLDialogElement)), true),
    "+": () => (till.chosen ? (till.step(till.chosen, 1000), true) : false),
    "-": () => (till.chosen ? (till.step(till.chosen, -1000), true) : false),
    Delete: () => (till.chosen ? (till.remove(till.chosen), true) : false),
    ArrowDown: () => (till.walk(1), true),
    ArrowUp: () => (till.walk(-1), true),
  };

  byId("open-help").addEventListener("click", () => show(byId("help", HTMLDialogElement)));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const act = keys[event.key];
    if (act) {
      event.preventDefault(); // F-keys mean the till's, never the browser's, in dialogs too
      if (!topmost() && !event.repeat) act();
      return;
    }
    if (topmost()) return;
    if (event.key === "Escape") {
      event.preventDefault();
      if (search.value) till.catalog.clear();
      else till.choose(null);
      till.ready();
      return;
    }
    const typing = document.activeElement === search && search.value !== "";
    if (!typing && whenEmpty[event.key]?.()) {
      event.preventDefault();
      return;
    }
    if (typing && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      till.catalog.move(event.key === "ArrowDown" ? 1 : -1);
      return;
    }
    // Typing goes to the search wherever one is; Space and Enter press what has the focus.
    if (event.key.length === 1 && event.key !== " " && !(document.activeElement instanceof HTMLInputElement)) search.focus();
  });
}
