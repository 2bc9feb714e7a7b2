/** The fields that price lists and promotions share: for whom, where, and when. */
import { t } from "../../i18n.js";
import { h } from "../../dom.js";
import { decimalText, parseDecimal } from "../../money.js";
import { Fault, KINDS, labelled } from "../company/fields.js";
import { storesField } from "./kinds.js";
import { weekdays } from "./when.js";

/** Millionths, shown in per cent, more than none and at most all; may be empty. @type {any} */
KINDS.percent = (/** @type {any} */ spec) => {
  const input = /** @type {HTMLInputElement} */ (h("input", { inputmode: "decimal", autocomplete: "off", maxlength: 9 }));
  const read = () => {
    const given = input.value.trim();
    if (!given && spec.nullable) return null;
    const value = parseDecimal(given, 4);
    if (!value || value > 1_000_000n) throw new Fault(t("Key a number of per cent, like 7.5."));
    return Number(value);
  };
  return labelled({ unit: "%", ...spec }, input, read, (/** @type {any} */ value) => (input.value = value ? decimalText(value, 4).replace(/\.?0+$/, "") : ""));
};

/** @param {{stores: any[], groups: string[]}} given @returns {any[]} the name first */
export function ruleSpecs(given) {
  const days = weekdays("short");
  return [
    { name: "name", label: t("Name"), kind: "text", max: 100, required: true, empty: "" },
    { name: "groups", label: t("For customers of these groups"), kind: "words", empty: [], hint: given.groups.length ? t("Empty: everybody. There are: %(groups)s", { groups: given.groups.join(", ") }) : t("Empty: everybody.") },
    storesField(given.stores, t("None chosen: every store.")),
    { name: "starts", label: t("First day"), kind: "date", empty: null },
    { name: "starts_at", label: t("from (time)"), kind: "time", empty: null },
    { name: "ends", label: t("Last day"), kind: "date", empty: null },
    { name: "ends_at", label: t("until (time)"), kind: "time", empty: null },
    {
      name: "hours", label: t("Only at these hours"), kind: "rows", empty: [],
      parts: [
        { name: "weekdays", label: t("Weekdays"), kind: "many", options: days.map((day, index) => [index + 1, day]), empty: [], hint: t("None chosen: every day."), wide: true, tight: true },
        { name: "begins", label: t("begins at"), kind: "text", max: 5, empty: "17:00", placeholder: "17:00" },
        { name: "ends", label: t("ends at"), kind: "text", max: 5, empty: "19:00", placeholder: "19:00" },
      ],
    },
    { name: "priority", label: t("Priority"), kind: "whole", empty: 0, hint: t("Of several that hold, the higher one goes first.") },
    { name: "inactive", label: t("Put aside: it does not hold"), kind: "flag" },
  ];
}
