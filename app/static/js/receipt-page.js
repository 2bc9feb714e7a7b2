/** One receipt on a page of its own: what is printed from here is a numbered copy. */
import { Problem, request } from "./api.js";
import { boot, byId } from "./dom.js";
import { toast } from "./toast.js";
import { ulid } from "./ulid.js";

const { receipt } = boot();

byId("print").addEventListener("click", () => void (receipt ? printCopy() : print()));

async function printCopy() {
  const asked = new URLSearchParams(location.search);
  // A copy that has its number already is what this page shows.
  if (asked.has("copy") || asked.get("gift") === "1") return print();
  try {
    const answer = await request("POST", `../api/receipts/${encodeURIComponent(receipt)}/print`, { body: { request: `print.${ulid()}`, copy: true }, timeout: 20000 });
    if (answer.printed) return;
    if (answer.error !== "browser") return void toast(answer.reason, { wrong: true, key: "print" });
    asked.set("copy", String(answer.copy));
    const page = await (await fetch(`?${asked}&part=paper`, { credentials: "same-origin" })).text();
    document.querySelector(".paper")?.replaceWith(...new DOMParser().parseFromString(page, "text/html").body.childNodes);
    history.replaceState(null, "", `?${asked}`);
    print();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(problem.message, { wrong: true, key: "print" });
  }
}
