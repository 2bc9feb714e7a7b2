"""The receipts of a till: found again, copied, voided; the printer that fails; the customer's window."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Cashier, Terminal
from tests.support.printer import Printer
from tests.support.process import free_port


def sells(cashier: Cashier, *names: str) -> None:
    for name in names:
        cashier.tap(name)
    cashier.pays_exact()
    cashier.begins_anew()


def has_printer(terminal: Terminal, port: int) -> None:
    values = {"printer": {"kind": "network", "host": "127.0.0.1", "port": port}}
    doc = {"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values}
    with contextlib.suppress(requests.HTTPError):  # none there yet
        doc["_rev"] = terminal.get("settings:all")["_rev"]
    terminal.put(doc)


@pytest.fixture
def printer() -> Iterator[Printer]:
    started = Printer()
    yield started
    started.close()


def test_a_receipt_is_found_and_printed_again_as_a_numbered_copy(
    cashier: Cashier, terminal: Terminal, printer: Printer
) -> None:
    has_printer(terminal, printer.port)
    sells(cashier, "Espresso")
    sells(cashier, "Lemonade")
    page = cashier.page
    cashier.press("F7")
    expect(page.locator("#receipts .receipts-row")).to_have_count(2)
    page.fill("#receipts-q", "espresso")
    expect(page.locator("#receipts .receipts-row")).to_have_count(1)
    expect(page.locator("#receipts-paper")).to_contain_text("Espresso")
    page.click("#receipts-print")
    expect(page.locator(".toast")).to_contain_text("Printed: copy 1.")
    expect(page.locator("#receipts .receipts-badge")).to_have_text("1 copy")

    assert "COPY 1" in printer.printed()[0].text


def test_a_new_sale_appears_while_the_list_is_open(
    cashier: Cashier, terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    sells(cashier, "Espresso")
    cashier.press("F7")
    expect(cashier.page.locator("#receipts .receipts-row")).to_have_count(1)
    other = Cashier(open_context().new_page()).open(terminal.link())
    sells(other, "Lemonade")

    expect(cashier.page.locator("#receipts .receipts-row")).to_have_count(2)
    expect(cashier.page.locator("#receipts .receipts-row").first).to_contain_text("Lemonade")
    expect(cashier.page.locator("#receipts-paper")).to_contain_text("Espresso")


def test_a_sale_is_voided_from_its_receipt(cashier: Cashier, terminal: Terminal) -> None:
    sells(cashier, "Espresso", "Lemonade")
    page = cashier.page
    cashier.press("F7")
    page.click("#receipts-void")
    expect(page.locator("#refund-send")).to_have_text("Void the sale: €4.44 back")
    page.click("#refund-send")
    cashier.has_sold()
    expect(page.locator("#sold-note")).to_have_text("The sale is void.")
    cashier.begins_anew()
    cashier.press("F7")
    expect(page.locator("#receipts .receipts-row").last).to_contain_text("void")
    page.locator("#receipts .receipts-row").last.click()
    expect(page.locator("#receipts-void")).to_be_disabled()
    expect(page.locator("#receipts-paper")).to_contain_text("VOID")

    sale, refund = terminal.orders()
    assert (refund["refund_of"], refund["total"]) == (sale["_id"], -sale["total"])


def test_a_printer_that_is_off_is_said_and_undoes_nothing(
    cashier: Cashier, terminal: Terminal, printer: Printer
) -> None:
    has_printer(terminal, free_port())
    page = cashier.page
    cashier.tap("Espresso")
    cashier.pays_exact()
    page.click("#sold-print")
    expect(page.locator(".toast")).to_contain_text("is off, or busy")
    assert len(terminal.orders()) == 1
    cashier.begins_anew()
    cashier.press("F7")
    expect(page.locator("#prints-text")).to_contain_text("1 receipt waits for the printer.")
    has_printer(terminal, printer.port)
    page.click("#prints-retry")
    expect(page.locator("#prints")).to_be_hidden()

    assert "EUR 2.45" in printer.printed()[0].text


def test_the_customer_sees_the_cart_live_and_then_the_change(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    window = cashier.page.context.new_page()
    window.goto(f"{terminal.url}/display")
    expect(window.locator("#display-lines")).to_contain_text("Espresso")
    expect(window.locator("#display-total")).to_have_text("€2.45")
    cashier.page.bring_to_front()
    cashier.tap("Lemonade")
    expect(window.locator("#display-total")).to_have_text("€4.44")
    cashier.press("F9")
    cashier.type("10")
    cashier.press("Enter")
    cashier.has_sold()

    expect(window.locator("#display-change")).to_have_text("€5.56")
    cashier.begins_anew()
    expect(window.locator("#display-sold")).to_be_visible()
    cashier.tap("Espresso")
    expect(window.locator("#display-total")).to_have_text("€2.45")


def test_nobody_served_is_the_shops_name(cashier: Cashier, terminal: Terminal) -> None:
    window = cashier.page.context.new_page()
    window.goto(f"{terminal.url}/display")

    expect(window.locator(".display-shop")).to_have_text("Corner Shop")
    expect(window.locator("#display-cart")).to_be_hidden()
