/** The demo's page: two tills and head office side by side, buttons that break things, steps that tick themselves off from the documents. */
import { get, post, Problem } from "./api.js";
import { byId } from "./dom.js";
import { t } from "./i18n.js";
import { toast } from "./toast.js";

/** Milliseconds between two looks at the documents. */
const EVERY = 900;
/** The button that the step under way needs, by step. */
const HINTS = /** @type {Record<string, string>} */ ({ cut: "cut", plug: "plug", pull: "pull", start: "start", prices: "cut", dispute: "plug" });

/**
 * @typedef {{kind: string, title: string, url: string | null, running: boolean, line: "up" | "cut" | null}} DemoNode
 * @typedef {{nodes: Record<string, DemoNode>, hub: {running: boolean}, sales: Record<string, number>, steps: {id: string, done: boolean}[], generation: number, busy: string | null}} DemoState
 */

// The nodes are at 127.0.0.1: from another name their cookies would be a stranger's, and kept out of the frames.
if (location.hostname === "localhost") location.hostname = "127.0.0.1";

/** Which run of the demo each frame shows. @type {Record<string, number>} */
const framed = {};
let acting = false;

/** @param {DemoState} state */
function show(state) {
  for (const [name, node] of Object.entries(state.nodes)) showNode(name, node, state.hub.running, state.generation);
  byId("hub-dead").hidden = state.hub.running || Boolean(state.busy);
  showSteps(state.steps);
  for (const name of ["sold", "arrived", "twice"]) byId(name).textContent = String(state.sales[name] ?? 0);
  const words = state.busy ?? "";
  byId("busy").hidden = !words;
  byId("busy-words").textContent = words ? t("Starting over …") : "";
}

/** @param {string} name @param {DemoNode} node @param {boolean} hub whether the hub runs @param {number} generation */
function showNode(name, node, hub, generation) {
  const pane = document.querySelector(`[data-node="${name}"]`);
  if (!(pane instanceof HTMLElement)) return;
  pane.dataset.running = String(node.running);
  pane.dataset.line = hub ? (node.line ?? "") : "cut";
  const state = pane.querySelector("[data-state]");
  const words = !node.running ? t("no power") : node.line === "cut" ? t("line cut") : hub ? t("online") : t("no hub");
  if (state && state.textContent !== words) state.textContent = words;
  const visible = { cut: node.line === "up", plug: node.line === "cut", pull: node.running, start: !node.running };
  for (const [act, on] of Object.entries(visible)) {
    const button = pane.querySelector(`[data-act="${act}"]`);
    if (button instanceof HTMLElement) button.hidden = !on;
  }
  // A frame is loaded once a run: an open window that finds its server again by itself is what there is to see.
  const frame = pane.querySelector("iframe");
  if (frame && node.url && framed[name] !== generation) {
    framed[name] = generation;
    void enter(name, frame);
  }
}

/** Loads a frame, with somebody signed in at a till. @param {string} name @param {HTMLIFrameElement} frame */
async function enter(name, frame) {
  try {
    const { url } = await post(`/demo/enter/${name}`, {}, { timeout: 30000 });
    if (url) frame.src = url;
    else delete framed[name];
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    delete framed[name]; // the next look tries again
  }
}

/** @param {{id: string, done: boolean}[]} steps */
function showSteps(steps) {
  const now = steps.find((step) => !step.done)?.id;
  for (const { id, done } of steps) {
    const item = document.querySelector(`[data-step="${id}"]`);
    if (!item) continue;
    if (done && !item.hasAttribute("data-done")) item.classList.add("ticked");
    if (!done) item.classList.remove("ticked");
    item.toggleAttribute("data-done", done);
    if (id === now && !item.hasAttribute("data-now")) item.scrollIntoView({ block: "nearest" });
    item.toggleAttribute("data-now", id === now);
    if (id === now) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
  for (const button of document.querySelectorAll("[data-act]")) {
    const { act } = /** @type {HTMLElement} */ (button).dataset;
    const pane = /** @type {HTMLElement | null} */ (button.closest("[data-node]"));
    const meant = Boolean(now) && HINTS[now ?? ""] === act && (act !== "cut" || pane?.dataset.node === "t1");
    button.toggleAttribute("data-hint", meant);
  }
}

async function look() {
  if (document.hidden || acting) return;
  try {
    show(await get("/demo/state"));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(t("The demo has ended. Start it again with “couchtill demo”."), { wrong: true, key: "ended" });
  }
}

/** @param {string} path @param {string} [words] while it takes its time */
async function act(path, words = "") {
  if (acting) return;
  acting = true;
  if (words) {
    byId("busy").hidden = false;
    byId("busy-words").textContent = words;
  }
  try {
    show(await post(`/demo/${path}`, {}, { timeout: 60000 }));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(problem.message, { wrong: true, key: "act" });
  } finally {
    acting = false;
    byId("busy").hidden = true;
  }
}

document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-act]");
  const pane = button?.closest("[data-node]");
  if (!(button instanceof HTMLElement) || !(pane instanceof HTMLElement)) return;
  void act(`${button.dataset.act}/${pane.dataset.node}`);
});

byId("hub-start").addEventListener("click", () => void act("start/hub"));

const sure = byId("sure", HTMLDialogElement);
byId("reset").addEventListener("click", () => sure.showModal());
sure.addEventListener("close", () => {
  if (sure.returnValue === "yes") void act("reset", t("Starting over …"));
  sure.returnValue = "";
});

show(JSON.parse(byId("state").textContent ?? "{}"));
setInterval(() => void look(), EVERY);
