/**
 * Modal dialogs over the page, one way in and out for Esc, the close button, a tap beside them and the browser's back button.
 * Back closes what is open and never leaves the till by accident: while dialogs come and go, one entry of the history stays for it.
 */

/** @typedef {HTMLDialogElement & {locked?: boolean}} Sheet a locked one stays until it is unlocked */

/** Milliseconds in which a second tap belongs to the one that opened the dialog, and presses nothing in it. */
const ECHO = 350;

/** When each dialog was opened. @type {WeakMap<Sheet, number>} */
const opened = new WeakMap();

/** @returns {Sheet[]} the open ones, the topmost last */
const open = () => [.../** @type {NodeListOf<Sheet>} */ (document.querySelectorAll("dialog[open]"))];

/** @returns {Sheet | undefined} */
export const topmost = () => open().at(-1);

/** @param {Sheet} dialog */
export function show(dialog) {
  if (dialog.open) return;
  guard();
  opened.set(dialog, performance.now());
  dialog.showModal();
}

/** @param {Sheet} dialog */
export function hide(dialog) {
  dialog.locked = false;
  if (dialog.open) dialog.close();
  const toasts = document.getElementById("toasts");
  if (toasts && dialog.contains(toasts)) document.body.append(toasts);
}

/** Puts an entry into the history that the back button can take away instead of the page. */
export function guard() {
  if (!history.state?.guard) history.pushState({ guard: true }, "");
}

/**
 * @param {() => boolean} elsewhere what back does when no dialog is open; whether it did something
 */
export function startDialogs(elsewhere) {
  for (const dialog of /** @type {NodeListOf<Sheet>} */ (document.querySelectorAll("dialog"))) {
    dialog.addEventListener("mousedown", (event) => {
      if (event.detail > 1 && performance.now() - (opened.get(dialog) ?? 0) <= ECHO) event.preventDefault(); // nor takes the keyboard from its field
    });
    dialog.addEventListener(
      "click",
      (event) => {
        if (event.detail < 2 || performance.now() - (opened.get(dialog) ?? 0) > ECHO) return;
        event.preventDefault();
        event.stopImmediatePropagation();
      },
      { capture: true },
    );
    // An Enter that is held down answers nothing: a dialog must be read before it is answered.
    dialog.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Enter" || !event.repeat || event.target instanceof HTMLTextAreaElement) return;
        event.preventDefault();
        event.stopPropagation();
      },
      { capture: true },
    );
    // In a search field the first Esc would only empty it; here Esc always means back.
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !(event.target instanceof HTMLInputElement)) return;
      event.preventDefault();
      event.stopPropagation(); // to the page below it would be a second Esc
      leave(dialog);
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      leave(dialog);
    });
    dialog.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (target === dialog || target.closest("[data-close]")) leave(dialog);
    });
  }
  addEventListener("popstate", () => {
    const dialog = topmost();
    if (dialog) {
      leave(dialog);
      guard();
    } else if (elsewhere()) guard();
  });
}

/** @param {Sheet} dialog */
function leave(dialog) {
  if (!dialog.locked) hide(dialog);
}
