"""How rivals lose money, where it takes a browser: cleared site data, a private window, a price that changed meanwhile.

ARCHITECTURE.md has the table of all of them; tests/faults/test_rivals.py holds it to the tests that it names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, expect

from app.shop.verify import verify_store
from tests.browser.conftest import Cashier, Terminal
from tests.browser.test_once import LostAnswers
from tests.support import books

Open = Callable[..., BrowserContext]


def clears_site_data(cashier: Cashier, terminal: Terminal) -> None:
    """Everything that the browser keeps of the till: IndexedDB, localStorage, cookies, caches, service workers."""
    devtools = cashier.page.context.new_cdp_session(cashier.page)
    devtools.send("Storage.clearDataForOrigin", {"origin": terminal.url, "storageTypes": "all"})
    cashier.page.context.clear_cookies()


def test_clearing_all_site_data_loses_no_finished_sale_and_not_one_that_was_sent(
    cashier: Cashier, terminal: Terminal, open_context: Open
) -> None:
    """F2: the browser evicts or a person clears what it kept, right after a sale and in the middle of another."""
    page = cashier.page
    cashier.tap("Espresso")
    cashier.pays_exact()
    cashier.begins_anew()
    lost = LostAnswers(cashier)
    cashier.tap("Lemonade")
    page.click("#pay")
    page.locator(".note").first.click()
    expect(page.locator("#sending-why")).to_contain_text("it is sold once")
    clears_site_data(cashier, terminal)
    page.close()

    again = Cashier(open_context().new_page()).open(terminal.link())
    again.shows_total("€0.00")
    again.press("F7")
    rows = again.page.locator("#receipts .receipts-row")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("1.99")
    again.press("Escape")
    again.tap("Wine")
    again.pays_exact()
    orders = terminal.orders()
    assert [order["total"] for order in orders] == [245, 199, 1090] and books.gapless(orders)
    assert orders[1]["sale"] == lost.sent[0]["sale"]
    assert again.problems == []


def test_a_price_that_changes_while_it_is_in_the_cart_is_shown_before_it_is_charged(
    cashier: Cashier, terminal: Terminal
) -> None:
    """F12: the shelf shows it at once, and a cart that was filled before asks again, also after a reload."""
    cashier.tap("Espresso")
    cashier.shows_total("€2.45")
    terminal.put({**terminal.get("product:4000001"), "price": {"amount": 300, "per": 1000}})
    expect(cashier.page.locator(".tile", has_text="Espresso")).to_contain_text("3.00")
    cashier.page.reload()
    expect(cashier.line("Espresso")).to_be_visible()
    cashier.page.click("#pay")
    cashier.page.locator(".note").first.click()
    expect(cashier.page.locator(".toast")).to_contain_text("The total is now €3.00")
    cashier.shows_total("€3.00")
    assert terminal.orders() == []
    cashier.pays_exact()
    expect(cashier.page.locator("#sold-paper")).to_contain_text("3.00")
    [order] = terminal.orders()
    assert (order["total"], order["paid"], order["lines"][0]["price"]["amount"]) == (300, 300, 300)
    cashier.begins_anew()
    cashier.tap("Espresso")
    cashier.shows_total("€3.00")


def test_a_sale_in_a_private_window_without_a_network_stays_when_the_window_is_closed(
    terminal: Terminal, open_context: Open
) -> None:
    """F15: a private window, no line to the central, a sale, its receipt, and the window is gone."""
    private = open_context()
    thief = Cashier(private.new_page()).open(terminal.link())
    thief.tap("Wine")
    thief.pays_exact()
    thief.page.click("#sold-print")
    private.close()

    [order] = terminal.orders()
    assert (order["total"], order["number"], order["prev"] is not None) == (1090, 1, True)
    [shift] = books.read(terminal.path, "shift")
    with books.opened(terminal.path, "store-s1") as store:
        assert verify_store(store) == []
    assert order["prev"] == shift["hash"]
    honest = Cashier(open_context().new_page()).open(terminal.link())
    honest.press("F7")
    expect(honest.page.locator("#receipts-paper")).to_contain_text("10.90")


def test_a_window_cut_off_from_its_till_prints_no_receipt_and_shows_none(
    terminal: Terminal, open_context: Open
) -> None:
    """F15: a receipt is only shown, and only printed, when its order is on the disk."""
    private = open_context()
    thief = Cashier(private.new_page()).open(terminal.link())
    thief.tap("Wine")
    private.set_offline(True)
    thief.page.click("#pay")
    thief.page.locator(".note").first.click()
    expect(thief.page.locator("#sending-why")).to_contain_text("The till’s server does not answer")
    expect(thief.page.locator("#sold")).to_be_hidden()
    expect(thief.page.locator("#sold-paper")).to_be_empty()
    private.close()

    nothing: list[dict[str, Any]] = terminal.orders()
    assert nothing == []
