/** When a change holds, in words of the reader's language. */
import { language, t } from "../../i18n.js";

const WEEK = 6 * 24 * 3600 * 1000;

/**
 * "from Monday 06:00", "from 1 Dec 2026, 06:00". Days and times are the stores' own.
 * @param {string} day `2026-11-23`
 * @param {string | null} [at] `06:00`
 */
export function from(day, at) {
  return t("from %(when)s", { when: moment(day, at) });
}

/** @param {string} day @param {string | null} [at] */
export function moment(day, at) {
  const date = new Date(`${day}T${at || "00:00"}`);
  if (Number.isNaN(date.getTime())) return [day, at].filter(Boolean).join(" ");
  const near = Math.abs(date.getTime() - Date.now()) < WEEK && date.getTime() > Date.now();
  const told = new Intl.DateTimeFormat(language, near ? { weekday: "long" } : { day: "numeric", month: "short", year: "numeric" }).format(date);
  return at && at !== "00:00" ? `${told} ${at}` : told;
}

/** When a rule holds: its days, times and hours; "" for always. @param {any} rule */
export function holds(rule) {
  const parts = [];
  if (rule.starts) parts.push(from(rule.starts, rule.starts_at));
  if (rule.ends) parts.push(t("until %(when)s", { when: moment(rule.ends, rule.ends_at) }));
  const names = weekdays("short");
  for (const span of rule.hours ?? []) {
    const days = (span.weekdays ?? []).map((/** @type {number} */ one) => names[one - 1]).join(" ");
    parts.push([days, `${span.begins ?? "00:00"}–${span.ends ?? "24:00"}`].filter(Boolean).join(" "));
  }
  return parts.join(", ");
}

/** Monday first. @param {"long" | "short"} style @returns {string[]} */
export function weekdays(style) {
  const format = new Intl.DateTimeFormat(language, { weekday: style, timeZone: "UTC" });
  return [1, 2, 3, 4, 5, 6, 7].map((day) => format.format(new Date(Date.UTC(2024, 0, day))));
}

/** The next day, as a date field has it. */
export function tomorrow() {
  const date = new Date(Date.now() + 24 * 3600 * 1000);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
}
