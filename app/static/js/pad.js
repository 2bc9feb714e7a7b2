/** The keypad beside a field: the same keys for a finger as the keyboard has, typed at the field's cursor. */

/**
 * @param {HTMLElement} root holds `[data-pad]`
 * @param {HTMLInputElement} field
 */
export function startPad(root, field) {
  const pad = root.querySelector("[data-pad]");
  if (!pad) return;
  // A tap must not take the focus (and bring up a phone's keyboard) or lose the selection.
  pad.addEventListener("pointerdown", (event) => event.preventDefault());
  pad.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-key]");
    const key = button instanceof HTMLElement ? button.dataset.key : null;
    if (!key) return;
    const from = field.selectionStart ?? field.value.length;
    const to = field.selectionEnd ?? from;
    if (key === "clear") field.value = "";
    else if (key === "erase") field.setRangeText("", from === to ? Math.max(0, from - 1) : from, to, "end");
    else field.setRangeText(key, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/**
 * Whether a finger works this device: then a field is filled by the keypad on the page, not by the system's keyboard.
 */
export const byTouch = () => matchMedia("(pointer: coarse)").matches;
