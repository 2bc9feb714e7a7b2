"""Head office: sales arrive on the open page, and no price is overwritten unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.node import Node, NodeConfig
from app.shop.till import Till
from app.web.auth import start_link
from app.web.server import serve
from tests.web.till.shopfront import line, sale, stock


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Any]:
    """A running office on a socket; `sell(n)` is a sale that arrives."""
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        stock(node.company)
        till = Till(node.company, node.database("store-s1"), terminal="s1-t1", store_id="s1")
        server = serve(node, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.port}"

        def sell(number: int) -> None:
            till.sell({**sale(line(), cash=245), "sale": f"01JARRIVES{number:06d}"})

        yield SimpleNamespace(node=node, url=url, link=lambda: start_link(node, url), sell=sell)
        node.begin_stop()
        server.stop()


@pytest.fixture
def page(office: Any, open_context: Callable[..., BrowserContext]) -> Page:
    page = open_context().new_page()
    page.goto(office.link())
    expect(page.locator(".price").first).to_be_visible()
    return page


def test_a_sale_appears_as_it_arrives_and_counts(page: Page, office: Any) -> None:
    expect(page.locator("#sales-none")).to_be_visible()
    office.sell(1)
    expect(page.locator(".sale")).to_contain_text("S1-T1 · 1")
    office.sell(2)

    expect(page.locator(".sale")).to_have_count(2)
    expect(page.locator(".store-total")).to_have_text("€4.90")
    page.locator(".sale").first.click()
    expect(page.locator(".paper")).to_contain_text("Espresso")


def test_a_price_is_found_edited_and_saved(page: Page, office: Any) -> None:
    page.fill("#price-query", "espr")
    expect(page.locator(".price")).to_have_count(1)
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("New price").fill("2,60")
    page.keyboard.press("Enter")

    expect(page.locator(".price-now")).to_have_text("€2.60")
    assert office.node.company.get("product:4000001")["price"]["amount"] == 260


def test_an_edit_that_came_second_shows_both_and_keeps_what_was_typed(page: Page, office: Any) -> None:
    page.fill("#price-query", "espr")
    expect(page.locator(".price")).to_have_count(1)
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("New price").fill("2.99")
    product = office.node.company.get("product:4000001")
    office.node.company.put({**product, "price": {"amount": 250, "per": 1000}})
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".clash dd")).to_have_text(["€2.45", "€2.50"])
    expect(page.get_by_label("New price")).to_have_value("2.99")
    assert office.node.company.get("product:4000001")["price"]["amount"] == 250
    page.get_by_role("button", name="Save mine: €2.99").click()

    expect(page.locator(".price-now")).to_have_text("€2.99")
    assert office.node.company.get("product:4000001")["price"]["amount"] == 299


def test_who_types_a_price_goes_on_typing_when_another_price_comes(page: Page, office: Any) -> None:
    page.locator(".price", has_text="Espresso").get_by_role("button", name="Edit").click()
    page.get_by_label("New price").fill("")
    page.keyboard.type("3.")
    lemonade = office.node.company.get("product:4000002")
    office.node.company.put({**lemonade, "price": {"amount": 111, "per": 1000}})
    expect(page.locator(".price", has_text="Lemonade")).to_contain_text("€1.11")
    page.keyboard.type("15")
    page.keyboard.press("Enter")

    expect(page.locator(".price", has_text="Espresso").locator(".price-now")).to_have_text("€3.15")


def test_a_price_that_is_no_amount_is_said_at_its_field(page: Page, office: Any) -> None:
    page.fill("#price-query", "espr")
    expect(page.locator(".price")).to_have_count(1)
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("New price").fill("2.999")
    page.keyboard.press("Enter")

    expect(page.locator(".price-edit .fault")).to_contain_text("Key an amount like 12.00")
    assert office.node.company.get("product:4000001")["price"]["amount"] == 245


def test_products_and_the_currency_that_come_after_the_page_was_opened_are_shown(
    tmp_path: Path, open_context: Callable[..., BrowserContext]
) -> None:
    with Node(tmp_path / "empty", NodeConfig(kind="office", id="office")) as node:
        server = serve(node, "127.0.0.1", 0)
        page = open_context().new_page()
        page.goto(start_link(node, f"http://127.0.0.1:{server.port}"))
        expect(page.locator("#prices-none")).to_be_visible()
        stock(node.company)
        expect(page.locator(".price-now", has_text="€").first).to_be_visible(timeout=15_000)
        expect(page.locator(".store-total")).to_have_text("€0.00", timeout=15_000)
        node.begin_stop()
        server.stop()


def test_a_price_that_is_being_edited_stays_while_others_change(page: Page, office: Any) -> None:
    page.locator(".price", has_text="Espresso").get_by_role("button", name="Edit").click()
    page.locator(".price-edit input").fill("7.77")
    other = next(record for record in office.node.company.each("product") if "Espresso" not in record.doc()["name"])
    doc = other.full()
    if doc.get("price"):
        doc["price"] = {**doc["price"], "amount": 12345}
    else:
        doc["price"] = {"amount": 12345, "per": 1000}
    office.node.company.put(doc)
    expect(page.locator(".price-now", has_text="123.45")).to_be_visible(timeout=15_000)
    expect(page.locator(".price-edit input")).to_have_value("7.77")
