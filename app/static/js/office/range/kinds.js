/**
 * The fields that only the range has: a price with what it is for, codes, a colour, days and times, and other documents that are found by typing.
 * They stand beside those of `company/fields.js`, in the same table.
 */
import { get, Problem } from "../../api.js";
import { debounce, h, icon } from "../../dom.js";
import { t } from "../../i18n.js";
import { decimalText, parseDecimal } from "../../money.js";
import { Fault, KINDS, labelled } from "../company/fields.js";

/** Milliseconds of quiet before a search is sent. */
const PAUSE = 120;

let count = 0;

/** `{"amount", "per"}` or null. What it is for (fuel by ten litres) stays as it was. @type {any} */
KINDS.price = (/** @type {any} */ spec, /** @type {any} */ { digits, currency }) => {
  const input = /** @type {HTMLInputElement} */ (h("input", { inputmode: "decimal", autocomplete: "off", maxlength: 18, placeholder: spec.placeholder }));
  let per = 1000;
  const read = () => {
    const given = input.value.trim();
    if (!given) {
      if (spec.nullable) return null;
      throw new Fault(t("Key an amount like %(example)s.", { example: decimalText(1250n, digits) }));
    }
    const amount = parseDecimal(given, digits);
    if (amount === null) throw new Fault(t("Key an amount like %(example)s.", { example: decimalText(1250n, digits) }));
    return { amount: Number(amount), per };
  };
  return labelled({ unit: currency, ...spec }, input, read, (/** @type {any} */ value) => {
    per = value?.per ?? 1000;
    input.value = value ? decimalText(value.amount, digits) : "";
  });
};

/** @param {string} type @returns {any} */
const native = (type) => (/** @type {any} */ spec) => {
  const input = /** @type {HTMLInputElement} */ (h("input", { type }));
  return labelled(spec, input, () => input.value || null, (/** @type {any} */ value) => (input.value = value ?? ""));
};
/** @type {any} */ (KINDS).date = native("date");
/** @type {any} */ (KINDS).time = native("time");
/** @type {any} */ (KINDS).moment = native("datetime-local");

/** A colour, or none. @type {any} */
KINDS.colour = (/** @type {any} */ spec) => {
  const input = /** @type {HTMLInputElement} */ (h("input", { type: "color", class: "colour-input" }));
  const none = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox" }));
  const made = labelled(spec, input, () => (none.checked ? null : input.value.toLowerCase()), (/** @type {any} */ value) => {
    none.checked = !value;
    input.value = value ?? "#0e5a44";
  });
  input.addEventListener("input", () => (none.checked = false));
  made.element.insertBefore(h("label", { class: "field-flag" }, none, h("span", {}, t("Its own, by itself"))), made.element.querySelector("small"));
  return made;
};

/**
 * Documents that are chosen by typing: `spec.of` is "product" or "category", `spec.single` one of them; with `spec.browse` all categories are offered
 * before anything is typed.
 * @type {any}
 */
KINDS.pick = (/** @type {any} */ spec) => {
  const id = `pick-${++count}`;
  const input = /** @type {HTMLInputElement} */ (h("input", { id, type: "search", autocomplete: "off", spellcheck: "false", role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-list`, placeholder: spec.placeholder ?? t("Type to find") }));
  const list = h("ul", { id: `${id}-list`, class: "pick-list", role: "listbox", hidden: true });
  const chosen = h("ul", { class: "pick-chosen" });
  const fault = h("span", { class: "fault", role: "alert" });
  const element = h("div", { class: spec.wide ? "field form-wide" : "field", dataset: { field: spec.name } }, h("label", { for: id }, spec.label), chosen, h("div", { class: "pick" }, input, list), h("small", {}, spec.hint ?? ""), fault);
  /** @type {string[]} */
  let ids = [];
  /** @type {{id: string, name: string}[]} */
  let offers = [];
  let at = -1;
  let asked = 0;

  const draw = () => {
    chosen.replaceChildren(
      ...ids.map((one) =>
        h("li", { class: "chip" }, spec.names[one] ?? one.slice(one.indexOf(":") + 1), h("button", { type: "button", class: "chip-away", "aria-label": t("Take away %(name)s", { name: spec.names[one] ?? one }), on: { click: () => (set(ids.filter((each) => each !== one)), input.focus()) } }, icon("close"))),
      ),
    );
    chosen.hidden = !ids.length;
  };
  const set = (/** @type {string[]} */ value) => {
    ids = value;
    draw();
    spec.changed?.(ids);
  };
  // No key that takes something from the list says so by itself to whoever looks at the form.
  const told = () => input.dispatchEvent(new Event("change", { bubbles: true }));
  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (/** @type {{id: string, name: string}} */ one) => {
    spec.names[one.id] = one.name;
    asked += 1; // what is still being looked for is no longer wanted
    input.value = "";
    fault.textContent = "";
    close();
    set(spec.single ? [one.id] : [...new Set([...ids, one.id])]);
    told();
  };
  const mark = () => {
    for (const [index, row] of [...list.children].entries()) row.setAttribute("aria-selected", String(index === at));
    list.children[at]?.scrollIntoView({ block: "nearest" });
    if (at >= 0) input.setAttribute("aria-activedescendant", `${id}-${at}`);
  };
  const search = async (browsing = false) => {
    const text = input.value.trim();
    const turn = ++asked;
    if (!text && !browsing) return close();
    try {
      offers = await (spec.of === "category" ? categories(spec, text) : products(text));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      offers = [];
      fault.textContent = problem.message;
    }
    if (turn !== asked) return;
    at = offers.length && text ? 0 : -1;
    list.replaceChildren(...offers.map((one, index) => h("li", { id: `${id}-${index}`, role: "option", on: { mousedown: (/** @type {Event} */ event) => (event.preventDefault(), take(one)) } }, one.name, h("small", {}, one.id.slice(one.id.indexOf(":") + 1)))));
    if (!offers.length) list.replaceChildren(h("li", { class: "quiet" }, t("Nothing found for “%(text)s”", { text })));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark();
  };
  input.addEventListener("input", debounce(PAUSE, () => void search()));
  input.addEventListener("blur", close);
  if (spec.browse) input.addEventListener("click", () => list.hidden && void search(true));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) (event.preventDefault(), event.stopPropagation(), close());
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (spec.browse && list.hidden) return void search(true);
      at = Math.max(0, Math.min(offers.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
      mark();
    } else if (event.key === "Enter" && (input.value.trim() || (!list.hidden && at >= 0))) {
      event.preventDefault();
      if (!list.hidden && offers[at]) take(offers[at]);
      else void search(false);
    } else if (event.key === "Backspace" && !input.value && ids.length) (set(ids.slice(0, -1)), told());
  });
  return {
    element,
    read: () => {
      if (input.value.trim()) throw new Fault(t("Choose one of the list, or empty the field."));
      if (spec.single) return ids[0] ?? null;
      return spec.nullable && !ids.length ? null : ids;
    },
    set: (/** @type {any} */ value) => set(spec.single ? (value ? [value] : []) : [...(value ?? [])]),
    focus: () => input.focus(),
    say: (/** @type {string} */ text) => (fault.textContent = text),
  };
};

/** @param {string} q */
async function products(q) {
  return (await get(`api/range/products?${new URLSearchParams({ q, state: "all", limit: "12" })}`)).rows;
}

/** @param {any} spec @param {string} text */
function categories(spec, text) {
  const words = text.toLocaleLowerCase().split(/\s+/);
  return (spec.all ?? []).filter((/** @type {any} */ one) => words.every((word) => one.name.toLocaleLowerCase().includes(word))).slice(0, text ? 12 : 500);
}

/** The choice of stores: none of them means all. @param {{id: string, name: string}[]} stores @param {string} hint */
export const storesField = (stores, hint) => ({
  name: "stores", label: t("Stores"), kind: "many", wide: true, empty: [], hint,
  options: /** @type {[string, string][]} */ (stores.map((store) => [store.id, store.name])),
});

/** Who is meant, in words. @param {string[] | null} ids @param {{id: string, name: string}[]} stores */
export function storesText(ids, stores) {
  if (!ids?.length) return t("all");
  const names = ids.map((id) => stores.find((store) => store.id === id)?.name ?? id.slice(6));
  return names.length > 3 ? t("%(names)s and %(num)s more", { names: names.slice(0, 2).join(", "), num: names.length - 2 }) : names.join(", ");
}

/** Some of what there is, or none of one's own (null): then what `spec.off` says. @type {any} */
KINDS.some = (/** @type {any} */ spec, /** @type {any} */ money) => {
  const inner = /** @type {any} */ (KINDS).many({ ...spec, kind: "many" }, money);
  const box = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox" }));
  const boxes = inner.element.querySelector(".field-many");
  const show = () => (boxes.hidden = box.checked);
  inner.element.insertBefore(h("label", { class: "field-flag" }, box, h("span", {}, spec.off)), boxes);
  box.addEventListener("change", show);
  return {
    ...inner,
    read: () => (box.checked ? null : inner.read()),
    set: (/** @type {any} */ value) => {
      box.checked = value === null || value === undefined;
      inner.set(value ?? []);
      show();
    },
    focus: () => box.focus(),
  };
};

/** Thousandths, shown as a number: 1500 is 1.5. @type {any} */
KINDS.measure = (/** @type {any} */ spec) => {
  const input = /** @type {HTMLInputElement} */ (h("input", { inputmode: "decimal", autocomplete: "off", maxlength: 14 }));
  const read = () => {
    const given = input.value.trim();
    if (!given && spec.nullable) return null;
    const value = parseDecimal(given, 3);
    if (!value) throw new Fault(t("Key a number like %(example)s.", { example: "1.5" }));
    return Number(value);
  };
  return labelled(spec, input, read, (/** @type {any} */ value) => (input.value = value ? decimalText(value, 3).replace(/\.?0+$/, "") : ""));
};
