"""Head office's range in a browser: a product made by keys, two windows at one, a file imported; a price that was
planned takes effect on both tills, one of them without a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.node import Node, NodeConfig
from app.node import config as node_config
from app.web.auth import start_link
from app.web.server import serve
from tests.browser.test_parked import SOON, Till, tills
from tests.faults import rig
from tests.support.process import wait_until
from tests.web.till.shopfront import stock

__all__ = ["tills"]  # the fixture of the parked carts' tests

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Any]:
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        stock(node.company)
        node.database("store-s1")
        server = serve(node, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.port}"
        yield SimpleNamespace(node=node, url=url, link=lambda: start_link(node, url))
        node.begin_stop()
        server.stop()


@pytest.fixture
def page(office: Any, open_context: Callable[..., BrowserContext]) -> Page:
    page = open_context().new_page()
    page.goto(office.link())
    page.goto(f"{office.url}/products")
    expect(page.locator("#rows tr").first).to_be_visible()
    return page


def field(page: Page, name: str) -> Any:
    return page.locator(f"dialog[open] [data-field={name}] input, dialog[open] [data-field={name}] textarea").first


def pick(page: Page, name: str, text: str) -> None:
    field(page, name).fill(text)
    expect(page.locator("dialog[open] .pick-list [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")


def test_a_product_is_found_and_made_by_keys_and_told_that_its_code_is_another_ones(page: Page, office: Any) -> None:
    page.fill("#query", "espr")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.reload()
    expect(page.locator("#query")).to_have_value("espr")
    page.locator("#add").press("Enter")
    field(page, "name").fill("Green tea")
    field(page, "sku").fill("gt1")
    field(page, "price").fill("4,50")
    pick(page, "category", "drin")
    field(page, "barcodes").fill("4000001")
    page.locator("dialog[open] [type=submit]").press("Enter")
    expect(page.locator(".toast.wrong")).to_contain_text("Espresso")
    doc = office.node.company.get("product:gt1")
    assert (doc["price"], doc["category"]) == ({"amount": 450, "per": 1000}, "category:drinks")


def test_products_of_several_categories_are_listed_and_found_again_after_a_reload(page: Page, office: Any) -> None:
    box = page.locator("#filters [role=combobox]")
    for name in ("Drinks", "Fruit"):
        box.click()
        page.locator("#filters [role=option]", has_text=name).click()
    expect(page.locator("#filters .chip")).to_have_text(["Drinks", "Fruit"])
    expect(page.locator("#rows tr")).to_have_count(5)
    page.reload()
    expect(page.locator("#filters .chip")).to_have_text(["Drinks", "Fruit"])
    expect(page.locator("#rows tr")).to_have_count(5)
    box.press("Backspace")  # by keys: the last one goes, the list offers them again
    expect(page.locator("#filters .chip")).to_have_text(["Drinks"])
    box.press("ArrowDown")
    expect(page.locator("#filters [role=option]").first).to_be_visible()
    box.press("Escape")
    expect(page.locator("#rows tr")).to_have_count(4)  # without the bananas


def test_two_windows_at_one_product_show_both_values(page: Page, office: Any) -> None:
    page.get_by_role("button", name="Espresso").click()
    field(page, "name").fill("Mine")
    doc = office.node.company.get("product:4000001")
    office.node.company.put({**doc, "name": "Theirs", "brand": "Roast"})
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator(".clash dd")).to_have_text(["Espresso", "Theirs"])
    assert office.node.company.get("product:4000001")["name"] == "Theirs"
    page.get_by_role("button", name="Keep mine").click()
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    doc = office.node.company.get("product:4000001")
    assert (doc["name"], doc["brand"]) == ("Mine", "Roast")


def test_a_file_is_shown_before_it_is_applied(page: Page, office: Any, tmp_path: Path) -> None:
    page.goto(f"{office.url}/products/import")
    file = tmp_path / "in.csv"
    file.write_bytes("product_id;name;price\n4000001;Espresso;2,60\nn1;Käse;3,00\nn2;;1\n".encode("cp1252"))
    last = office.node.company.last_n
    page.set_input_files("#file", str(file))
    expect(page.locator(".import-count strong")).to_have_text(["1", "1", "0", "1"])
    expect(page.locator("#rows tr")).to_contain_text(["The name is missing."])
    expect(page.locator("#read-as")).to_contain_text("windows-1252")
    assert office.node.company.last_n == last
    page.locator("#apply").click()
    expect(page.locator("#done")).to_contain_text("2 products were written.")
    assert office.node.company.get("product:n1")["name"] == "Käse"


def test_a_long_price_list_is_searched_and_changed_row_by_row(page: Page, office: Any) -> None:
    company = office.node.company
    rows = []
    for n in range(600):
        doc = {"_id": f"product:p{n}", "type": "product", "schema": 1, "sku": f"p{n}", "name": f"Plank {n}"}
        company.put({**doc, "barcodes": [], "category": None, "sold_by": "unit", "price": {"amount": 500}})
        rows.append({"product": f"product:p{n}", "price": {"amount": 400 + n, "per": 1000}})
    prices = {"_id": "pricelist:trade", "type": "pricelist", "schema": 1, "name": "Trade", "currency": "EUR"}
    company.put({**prices, "digits": 2, "prices": rows})
    page.goto(f"{office.url}/prices")
    page.get_by_role("button", name="Trade").click()
    box = page.locator("dialog[open] [data-field=prices]")
    expect(box.locator(".field-row")).to_have_count(30)
    expect(box).to_contain_text("30 of 600")
    box.get_by_label("Find among the rows").fill("plank 577")
    expect(box.locator(".field-row")).to_have_count(1)
    box.locator("[data-field=price] input").fill("x")
    box.get_by_label("Find among the rows").fill("plank 300")
    expect(box.get_by_text("Key an amount like")).to_be_visible()  # what is not right is not left behind
    box.locator("[data-field=price] input").fill("9,99")
    box.get_by_label("Find among the rows").fill("plank 301")
    expect(box.locator(".chip")).to_have_text("Plank 301")
    box.get_by_role("button", name="Take this row away").click()
    box.get_by_role("button", name="Add a row").click()
    box.locator("[data-field=product] input").fill("espr")
    expect(box.locator("[role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    box.locator("[data-field=price] input").fill("2")
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    kept = {entry["product"]: entry["price"]["amount"] for entry in company.get("pricelist:trade")["prices"]}
    assert len(kept) == 600 and "product:p301" not in kept
    assert (kept["product:p577"], kept["product:4000001"], kept["product:p578"]) == (999, 200, 978)


def test_a_promotion_is_tried_on_a_cart_and_then_made(page: Page, office: Any) -> None:
    page.goto(f"{office.url}/promotions")
    page.locator("#add").click()
    field(page, "name").fill("Ten off")
    field(page, "percent").fill("10")
    page.locator("dialog[open] summary").click()
    page.locator(".preview-cart").get_by_role("button", name="Add a row").click()
    field(page, "product").fill("espr")
    expect(page.locator(".preview-cart [role=status]")).to_contain_text("Choose one of the list")  # so far
    expect(page.locator("dialog[open] .pick-list [role=option]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".preview-total")).to_contain_text("2.20")  # 2.45 less 0.25, half away from zero
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator("#rows .plan")).to_contain_text(["10 % off"])


def test_many_products_are_put_into_one_stores_range(page: Page, office: Any) -> None:
    page.locator("#all").check()
    page.locator("#many-change").click()
    page.locator("dialog[open] [data-field=what] select").select_option(label="Stores")
    page.locator("dialog[open] [data-field=value] input").first.check()
    page.locator("dialog[open] [type=submit]").click()
    expect(page.locator(".toast")).to_contain_text("changed")
    wait_until(lambda: office.node.company.get("product:4000001").get("stores") == ["store:s1"])


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_planned_price_takes_effect_on_both_tills_one_of_them_without_a_line(
    tills: tuple[rig.Hub, Till, Till], open_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    hub, one, two = tills
    first, second = one.open(open_context().new_page()), two.open(open_context().new_page())
    config = NodeConfig(kind="office", id="office", central_url=f"http://127.0.0.1:{hub.port}", central_user=rig.ADMIN)
    node_config.write_secret(tmp_path / "office", "central", rig.PASSWORD)
    with Node(tmp_path / "office", config) as node:
        server = serve(node, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.port}"
        wait_until(lambda: node.company.read("product:4000001") is not None, timeout=SOON)
        page = open_context(timezone_id="Europe/Berlin").new_page()
        page.goto(start_link(node, url))
        page.goto(f"{url}/prices")
        page.locator("#plan-one").click()
        pick(page, "product", "espr")
        field(page, "price").fill("2.60")
        # Far enough for the plan to reach both tills, and for carts to be begun before it holds.
        moment = (datetime.now(BERLIN) + timedelta(seconds=100)).replace(second=0, microsecond=0)
        field(page, "starts").fill(f"{moment:%Y-%m-%d}")
        field(page, "starts_at").fill(f"{moment:%H:%M}")
        page.locator("dialog[open] [type=submit]").click()
        expect(page.locator("#plans .plan-when")).to_contain_text("€2.60 (now €2.45)")
        [plan] = [record.id for record in node.company.each("pricelist")]
        for till in (one, two):
            wait_until(lambda till=till: moment_known(till, plan), timeout=SOON)
        for cashier in (first, second):  # the window hears of it some seconds after its till
            cashier.page.reload()
        two.line.cut()
        for cashier in (first, second):
            cashier.tap("Espresso")
            cashier.shows_total("€2.45")
        assert datetime.now(BERLIN) < moment, "the machine was too slow for this test's plan"
        # Nobody touches the tills: the price changes in the open carts, by the clock.
        for cashier in (first, second):
            expect(cashier.page.locator("#total")).to_have_text("€2.60", timeout=130_000)
            cashier.pays_exact()
        wait_until(lambda: [order["total"] for order in orders(two)] == [260], timeout=SOON)
        assert [order["total"] for order in orders(one)] == [260]
        # Head office writes it into the product when it holds everywhere; then it is history.
        wait_until(lambda: node.company.get("product:4000001")["price"]["amount"] == 260, timeout=60)
        page.reload()
        expect(page.locator("#past")).to_be_visible()
        server.stop()


def moment_known(till: Till, plan: str) -> bool:
    """Whether the till's window prices by the plan."""
    return bool(till.terminal.get("/api/pricebook")["changes"]) and plan.startswith("pricelist:plan-")


def orders(till: Till) -> list[dict[str, Any]]:
    return list(till.terminal.orders().values())
