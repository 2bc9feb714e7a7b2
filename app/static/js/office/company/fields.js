/**
 * The fields of head office's forms: each kind of value has one that shows it, reads it, and says what is wrong with it.
 *
 * @typedef {{name: string, label: string, kind: string, hint?: string, options?: [any, string][], low?: number, high?: number, max?: number,
 *   parts?: Spec[], inner?: Spec, empty?: any, nullable?: boolean, unit?: string, required?: boolean, wide?: boolean, tight?: boolean, placeholder?: string,
 *   list?: string[], off?: string, disabled?: boolean, inputmode?: string}} Spec
 *   `off`: what a value that may be null is called while it is
 * @typedef {{element: HTMLElement, read: () => any, set: (value: any) => void, focus: () => void, say: (text: string) => void}} Field
 */
import { h, icon } from "../../dom.js";
import { t } from "../../i18n.js";
import { decimalText, parseDecimal } from "../../money.js";

/** A value that can't be read; the message is for a person. */
export class Fault extends Error {}

let count = 0;

/**
 * @param {Spec} spec
 * @param {{digits: number, currency?: string}} money
 * @returns {Field}
 */
export function field(spec, money) {
  if (spec.nullable && ["object", "whole", "amount", "rate", "choice"].includes(spec.kind) && spec.off) return optional(spec, money);
  return (KINDS[spec.kind] ?? text)(spec, money);
}

/** @type {Record<string, (spec: Spec, money: {digits: number, currency?: string}) => Field>} */
export const KINDS = { text, lines, whole, amount, rate, flag, choice, many, words, amounts, object, rows, map, json };

/**
 * A label over an input, its hint, and a line for what is wrong.
 * @param {Spec} spec
 * @param {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} input
 * @param {() => any} read
 * @param {(value: any) => void} set
 * @returns {Field}
 */
export function labelled(spec, input, read, set) {
  const id = `field-${++count}`;
  const fault = h("span", { class: "fault", id: `${id}-fault`, role: "alert" });
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-hint ${id}-fault`);
  if (spec.disabled) input.disabled = true;
  const element = h(
    "div",
    { class: spec.wide ? "field form-wide" : "field", dataset: { field: spec.name } },
    h("label", { for: id }, spec.label),
    spec.unit ? h("span", { class: "field-unit" }, input, h("span", { "aria-hidden": "true" }, spec.unit)) : input,
    h("small", { id: `${id}-hint` }, spec.hint ?? ""),
    fault,
  );
  return {
    element,
    read,
    set,
    focus: () => input.focus(),
    say: (words) => {
      fault.textContent = words;
      if (words) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

/** @param {Spec} spec @returns {Field} */
function text(spec) {
  const input = /** @type {HTMLInputElement} */ (
    h("input", { maxlength: spec.max ?? 200, autocomplete: "off", spellcheck: "false", placeholder: spec.placeholder, inputmode: spec.inputmode, type: spec.kind === "password" ? "password" : "text" })
  );
  if (spec.list) {
    const id = `list-${++count}`;
    input.setAttribute("list", id);
    const made = labelled(spec, input, () => input.value.trim(), (value) => (input.value = value ?? ""));
    made.element.append(h("datalist", { id }, ...spec.list.map((one) => h("option", { value: one }))));
    return made;
  }
  return labelled(spec, input, () => input.value.trim() || (spec.nullable ? null : ""), (value) => (input.value = value ?? ""));
}

/** One text a line. @param {Spec} spec @returns {Field} */
function lines(spec) {
  const input = /** @type {HTMLTextAreaElement} */ (h("textarea", { rows: 3, spellcheck: "false" }));
  const read = () => input.value.split("\n").map((line) => line.trim()).filter(Boolean);
  return labelled(spec, input, read, (value) => (input.value = (value ?? []).join("\n")));
}

/** Texts with commas between. @param {Spec} spec @returns {Field} */
function words(spec) {
  const input = /** @type {HTMLInputElement} */ (h("input", { autocomplete: "off", spellcheck: "false", placeholder: spec.placeholder }));
  const read = () => input.value.split(/[,，;\n]/).map((one) => one.trim()).filter(Boolean);
  return labelled(spec, input, read, (value) => (input.value = (value ?? []).join(", ")));
}

/** @param {Spec} spec @returns {Field} */
function whole(spec) {
  const input = /** @type {HTMLInputElement} */ (h("input", { inputmode: "numeric", autocomplete: "off", maxlength: 16 }));
  const read = () => {
    const given = input.value.trim();
    if (!given && spec.nullable) return null;
    if (!/^-?\d+$/.test(given)) throw new Fault(t("Key a whole number."));
    const value = Number(given);
    if (value < (spec.low ?? -Infinity)) throw new Fault(t("The least is %(num)s.", { num: spec.low }));
    if (value > (spec.high ?? Infinity)) throw new Fault(t("The most is %(num)s.", { num: spec.high }));
    return value;
  };
  return labelled(spec, input, read, (value) => (input.value = value === null || value === undefined ? "" : String(value)));
}

/** @param {Spec} spec @param {{digits: number, currency?: string}} money @returns {Field} */
function amount(spec, money) {
  const { digits } = money;
  const input = /** @type {HTMLInputElement} */ (h("input", { inputmode: "decimal", autocomplete: "off", maxlength: 18 }));
  const read = () => {
    const given = input.value.trim();
    if (!given && spec.nullable) return null;
    const value = parseDecimal(given, digits);
    if (value === null) throw new Fault(t("Key an amount like %(example)s.", { example: decimalText(1200n, digits) }));
    return Number(value);
  };
  return labelled({ unit: money.currency, ...spec }, input, read, (value) => (input.value = value === null || value === undefined ? "" : decimalText(value, digits)));
}

/** Amounts with spaces between. @param {Spec} spec @param {{digits: number}} money @returns {Field} */
function amounts(spec, { digits }) {
  const input = /** @type {HTMLInputElement} */ (h("input", { autocomplete: "off", spellcheck: "false" }));
  const read = () =>
    input.value
      .split(/[\s;]+/)
      .filter(Boolean)
      .map((one) => {
        const value = parseDecimal(one, digits);
        if (!value) throw new Fault(t("“%(text)s” is no amount.", { text: one }));
        return Number(value);
      });
  return labelled(spec, input, read, (value) => (input.value = (value ?? []).map((/** @type {number} */ one) => decimalText(one, digits)).join(" ")));
}

/** Millionths, shown in per cent. @param {Spec} spec @returns {Field} */
function rate(spec) {
  const input = /** @type {HTMLInputElement} */ (h("input", { inputmode: "decimal", autocomplete: "off", maxlength: 12 }));
  const read = () => {
    const value = parseDecimal(input.value, 4);
    if (value === null) throw new Fault(t("Key a number of per cent, like 7.5."));
    return Number(value);
  };
  const shown = (/** @type {number} */ value) => decimalText(value, 4).replace(/\.?0+$/, "");
  return labelled({ unit: "%", ...spec }, input, read, (value) => (input.value = value === null || value === undefined ? "" : shown(value) || "0"));
}

/** @param {Spec} spec @returns {Field} */
function flag(spec) {
  const input = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox" }));
  const id = `field-${++count}`;
  const fault = h("span", { class: "fault", role: "alert" });
  input.id = id;
  const element = h(
    "div",
    { class: "field field-flag", dataset: { field: spec.name } },
    h("label", { for: id }, input, h("span", {}, spec.label)),
    h("small", {}, spec.hint ?? ""),
    fault,
  );
  return { element, read: () => input.checked, set: (value) => (input.checked = Boolean(value)), focus: () => input.focus(), say: (said) => (fault.textContent = said) };
}

/** @param {Spec} spec @returns {Field} */
function choice(spec) {
  const options = spec.options ?? [];
  const input = /** @type {HTMLSelectElement} */ (h("select", {}, ...options.map(([, label], index) => h("option", { value: index }, label))));
  const read = () => (options[Number(input.value)] ?? [spec.empty])[0];
  const set = (/** @type {any} */ value) => {
    let index = options.findIndex(([one]) => one === value);
    if (index < 0 && value !== null && value !== undefined && value !== "") {
      index = options.push([value, String(value)]) - 1; // what a newer program has set stays what it is
      input.append(h("option", { value: index }, String(value)));
    }
    input.value = String(Math.max(0, index));
  };
  return labelled(spec, input, read, set);
}

/** Several of what there is. @param {Spec} spec @returns {Field} */
function many(spec) {
  const options = [...(spec.options ?? [])];
  const boxes = h("div", { class: spec.tight ? "field-many field-tight" : "field-many" });
  const fault = h("span", { class: "fault", role: "alert" });
  /** @type {{value: any, box: HTMLInputElement}[]} */
  const known = [];
  const add = (/** @type {[any, string]} */ [value, label]) => {
    const box = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox" }));
    known.push({ value, box });
    boxes.append(h("label", {}, box, h("span", {}, label)));
  };
  options.forEach(add);
  const element = h("fieldset", { class: spec.wide ? "field form-wide" : "field", dataset: { field: spec.name } }, h("legend", {}, spec.label), boxes, h("small", {}, spec.hint ?? ""), fault);
  return {
    element,
    read: () => known.filter(({ box }) => box.checked).map(({ value }) => value),
    set: (value) => {
      for (const one of value ?? []) if (!known.some((each) => each.value === one)) add([one, String(one)]);
      for (const { value: one, box } of known) box.checked = (value ?? []).includes(one);
    },
    focus: () => known[0]?.box.focus(),
    say: (said) => (fault.textContent = said),
  };
}

/** @param {Spec} spec @param {{digits: number, currency?: string}} money @returns {Field} */
function object(spec, money) {
  const parts = (spec.parts ?? []).map((part) => /** @type {[Spec, Field]} */ ([part, field(part, money)]));
  const fault = h("span", { class: "fault", role: "alert" });
  const element = h("fieldset", { class: "field form-wide field-object", dataset: { field: spec.name } }, h("legend", {}, spec.label), h("div", { class: "form-grid" }, ...parts.map(([, part]) => part.element)), h("small", {}, spec.hint ?? ""), fault);
  return {
    element,
    read: () => readAll(parts),
    set: (value) => parts.forEach(([part, each]) => each.set(value?.[part.name] ?? part.empty)),
    focus: () => parts[0]?.[1].focus(),
    say: (said) => (fault.textContent = said),
  };
}

/**
 * The values of several fields; the first that can't be read says so, and has the focus.
 * @param {[Spec, Field][]} parts
 */
export function readAll(parts) {
  /** @type {Record<string, any>} */
  const values = {};
  /** @type {Field | null} */
  let first = null;
  let said = "";
  for (const [spec, each] of parts) {
    each.say("");
    try {
      const value = each.read();
      if (spec.required && (value === "" || value === null)) throw new Fault(t("This is missing."));
      values[spec.name] = value;
    } catch (problem) {
      if (!(problem instanceof Fault)) throw problem;
      each.say(problem.message);
      said ||= problem.message;
      first ??= each;
    }
  }
  first?.focus();
  if (first) throw new Fault(said);
  return values;
}

/** A list of objects, one row each. @param {Spec} spec @param {{digits: number, currency?: string}} money @returns {Field} */
function rows(spec, money) {
  /** @type {{row: HTMLElement, parts: [Spec, Field][]}[]} */
  let known = [];
  const holder = h("div", { class: "field-rows" });
  const fault = h("span", { class: "fault", role: "alert" });
  const add = (/** @type {any} */ value) => {
    const parts = (spec.parts ?? []).map((part) => /** @type {[Spec, Field]} */ ([part, field(part, money)]));
    for (const [part, each] of parts) each.set(value?.[part.name] ?? part.empty);
    const entry = { row: h("div", { class: "field-row" }), parts };
    const away = () => {
      known = known.filter((one) => one !== entry);
      entry.row.remove();
      (known.at(-1)?.parts[0][1] ?? made).focus();
    };
    entry.row.append(
      h("div", { class: "form-grid" }, ...parts.map(([, each]) => each.element)),
      h("button", { type: "button", class: "tool tool-icon", "aria-label": t("Take this row away"), on: { click: away } }, icon("bin")),
    );
    known.push(entry);
    holder.append(entry.row);
    return entry;
  };
  const more = h("button", { type: "button", class: "button small", on: { click: () => add(null).parts[0][1].focus() } }, icon("plus"), t("Add a row"));
  const made = { focus: () => more.focus() };
  const element = h("fieldset", { class: "field form-wide", dataset: { field: spec.name } }, h("legend", {}, spec.label), holder, more, h("small", {}, spec.hint ?? ""), fault);
  return {
    element,
    read: () => known.map(({ parts }) => readAll(parts)),
    set: (value) => {
      known = [];
      holder.replaceChildren();
      for (const one of value ?? []) add(one);
    },
    focus: made.focus,
    say: (said) => (fault.textContent = said),
  };
}

/** What only its own program understands. @param {Spec} spec @returns {Field} */
function json(spec) {
  const input = /** @type {HTMLTextAreaElement} */ (h("textarea", { rows: 3, spellcheck: "false" }));
  const read = () => {
    try {
      return JSON.parse(input.value);
    } catch {
      throw new Fault(t("This is no JSON."));
    }
  };
  return labelled(spec, input, read, (value) => (input.value = JSON.stringify(value ?? null)));
}

/** Names with a text each. @param {Spec} spec @param {{digits: number, currency?: string}} money @returns {Field} */
function map(spec, money) {
  const parts = [
    { name: "name", label: t("Name"), kind: "text", required: true, max: 60 },
    { name: "value", label: t("Value"), kind: "text", max: 500 },
  ];
  const inner = rows({ ...spec, parts }, money);
  return {
    ...inner,
    read: () => Object.fromEntries(inner.read().map((/** @type {any} */ { name, value }) => [name, value])),
    set: (value) => inner.set(Object.entries(value ?? {}).map(([name, one]) => ({ name, value: one }))),
  };
}

/** A value that may be none: a switch, and the field while it is on. @param {Spec} spec @param {{digits: number, currency?: string}} money @returns {Field} */
function optional(spec, money) {
  const inner = field({ ...spec, off: undefined, nullable: false }, money);
  const id = `field-${++count}`;
  const box = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", id }));
  const element = h("div", { class: "form-wide field-optional", dataset: { field: spec.name } }, h("label", { for: id, class: "field-flag" }, box, h("span", {}, spec.off)), inner.element);
  const draw = () => (inner.element.hidden = box.checked);
  box.addEventListener("change", () => {
    draw();
    if (!box.checked) inner.focus();
  });
  return {
    element,
    read: () => (box.checked ? null : inner.read()),
    set: (value) => {
      box.checked = value === null || value === undefined;
      inner.set(value ?? spec.empty);
      draw();
    },
    focus: () => (box.checked ? box.focus() : inner.focus()),
    say: inner.say,
  };
}
