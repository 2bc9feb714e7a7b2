/**
 * What a person can do, in one register: the buttons at the foot, in the bar, under *More* and under the cashier's name,
 * the keys, and the list that `?` shows are all drawn from it.
 *
 * @typedef {object} Action
 * @property {string} id
 * @property {string} name
 * @property {string} [icon] a symbol of the sprite
 * @property {string} [key] as the browser names it: "F7", "Delete"
 * @property {"foot" | "more" | "bar" | "account" | "key"} place "key": no button, by its key alone
 * @property {string} [right] shown with a lock where the cashier lacks it; pressing it asks for leave
 * @property {() => void} run
 * @property {() => boolean} [enabled]
 */
import { hide, show } from "../dialogs.js";
import { byId, h, icon } from "../dom.js";

/** What stands at the foot, in this order whichever part came first: buttons never move. */
const FOOT = ["park", "customer", "refund"];

export class Actions {
  constructor() {
    /** @type {Map<string, Action>} */
    this.all = new Map();
    /** @type {(right: string) => boolean} */
    this.may = () => true;
    this.drawn = false;
  }

  /** @param {Action} action */
  add(action) {
    this.all.set(action.id, action);
    if (this.drawn) this.draw();
  }

  /** @param {string} id */
  drop(id) {
    this.all.delete(id);
    if (this.drawn) this.draw();
  }

  /** @param {string} id */
  run(id) {
    const action = this.all.get(id);
    if (action && (action.enabled?.() ?? true)) action.run();
  }

  /** @param {string} key @returns {Action | undefined} */
  byKey(key) {
    return [...this.all.values()].find((action) => action.key === key);
  }

  /** @param {Action["place"]} place @returns {Action[]} */
  at(place) {
    const rank = (/** @type {Action} */ action) => (FOOT.includes(action.id) ? FOOT.indexOf(action.id) : FOOT.length);
    return [...this.all.values()].filter((action) => action.place === place).sort((a, b) => rank(a) - rank(b));
  }

  /** Draws all buttons anew: after a part came, or when who may do what has changed. */
  draw() {
    this.drawn = true;
    byId("foot-actions").replaceChildren(...this.at("foot").map((action) => this.#button(action, "action")));
    byId("bar-actions").replaceChildren(...this.at("bar").map((action) => this.#button(action, "tool")));
    byId("more-actions").replaceChildren(...this.at("more").map((action) => this.#button(action, "choice", byId("more", HTMLDialogElement))));
    byId("account-actions").replaceChildren(...this.at("account").map((action) => this.#button(action, "choice", byId("account", HTMLDialogElement))));
  }

  /** @param {string} place @param {HTMLDialogElement} sheet */
  open(place, sheet) {
    this.draw();
    show(sheet);
    /** @type {HTMLElement | null} */ (sheet.querySelector(".choice:not(:disabled)"))?.focus();
  }

  /** Says again which can be used now. */
  refresh() {
    for (const button of document.querySelectorAll("[data-action]")) {
      const action = this.all.get(button instanceof HTMLElement ? (button.dataset.action ?? "") : "");
      if (action && button instanceof HTMLButtonElement) button.disabled = !(action.enabled?.() ?? true);
    }
  }

  /** @param {Action} action @param {string} look @param {HTMLDialogElement} [sheet] closed first */
  #button(action, look, sheet) {
    const button = h(
      "button",
      {
        type: "button",
        class: look,
        title: action.key ? `${action.name} (${action.key})` : action.name,
        "aria-keyshortcuts": action.key,
        dataset: { action: action.id },
        disabled: !(action.enabled?.() ?? true),
        on: {
          click: () => {
            if (sheet) hide(sheet);
            this.run(action.id);
          },
        },
      },
      action.icon ? icon(action.icon) : null,
      h("span", {}, action.name),
      action.right && !this.may(action.right) ? icon("lock") : null,
      action.key ? h("kbd", {}, action.key) : null,
    );
    return button;
  }
}
