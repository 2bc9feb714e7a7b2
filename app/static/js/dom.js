/** Small helpers over the DOM: text is always set as text, so a product's name can't become markup. */

/**
 * The element of the page with this id; a template without it is a mistake that should be heard at once.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} [kind]
 * @returns {T}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!element || (kind && !(element instanceof kind))) throw new Error(`the page lacks #${id}`);
  return /** @type {T} */ (element);
}

/**
 * @param {string} tag
 * @param {Record<string, any>} [props] attributes; `class`, `dataset`, `on` (listeners); null and false leave out
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** @param {string} name a symbol of icons/sprite.svg */
export function icon(name) {
  const sprite = document.documentElement.dataset.sprite ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** What the page was rendered with: `<script type="application/json" id="boot">`. */
export function boot() {
  return JSON.parse(byId("boot").textContent ?? "{}");
}

/** Calls `run` when what was changed so far is on the screen. @param {() => void} run */
export function afterPaint(run) {
  if (document.visibilityState === "hidden") setTimeout(run);
  else requestAnimationFrame(() => setTimeout(run));
}

/**
 * Calls `run` once things have been quiet for `delay` milliseconds.
 * @param {number} delay
 * @param {() => void} run
 */
export function debounce(delay, run) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(run, delay);
  };
}
