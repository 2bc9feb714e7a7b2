/** A small CSV file of prices, read by the server: which product each row means, and what is wrong with it. */
import { Problem, root } from "../../api.js";
import { h } from "../../dom.js";
import { t, tn } from "../../i18n.js";

/** Rows that can't be used and are told. */
const TOLD = 20;

/** @param {(prices: any[]) => void} found what the good rows say */
export function priceFile(found) {
  const input = /** @type {HTMLInputElement} */ (h("input", { type: "file", accept: ".csv,.txt,text/csv", class: "picture-file", "aria-label": t("Choose a file") }));
  const said = h("p", { role: "status" });
  const wrong = h("ul", { class: "row-faults" });
  input.addEventListener("change", async () => {
    const [file] = input.files ?? [];
    if (!file) return;
    said.textContent = t("Reading …");
    wrong.replaceChildren();
    try {
      const response = await fetch(`${root}api/range/plans/file`, { method: "POST", body: file, headers: { "Content-Type": "text/csv", Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
      const answer = await response?.json().catch(() => null);
      if (!response || !answer) throw new Problem(0, { reason: t("The server of head office does not answer.") });
      if (!response.ok) throw new Problem(response.status, answer);
      said.textContent = tn("%(num)s price read", "%(num)s prices read", answer.prices.length) + (answer.wrong.length ? `; ${tn("%(num)s row can’t be used:", "%(num)s rows can’t be used:", answer.wrong.length)}` : "");
      wrong.replaceChildren(...answer.wrong.slice(0, TOLD).map((/** @type {any} */ row) => h("li", {}, t("Line %(line)s: %(reason)s", row))));
      found(answer.prices);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      said.textContent = problem.message;
      found([]);
    }
  });
  return h("div", { class: "field" }, input, said, wrong);
}
