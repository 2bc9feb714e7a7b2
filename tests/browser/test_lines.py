"""What can be done to lines and carts: discounts, notes, an age that was seen, what is undone, and
what is noted.
"""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import expect

from app.docs.database import Database
from app.shop.indexes import indexes_for
from tests.browser.conftest import Cashier, Terminal
from tests.web.till.shopfront import product


def events(terminal: Terminal, kind: str) -> list[dict[str, Any]]:
    database = Database(terminal.path / "store-s1.db", read_only=True, indexes=indexes_for("store-s1"))
    try:
        return [doc for doc in (record.full() for record in database.each("event")) if doc["kind"] == kind]
    finally:
        database.close()


def waits_for_event(terminal: Terminal, kind: str) -> dict[str, Any]:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if found := events(terminal, kind):
            return found[0]
        time.sleep(0.2)
    raise AssertionError(f"no event {kind}")


def test_a_discount_in_percent_shows_what_it_took_off_and_is_sold_so(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Wine")
    cashier.page.get_by_role("button", name="Discount", exact=True).click()
    cashier.page.locator(".quick", has_text="10 %").click()
    expect(cashier.page.locator(".line-off")).to_contain_text("−1.09")
    expect(cashier.page.locator("#saved")).to_have_text("−€1.09")
    cashier.shows_total("€9.81")
    cashier.pays_exact()

    [order] = terminal.orders()
    assert (order["total"], [entry["amount"] for entry in order["lines"][0]["discounts"]]) == (981, [109])


def test_a_discount_on_all_is_an_amount_too(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Wine")
    cashier.tap("Espresso")
    cashier.page.click("#do-more")
    cashier.page.get_by_role("button", name="Discount on all").click()
    cashier.page.get_by_role("radio", name="Amount").click()
    cashier.type("3.35")
    cashier.press("Enter")
    cashier.shows_total("€10.00")
    cashier.pays_exact()

    assert terminal.orders()[0]["total"] == 1000


def test_notes_of_line_and_cart_are_on_the_order(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    cashier.page.get_by_role("button", name="Note", exact=True).click()
    cashier.type("no sugar")
    cashier.press("Enter")
    expect(cashier.page.locator(".line-note")).to_have_text("no sugar")
    cashier.page.click("#do-more")
    cashier.page.get_by_role("button", name="Note on the receipt").click()
    cashier.type("for the office")
    cashier.press("Enter")
    expect(cashier.page.locator("#cart-note")).to_have_text("for the office")
    cashier.pays_exact()

    [order] = terminal.orders()
    assert (order["note"], order["lines"][0]["note"]) == ("for the office", "no sugar")


def test_an_age_is_asked_once_a_cart_and_scans_wait_for_the_answer(cashier: Cashier, terminal: Terminal) -> None:
    terminal.put(product("4000020", "Whisky", 2500, min_age=18))
    cashier.scan("4000020")
    expect(cashier.page.locator("#confirm")).to_contain_text("Customer 18 or older?")
    cashier.scan("4000001")
    expect(cashier.page.locator(".line")).to_have_count(0)
    cashier.page.get_by_role("button", name="Yes, 18 or older").click()
    expect(cashier.line("Whisky")).to_be_visible()
    expect(cashier.line("Espresso")).to_be_visible()
    cashier.scan("4000020")
    expect(cashier.line("Whisky")).to_contain_text("2 ×")
    cashier.pays_exact()

    assert terminal.orders()[0]["total"] == 5245


def test_the_age_in_a_cart_that_was_parked_is_asked_before_anything_is_paid(
    cashier: Cashier, terminal: Terminal
) -> None:
    """Another till's cashier has looked at the customer, or nobody: not after a card was charged."""
    terminal.put(product("4000020", "Whisky", 2500, min_age=18))
    cashier.scan("4000020")
    cashier.page.get_by_role("button", name="Yes, 18 or older").click()
    expect(cashier.line("Whisky")).to_be_visible()
    cashier.press("Insert")
    cashier.page.click("#parked-done")
    expect(cashier.page.locator(".line")).to_have_count(0)
    cashier.press("Insert")
    cashier.page.get_by_role("button", name="Take up").click()
    expect(cashier.line("Whisky")).to_be_visible()
    cashier.press("F9")
    expect(cashier.page.locator("#confirm")).to_contain_text("Customer 18 or older?")
    cashier.page.get_by_role("button", name="No", exact=True).click()
    expect(cashier.page.locator("#payment")).to_be_hidden()
    cashier.press("F9")
    cashier.page.get_by_role("button", name="Yes, 18 or older").click()
    cashier.page.locator(".note").first.click()
    cashier.has_sold()
    assert [line["name"] for line in terminal.orders()[0]["lines"]] == ["Whisky"]


def test_who_is_too_young_gets_the_rest(cashier: Cashier, terminal: Terminal) -> None:
    terminal.put(product("4000020", "Whisky", 2500, min_age=18))
    cashier.tap("Lemonade")
    cashier.scan("4000020")
    cashier.page.get_by_role("button", name="No: leave it out").click()

    expect(cashier.page.locator(".line-name")).to_have_text(["Lemonade"])


def test_a_removed_line_is_noted_only_when_it_can_no_longer_be_undone(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    cashier.tap("Lemonade")
    cashier.press("Delete")
    cashier.page.get_by_role("button", name="Undo").click()
    cashier.line("Espresso").click()
    cashier.press("Delete")
    event = waits_for_event(terminal, "void_line")

    assert event["details"]["name"] == "Espresso"
    assert len(events(terminal, "void_line")) == 1


def test_a_cleared_cart_is_noted_with_what_it_held(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Wine")
    cashier.page.click("#clear")
    event = waits_for_event(terminal, "void_cart")

    assert (event["details"]["lines"], event["details"]["total"]) == (1, 1090)


def test_a_packing_is_chosen_at_the_line_and_single_ones_again(cashier: Cashier, terminal: Terminal) -> None:
    cola = terminal.get("product:4000002")
    box = {"name": "Box of 12", "quantity": 12000, "barcodes": [], "price": {"amount": 1999, "per": 1000}}
    terminal.put({**cola, "units": [box]})
    cashier.scan("4000002")
    cashier.page.get_by_role("button", name="Box of 12", exact=True).click()
    cashier.shows_total("€19.99")
    cashier.page.get_by_role("button", name="One more").click()
    cashier.shows_total("€39.98")
    cashier.page.get_by_role("button", name="Box of 12", exact=True).click()
    cashier.shows_total("€3.98")
    cashier.page.get_by_role("button", name="Box of 12", exact=True).click()
    cashier.pays_exact()

    [order] = terminal.orders()
    assert [(line["quantity"], line["total"]) for line in order["lines"]] == [(24000, 3998)]
