/** One receipt on a page of its own. */
import { byId } from "./dom.js";

byId("print").addEventListener("click", () => print());
