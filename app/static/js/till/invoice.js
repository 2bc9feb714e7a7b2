/** An invoice for who asks for one: their name, address and tax number on this receipt, from the customer's data where there is one. */
import { get, Problem } from "../api.js";
import { hide, show } from "../dialogs.js";
import { byId } from "../dom.js";
import { t } from "../i18n.js";

/** Rows of an address, and characters of one, as the server has them. */
const ROWS = 10;
const LONG = 200;

/** @param {import("./frame.js").Frame} frame */
export function startInvoice(frame) {
  const invoice = new InvoiceDialog(frame);
  frame.actions.add({ id: "invoice", name: t("Invoice"), icon: "receipt", place: "more", run: () => void invoice.open(), enabled: () => frame.cart.lines.length > 0 });
  byId("pay-invoice").addEventListener("click", () => void invoice.open());
  frame.hear("cart", () => invoice.say());
  invoice.say();
}

class InvoiceDialog {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.dialog = byId("invoice", HTMLDialogElement);
    this.name = byId("invoice-name", HTMLInputElement);
    this.number = byId("invoice-tax-number", HTMLInputElement);
    this.address = byId("invoice-address", HTMLTextAreaElement);
    byId("invoice-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    byId("invoice-none").addEventListener("click", () => this.#set(null));
  }

  /** The button of the payment says whether there is one. */
  say() {
    const { invoice } = this.frame.cart;
    byId("pay-invoice-words").textContent = invoice ? t("Invoice: %(name)s", { name: invoice.name }) : t("Invoice");
  }

  async open() {
    const { cart } = this.frame;
    const { customer } = cart;
    this.#fill(cart.invoice ?? { name: customer?.name ?? "", address: [], tax_number: null });
    byId("invoice-none").hidden = !cart.invoice;
    byId("invoice-fault").textContent = "";
    show(this.dialog);
    this.name.focus();
    if (cart.invoice || !customer) return;
    const empty = this.#typed;
    try {
      const known = await get(`api/customers/${encodeURIComponent(customer.id)}`, { timeout: 5000 });
      if (this.dialog.open && this.#typed === empty) this.#fill(known); // what was keyed meanwhile stays
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem; // it can be keyed
    }
  }

  get #typed() {
    return [this.name.value, this.number.value, this.address.value].join("\n");
  }

  /** @param {{name: string, address?: string[] | null, tax_number?: string | null}} data */
  #fill({ name, address, tax_number }) {
    this.name.value = name;
    this.number.value = tax_number ?? "";
    this.address.value = (address ?? []).join("\n");
  }

  #save() {
    const name = this.name.value.trim();
    const address = this.address.value.split("\n").map((row) => row.trim()).filter(Boolean);
    const fault = !name ? t("Key a name.") : address.length > ROWS || address.some((row) => row.length > LONG) ? t("An address has at most %(rows)s rows of %(long)s characters.", { rows: ROWS, long: LONG }) : "";
    byId("invoice-fault").textContent = fault;
    if (fault) return (name ? this.address : this.name).focus();
    this.#set({ name, address, tax_number: this.number.value.trim() || null });
  }

  /** @param {import("../cart.js").Invoice | null} invoice */
  #set(invoice) {
    const { frame } = this;
    if (!frame.store.pending) frame.store.update({ ...frame.cart, invoice });
    this.say();
    hide(this.dialog);
    frame.sound.ok();
  }
}
