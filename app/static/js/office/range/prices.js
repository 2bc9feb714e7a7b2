/** Prices to come, and price lists. */
import { boot, byId } from "../../dom.js";
import { startDialogs } from "../../dialogs.js";
import { Lists } from "./pricelists.js";
import { Plans } from "./plans.js";

const given = boot();
const plans = new Plans(given);
const lists = new Lists(given);
startDialogs(() => false);
plans.start();
lists.start();
byId("main").dataset.ready = "true";
