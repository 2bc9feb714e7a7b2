/** Scans, from wherever the person is: taken in order, one after the other, waiting while a question is open. Codes typed into the search field too. */
import { get, Problem } from "../api.js";
import { hide, topmost } from "../dialogs.js";
import { afterPaint, byId } from "../dom.js";
import { t } from "../i18n.js";
import { listenForScans } from "../scanner.js";

/** @typedef {import("../cart.js").Product} Product */

export class Scans {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    /** @type {string[]} codes that wait */
    this.waiting = [];
    this.taking = false;
    /** Codes of which the server knows more than the window's own copy. @type {Set<string>} */
    this.doubtful = new Set();
  }

  start() {
    listenForScans((code) => this.scan(code));
    byId("search-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.enter();
    });
    this.frame.hear("cart", () => this.waiting.length && setTimeout(() => void this.take()));
    for (const dialog of document.querySelectorAll("dialog[data-scans='wait']")) dialog.addEventListener("close", () => setTimeout(() => void this.take()));
  }

  /** @param {string} code */
  scan(code) {
    const dialog = topmost();
    // A dialog that can take a scan itself (a gift card's code, a receipt to find) has a field for it.
    const field = /** @type {HTMLInputElement | null} */ (dialog?.querySelector("input[data-scan]:not([hidden])") ?? null);
    if (dialog && field && field.offsetParent !== null) {
      field.value = code;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new CustomEvent("scan", { bubbles: true, detail: code }));
      return;
    }
    if (dialog && dialog.dataset.scans !== "wait" && !dialog.locked && !this.frame.payment?.busy) hide(dialog);
    this.waiting.push(code);
    void this.take();
  }

  get #held() {
    const dialog = topmost();
    return Boolean(this.frame.payment?.busy || dialog?.locked || dialog?.dataset.scans === "wait");
  }

  async take() {
    if (this.taking) return;
    this.taking = true;
    try {
      while (this.waiting.length && !this.#held) await this.#takeOne(/** @type {string} */ (this.waiting.shift()));
    } finally {
      this.taking = false;
    }
    if (this.waiting.length && topmost()?.dataset.scans === "wait") this.frame.toast(t("A scan waits until this is answered."), { key: "waits" });
  }

  /** @param {string} code */
  async #takeOne(code) {
    const { frame } = this;
    if (code.startsWith("order:")) return frame.tell("receipt-code", code); // the code that is printed on a receipt
    try {
      const kept = this.doubtful.has(code) ? null : await frame.kept.sure(code);
      if (kept) return await this.#confirm(code, kept);
      const products = await this.lookUp(code);
      if (products.length === 1) return await frame.selling.add(products[0], frame.catalog.takeMultiplier());
      if (products.length === 0) return (await frame.unknownCode(code)) || this.unknown(code);
      frame.sound.error();
      frame.catalog.offer(code, products);
      frame.toast(t("%(num)s products have the code %(code)s. Choose one.", { num: products.length, code }), { key: "choose", stays: 8000 });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      frame.sound.error();
      frame.toast(t("Not added: %(code)s. %(reason)s", { code, reason: problem.message }), {
        wrong: true,
        key: `scan ${code}`,
        stays: 15000,
        actions: [{ name: t("Try again"), run: () => this.scan(code) }],
      });
    }
  }

  /**
   * A product of the window's own copy: its line is drawn at once, and the server asked when it can be seen. What the server knows better is put
   * right in that line; where the code means something else by now, the line goes and the code is taken as if it came anew.
   * @param {string} code
   * @param {Product} kept
   */
  async #confirm(code, kept) {
    const { frame } = this;
    const { selling } = frame;
    const quantity = frame.catalog.takeMultiplier();
    const line = await selling.add(kept, quantity);
    if (!line) return;
    afterPaint(async () => {
      try {
        const [known, ...others] = await this.lookUp(code, false);
        if (known?.id === kept.id && !others.length) return selling.learn(known);
        this.doubtful.add(code);
        selling.takeBack(line, quantity);
        this.scan(code);
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem; // away, or busy: the sale says whether its total is right
      }
    });
  }

  /**
   * @param {string} code
   * @param {boolean} [away] whether the window's own copy answers while the server is away
   * @returns {Promise<Product[]>} the products that have it
   */
  async lookUp(code, away = true) {
    try {
      return (await get(`api/barcode/${encodeURIComponent(code)}`, { timeout: 5000 })).rows;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 404) return [];
      if (!problem.away || !away) throw problem;
      const kept = await this.frame.kept.byCode(code);
      if (!kept.length) throw problem;
      return kept;
    }
  }

  /** @param {string} code */
  unknown(code) {
    const { frame } = this;
    frame.sound.error();
    frame.toast(t("No product has the code %(code)s.", { code }), {
      wrong: true,
      key: `scan ${code}`,
      stays: Infinity, // what nobody saw would go unpaid: until somebody has seen to it, or the cart is paid
      actions: [
        { name: t("Key price"), run: () => void frame.selling.keyItem(t("Code %(code)s", { code })) },
        {
          name: t("Search"),
          run: () => {
            byId("search", HTMLInputElement).value = "";
            byId("search").focus();
          },
        },
      ],
    });
  }

  /** Enter in the search field: a code is looked up as one, else the chosen result is added. */
  async enter() {
    const { catalog, selling, sound } = this.frame;
    const text = catalog.text;
    if (!text) return;
    const { chosen } = catalog;
    if (/^\S*\d\S*$/.test(text) && text.length >= 3) {
      // The field is free for the next code while this one is looked up.
      const quantity = catalog.takeMultiplier();
      catalog.clear();
      const [product, ...others] = await this.lookUp(text).catch(() => []);
      if (product && !others.length) return selling.add(product, quantity);
      if (chosen) return selling.add(chosen, quantity);
      if (!catalog.text) byId("search", HTMLInputElement).value = text;
    } else if (chosen) return selling.addFromShelf(chosen);
    await catalog.settle();
    const { found, answered } = catalog;
    if (found.length === 1 && answered === text) return selling.addFromShelf(found[0]);
    if (!found.length && answered !== null) sound.error();
  }
}
