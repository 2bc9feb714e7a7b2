/** Tables that sort by a click, or a key, on the head of a column: down first where it has numbers, then up. */

/** @param {HTMLTableElement} table with `data-sortable`; cells tell what they are sorted by in `data-value` */
export function sortable(table) {
  const heads = [...table.querySelectorAll("thead th")];
  const body = table.tBodies[0];
  if (!body) return;
  heads.forEach((head, at) => {
    if (!sortsBy(body, at)) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") !== "descending" : head.classList.contains("number");
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...sorted([...body.rows], at, down));
    });
  });
}

/** Whether the cells of a column say what they are sorted by. @param {HTMLTableSectionElement} body @param {number} at */
function sortsBy(body, at) {
  return body.rows.length > 1 && [...body.rows].every((row) => row.cells[at]?.dataset.value !== undefined);
}

/** @param {HTMLTableRowElement[]} rows @param {number} at @param {boolean} down */
export function sorted(rows, at, down) {
  const value = (/** @type {HTMLTableRowElement} */ row) => row.cells[at]?.dataset.value ?? "";
  const numbers = rows.every((row) => /^-?\d+$/.test(value(row)));
  // Whole numbers beyond 2⁵³ are still told apart.
  const order = numbers
    ? (/** @type {HTMLTableRowElement} */ a, /** @type {HTMLTableRowElement} */ b) => (BigInt(value(a)) < BigInt(value(b)) ? -1 : BigInt(value(a)) > BigInt(value(b)) ? 1 : 0)
    : (/** @type {HTMLTableRowElement} */ a, /** @type {HTMLTableRowElement} */ b) => value(a).localeCompare(value(b));
  return rows.sort((a, b) => (down ? -order(a, b) : order(a, b)));
}
