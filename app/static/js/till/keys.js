/** The keyboard of the till while no dialog is open: the keys of the actions, and those that walk and choose. `?` lists them. */
import { show, topmost } from "../dialogs.js";
import { byId } from "../dom.js";

/** @param {import("./frame.js").Frame} frame */
export function startKeys(frame) {
  const search = byId("search", HTMLInputElement);
  const { selling, catalog } = frame;

  /** Keys that mean something else while a text is being typed. @type {Record<string, () => boolean>} */
  const whenEmpty = {
    "?": () => (show(byId("help", HTMLDialogElement)), true),
    "+": () => (selling.chosen ? (selling.step(selling.chosen, 1000), true) : false),
    "-": () => (selling.chosen ? (selling.step(selling.chosen, -1000), true) : false),
    Delete: () => (selling.chosen ? (selling.remove(selling.chosen), true) : false),
    ArrowDown: () => (selling.walk(1), true),
    ArrowUp: () => (selling.walk(-1), true),
  };

  function find() {
    search.focus();
    search.select();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const action = frame.actions.byKey(event.key);
    if (event.key === "F2" || (action && event.key.length > 1 && event.key !== "Delete")) {
      event.preventDefault(); // F-keys mean the till's, never the browser's, in dialogs too
      if (topmost() || event.repeat) return;
      if (action) frame.actions.run(action.id);
      else find();
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
    const typing = document.activeElement === search && search.value !== "";
    if (!typing && whenEmpty[event.key]?.()) {
      event.preventDefault();
      return;
    }
    if (typing && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      catalog.move(event.key === "ArrowDown" ? 1 : -1);
      return;
    }
    // Typing goes to the search wherever one is; Space and Enter press what has the focus.
    if (event.key.length === 1 && event.key !== " " && !(document.activeElement instanceof HTMLInputElement)) search.focus();
  });
}
