/** What waits for somebody's decision, first of all on head office's page: one leads to its own page, several to the list. */
import { get, Problem } from "../api.js";
import { byId } from "../dom.js";
import { tn } from "../i18n.js";

/** Which count was heard of last: an answer about an earlier one is passed over. */
let heard = 0;

/** @param {{conflicts: number}} counts */
export async function showDecide({ conflicts }) {
  const mine = ++heard;
  const link = byId("decide", HTMLAnchorElement);
  if (!conflicts) {
    link.hidden = true;
    return;
  }
  try {
    const { rows } = await get("api/conflicts?limit=1");
    if (mine !== heard) return;
    byId("decide-count").textContent = tn("%(num)s to decide", "%(num)s to decide", conflicts);
    byId("decide-first").textContent = rows[0]?.text ?? "";
    link.href = conflicts === 1 && rows[0]?.href ? rows[0].href : "conflicts";
    link.hidden = false;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // the count in the bar is there; the next change asks again
  }
}
