/**
 * What a person has chosen in the form of one case: read for the request, kept when the form is drawn anew, and shown in
 * the button and in the preview.
 *
 * @typedef {{picked: Map<string, {key: string, other: string}>, keys: Map<string, Set<string>>, touched: Set<string>, note: string}} Kept
 */
import { language, t } from "../i18n.js";
import { decimalText, money, parseDecimal } from "../money.js";

export class Choices {
  /**
   * @param {HTMLFormElement} form
   * @param {{currency: string, digits: number}} of
   */
  constructor(form, of) {
    this.form = form;
    this.currency = { code: of.currency, digits: of.digits, locale: language };
    this.fields = /** @type {HTMLFieldSetElement[]} */ ([...form.querySelectorAll("fieldset[data-field]")]);
    /** Fields in which a person has chosen, not merely the page. @type {Set<string>} */
    this.touched = new Set();
    form.addEventListener("change", (event) => this.#changed(event));
    form.addEventListener("input", (event) => this.#typed(event));
    for (const entry of form.querySelectorAll("[data-other]")) entry.addEventListener("click", () => this.#pickOther(/** @type {HTMLElement} */ (entry)));
    this.show();
  }

  /** What the keyboard begins with. */
  get first() {
    return this.form.querySelector("input[type=radio]:checked") ?? this.form.querySelector("input[type=radio]") ?? this.form.querySelector("button.primary");
  }

  /** Why it was decided so, where somebody says it. @returns {{note?: string}} */
  get note() {
    const note = this.#note?.value.trim();
    return note ? { note } : {};
  }

  get #note() {
    const entry = this.form.querySelector("#note");
    return entry instanceof HTMLInputElement ? entry : null;
  }

  /** @param {Element} field @returns {HTMLInputElement | null} */
  #picked(field) {
    return field.querySelector("input[type=radio]:checked");
  }

  /** @param {Element} field @returns {HTMLInputElement | HTMLTextAreaElement | null} */
  #entry(field) {
    return field.querySelector("[data-other]");
  }

  /** @param {HTMLElement} entry */
  #pickOther(entry) {
    const radio = /** @type {HTMLInputElement | null} */ (entry.closest("fieldset")?.querySelector('input[value="other"]'));
    if (!radio || radio.checked) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** @param {Event} event */
  #changed(event) {
    const radio = event.target;
    const field = radio instanceof HTMLElement ? radio.closest("fieldset") : null;
    if (!(radio instanceof HTMLInputElement) || !field) return;
    this.touched.add(field.dataset.field ?? "");
    this.#complain(field, "");
    this.show();
  }

  /** @param {Event} event */
  #typed(event) {
    const entry = /** @type {HTMLElement} */ (event.target);
    const field = entry.closest("fieldset");
    if (!field || entry.dataset.other === undefined) return;
    this.#pickOther(entry);
    this.touched.add(field.dataset.field ?? "");
    this.#complain(field, "");
    this.show();
  }

  /** Everything that one side says. @param {string} rev */
  take(rev) {
    for (const field of this.fields) {
      const option = [...field.querySelectorAll("input[type=radio]")].find((each) => /** @type {HTMLElement} */ (each).dataset.revs?.split(" ").includes(rev));
      if (!(option instanceof HTMLInputElement)) continue;
      option.checked = true;
      this.touched.add(field.dataset.field ?? "");
      this.#complain(field, "");
    }
    this.show();
    const button = this.form.querySelector("#use, [value=live]");
    if (button instanceof HTMLElement) button.focus();
  }

  // -- reading ----------------------------------------------------------------------------------------------------------

  /** `choose` of the request; null where something is missing, which is then said at its place. @returns {Record<string, object> | null} */
  read() {
    /** @type {Record<string, object>} */
    const chosen = {};
    let wrong = null;
    for (const field of this.fields) {
      const picked = this.#picked(field);
      const value = picked?.value === "other" ? this.#keyed(field) : null;
      if (!picked) wrong ??= this.#complain(field, t("Choose one of these."));
      else if (typeof value === "string") wrong ??= this.#complain(field, value);
      else chosen[field.dataset.field ?? ""] = value ?? { side: picked.value };
    }
    if (wrong) wrong.focus();
    return wrong ? null : chosen;
  }

  /** @param {Element} field @returns {{value: unknown} | string} what was keyed, or what is wrong with it */
  #keyed(field) {
    const entry = this.#entry(field);
    const text = entry?.value.trim() ?? "";
    const { other = "text", digits = "0", per = "1000" } = entry?.dataset ?? {};
    if (other === "lines") return { value: text.split("\n").map((line) => line.trim()).filter(Boolean) };
    if (other !== "price" && other !== "number") return text || other === "long" ? { value: text } : t("Key the other value first.");
    if (!text) return t("Key the other value first.");
    const number = parseDecimal(text, Number(digits));
    if (number === null) return t("Key it like %(example)s.", { example: decimalText(10n ** BigInt(digits) * 12n + (Number(digits) ? 9n * 10n ** BigInt(Number(digits) - 1) : 0n), Number(digits)) });
    return { value: other === "price" ? { amount: Number(number), per: Number(per) } : Number(number) };
  }

  /**
   * Says what is wrong with a field, in its place; where the keyboard should go then.
   * @param {HTMLElement} field @param {string} text
   * @returns {HTMLElement | null}
   */
  #complain(field, text) {
    const fault = field.querySelector(".fault");
    if (fault) fault.textContent = text;
    field.classList.toggle("is-wrong", Boolean(text));
    if (!text) return null;
    const entry = this.#picked(field)?.value === "other" ? this.#entry(field) : null;
    return entry ?? field.querySelector("input[type=radio]");
  }

  /** What the server says is wrong, at the field that it names. @param {import("../api.js").Problem} problem */
  complain(problem) {
    const place = problem.field ?? "";
    const field = this.fields.find(({ dataset }) => place === dataset.field || place.startsWith(`${dataset.field}.`) || dataset.field?.startsWith(`${place}.`));
    if (!field || !place) return false;
    this.#complain(field, problem.message)?.focus();
    return true;
  }

  // -- kept when it is drawn anew ---------------------------------------------------------------------------------------

  /** @returns {Kept} */
  kept() {
    const picked = new Map();
    const keys = new Map();
    for (const field of this.fields) {
      const name = field.dataset.field ?? "";
      picked.set(name, { key: this.#picked(field)?.dataset.key ?? "", other: this.#entry(field)?.value ?? "" });
      keys.set(name, new Set([...field.querySelectorAll("[data-key]")].map((each) => /** @type {HTMLElement} */ (each).dataset.key)));
    }
    return { picked, keys, touched: this.touched, note: this.#note?.value ?? "" };
  }

  /** Puts back what was chosen, and marks what was not there before. @param {Kept} kept */
  restore({ picked, keys, touched, note }) {
    this.touched = touched;
    if (this.#note && note) {
      this.#note.value = note;
      this.#note.closest("details")?.toggleAttribute("open", true);
    }
    for (const field of this.fields) {
      const name = field.dataset.field ?? "";
      const before = keys.get(name);
      for (const option of /** @type {NodeListOf<HTMLInputElement>} */ (field.querySelectorAll("input[data-key]"))) {
        option.closest(".case-option")?.classList.toggle("fresh", !before?.has(option.dataset.key ?? ""));
        if (touched.has(name)) option.checked = option.dataset.key === picked.get(name)?.key;
      }
      const entry = this.#entry(field);
      const typed = picked.get(name)?.other;
      if (entry && typed) entry.value = typed;
    }
    this.show();
  }

  // -- shown ------------------------------------------------------------------------------------------------------------

  /** What the button does, and what the till will show. */
  show() {
    const use = this.form.querySelector("#use");
    if (use && this.fields.length) use.textContent = this.#label();
    for (const field of this.fields) this.#preview(field.dataset.field ?? "", this.#picked(field), field);
  }

  #label() {
    if (this.fields.length > 1) return t("Use what is chosen");
    const text = this.#text(this.fields[0]);
    return text ? t("Use %(value)s", { value: text }) : t("Use this");
  }

  /** The chosen value in a few words; "" where it is long. @param {Element} field */
  #text(field) {
    const picked = this.#picked(field);
    if (picked?.value !== "other") return picked?.dataset.short ?? "";
    const keyed = this.#keyed(field);
    if (typeof keyed === "string") return "";
    const value = /** @type {any} */ (keyed.value);
    if (value?.amount !== undefined) return value.per === 1000 ? money(value.amount, this.currency) : "";
    return typeof value === "string" && value.length <= 28 && this.#entry(field)?.dataset.other === "text" ? value : "";
  }

  /** @param {string} name @param {HTMLInputElement | null} picked @param {Element} field */
  #preview(name, picked, field) {
    const place = this.form.querySelector(`[data-preview="${CSS.escape(name)}"]`);
    if (!(place instanceof HTMLElement) || !picked) return;
    if (place instanceof HTMLImageElement) {
      const { picture } = picked.dataset;
      place.hidden = !picture;
      const letters = this.form.querySelector('[data-preview="letters"]');
      if (letters instanceof HTMLElement) letters.hidden = Boolean(picture);
      if (picture) place.src = `${place.dataset.root}api/pictures/${picture}`;
    } else if (name === "colour") place.style.setProperty("--colour", picked.value === "other" ? (this.#entry(field)?.value ?? "") : (picked.dataset.text ?? ""));
    else place.textContent = picked.value === "other" ? this.#text(field) || (this.#entry(field)?.value ?? "") : (picked.dataset.text ?? "");
  }
}
