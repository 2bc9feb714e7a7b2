"""What a cashier waits for at a till with 68,000 products: the line after a scan, the receipt after paying.

Measured in a real Chromium, from the last key of the scanner (or the tap) to the next frame that shows it, so half a
frame of the screen is in every figure. Between two scans lies `PAUSE`, a third of what the quickest hand needs from
one article to the next. What waits for a line listens in the page: Playwright's own waiting asks at every frame,
which makes the page draw frames all the time that no shop would see. The receipt counts with its number and the
change, and once more when its paper is there too. The window has its copy of the catalogue, as it has a few minutes
after the first time that it was opened.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from app.docs.directory import Directory
from app.shop.indexes import indexes_for
from app.web.auth import start_link
from tests.benchmarks import samples
from tests.benchmarks.report import Row, median
from tests.browser.conftest import Cashier
from tests.support import browser
from tests.support.process import CouchTill

PRODUCTS = 68_000
SCANS, SALES = 30, 10
#: A basket as it is found in a supermarket; every scan of a sale adds one line to it.
BASKET = 20
#: Milliseconds from a line on the screen to the next scan.
PAUSE = 150
#: Seconds that the copy of the catalogue may take: it makes way for everything else.
COPY = 1800

STORE = {
    "_id": "store:s1", "type": "store", "schema": 1, "id": "s1", "name": "Bench", "currency": "EUR", "digits": 2,
    "timezone": "Europe/Berlin",
}  # fmt: skip

# Marks, on the page's own clock: the key or tap that begins it, and the frame after what it leads to.
WATCH = """() => {
  window.bench = { scan: [], sale: [], paper: [] };
  let began = 0;
  const shown = (name) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      if (!began) return;
      window.bench[name].push(performance.now() - began);
      if (name !== "sale") began = 0;
    };
    channel.port2.postMessage(0);
  });
  const begins = (name, matters) =>
    addEventListener(name, (event) => { if (matters(event)) began = performance.now(); }, { capture: true });
  begins("keydown", (event) => event.key === "Enter");
  begins("click", (event) => event.target.closest(".note"));
  new MutationObserver(() => { if (document.querySelector("#lines .line.flash")) shown("scan"); })
    .observe(document.getElementById("lines"), { childList: true });
  const sold = document.getElementById("sold");
  new MutationObserver(() => { if (sold.open) shown("sale"); }).observe(sold, { attributeFilter: ["open"] });
  const paper = document.getElementById("sold-paper");
  new MutationObserver(() => { if (paper.childElementCount) shown("paper"); }).observe(paper, { childList: true });
  window.lines = (count) => new Promise((resolve) => {
    const look = () => document.querySelectorAll("#lines .line").length === count && (resolve(), true);
    if (look()) return;
    const watch = new MutationObserver(() => look() && watch.disconnect());
    watch.observe(document.getElementById("lines"), { childList: true });
  });
}"""


def cashier(directory: Path, rounds: int) -> list[Row]:
    """A scan to its line on the screen; *Exact* tapped to the receipt on the screen."""
    data = directory / "till"
    products = samples.products(PRODUCTS)
    with Directory(data, indexes_for=indexes_for) as databases:
        company = databases.create("company")
        databases.create("store-s1")
        company.put(STORE)
        for at in range(0, len(products), 500):
            company.bulk_docs([{k: v for k, v in doc.items() if k != "_rev"} for doc in products[at : at + 500]])
    codes = [code for doc in products for code in doc["barcodes"][:1]]
    command = ("terminal", "--data", data, "--port", "0", "--id", "s1-t1", "--central", "http://127.0.0.1:9")
    with CouchTill(*command) as process, browser.browser() as chromium:
        page = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB").new_page()
        page.goto(start_link(data, process.url))
        page.locator(".tile").first.wait_for()
        work = _Work(page, codes)
        work.cashier.keeps_catalogue(COPY)
        page.evaluate(WATCH)
        work.sales(2, BASKET)  # what any page needs to get going
        page.evaluate("() => { Object.assign(bench, { scan: [], sale: [], paper: [] }); }")
        work.sales(max(SALES, rounds), BASKET)
        times = page.evaluate("() => bench")
    rows = (
        ("a scan to its line", 50, "scan"),
        ("exact cash to the receipt", 100, "sale"),
        ("… and its paper", 200, "paper"),
    )
    return [_row(what, goal, times[name]) for what, goal, name in rows]


def _row(what: str, goal: float, times: list[float]) -> Row:
    worst = sorted(times)[int(len(times) * 0.95)]
    detail = f"the fastest {min(times):.0f} ms, 95 of 100 within {worst:.0f} ms; {len(times)} times"
    return Row(f"{what} on the screen, {PRODUCTS:,} products", goal, median(times), "ms", detail, at_most=True)


class _Work:
    def __init__(self, page: Any, codes: list[str]) -> None:
        self.page = page
        self.cashier = Cashier(page)
        self.codes = random.Random(7).sample(codes, len(codes) // 4)

    def sales(self, count: int, lines: int) -> None:
        for _ in range(count):
            for line in range(lines):
                self.cashier.scan(self.codes.pop())
                self.page.evaluate("(count) => lines(count)", line + 1)
                self.page.wait_for_timeout(PAUSE)
            self.page.click("#pay")
            self.page.locator(".note").first.click()
            self.page.wait_for_timeout(1000)
            self.page.click("#sold-next")
            self.page.evaluate("() => lines(0)")
