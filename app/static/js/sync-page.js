/** The sync page: the server renders it, this keeps it current and passes on what is pressed. */
import { post, Problem, put } from "./api.js";
import { boot, byId } from "./dom.js";
import { startDialogs } from "./dialogs.js";
import { t } from "./i18n.js";
import { withLeave } from "./leave.js";
import { toast } from "./toast.js";

/** Milliseconds between two looks: as a rule, and while something is under way. */
const EVERY = 3000;
const BUSY = 600;
/** Milliseconds after *Sync now* in which to look often, until the links show that they work. */
const EAGER = 6000;

if (document.getElementById("allow")) startDialogs(() => false); // a supervisor's leave, where the till has people

const body = byId("sync");
const away = byId("sync-away");
let shown = body.innerHTML;
let timer = 0;
let eager = boot().busy ? performance.now() + EAGER : 0;

async function refresh() {
  clearTimeout(timer);
  timer = window.setTimeout(() => void refresh(), EVERY);
  if (document.hidden) return;
  try {
    const response = await fetch("sync?part=body", { credentials: "same-origin", signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(String(response.status));
    draw(await response.text());
    away.hidden = true;
  } catch {
    away.hidden = false;
  }
  clearTimeout(timer);
  const soon = body.querySelector("[data-busy]") || performance.now() < eager;
  timer = window.setTimeout(() => void refresh(), soon ? BUSY : EVERY);
}

/** @param {string} html rendered by the server */
function draw(html) {
  if (shown === html) return;
  shown = html;
  const { retry, accept } = document.activeElement instanceof HTMLElement ? document.activeElement.dataset : {};
  body.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  const pressed = retry ? `[data-retry="${CSS.escape(retry)}"]` : accept ? "[data-accept]" : "";
  if (pressed) /** @type {HTMLElement | null} */ (body.querySelector(pressed))?.focus();
}

/**
 * @param {HTMLElement} button disabled meanwhile
 * @param {() => Promise<unknown>} act
 * @param {string} done
 * @param {(problem: Problem) => void} [wrong]
 */
async function send(button, act, done, wrong = (problem) => toast(problem.message, { wrong: true, key: "done" })) {
  button.toggleAttribute("disabled", true);
  try {
    await act();
    toast(done, { key: "done" });
    eager = performance.now() + EAGER;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    wrong(problem);
  } finally {
    button.toggleAttribute("disabled", false);
  }
  await refresh();
}

const now = byId("sync-now");
now.addEventListener("click", () => void send(now, () => withLeave((leave) => post("api/sync", leave)), t("Syncing now.")));
body.addEventListener("click", (event) => {
  const accept = /** @type {HTMLElement} */ (event.target).closest("[data-accept]");
  if (accept instanceof HTMLElement) {
    const databases = (accept.dataset.accept ?? "").split(" ");
    void send(accept, () => withLeave((leave) => post("api/sync/accept", { databases, ...leave })), t("It is the central from now on."));
    return;
  }
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-retry]");
  if (!(button instanceof HTMLElement)) return;
  const id = button.dataset.retry;
  void send(button, () => withLeave((leave) => post("api/sync/retry", { id, ...leave })), t("Offered again."));
});

const form = document.getElementById("schedule");
if (form instanceof HTMLFormElement) {
  const problem = byId("schedule-problem");
  const save = byId("schedule-save");
  const choose = (/** @type {string} */ mode) => {
    const radio = form.querySelector(`[value="${mode}"]`);
    if (radio instanceof HTMLInputElement) radio.checked = true;
  };
  for (const [name, mode] of [["minutes", "every"], ["hours", "hours"]]) {
    form.querySelector(`[name="${name}"]`)?.addEventListener("focus", () => choose(mode));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.hidden = true;
    const values = new FormData(form);
    const hours = String(values.get("hours") ?? "").split(/[\s,;，、；]+/).filter(Boolean).map(clock);
    const minutes = Number(values.get("minutes"));
    const mode = values.get("mode");
    const counts = Number.isInteger(minutes) && minutes >= 1 && minutes <= 1440;
    if (mode === "every" && !counts) return tell(t("Say every how many minutes, from 1 to 1440."));
    if (mode === "hours" && !hours.every(isClock)) return tell(t("Write hours as 08:00, with commas between them."));
    const sync = { mode, hours: hours.filter(isClock), ...(counts ? { minutes } : {}) }; // what another mode needs is kept
    void send(save, () => withLeave((leave) => put("api/sync/schedule", { sync, ...leave })), t("Saved. It holds from now on."), (wrong) => tell(wrong.message));
  });
  /** @param {string} words */
  function tell(words) {
    problem.textContent = words;
    problem.hidden = false;
  }
}

/** 8:00, 8：00, 0800 and 8 as 08:00; anything else as it is. @param {string} text */
function clock(text) {
  const found = /^(\d{1,2})(?:[:：.h]?(\d\d))?$/.exec(text);
  return found ? `${found[1].padStart(2, "0")}:${found[2] ?? "00"}` : text;
}

/** @param {string} text */
function isClock(text) {
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
}

void refresh();
