/** Short messages that never stand in the way: they come, can be acted on, and go. */
import { byId, h, icon } from "./dom.js";
import { t } from "./i18n.js";

/** Milliseconds a message stays; one to act on is given the time that undoing takes. */
const STAYS = 5000;

/**
 * @param {string} text
 * @param {{wrong?: boolean, actions?: {name: string, run: () => void}[], stays?: number, key?: string}} [options]
 *   key: a message with the same key replaces the one before; stays: milliseconds, Infinity until it is seen to
 * @returns {() => void} takes it away
 */
export function toast(text, { wrong = false, actions = [], stays = STAYS, key = "" } = {}) {
  const holder = byId("toasts");
  // A dialog is above everything else of the page: the messages go where they can be seen.
  const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  if (holder.parentElement !== top) top.append(holder);
  if (key) for (const old of holder.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)) old.remove();
  while (holder.childElementCount > 2) (holder.querySelector(":not([data-stays])") ?? holder.firstElementChild)?.remove();
  const gone = () => element.remove();
  const element = h(
    "div",
    { class: wrong ? "toast wrong" : "toast", role: wrong ? "alert" : null, dataset: { key, ...(stays === Infinity ? { stays: "" } : {}) } },
    h("span", {}, text),
    ...actions.map(({ name, run }) =>
      h(
        "button",
        {
          type: "button",
          on: {
            click: () => {
              gone();
              run();
            },
          },
        },
        name,
      ),
    ),
    h("button", { type: "button", class: "tool-icon", "aria-label": t("Close"), on: { click: gone } }, icon("close")),
  );
  holder.append(element);
  if (stays !== Infinity) setTimeout(gone, stays);
  return gone;
}

/** Takes all messages away: what they were about is over. */
export function clearToasts() {
  byId("toasts").replaceChildren();
}
