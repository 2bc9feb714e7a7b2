/**
 * A list of objects that is too long to be shown whole: what is searched for is shown, a part at a time, and changed in its place.
 */
import { debounce, h, icon } from "../../dom.js";
import { t } from "../../i18n.js";
import { Fault, field, KINDS } from "../company/fields.js";

/** Milliseconds of quiet before it is searched; rows that are shown at once. */
const PAUSE = 200;
const SHOWN = 30;

/** What is kept with a row and not shown. @type {any} */
KINDS.kept = () => {
  /** @type {any} */
  let value = null;
  return { element: h("span", { hidden: true }), read: () => value, set: (/** @type {any} */ given) => (value = given ?? null), focus: () => {}, say: () => {} };
};

/** `spec.text(row)` gives the words by which a row is found. @type {any} */
KINDS.long = (/** @type {any} */ spec, /** @type {any} */ money) => {
  const inner = field({ ...spec, kind: "rows", parts: [{ name: "at", label: "", kind: "kept" }, ...spec.parts] }, money);
  const input = /** @type {HTMLInputElement} */ (h("input", { type: "search", autocomplete: "off", spellcheck: "false", "aria-label": t("Find among the rows"), placeholder: t("Find among the rows") }));
  const said = h("p", { class: "quiet", role: "status" });
  const more = h("button", { type: "button", class: "button small", on: { click: () => turn(() => (most += SHOWN)) } }, t("Show more"));
  /** Every row, null where it was taken away. @type {any[]} */
  let all = [];
  /** The places of those that are shown. @type {number[]} */
  let places = [];
  let most = SHOWN;

  /** What the shown rows say goes back to their places. Throws Fault. */
  const store = () => {
    const rows = inner.read();
    const left = new Set(rows.map((/** @type {any} */ row) => row.at));
    for (const place of places) if (!left.has(place)) all[place] = null;
    for (const { at, ...row } of rows) {
      if (at === null) all.push(row);
      else all[at] = row;
    }
  };
  const draw = () => {
    const words = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const fits = (/** @type {any} */ row) => row !== null && words.every((word) => spec.text(row).toLocaleLowerCase().includes(word));
    const found = [...all.keys()].filter((place) => fits(all[place]));
    places = found.slice(0, most);
    inner.set(places.map((place) => ({ ...all[place], at: place })));
    said.textContent = t("%(shown)s of %(num)s", { shown: places.length, num: all.filter((row) => row !== null).length });
    more.hidden = found.length <= most;
  };
  const turn = (/** @type {() => void} */ change) => {
    try {
      store();
      change();
      draw();
    } catch (problem) {
      if (!(problem instanceof Fault)) throw problem; // the row at fault says so, and stays
    }
  };
  input.addEventListener("input", debounce(PAUSE, () => turn(() => (most = SHOWN))));
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  inner.element.querySelector(".field-rows")?.before(h("label", { class: "room-search" }, icon("search"), input), said);
  inner.element.querySelector(".field-rows")?.after(more);
  return {
    ...inner,
    read: () => {
      store();
      const rows = all.filter((row) => row !== null);
      all = rows; // what was taken away is gone, and new rows have places
      draw();
      return rows;
    },
    set: (/** @type {any} */ value) => {
      all = (value ?? []).map((/** @type {any} */ row) => plain(row, spec.parts));
      input.value = "";
      most = SHOWN;
      draw();
    },
    focus: () => input.focus(),
  };
};

/** A row as its fields read it. @param {any} row @param {any[]} parts */
function plain(row, parts) {
  const values = parts.map(({ name, kind }) => {
    const value = row[name] ?? null;
    if (kind === "measure") return [name, value || null];
    return [name, kind === "price" && value ? { amount: value.amount, per: value.per ?? 1000 } : value];
  });
  return Object.fromEntries(values);
}
