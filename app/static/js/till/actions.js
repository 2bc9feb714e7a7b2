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

/** Where the keys of this machine are kept. */
const KEYS = "couchtill.keys";

/** @param {string | null} text @returns {Record<string, string>} */
function parse(text) {
  try {
    const found = JSON.parse(text ?? "{}");
    return found && typeof found === "object" ? found : {};
  } catch {
    return {};
  }
}

export class Actions {
  constructor() {
    /** @type {Map<string, Action>} */
    this.all = new Map();
    /** @type {(right: string) => boolean} */
    this.may = () => true;
    this.drawn = false;
    /** Keys that the shop's settings give, by action. @type {Record<string, string>} */
    this.shops = {};
    /** Keys that were chosen on this machine. @type {Record<string, string>} */
    this.own = parse(localStorage.getItem(KEYS));
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

  /** The key of an action: chosen on this machine, else the shop's, else its own, unless another one was given it. @param {Action} action */
  keyOf(action) {
    const chosen = this.own[action.id] ?? this.shops[action.id];
    if (chosen !== undefined) return chosen;
    const { key } = action;
    return key && !Object.values(this.own).includes(key) && !Object.values(this.shops).includes(key) ? key : undefined;
  }

  /** @param {string} key @returns {Action | undefined} */
  byKey(key) {
    return [...this.all.values()].find((action) => this.keyOf(action) === key);
  }

  /** All actions that have a key, or once had one. */
  keyed() {
    return [...this.all.values()].filter((action) => action.key || this.keyOf(action));
  }

  /** Gives an action another key on this machine; null: all as they were. @param {string | null} id @param {string} [key] */
  rebind(id, key = "") {
    const rest = Object.entries(this.own).filter(([, taken]) => taken !== key);
    this.own = id === null ? {} : { ...Object.fromEntries(rest), [id]: key };
    localStorage.setItem(KEYS, JSON.stringify(this.own));
    if (this.drawn) this.draw();
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
    // A phone's bar has no room for them.
    const more = matchMedia("(max-width: 760px)").matches ? [...this.at("bar"), ...this.at("more")] : this.at("more");
    byId("more-actions").replaceChildren(...more.map((action) => this.#button(action, "choice", byId("more", HTMLDialogElement))));
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
    const key = this.keyOf(action);
    const button = h(
      "button",
      {
        type: "button",
        class: look,
        title: key ? `${action.name} (${key})` : action.name,
        "aria-keyshortcuts": key,
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
      key ? h("kbd", {}, key) : null,
    );
    return button;
  }
}
