/** One row of what waits: a conflict, an incident, a task. */
import { h } from "../dom.js";
import { t, tn } from "../i18n.js";

/**
 * @typedef {{assigned: string | null, name: string, notes: {id: string, text: string, label: string}[], later: boolean, done: boolean, by: string}} Said
 * @typedef {{database: string, id: string, title: string, text: string, seen?: string, before?: string, sold?: string, by_rule?: boolean, href?: string,
 *   store?: string, sides?: {rev: string, deleted: boolean, value: string, label: string, sold: string}[], follow: Said | null, do?: string,
 *   evidence?: {label: string, value: string, link?: string}[], receipts?: {id: string, label: string}[]}} Row
 */

/** What the follow-up of a conflict is called by: this, and the id of the document. */
const ABOUT = "task:conflict:";

/** @param {{database: string, id: string}} row */
export const keyOf = (row) => `${row.database}/${row.id}`;

/** @param {Row} row @param {{selected: boolean, many: boolean}} how */
export function drawRow(row, { selected, many }) {
  const title = row.store ? `${row.store.toUpperCase()} · ${row.title}` : row.sides ? row.text : row.title;
  const before = row.before ? h("span", { class: "waiting-before" }, ` ${t("(before: %(value)s)", { value: row.before })}`) : null;
  const receipts = (row.receipts ?? []).map((receipt) => h("a", { class: "button small", href: `receipts/${encodeURIComponent(receipt.id)}` }, receipt.label));
  return h(
    "li",
    { class: "waiting", dataset: { key: keyOf(row) } },
    many && h("label", { class: "waiting-check" }, h("input", { type: "checkbox", checked: selected, "aria-label": t("Select: %(name)s", { name: row.title }), dataset: { part: "check" } })),
    h(
      "div",
      { class: "waiting-what" },
      h("div", {}, row.href ? h("a", { class: "waiting-title", href: row.href, dataset: { part: "title" } }, title) : h("strong", { class: "waiting-title" }, title), before),
      row.sides ? h("ul", { class: "waiting-sides" }, ...row.sides.map(side)) : h("p", { class: "waiting-text" }, row.text),
      row.evidence?.length ? h("dl", { class: "waiting-evidence" }, ...row.evidence.flatMap(fact)) : null,
      row.do ? h("p", { class: "waiting-do" }, row.do) : null,
      said(row),
    ),
    h(
      "div",
      { class: "waiting-acts" },
      ...receipts,
      row.follow && h("button", { type: "button", class: "button small", dataset: { follow: "", part: "follow" }, "aria-label": `${seeTo(row)}: ${row.title}` }, seeTo(row)),
      row.sides ? h("a", { class: "button small primary", href: row.href, dataset: { part: "decide" }, "aria-label": `${t("Decide")}: ${row.title}` }, t("Decide")) : null,
      row.follow?.done && row.id.startsWith(ABOUT) ? h("a", { class: "button small", href: `history/${row.database}/${encodeURIComponent(row.id.slice(ABOUT.length))}`, "aria-label": `${t("History")}: ${row.title}` }, t("History")) : null,
      !row.sides && row.href ? h("a", { class: "button small", href: row.href, dataset: { part: "look" } }, t("See to it on the sync page")) : null,
    ),
  );
}

/** What its dialog is for: a conflict is decided on its own page, the others are closed in it. @param {Row} row */
const seeTo = (row) => (row.sides || row.follow?.done ? t("Note, assign") : t("Note, close"));

/** @param {NonNullable<Row["sides"]>[number]} side */
function side(side) {
  return h("li", {}, side.value && h("b", {}, side.value), h("span", {}, side.sold ? `${side.label} · ${side.sold}` : side.label));
}

/** @param {NonNullable<Row["evidence"]>[number]} entry */
function fact(entry) {
  return [h("dt", {}, entry.label), h("dd", {}, entry.link ? h("a", { href: entry.link }, entry.value) : entry.value)];
}

/** What hangs on it, and what people said of it. @param {Row} row */
function said(row) {
  const { follow } = row;
  const words = [
    row.sold,
    row.by_rule && t("Joins by itself: nobody has to decide"),
    follow?.name && t("%(name)s sees to it", { name: follow.name }),
    follow?.notes.length && tn("%(num)s note", "%(num)s notes", follow.notes.length),
    follow?.later && t("Put aside"),
    follow?.done && (follow.by ? t("Closed: %(who)s", { who: follow.by }) : t("Closed")),
  ].filter((each) => typeof each === "string" && each);
  return words.length ? h("div", { class: "waiting-said" }, ...words.map((each) => h("span", {}, String(each)))) : null;
}
