/** What waits for somebody's decision, first of all on head office's page: one leads to its own page, several to the list. */
import { get, Problem } from "../api.js";
import { byId } from "../dom.js";
import { t, tn } from "../i18n.js";

/** Which count was heard of last: an answer about an earlier one is passed over. */
let heard = 0;

/** @param {{conflicts: number, incidents: number}} counts */
export async function showDecide({ conflicts, incidents }) {
  const mine = ++heard;
  const link = byId("decide", HTMLAnchorElement);
  if (!conflicts && !incidents) {
    link.hidden = true;
    return;
  }
  try {
    const { rows } = conflicts ? await get("api/conflicts?limit=1") : { rows: [] };
    if (mine !== heard) return;
    const counts = [conflicts && tn("%(num)s to decide", "%(num)s to decide", conflicts), incidents && tn("%(num)s incident", "%(num)s incidents", incidents)];
    byId("decide-count").textContent = counts.filter(Boolean).join(" · ");
    byId("decide-first").textContent = rows[0]?.text ?? t("Something is not as it was written: look at the evidence.");
    link.href = !conflicts ? "conflicts?list=incidents" : conflicts === 1 && rows[0]?.href ? rows[0].href : "conflicts";
    link.hidden = false;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // the count in the bar is there; the next change asks again
  }
}
