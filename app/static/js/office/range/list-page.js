/** What the pages of a few records have in common: the rows, the form, and the button for another one. */
import { startDialogs } from "../../dialogs.js";
import { boot, byId } from "../../dom.js";
import { Form } from "../company/form.js";

/** @abstract */
export class ListPage {
  constructor() {
    this.given = boot();
    /** @type {any[]} */
    this.rows = this.given.rows;
    this.form = new Form(this.given);
    startDialogs(() => false);
    byId("add").addEventListener("click", () => this.make());
  }

  /** Opens the form for a new one. */
  make() {
    throw new TypeError("no page of its own");
  }
}
