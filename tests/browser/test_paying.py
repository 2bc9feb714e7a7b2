"""The payment dialog: every kind, several at once, and the documents that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from app.docs.database import Database
from app.shop.indexes import indexes_for
from app.shop.ledger.balances import balance_of
from app.shop.payments import codes
from tests.browser.conftest import Cashier, Terminal

DOLLAR = {"code": "USD", "digits": 2, "num": 9, "den": 10}
SETTINGS: dict[str, Any] = {
    "_id": "settings:all", "type": "settings", "schema": 1, "scope": "all",
    "values": {"tips": True, "foreign": [DOLLAR], "cash_rounding": {"step": 5, "mode": "half_away"}},
}  # fmt: skip
GIN = {
    "_id": "product:gin", "type": "product", "schema": 1, "sku": "gin", "name": "Gin", "barcodes": ["5000001"],
    "sold_by": "unit", "price": {"amount": 1500}, "min_age": 18,
}  # fmt: skip
MIA = {
    "_id": "customer:mia", "type": "customer", "schema": 1, "name": "Mia Ltd", "phone": "0170",
    "address": ["2 Low Road", "12345 Town"], "tax_number": "DE77",
}  # fmt: skip


@pytest.fixture
def rich(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """A terminal whose shop takes everything; `request.param` changes its settings."""
    made = Terminal(tmp_path / "s1-t1")
    values = {**SETTINGS["values"], **getattr(request, "param", {})}
    made.stock_more([{**SETTINGS, "values": values}, GIN, MIA])
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def pays(rich: Terminal, open_context: Callable[..., BrowserContext]) -> Iterator[Cashier]:
    works = Cashier(open_context().new_page()).open(rich.link())
    yield works
    assert works.problems == []


def begin(cashier: Cashier, *names: str) -> None:
    for name in names:
        cashier.tap(name)
    cashier.press("F9")
    expect(cashier.page.locator("#payment")).to_be_visible()
    expect(cashier.page.locator("#kind-card")).to_be_visible()


def balance(terminal: Terminal, account: str) -> int:
    database = Database(terminal.path / "company.db", read_only=True, indexes=indexes_for("company"))
    try:
        return balance_of(database, account)
    finally:
        database.close()


def test_card_tip_and_rounded_cash_pay_together(pays: Cashier, rich: Terminal) -> None:
    begin(pays, "Lemonade", "Orange juice")  # 5.19
    pays.press("t")
    pays.type("0.50")
    pays.press("Enter")
    expect(pays.page.locator("#due")).to_have_text("€5.70")  # 5.69 in coins
    expect(pays.page.locator("#rounding")).to_have_text("€0.01")
    pays.press("d")
    expect(pays.page.locator("#due")).to_have_text("€5.69")
    pays.type("0042")
    pays.press("Tab")
    pays.type("3")
    pays.press("Enter")
    expect(pays.page.locator("#tenders li")).to_have_count(2)
    expect(pays.page.locator("#due")).to_have_text("€2.70")
    pays.page.locator(".note").first.click()
    pays.has_sold()

    [order] = rich.orders()
    assert [(tender["kind"], tender["amount"]) for tender in order["tenders"]] == [("card", 300), ("cash", 270)]
    assert (order["total"], order["tip"], order["cash_rounding"], order["change"]) == (519, 50, 1, 0)
    assert order["tenders"][0]["reference"] == "0042"


def test_parts_keyed_for_another_total_are_dropped_aloud(pays: Cashier) -> None:
    begin(pays, "Espresso")
    pays.type("1")
    pays.press("Enter")
    expect(pays.page.locator("#tenders li")).to_have_count(1)
    pays.press("Escape")
    expect(pays.page.locator("#payment")).to_be_hidden()
    pays.tap("Lemonade")
    expect(pays.page.locator(".toast")).to_contain_text("The payments keyed so far were for another total")
    pays.press("F9")

    expect(pays.page.locator("#tenders li")).to_have_count(0)


def test_a_gift_card_is_sold_shown_once_and_pays_what_is_on_it(pays: Cashier, rich: Terminal) -> None:
    page = pays.page
    page.get_by_role("button", name="More", exact=True).click()
    page.locator("#more-actions .choice", has_text="Gift card").click()
    pays.type("5")
    pays.press("Enter")
    pays.shows_total("€5.00")
    page.click("#pay")
    page.locator(".note").first.click()
    code = page.locator("#gift-codes code")
    expect(code).to_be_visible()
    text = code.inner_text()
    page.locator("#gift-codes [data-close]").last.click()
    pays.has_sold()
    pays.begins_anew()
    begin(pays, "Wine")  # 10.90
    pays.press("g")
    pays.scan(text)
    expect(page.locator("#pay-info")).to_contain_text("€5.00")
    page.locator("#pay-done").click()
    expect(page.locator("#due")).to_have_text("€5.90")
    page.locator(".note").first.click()
    pays.has_sold()

    sold, paid = rich.orders()
    assert (sold["lines"][0]["kind"], sold["lines"][0]["tax"]) == ("giftcard", [])
    assert [(tender["kind"], tender["amount"]) for tender in paid["tenders"]] == [("giftcard", 500), ("cash", 590)]
    assert balance(rich, f"giftcard:{sold['lines'][0]['card']}") == 0


def test_money_goes_back_to_the_gift_card_that_paid_from_the_cart_and_from_the_refund(
    pays: Cashier, rich: Terminal
) -> None:
    page = pays.page
    page.get_by_role("button", name="More", exact=True).click()
    page.locator("#more-actions .choice", has_text="Gift card").click()
    pays.type("20")
    pays.press("Enter")
    page.click("#pay")
    page.locator(".note").first.click()
    code = page.locator("#gift-codes code").inner_text()
    page.locator("#gift-codes [data-close]").last.click()
    pays.has_sold()
    pays.begins_anew()
    begin(pays, "Wine", "Espresso")  # 13.35
    pays.press("g")
    pays.scan(code)
    expect(page.locator("#pay-info")).to_contain_text("€20.00")
    page.locator("#pay-done").click()
    pays.has_sold()
    pays.begins_anew()

    # The wine comes back into a cart with a lemonade: less is due than nothing, and no card is at hand.
    pays.press("F10")
    page.locator("#refund-rows .receipts-row").first.click()
    page.get_by_role("button", name="One more of Wine").click()
    expect(page.locator("#refund-send")).to_be_enabled()
    page.click("#refund-cart")
    begin(pays, "Lemonade")  # 10.90 - 1.99
    expect(page.locator("#due")).to_have_text("€8.90")  # in coins
    pays.press("g")
    expect(page.locator("#due")).to_have_text("€8.91")
    expect(page.locator("#pay-info")).to_contain_text("no code is needed")
    page.locator("#pay-number").focus()
    pays.type("9")
    expect(page.locator("#pay-error")).to_contain_text("more than the €8.91 to pay out")
    expect(page.locator("#pay-done")).to_be_disabled()
    page.locator("#pay-number").fill("")
    expect(page.locator("#pay-done")).to_have_text("Pay out €8.91")
    page.locator("#pay-done").click()
    pays.has_sold()
    pays.begins_anew()

    # What is left of it goes back the same way, by the refund itself.
    pays.press("F10")
    page.locator("#refund-rows .receipts-row", has_text="S1-T1 · 2").last.click()
    page.click("#refund-all")
    expect(page.locator("#refund-sums")).to_contain_text("Gift card")
    page.click("#refund-send")
    pays.has_sold()
    expect(page.locator("#sold-change-label")).to_have_text("Given back")  # there is no change of it
    expect(page.locator("#sold-change")).to_have_text("€2.45")
    expect(page.locator("#sold-gift")).to_be_hidden()

    card, _sold, swap, refund = rich.orders()
    hash = card["lines"][0]["card"]
    assert [(tender["kind"], tender["amount"], tender["card"]) for tender in swap["tenders"]] == [
        ("giftcard", -891, hash)
    ]
    assert [(entry["kind"], entry["amount"]) for entry in swap["passed"]] == [("giftcard", 1090)]
    assert [(tender["kind"], tender["amount"], tender["card"]) for tender in refund["tenders"]] == [
        ("giftcard", -245, hash)
    ]
    assert balance(rich, f"giftcard:{hash}") == 2000 - 1335 + 891 + 245


def test_a_customers_form_shows_what_stands_on_the_account_and_as_of_when(pays: Cashier, rich: Terminal) -> None:
    page = pays.page
    statement = {"_id": "statement:account:customer:mia:1", "type": "statement", "schema": 1, "balance": -1250,
                 "account": "account:customer:mia", "as_of": "2026-11-20T17:04:00.000Z", "on": "office",
                 "currency": "EUR", "digits": 2}  # fmt: skip
    rich.put({**statement, "covers": [{"series": "s2-t1.m3", "through": 7, "count": 2, "sum": -1250}]})
    pays.press("F12")
    pays.type("0170")
    page.get_by_role("button", name="Edit: Mia Ltd").click()
    accounts = page.locator("#customer-accounts")
    expect(accounts).to_contain_text("Head office’s last statement: -€12.50, as of Nov 20, 2026")
    expect(accounts).to_contain_text("As this till knows it.")


def test_an_invoice_stands_on_the_receipt_where_one_was_asked_for(pays: Cashier, rich: Terminal) -> None:
    page = pays.page
    pays.tap("Espresso")
    pays.press("F12")
    pays.type("0170")
    page.locator(".customer-row", has_text="Mia Ltd").click()
    pays.press("F9")
    page.click("#pay-invoice")
    expect(page.locator("#invoice-address")).to_have_value("2 Low Road\n12345 Town")
    expect(page.locator("#invoice-tax-number")).to_have_value("DE77")
    page.locator("#invoice-name").fill("")
    page.get_by_role("dialog", name="Invoice").get_by_role("button", name="OK").click()
    expect(page.locator("#invoice-fault")).to_have_text("Key a name.")
    page.locator("#invoice-name").fill("Mia Ltd, Berlin")
    page.get_by_role("dialog", name="Invoice").get_by_role("button", name="OK").click()
    expect(page.locator("#pay-invoice")).to_have_text("Invoice: Mia Ltd, Berlin")
    page.reload()
    pays.shows_total("€2.45")
    page.click("#pay")
    expect(page.locator("#pay-invoice")).to_have_text("Invoice: Mia Ltd, Berlin")
    page.locator(".note").first.click()
    pays.has_sold()
    for text in ("Invoice to Mia Ltd, Berlin", "2 Low Road", "Tax number DE77"):
        expect(page.locator("#sold-paper")).to_contain_text(text)
    pays.begins_anew()
    begin(pays, "Espresso")
    expect(page.locator("#pay-invoice")).to_have_text("Invoice")
    page.locator(".note").first.click()
    pays.has_sold()

    first, second = rich.orders()
    address = ["2 Low Road", "12345 Town"]
    assert first["invoice"] == {"name": "Mia Ltd, Berlin", "address": address, "tax_number": "DE77"}
    assert second["invoice"] is None


def test_foreign_cash_shows_its_rate_and_gives_change_in_our_money(pays: Cashier, rich: Terminal) -> None:
    begin(pays, "Espresso")  # 2.45
    pays.press("f")
    expect(pays.page.locator("#pay-info")).to_contain_text("1 USD = €0.90")
    pays.type("10")
    expect(pays.page.locator("#change")).to_have_text("€6.55")
    pays.press("Enter")
    pays.has_sold()

    [order] = rich.orders()
    assert (order["tenders"][0]["foreign"], order["paid"], order["change"]) == (1000, 900, 655)


@pytest.mark.parametrize("rich", [{"card": "simulated"}], indirect=True)
def test_the_card_terminal_approves_declines_or_does_not_answer(pays: Cashier, rich: Terminal) -> None:
    page = pays.page
    begin(pays, "Wine")  # 10.90
    page.click("#kind-card")
    pays.type("2.51")  # the simulated terminal declines this
    pays.press("Enter")
    expect(page.locator("#pay-error")).to_contain_text("The card was declined")
    pays.type("2.68")  # and says nothing to this
    pays.press("Enter")
    expect(page.locator("#sending-title")).to_have_text("No answer from the card terminal")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#pay-error")).to_contain_text("Nothing was charged")
    assert rich.orders() == []
    pays.press("Enter")
    pays.has_sold()

    [order] = rich.orders()
    assert [(tender["kind"], tender["amount"]) for tender in order["tenders"]] == [("card", 1090)]
    assert order["tenders"][0]["reference"]


def test_a_refusal_stands_in_the_dialog_and_the_cart_stays(pays: Cashier, rich: Terminal) -> None:
    page = pays.page
    begin(pays, "Espresso")
    pays.press("g")
    pays.type(codes.mint(b"of another till", "sale-0001", "l1"))
    pays.press("Enter")
    expect(page.locator("#pay-info")).to_contain_text("on trust")
    rich.put({**rich.get("settings:all"), "values": {**SETTINGS["values"], "trust": {"giftcard": 0}}})
    page.locator("#pay-done").click()
    expect(page.locator("#pay-error")).to_contain_text("on trust")
    expect(page.locator("#payment")).to_be_visible()
    assert rich.orders() == []
    page.locator("#tenders button").click()
    page.locator(".note").first.click()
    pays.has_sold()
    assert [order["tenders"][0]["kind"] for order in rich.orders()] == ["cash"]


def test_spirits_ask_for_the_customers_age(pays: Cashier, rich: Terminal) -> None:
    pays.scan("5000001")
    pays.page.get_by_role("button", name="Yes, 18 or older").click()
    expect(pays.line("Gin")).to_be_visible()
    pays.pays_exact()

    assert rich.orders()[0]["lines"][0]["age"] is True
