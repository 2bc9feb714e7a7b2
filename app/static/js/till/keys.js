/**
 * The keyboard of the till while no dialog is open: the keys of the actions, and those that walk and choose. `?` lists them, and there each can be
 * changed: for this machine; `settings` may have others for the shop.
 */
import { show, topmost } from "../dialogs.js";
import { byId, h } from "../dom.js";
import { t } from "../i18n.js";

/** What no action has, and nobody can change. */
const FIXED = () => [
  [["↑", "↓"], t("Choose a product, or a line of the sale")],
  [["⏎"], t("Add the chosen product")],
  [["5", "*"], t("Five of what is scanned or chosen next")],
  [["Esc"], t("Back")],
];

/** Keys that mean themselves: they move, confirm, or belong to the browser and the system. */
const TAKEN = ["Escape", "Enter", "Tab", "Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Backspace", " ", "Dead", "Process"];

const SHOWN = /** @type {Record<string, string>} */ ({ Delete: "Del", Insert: "Ins", PageUp: "PgUp", PageDown: "PgDn" });

/** @param {import("./frame.js").Frame} frame */
export function startKeys(frame) {
  const { selling, catalog, actions } = frame;
  const search = byId("search", HTMLInputElement);
  const chosen = () => Boolean(selling.chosen);
  const on = (/** @type {(id: string) => void} */ run) => () => selling.chosen && run(selling.chosen);
  actions.add({ id: "help", name: t("Keyboard keys"), icon: "keyboard", key: "?", place: "account", run: () => list(frame) });
  actions.add({
    id: "search",
    name: t("Search, or find what you typed"),
    key: "F2",
    place: "key",
    run: () => {
      search.focus();
      search.select();
    },
  });
  actions.add({ id: "one-more", name: t("One more"), key: "+", place: "key", run: on((id) => selling.tools.step(id, 1000)), enabled: chosen });
  actions.add({ id: "one-less", name: t("One less"), key: "-", place: "key", run: on((id) => selling.tools.step(id, -1000)), enabled: chosen });
  actions.add({ id: "remove", name: t("Remove the chosen line"), key: "Delete", place: "key", run: on((id) => selling.tools.remove(id)), enabled: chosen });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const action = actions.byKey(event.key);
    if (action && /^F\d+$|^Insert$|^Pause$|^Page/.test(event.key)) {
      event.preventDefault(); // F-keys mean the till's, never the browser's, in dialogs too
      if (!topmost() && !event.repeat) actions.run(action.id);
      return;
    }
    if (topmost()) return;
    if (event.key === "Escape") {
      event.preventDefault();
      if (search.value) catalog.clear();
      else selling.choose(null);
      frame.ready();
      return;
    }
    const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const typing = document.activeElement === search && search.value !== "";
    if (arrow) {
      event.preventDefault();
      if (typing) catalog.move(arrow);
      else selling.walk(arrow);
      return;
    }
    // Such a key means something else while a text is being typed.
    if (action && !typing && (action.enabled?.() ?? true)) {
      event.preventDefault();
      actions.run(action.id);
      return;
    }
    // Typing goes to the search wherever one is; Space and Enter press what has the focus.
    if (event.key.length === 1 && event.key !== " " && !(document.activeElement instanceof HTMLInputElement)) search.focus();
  });
  byId("keys-reset").addEventListener("click", () => {
    actions.rebind(null);
    draw(frame);
  });
}

/** @param {import("./frame.js").Frame} frame */
function list(frame) {
  draw(frame);
  show(byId("help", HTMLDialogElement));
}

/** @param {import("./frame.js").Frame} frame */
function draw(frame) {
  const { actions } = frame;
  byId("keys-fault").textContent = "";
  byId("keys").replaceChildren(
    ...actions.keyed().map((action) => {
      const key = actions.keyOf(action);
      const change = h("button", { type: "button", class: "key-change", "aria-label": `${key ? (SHOWN[key] ?? key) : t("none")} · ${t("Change the key of: %(name)s", { name: action.name })}` }, key ? h("kbd", {}, SHOWN[key] ?? key) : t("none"));
      change.addEventListener("click", () => wait(frame, action, change));
      return h("div", {}, h("dt", {}, change), h("dd", {}, action.name));
    }),
    ...FIXED().map(([keys, name]) => h("div", {}, h("dt", {}, ...[...keys].map((key) => h("kbd", {}, key))), h("dd", {}, String(name)))),
  );
}

/**
 * Takes the next key for an action.
 * @param {import("./frame.js").Frame} frame
 * @param {import("./actions.js").Action} action
 * @param {HTMLElement} button
 */
function wait(frame, action, button) {
  button.textContent = t("Press a key");
  button.classList.add("waits");
  const take = (/** @type {KeyboardEvent} */ event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    stop();
    if (event.key === "Escape") return draw(frame);
    if (TAKEN.includes(event.key) || /^[\p{L}\p{N}.,*×]$/u.test(event.key)) {
      draw(frame);
      byId("keys-fault").textContent = t("This key is needed for typing and moving. Take an F-key or a sign.");
      return;
    }
    frame.actions.rebind(action.id, event.key);
    draw(frame);
  };
  const stop = () => {
    removeEventListener("keydown", take, true);
    button.removeEventListener("blur", cancel);
  };
  const cancel = () => {
    stop();
    draw(frame);
  };
  addEventListener("keydown", take, true);
  button.addEventListener("blur", cancel, { once: true });
}
