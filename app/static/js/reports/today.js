/** Today beside last week: drawn by the server, fetched again while the page is looked at. */
import { root } from "../api.js";

/** Milliseconds between two looks. */
const LOOK = 60000;

const place = document.getElementById("today");

async function look() {
  if (!place || document.hidden) return;
  const open = Boolean(place.querySelector("details[open]"));
  try {
    const answer = await fetch(`${root}reports/today`, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...page.body.childNodes);
    if (open) place.querySelector("details")?.setAttribute("open", "");
    place.dataset.shown = String(Number(place.dataset.shown ?? 0) + 1);
  } catch {
    // The server is away: the page says so elsewhere, and what was known last stays.
  }
}

setInterval(() => void look(), LOOK);
document.addEventListener("visibilitychange", () => void look());
void look();
