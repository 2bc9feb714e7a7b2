/**
 * A barcode scanner is a keyboard that types faster than any person and ends with Enter. This listens on the whole page,
 * tells a scan from typing by its speed, gives back what the burst typed into a field, and keeps its Enter from pressing a button.
 */

/** The longest pause between two keys of one scan, and the mean that a scan stays below, in milliseconds. */
const LONGEST_GAP = 120;
const MEAN_GAP = 50;
/** Fewer characters than this are a person's. */
const SHORTEST = 4;
/** In a search field, where codes are typed too, a burst this soon after another key belongs to what was being typed. */
const APART = 400;

/**
 * @typedef {{field: HTMLInputElement | null, value: string}} Before
 */

/**
 * @param {(code: string) => void} onScan
 * @returns {() => void} stops listening
 */
export function listenForScans(onScan) {
  let text = "";
  let code = "";
  let alone = true;
  let first = 0;
  let last = 0;
  /** @type {Before} */
  let before = { field: null, value: "" };

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const now = event.timeStamp;
    if (event.key.length === 1) {
      if (event.repeat) {
        text = "";
        return;
      }
      if (!text || now - last > LONGEST_GAP) {
        const field = document.activeElement instanceof HTMLInputElement ? document.activeElement : null;
        alone = now - last > APART || !text || field?.type !== "search";
        text = "";
        first = now;
        before = { field, value: field?.value ?? "" };
      }
      text += event.key;
      last = now;
      return;
    }
    if (event.key !== "Enter") {
      if (event.key !== "Shift") text = "";
      return;
    }
    code = text;
    text = "";
    if (!alone || code.length < SHORTEST || now - last > LONGEST_GAP || (last - first) / (code.length - 1) > MEAN_GAP) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    restore();
    onScan(code);
  }

  function restore() {
    // The first key may have moved the focus: what has it now took the burst.
    const field = document.activeElement instanceof HTMLInputElement ? document.activeElement : before.field;
    if (!field) return;
    if (field === before.field) field.value = before.value;
    else if (field.value.endsWith(code)) field.value = field.value.slice(0, -code.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("keydown", onKey, { capture: true });
  return () => document.removeEventListener("keydown", onKey, { capture: true });
}
