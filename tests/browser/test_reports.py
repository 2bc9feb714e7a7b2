"""Reports in a browser: compared with receipts, sorted by keys, saved and summed; booked; on a phone, dark too."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Download, Page, expect

from app.node import Node, NodeConfig
from app.shop.till import Till
from app.web.auth import start_link
from app.web.server import serve
from tests.support.axe import faults
from tests.web.till.shopfront import line, sale, stock

WEEK = timedelta(days=7)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Any]:
    """A running office with two stores: a closed day a week ago, sales of today. `orders` are all of them."""
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        stock(node.company)
        second = {**node.company.get("store:s1"), "_id": "store:s2", "id": "s2", "name": "Second"}
        del second["_rev"]
        node.company.put(second)
        orders = []
        for store in ("s1", "s2"):
            for days in (7, 0):
                moment = datetime.now(UTC) - timedelta(days=days, minutes=5)
                till = Till(node.company, node.database(f"store-{store}"), terminal=f"{store}-t1", store_id=store,
                            clock=lambda moment=moment: moment)  # fmt: skip
                for n in range(3):
                    lines = [line(quantity=1000 * (n + 1)), line("4000004", quantity=750), line("4000007")]
                    request = {**sale(*lines, cash=5000), "sale": f"01JREPORT{store}{days}{n:06d}"}
                    orders.append(till.sell(request)[0])
                if days:
                    shift = till.shifts.current()
                    assert shift is not None
                    total = till.shifts.x_report()["sums"]["cash"]["expected"]
                    till.shifts.close(
                        shift["_id"], {"request": f"close-{store}-1", "counted": {"total": total}, "note": ""}
                    )
        server = serve(node, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.port}"
        yield SimpleNamespace(node=node, url=url, link=lambda: start_link(node, url), orders=orders)
        node.begin_stop()
        server.stop()


def opened(office: Any, page: Page, path: str) -> Page:
    page.goto(office.link())
    page.goto(f"{office.url}{path}")
    return page


def cells(page: Page, column: int) -> list[str]:
    return page.locator(f"table[data-sortable] tbody tr > :nth-child({column})").all_inner_texts()


def saved(download: Download) -> list[dict[str, str]]:
    text = Path(download.path()).read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_report_is_its_receipts_sorts_by_keys_and_is_saved_and_summed(
    office: Any, open_context: Callable[..., BrowserContext]
) -> None:
    page = opened(office, open_context().new_page(), "/reports?range=days28&by=product")
    revenue = sum(order["total"] for order in office.orders)
    main = page.locator(".reports-main dd")
    expect(main).to_have_text(f"€{revenue // 100}.{revenue % 100:02}")
    by_product: dict[str, int] = {}
    for order in office.orders:
        for each in order["lines"]:
            by_product[each["name"]] = by_product.get(each["name"], 0) + each["total"]
    shown = dict(zip(cells(page, 1), cells(page, 4), strict=True))
    assert {name: int(text.replace(".", "").replace(",", "")) for name, text in shown.items()} == by_product

    head = page.locator("thead th", has_text="Revenue")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    falling = cells(page, 4)
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert cells(page, 4) == falling[::-1]

    with page.expect_download() as waiting:
        page.click("#export")
    assert sum(Decimal(row["revenue"]) for row in saved(waiting.value)) == Decimal(revenue) / 100

    page.select_option("[name=store]", "s2")
    half = sum(order["total"] for order in office.orders if order["store"] == "s2")
    expect(main).to_have_text(f"€{half // 100}.{half % 100:02}")
    page.get_by_role("link", name="Hours").click()
    expect(page.locator(".plot svg")).to_be_visible()
    expect(page.locator("[name=store]")).to_have_value("s2")
    page.go_back()
    expect(page.locator("[aria-current=page]", has_text="Products")).to_be_visible()
    page.reload()
    expect(main).to_have_text(f"€{half // 100}.{half % 100:02}")


def test_the_home_page_compares_today_with_last_week(office: Any, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context().new_page()
    page.goto(office.link())
    today = sum(order["total"] for order in office.orders) // 2
    expect(page.locator("#today .today-now strong")).to_have_text(f"€{today // 100}.{today % 100:02}")
    expect(page.locator("#today .plot-line")).to_have_count(1)
    page.locator("#today summary").click()
    expect(page.locator("#today details td").first).to_be_visible()
    page.locator("#today").get_by_role("link", name="Second").click()
    expect(page.locator("[name=store]")).to_have_value("s2")


def test_closed_days_are_booked_and_the_file_balances(office: Any, open_context: Callable[..., BrowserContext]) -> None:
    context = open_context()
    page, other = opened(office, context.new_page(), "/journal"), context.new_page()
    other.goto(f"{office.url}/journal")
    expect(page.locator("tr[data-state=closed]")).to_have_count(2)
    expect(page.locator("tr[data-state=open]")).to_have_count(2)
    page.click("#book")
    expect(page.locator("tr[data-state=booked]")).to_have_count(2)
    other.click("#book")  # a window that was opened before
    expect(other.locator("tr[data-state=booked]")).to_have_count(2)
    with page.expect_download() as waiting:
        page.click("#export")
    rows = saved(waiting.value)
    week_ago = sum(order["total"] for order in office.orders) // 2
    assert sum(Decimal(row["debit"]) for row in rows) == sum(Decimal(row["credit"]) for row in rows)
    assert sum(Decimal(row["debit"]) for row in rows) == Decimal(week_ago) / 100
    assert len({row["key"] for row in rows}) == len(rows)
    page.locator("[data-book][data-store=s1]").click()
    expect(page.locator("tr[data-state=booked]")).to_have_count(3)


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1366), ("dark", 360)], ids=["light, a desktop", "dark, a phone"]
)
def test_pages_fit_and_can_be_read_by_all(
    office: Any, open_context: Callable[..., BrowserContext], scheme: str, width: int
) -> None:
    context = open_context(color_scheme=scheme, viewport={"width": width, "height": 740})
    page = opened(office, context.new_page(), "/reports?range=days28&by=day&compare=before")
    for path in ("/reports?range=days28&by=day&compare=before", "/reports?by=product", "/zreports", "/journal"):
        page.goto(f"{office.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert faults(page) == [], path
