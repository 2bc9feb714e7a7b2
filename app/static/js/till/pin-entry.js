/** One person's PIN: names to choose from, a field with a keypad, a badge in its place, and what is said when it is wrong. */
import { Problem } from "../api.js";
import { h } from "../dom.js";
import { t, tn } from "../i18n.js";
import { byTouch, startPad } from "../pad.js";

/** A burst of keys shorter than any badge is a PIN that somebody types fast. */
const BADGE_LEAST = 6;

/**
 * @typedef {{id: string, name: string, role: string, rights: string[], wait: number}} Person
 * @typedef {{staff?: string, pin?: string, badge?: string, new?: string}} Proof
 */

/** What roles are called; one that a shop has made is called as it calls it. @param {string} role */
export function roleName(role) {
  return { cashier: t("Cashier"), supervisor: t("Supervisor"), manager: t("Manager") }[role] ?? role;
}

export class PinEntry {
  /**
   * @param {HTMLElement} root holds `[data-people]`, `[data-pin]` (a form), `[data-fault]`, `[data-pad]`, `[data-badge]`, `[data-who]`
   * @param {(proof: Proof) => Promise<void>} prove rejects with a Problem when it is wrong
   */
  constructor(root, prove) {
    this.root = root;
    this.prove = prove;
    /** @type {Person | null} */
    this.person = null;
    /** @type {Person[]} */
    this.people = [];
    this.busy = false;
    /** A code of head office that was keyed, and the PIN that is to take its place. */
    this.code = "";
    this.chosen = "";
    this.timer = 0;
    this.list = this.#find("[data-people]");
    this.form = /** @type {HTMLFormElement} */ (this.#find("[data-pin]"));
    this.field = /** @type {HTMLInputElement} */ (this.form.querySelector("input"));
    this.done = /** @type {HTMLButtonElement} */ (this.form.querySelector("[type=submit]"));
    this.fault = this.#find("[data-fault]");
    this.who = this.#find("[data-who]");
    startPad(this.form, this.field);
    if (byTouch()) this.field.inputMode = "none"; // the keypad on the page is the keyboard
    this.field.addEventListener("input", () => this.#typed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.code) this.#choose(this.field.value);
      else void this.#send({ staff: this.person?.id, pin: this.field.value });
    });
    this.#find("[data-scan]").addEventListener("scan", (event) => this.#scanned(String(/** @type {CustomEvent} */ (event).detail)));
    // Digits go to the PIN wherever the focus is, once somebody is chosen.
    root.addEventListener("keydown", (event) => {
      if (/^\d$/.test(event.key) && this.person && document.activeElement !== this.field) this.field.focus();
    });
  }

  /** @param {string} selector @returns {HTMLElement} */
  #find(selector) {
    const found = this.root.querySelector(selector);
    if (!(found instanceof HTMLElement)) throw new Error(`the page lacks ${selector}`);
    return found;
  }

  /**
   * Shows who there is to choose from.
   * @param {Person[]} people
   * @param {string | null} [chosen]
   */
  offer(people, chosen = null) {
    this.people = people;
    this.list.replaceChildren(
      ...people.map((person) =>
        h(
          "button",
          {
            type: "button",
            class: "person",
            dataset: { person: person.id },
            "aria-pressed": "false",
            on: { click: () => this.choose(person) },
          },
          h("span", { class: "person-face", "aria-hidden": "true" }, initials(person.name)),
          h("span", { class: "person-name" }, person.name, h("small", {}, roleName(person.role))),
        ),
      ),
    );
    this.choose(people.find((person) => person.id === chosen) ?? (people.length === 1 ? people[0] : null));
  }

  /** The same people, as they are now: what somebody has typed stays. @param {Person[]} people */
  learn(people) {
    for (const known of this.people) Object.assign(known, people.find((person) => person.id === known.id));
  }

  /** @param {Person | null} person */
  choose(person) {
    this.person = person;
    this.code = this.chosen = "";
    clearInterval(this.timer);
    for (const button of this.list.children) button.setAttribute("aria-pressed", String(button instanceof HTMLElement && button.dataset.person === person?.id));
    this.form.hidden = !person;
    this.root.classList.toggle("has-person", Boolean(person));
    this.who.textContent = person?.name ?? "";
    this.say("");
    this.#empty();
    if (!person) return;
    if (person.wait) this.#wait(person.wait);
    this.field.focus({ preventScroll: true });
  }

  /** The keyboard goes to what comes next: whose PIN, or the PIN itself. */
  focus() {
    const first = this.person ? this.field : this.list.querySelector("button");
    first?.focus({ preventScroll: true });
  }

  /** @param {string} text */
  say(text) {
    this.fault.textContent = text;
  }

  #empty() {
    this.field.value = "";
    this.#typed();
  }

  #typed() {
    const digits = this.field.value.replace(/\D/g, "");
    if (digits !== this.field.value) this.field.value = digits;
    this.done.disabled = digits.length < 4 || this.busy;
  }

  /** A new PIN, keyed twice, after a code of head office. @param {string} pin */
  #choose(pin) {
    if (!this.chosen) {
      this.chosen = pin;
      this.say(t("Key the new PIN once more."));
      return this.#empty();
    }
    if (this.chosen === pin) return void this.#send({ staff: this.person?.id, pin: this.code, new: pin });
    this.chosen = "";
    this.say(t("The two new PINs differ."));
    this.#empty();
  }

  /** @param {string} code */
  #scanned(code) {
    if (code.length >= BADGE_LEAST || !/^\d+$/.test(code)) return void this.#send({ badge: code });
    if (!this.person) return;
    this.field.value = code;
    void this.#send({ staff: this.person.id, pin: code });
  }

  /** @param {Proof} proof */
  async #send(proof) {
    if (this.busy || (!proof.badge && !proof.pin)) return;
    this.busy = true;
    this.done.disabled = true;
    try {
      await this.prove(proof);
      this.say("");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.chosen = "";
      if (problem.error === "choose_pin" && problem.field === "new" && proof.pin) {
        this.code = proof.pin;
        this.say(tn("Choose a PIN of your own now: at least %(num)s digit.", "Choose a PIN of your own now: at least %(num)s digits.", problem.body.digits));
      } else this.#refused(problem);
    } finally {
      this.busy = false;
      this.#empty();
      if (this.person) this.field.focus({ preventScroll: true });
    }
  }

  /** @param {Problem} problem */
  #refused(problem) {
    const { left = 0, wait = 0 } = problem.body;
    this.root.classList.remove("is-wrong");
    void this.root.offsetWidth; // the shake begins anew
    this.root.classList.add("is-wrong");
    if (problem.error === "pin_locked") return this.#wait(wait);
    const what = problem.error === "wrong_badge" ? t("This badge is nobody’s here.") : t("This PIN is not right.");
    if (problem.error !== "wrong_pin" && problem.error !== "wrong_badge") return this.say(t(problem.message));
    this.say(left ? `${what} ${tn("One more try before a wait.", "%(num)s more tries before a wait.", left)}` : `${what} ${t("The next try has to wait.")}`);
  }

  /** Says how long, second by second. @param {number} seconds */
  #wait(seconds) {
    const until = Date.now() + seconds * 1000;
    clearInterval(this.timer);
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      if (left <= 0) {
        clearInterval(this.timer);
        this.say(t("Try again now."));
        return;
      }
      const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      this.say(t("Too many wrong PINs. Try again in %(time)s.", { time }));
    };
    tick();
    this.timer = window.setInterval(tick, 1000);
  }
}

/** @param {string} name */
export function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return words.length > 1 ? [...words[0]][0] + [.../** @type {string} */ (words.at(-1))][0] : [...(words[0] ?? "")].slice(0, 2).join("");
}
