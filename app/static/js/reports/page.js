/** Pages of reports: what is chosen is shown at once, tables sort, sums that are being made are looked at again. */
import { byId } from "../dom.js";
import { sortable } from "./sort.js";

/** Milliseconds between two looks at sums that are being made. */
const AGAIN = 1500;

for (const table of document.querySelectorAll("table[data-sortable]")) sortable(/** @type {HTMLTableElement} */ (table));

const form = document.getElementById("asked");
if (form instanceof HTMLFormElement) {
  form.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLSelectElement || field instanceof HTMLInputElement)) return;
    if (field.type === "date") {
      const range = form.elements.namedItem("range");
      if (range instanceof HTMLSelectElement) range.value = ""; // days of one's own
      return;
    }
    if (field.name === "range" && !field.value) return; // the dates are chosen next
    form.requestSubmit();
  });
  form.addEventListener("submit", () => {
    // An address says what was chosen, and nothing else.
    for (const field of form.elements) {
      if (!(field instanceof HTMLSelectElement || field instanceof HTMLInputElement)) continue;
      const range = form.elements.namedItem("range");
      const named = range instanceof HTMLSelectElement && range.value !== "";
      if (!field.value || (named && field.type === "date") || (field.name === "compare" && field.value === "none")) field.disabled = true;
    }
  });
  // Back from the report that was shown: the fields are those of this page again.
  addEventListener("pageshow", () => {
    for (const field of form.elements) if (field instanceof HTMLSelectElement || field instanceof HTMLInputElement) field.disabled = false;
  });
}

// On a phone the kinds are one row that is pushed aside: the one that is shown stands in it.
const kinds = document.querySelector(".reports-kinds");
const here = kinds?.querySelector("[aria-current]");
if (kinds && here instanceof HTMLElement) kinds.scrollLeft = here.offsetLeft - (kinds.clientWidth - here.offsetWidth) / 2;

const print = document.getElementById("print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

if (document.getElementById("summing") && Number(byId("summing").dataset.left)) setTimeout(() => location.reload(), AGAIN);
