/** The page of erased people: find one and erase them; and who was erased, and which nodes have forgotten them. */
import { get, Problem } from "../api.js";
import { boot, byId, debounce, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { toast } from "../toast.js";
import { send, startRoom } from "./allow.js";
import { EraseDialog } from "./erase.js";

/** Milliseconds between two looks while a node has still to confirm, and while all have. */
const SOON = 2000;
const LATER = 20000;

const { first, may } = boot();
const list = byId("erasures");
const query = byId("erasures-query", HTMLInputElement);
/** @type {any[]} */
let rows = first.rows;
/** @type {string | null} */
let next = first.next;
let timer = 0;

startRoom();
const dialog = new EraseDialog((path, body) => send("POST", path, body));

/** @param {any} row */
function drawn(row) {
  const about = [row.when, row.where, row.who, row.reason].filter(Boolean).join(" · ");
  const places = row.central ? [{ name: t("Central"), when: row.central.when, as_of: null }, ...row.nodes] : row.nodes;
  return h(
    "article",
    { class: "erasure", dataset: { erasure: row.id } },
    h("div", { class: "erasure-head" }, h("strong", {}, row.title), h("code", {}, row.about)),
    h("p", {}, about),
    row.despite && h("p", {}, t("Something was still open with them; that was confirmed.")),
    h("ul", { class: "erasure-nodes", "aria-label": t("Who has forgotten them") }, ...places.map(place)),
  );
}

/** @param {{name: string, when: string | null, as_of: string | null}} node */
function place(node) {
  const text = node.when ? t("%(node)s forgot at %(when)s", { node: node.name, when: node.when }) : node.as_of ? t("%(node)s: not yet, as of %(when)s", { node: node.name, when: node.as_of }) : t("%(node)s: not yet", { node: node.name });
  return h("li", { class: node.when ? "is-done" : "is-open" }, icon(node.when ? "tick" : "clock"), text);
}

function draw() {
  list.replaceChildren(...rows.map(drawn));
  byId("erasures-none").hidden = rows.length > 0;
  byId("erasures-more").hidden = !next;
  clearTimeout(timer);
  timer = window.setTimeout(() => void refresh(), rows.every((row) => row.clean) ? LATER : SOON);
}

/** The first page again; what was asked for beyond it stays. */
async function refresh() {
  clearTimeout(timer);
  try {
    const page = document.hidden ? null : await get("api/erasures");
    if (page) {
      const ids = new Set(page.rows.map((/** @type {any} */ row) => row.id));
      const older = rows.filter((row) => !ids.has(row.id));
      if (!older.length) next = page.next;
      rows = [...page.rows, ...older];
    }
    byId("erasures-away").hidden = true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    byId("erasures-away").hidden = false;
  }
  draw();
}

byId("erasures-more").addEventListener("click", async () => {
  try {
    const page = await get(`api/erasures?before=${encodeURIComponent(next ?? "")}`);
    rows = [...rows, ...page.rows];
    next = page.next;
    draw();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(problem.message, { wrong: true });
  }
});

/** @type {any[]} */
let found = [];
let asked = 0;

async function search() {
  const q = query.value.trim();
  const mine = ++asked;
  byId("erasures-fault").textContent = "";
  try {
    const people = q ? (await get(`api/erasures/people?q=${encodeURIComponent(q)}`)).rows : [];
    if (mine === asked) found = people;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    byId("erasures-fault").textContent = problem.message;
    return;
  }
  byId("erasures-nobody").hidden = !q || found.length > 0;
  byId("erasures-nobody").textContent = t("Nobody is found for “%(q)s”.", { q });
  byId("erasures-people").replaceChildren(
    ...found.map((person) =>
      h(
        "li",
        {},
        h("div", {}, h("strong", {}, person.name), person.about && h("small", {}, person.about)),
        h("button", { type: "button", class: "button small danger", dataset: { person: person.id }, "aria-label": t("Erase: %(name)s", { name: person.name }) }, t("Erase")),
      ),
    ),
  );
}

byId("erasures-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void search();
});
query.addEventListener("input", debounce(200, () => void search()));
byId("erasures-people").addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-person]");
  const person = button instanceof HTMLElement ? found.find((each) => each.id === button.dataset.person) : null;
  if (!person) return;
  dialog.open(person, () => {
    toast(t("Erased. Every till forgets them as soon as it hears of it."));
    query.value = "";
    void search();
    void refresh();
  });
});
byId("erasures-find").hidden = !may;
addEventListener("visibilitychange", () => !document.hidden && void refresh());
draw();
