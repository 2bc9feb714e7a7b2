"""The history of a document at head office: found from its row; an older version, or a decision, taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.node import Node, NodeConfig
from app.shop.actor import ANYBODY
from app.shop.conflicts.case import seen
from app.shop.conflicts.resolve import resolve
from app.shop.editing import edit
from app.web.auth import start_link
from app.web.server import serve
from tests.support import axe
from tests.support.forks import fork, on
from tests.web.till.shopfront import stock

ESPRESSO = "product:4000001"
PHONE = {"width": 390, "height": 844}


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Any]:
    """Head office, where the price of espresso was changed in two places and decided; Ana works at Till 1."""
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        stock(node.company)
        ana = {"_id": "staff:ana", "type": "staff", "schema": 1, "name": "Ana Pérez", "role": "cashier"}
        node.database("store-s1").put(ana)
        for n in range(30):
            change(node, price=price(200 + n))
        _, till = fork(
            node.company, ESPRESSO, on("office", price=price(1290)), on("s1-t1", by="staff:ana", price=price(1350))
        )
        fingerprint = seen(node.company, ESPRESSO)
        assert fingerprint is not None
        resolve(node.company, ESPRESSO, request="request-1", seen=fingerprint, actor=ANYBODY, on="office", take=till)
        server = serve(node, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.port}"
        yield SimpleNamespace(node=node, url=url, link=lambda: start_link(node, url))
        node.begin_stop()
        server.stop()


def change(node: Node, **changes: Any) -> None:
    record = node.company.read(ESPRESSO)
    assert record is not None
    edit(node.company, ESPRESSO, record.rev, changes, by="staff:ana", on="s1-t1")


def amount(node: Node) -> int:
    return int(node.company.get(ESPRESSO)["price"]["amount"])


@pytest.fixture
def page(office: Any, open_context: Callable[..., BrowserContext]) -> Page:
    page = open_context().new_page()
    page.goto(office.link())
    page.get_by_role("link", name="History: Espresso").first.click()
    expect(page.locator(".history-head h2")).to_contain_text("Espresso")
    return page


def test_an_older_version_is_looked_at_brought_back_and_a_decision_is_taken_back(page: Page, office: Any) -> None:
    entries = page.locator(".timeline-entry")
    expect(entries.first).to_contain_text("Decided")
    expect(entries.first).to_contain_text("€12.90 → after: €13.50")
    expect(page.locator(".timeline-entry.beside")).to_contain_text("by a decision")
    assert axe.faults(page) == []

    entries.first.get_by_role("button", name="Take this decision back").click()
    expect(page.locator(".history-notice")).to_contain_text("nobody has decided yet")
    expect(page.locator("#toasts")).to_contain_text("taken back")
    assert len(office.node.company.get(ESPRESSO, conflicts=True)["_conflicts"]) == 1

    office.node.company.delete(ESPRESSO, office.node.company.get(ESPRESSO, conflicts=True)["_conflicts"][0])
    page.reload()
    older = page.locator(".timeline-entry", has_text="2.20").first
    older.get_by_text("What it said then").click()
    expect(older).to_contain_text("Bring this version back")
    older.get_by_role("button").click()
    expect(entries.first).to_contain_text("Older version brought back")
    expect(page.locator("#toasts")).to_contain_text("Brought back.")
    assert amount(office.node) == 221


def test_what_came_meanwhile_is_not_written_over_and_the_drawing_scrolls_on_a_phone(page: Page, office: Any) -> None:
    page.set_viewport_size(PHONE)
    page.locator(".history-details > summary").click()
    box = page.locator(".tree-box")
    expect(box).to_be_visible()
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe.faults(page) == []
    before = page.locator(".tree-node").count()
    page.locator(".tree-fold").first.click()
    expect(page.get_by_role("link", name="Fold again")).to_be_visible()
    assert page.locator(".tree-node").count() > before

    change(office.node, price=price(999))
    older = page.locator(".timeline-entry", has_text="2.20").first
    older.get_by_text("What it said then").click()
    older.get_by_role("button").click()
    expect(older.locator(".fault")).to_contain_text("It was changed while you were looking")
    older.get_by_role("link", name="Look again").click()
    expect(page.locator(".timeline-entry").first).to_contain_text("9.99")
    assert amount(office.node) == 999
