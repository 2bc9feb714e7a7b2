/** Requests to the terminal's own JSON API. Every failure is a `Problem`, told apart by whether the server decided. */
import { t } from "./i18n.js";

/** A request that came to nothing. `status` 0: no answer, so what the server did is unknown. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {Record<string, any>} body `{error, reason, field}` of the server
   */
  constructor(status, body) {
    super(String(body.reason ?? body.error ?? status));
    this.status = status;
    this.error = String(body.error ?? "");
    this.field = body.field ? String(body.field) : null;
    this.body = body;
  }

  /** Whether the server said no, and wrote nothing. Anything else may have been written. */
  get refused() {
    return this.status >= 400 && this.status < 500 && ![401, 403, 408, 425, 429].includes(this.status);
  }

  /** Whether nobody answered: the server is stopped, starting, or the cable is out. */
  get away() {
    return this.status === 0;
  }
}

/** Where the server's own paths begin, for pages that lie deeper. */
export const root = document.documentElement.dataset.root ?? "";

/**
 * @param {string} method
 * @param {string} path relative to the page's own server
 * @param {{body?: unknown, signal?: AbortSignal, timeout?: number, prefer?: string}} [options] timeout in ms; prefer: what the answer may hold besides
 * @returns {Promise<any>} the parsed body
 */
export async function request(method, path, { body, signal, timeout = 15000, prefer } = {}) {
  const limit = AbortSignal.timeout(timeout);
  /** @type {Response} */
  let response;
  let answer;
  try {
    response = await fetch(root + path, {
      method,
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...(prefer ? { Prefer: prefer } : {}) },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? anySignal([signal, limit]) : limit,
      credentials: "same-origin",
      cache: "no-store",
    });
    answer = await response.json().catch((error) => {
      if (response.ok || error.name !== "SyntaxError") throw error; // an answer cut short is no answer
      return { error: String(response.status), reason: response.statusText };
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, { error: "away", reason: t("The till’s server does not answer.") });
  }
  if (answer.error === "locked" || answer.error === "renew_pin") dispatchEvent(new Event("couchtill:locked")); // people.js shows it
  if (!response.ok) throw new Problem(response.status, answer);
  return answer;
}

/** @param {AbortSignal[]} signals */
function anySignal(signals) {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}

/** @param {string} path @param {{signal?: AbortSignal, timeout?: number, prefer?: string}} [options] */
export const get = (path, options) => request("GET", path, options);

/** @param {string} path @param {unknown} body @param {{timeout?: number, prefer?: string}} [options] */
export const post = (path, body, options) => request("POST", path, { body, ...options });

/** @param {string} path @param {unknown} body */
export const put = (path, body) => request("PUT", path, { body });
