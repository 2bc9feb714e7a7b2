/** The page of the central: the server renders it, this keeps it current without moving what is being read. */
import { byId } from "../dom.js";

/** Milliseconds between two looks. */
const EVERY = 4000;

/** What is drawn: some rows of long lists, or all of them, as the page was asked for. */
const part = `central?${new URLSearchParams({ part: "body", ...(new URLSearchParams(location.search).get("all") === "1" ? { all: "1" } : {}) })}`;
const body = byId("central");
const away = byId("away");
let shown = body.innerHTML;

async function refresh() {
  if (!document.hidden) {
    try {
      const response = await fetch(part, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(8000) });
      if (!response.ok) throw new Error(String(response.status));
      draw(await response.text());
      away.hidden = true;
    } catch {
      away.hidden = false;
    }
  }
  setTimeout(() => void refresh(), EVERY);
}

/** @param {string} html rendered by the server */
function draw(html) {
  if (html === shown) return;
  shown = html;
  const places = new Map([...body.querySelectorAll("[data-keep]")].map((box) => [box.getAttribute("data-keep"), box.scrollLeft]));
  const focused = document.activeElement?.getAttribute("data-keep");
  body.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  for (const box of body.querySelectorAll("[data-keep]")) {
    const name = box.getAttribute("data-keep");
    box.scrollLeft = places.get(name) ?? 0;
    if (focused && name === focused && box instanceof HTMLElement) box.focus({ preventScroll: true });
  }
}

document.addEventListener("visibilitychange", () => !document.hidden && void refreshNow());

async function refreshNow() {
  const response = await fetch(part, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
  if (response?.ok) draw(await response.text());
}

setTimeout(() => void refresh(), EVERY);
