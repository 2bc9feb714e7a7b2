/** Work that takes a while: how far it is, a way to call it off, and what came of it. */
import { get, Problem, request } from "../../api.js";
import { h } from "../../dom.js";
import { t } from "../../i18n.js";

/** Milliseconds between two looks, and after one that got no answer. */
const LOOK = 300;
const AGAIN = 2000;

export class Job {
  /** @param {HTMLElement} place where its bar stands */
  constructor(place) {
    this.bar = /** @type {HTMLProgressElement} */ (h("progress", { "aria-label": t("Progress") }));
    this.said = h("span", { role: "status" });
    this.stop = h("button", { type: "button", class: "button small" }, t("Stop"));
    this.box = h("div", { class: "job", hidden: true }, this.bar, this.said, this.stop);
    place.append(this.box);
  }

  /**
   * Follows a job to its end. What can't be heard for a while goes on there, and is asked for again.
   * @param {string} id
   * @returns {Promise<any>} the job
   */
  async follow(id) {
    const stop = () => void request("DELETE", `api/range/jobs/${encodeURIComponent(id)}`).catch(() => {});
    this.stop.addEventListener("click", stop);
    this.box.hidden = false;
    try {
      for (;;) {
        let wait = LOOK;
        try {
          const job = await get(`api/range/jobs/${encodeURIComponent(id)}`);
          this.#show(job);
          if (job.state !== "running") return job;
        } catch (problem) {
          if (!(problem instanceof Problem)) throw problem;
          if (problem.refused) return { state: "failed", reason: problem.message, result: {} };
          this.said.textContent = problem.message;
          wait = AGAIN;
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    } finally {
      this.stop.removeEventListener("click", stop);
      this.box.hidden = true;
    }
  }

  /** @param {any} job */
  #show(job) {
    if (job.total) [this.bar.max, this.bar.value] = [job.total, job.done];
    else this.bar.removeAttribute("value");
    this.said.textContent = job.total ? t("%(done)s of %(num)s", { done: job.done, num: job.total }) : t("Reading …");
  }
}
