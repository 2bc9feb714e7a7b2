/**
 * A machine becomes a till: the code is typed, pasted or scanned, then this page shows what comes, and opens the till. Whatever
 * is cut off on the way goes on later with the same code; reloading shows where it stands.
 */
import { get, post, Problem, root } from "./api.js";
import { boot, byId, h, icon } from "./dom.js";
import { language, t, tn } from "./i18n.js";

/** Milliseconds between two looks at how far it is. */
const LOOK = 400;

/**
 * @typedef {object} State `GET api/enrolment`
 * @property {"waiting" | "busy" | "failed" | "done"} state
 * @property {string | null} step
 * @property {{name: string, done: number, total: number | null}[]} databases
 * @property {{terminal: string, store: string, central: string, claimed: boolean} | null} begun
 * @property {string} [reason]
 * @property {boolean} [over] this code will never do
 * @property {string} [link] the till's
 */

const code = byId("code", HTMLTextAreaElement);
const fault = byId("fault");
const number = new Intl.NumberFormat(language);
let typing = false; // another code is wanted, whatever was begun

/** @param {"form" | "begun" | "work"} part */
function only(part) {
  for (const id of ["form", "begun", "work"]) byId(id).hidden = id !== part;
}

/** @param {State} state */
function show(state) {
  if (state.state === "busy" || state.state === "done") {
    only("work");
    steps(state);
  } else if (state.begun && !state.over && !typing) {
    only("begun");
    const { terminal, central, claimed } = state.begun;
    const values = { terminal: terminal.toUpperCase(), central };
    byId("begun-what").textContent = claimed
      ? t("The code of %(terminal)s is used, and belongs to this machine. What is missing comes from %(central)s.", values)
      : t("The code of %(terminal)s is here; the central is %(central)s.", values);
    byId("begun-fault").textContent = state.reason ?? "";
  } else {
    only("form");
    say(state.reason ?? "");
    code.focus();
  }
}

/** @param {string} words @param {number} [group] the one that is mistyped, from 1 */
function say(words, group = 0) {
  fault.textContent = words;
  code.setAttribute("aria-invalid", String(Boolean(words)));
  if (group) mark(group);
}

/** Selects a group of the code, to be typed anew. @param {number} group */
function mark(group) {
  let seen = 0;
  let from = -1;
  for (let at = 0; at < code.value.length; at++) {
    if (!/[0-9a-z]/i.test(code.value[at])) continue;
    if (seen === (group - 1) * 5) from = at;
    seen++;
    if (seen === group * 5) return code.setSelectionRange(from, at + 1);
  }
  if (from >= 0) code.setSelectionRange(from, code.value.length);
}

/** @param {State} state */
function steps(state) {
  const syncing = state.step === "syncing";
  const later = syncing || state.step === "opening" || state.state === "done";
  byId("work-title").textContent = state.state === "done" ? t("This machine is a till now") : t("This machine becomes a till");
  byId("steps").replaceChildren(
    step(t("Use the code"), later ? "done" : "now"),
    step(t("Fetch what the till needs"), later ? (syncing ? "now" : "done") : "next", ...state.databases.flatMap((row, index) => bar(row, index))),
    step(t("Open the till"), state.step === "opening" || state.state === "done" ? "now" : "next"),
  );
}

/** @param {string} name @param {"next" | "now" | "done"} state @param {...Node} more */
function step(name, state, ...more) {
  const dot = state === "done" ? icon("tick") : h("span", { class: "enroll-dot" });
  return h("li", { dataset: { state }, "aria-current": state === "now" ? "step" : null }, dot, h("span", {}, name), ...more);
}

/** @param {{name: string, done: number, total: number | null}} row @param {number} index @returns {Node[]} */
function bar(row, index) {
  const name = index ? t("The store") : t("The company");
  const values = { name, done: number.format(row.done), total: row.total === null ? "" : number.format(row.total) };
  const words = row.total === null ? t("%(name)s: %(done)s documents", values) : t("%(name)s: %(done)s of about %(total)s documents", values);
  const share = row.total ? { value: row.done, max: row.total } : row.total === 0 ? { value: 1, max: 1 } : {};
  return [h("progress", { ...share, "aria-label": name }), h("small", {}, words)];
}

/** Follows what the program does, to its end. */
async function follow() {
  for (;;) {
    /** @type {State} */
    let state;
    try {
      state = await get("api/enrolment", { timeout: 5000 });
      byId("away").hidden = true;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      byId("away").hidden = false;
      await pause();
      continue;
    }
    show(state);
    if (state.state === "done") return open(String(state.link));
    if (state.state !== "busy") return undefined;
    await pause();
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, LOOK));

/** The till's own server takes this one's place: it doesn't know this page. @param {string} link */
async function open(link) {
  for (;;) {
    try {
      const answer = await fetch(`${root}api/enrolment`, { cache: "no-store" });
      if (answer.status !== 200) break;
    } catch {
      byId("away").hidden = true; // between the two servers there is none
    }
    await pause();
  }
  location.replace(link);
}

/** @param {string | null} text */
async function begin(text) {
  const buttons = [byId("go", HTMLButtonElement), byId("again", HTMLButtonElement)];
  for (const button of buttons) button.disabled = true;
  say("");
  byId("begun-fault").textContent = "";
  try {
    show(await post("api/enrolment", { code: text }));
    typing = false;
    await follow();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 409) await follow();
    else if (text === null) byId("begun-fault").textContent = problem.message;
    else say(problem.message, Number(problem.body.group ?? 0));
    code.focus();
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

code.addEventListener("input", () => {
  const typed = code.value.replace(/[^0-9a-z]/gi, "").length;
  byId("groups").textContent = typed ? tn("%(num)s group so far.", "%(num)s groups so far.", Math.floor(typed / 5)) : "";
  if (fault.textContent) say("");
});
code.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault(); // a scanner ends with it, as a person does
  byId("form", HTMLFormElement).requestSubmit();
});
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  void begin(code.value);
});
byId("again").addEventListener("click", () => void begin(null));
byId("other").addEventListener("click", () => {
  typing = true;
  only("form");
  code.focus();
});

const first = boot().enrolment;
show(first);
if (first.state === "busy" || first.state === "done") void follow();
