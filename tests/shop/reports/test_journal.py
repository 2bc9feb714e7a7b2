"""The daily journal: debit is credit, a day is booked once and stays as it was, what comes later is a correction."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.shop import schemas
from app.shop.reports import bookings
from app.shop.reports.accounts import DEFAULTS, Accounts
from app.shop.reports.bookings import Bookings
from app.shop.reports.entries import balances, entry
from app.shop.reports.ranges import Range
from tests.support.market import CURRENCIES, MORNING, Market, by_hand, counting, steps

DAY = "2026-11-20"
LATER = MORNING + timedelta(days=90)
EVER = Range("2026-11-01", "2027-01-31")
MILK = {"product": "product:milk", "quantity": 2000}


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    made = Market(tmp_path)
    yield made
    made.close()


@pytest.fixture
def books(market: Market) -> Bookings:
    return Bookings(market.company, market.store, "s1", "office")


def sell(market: Market, amount: int = 500, **request: Any) -> dict[str, Any]:
    return market.sell(**{"lines": [MILK], "tenders": [{"kind": "cash", "amount": amount}], **request})


def book(books: Bookings, date: str = DAY, **more: Any) -> dict[str, Any] | None:
    return books.book(date, request="request-of-a-test", by=None, moment=LATER, **more)


def rows(found: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What a bookkeeping program reads."""
    return list(csv.DictReader(io.StringIO(bookings.sheet(found).decode("utf-8-sig"), newline="")))


def by_account(booking: dict[str, Any]) -> dict[str, int]:
    """Debit less credit."""
    found: dict[str, int] = {}
    for row in booking["rows"]:
        found[row["account"]] = found.get(row["account"], 0) + row["debit"] - row["credit"]
    return {account: value for account, value in found.items() if value}


# -- whatever happened ------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(steps, min_size=4, max_size=25),
    st.sampled_from(sorted(CURRENCIES)),
    st.sampled_from(["included", "added"]),
    st.integers(0, 25),
)
def test_every_day_balances_and_all_of_it_is_booked_once(
    did: list[dict[str, Any]], currency: str, mode: str, early: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        market = Market(Path(folder), currency, mode)
        try:
            books = Bookings(market.company, market.store, "s1", "office")
            for at, step in enumerate(did):
                market.do(step)
                if at == early:  # whoever books a day that isn't over gets corrections
                    for day in books.days(EVER, LATER):
                        book(books, day.date, unclosed=True)
            market.close_all()
            for day in books.days(EVER, LATER):
                book(books, day.date, unclosed=True)
                assert books.day(day.date, LATER).state == "booked"
                assert book(books, day.date, unclosed=True) is None
            check(market, books)
        finally:
            market.close()


def check(market: Market, books: Bookings) -> None:
    found = [record.full() for record in market.store.each("booking")]
    for booking in found:
        assert schemas.check(booking) == []
        assert all(debit == credit for debit, credit in balances(booking["rows"]).values())
    keys = [row["key"] for booking in found for row in booking["rows"]]
    assert len(keys) == len(set(keys))
    orders = counting(market.orders())
    hand = by_hand(orders)
    sums: dict[str, int] = {}
    for booking in found:
        for account, value in by_account(booking).items():
            sums[account] = sums.get(account, 0) + value
    taxes = sum(hand["tax"].values())
    revenue = sums.get(DEFAULTS["sales"], 0) + sums.get(DEFAULTS["deposits"], 0)
    assert -revenue == hand["revenue"] - taxes
    assert -sums.get(DEFAULTS["tax"], 0) == taxes
    assert -sums.get(DEFAULTS["tips"], 0) == hand["tips"]
    assert -sums.get(DEFAULTS["rounding"], 0) == hand["rounding"]
    assert sums.get(DEFAULTS["card"], 0) == hand["tender"]["card"]
    assert -sums.get(DEFAULTS["giftcard"], 0) == hand["sold"]["giftcard"] - hand["tender"]["giftcard"]
    moves = [record.doc() for record in market.store.each("cash")]
    moved = sum(m["amount"] if m["kind"] == "in" else -m["amount"] for m in moves)
    counted = sum(record.doc()["difference"] for record in market.store.each("zreport"))
    assert sums.get(DEFAULTS["cash"], 0) == hand["tender"]["cash"] + moved + counted
    assert sums.get(DEFAULTS["safe"], 0) == sum(m["amount"] for m in moves if m["kind"] == "drop")


# -- each in its place ------------------------------------------------------------------------------------------------


def test_a_sale_is_cash_against_revenue_and_tax(market: Market, books: Bookings) -> None:
    sell(market)
    market.close_all()
    booking = book(books)
    assert booking is not None and booking["closed"]
    assert by_account(booking) == {"1000": 260, "4000": -241, "2200": -17, "6910": -2}
    found = rows([booking])
    assert [(r["account"], r["text"], r["debit"], r["credit"]) for r in found] == [
        ("1000", "Cash", "2.60", "0.00"),
        ("2200", "VAT 7 %", "0.00", "0.17"),
        ("4000", "Sales, VAT 7 %", "0.00", "2.41"),
        ("6910", "Cash rounding", "0.00", "0.02"),
    ]
    tax = found[1]
    assert (tax["tax"], tax["rate"], tax["base"], found[0]["tender"]) == ("low", "7", "2.41", "cash")
    assert [row["key"] for row in found] == [f"s1.{DAY}.office.01.{n:03}" for n in (1, 2, 3, 4)]


def test_what_is_no_revenue_stands_on_its_own_account(market: Market, books: Bookings) -> None:
    market.do_card({"amount": 5000})
    sell(market, lines=[MILK], tenders=[{"kind": "giftcard", "amount": 58, "code": market.codes[0]},
                                        {"kind": "coupon", "amount": 100},
                                        {"kind": "foreign", "currency": "USD", "foreign": 50},
                                        {"kind": "cash", "amount": 60}], tip=5)  # fmt: skip
    market.do_topup({"to": "account", "amount": 300})
    booking = book(books, unclosed=True)
    assert booking is not None and not booking["closed"]
    # 45 cents of dollars, 58 of the card and 100 of the coupon leave 60 of 263 for cash.
    assert by_account(booking) == {
        "1000": 5060, "1100": 300, "1110": 45, "1200": -300, "1210": 100, "2200": -17, "2300": -4942, "2400": -5,
        "4000": -241,
    }  # fmt: skip


def test_cash_that_moves_and_what_is_counted_differently(market: Market, books: Bookings) -> None:
    market.till.shifts.open({"request": market.request(), "float": 1000})
    for kind, amount in (("in", 500), ("out", 200), ("expense", 300), ("drop", 100)):
        market.do_move({"kind": kind, "amount": amount})
    market.close_shift(-7)
    booking = book(books)
    assert booking is not None
    # The float was in the drawer before.
    assert by_account(booking) == {"1000": -107, "1010": 100, "1020": -300, "6000": 300, "6900": 7}


def test_accounts_are_those_of_the_settings(market: Market, books: Bookings) -> None:
    settings = market.company.get("settings:all")
    mine = {"cash": "Kasse", "sales:category:food": "8300", "tax:low": "1771", "sales:tax:full": "8400"}
    settings["values"]["accounts"] = mine
    assert schemas.check(settings) == []
    market.company.put(settings)
    sell(market, 5000, lines=[MILK, {"product": "product:cup", "quantity": 1000}])
    booking = book(books, unclosed=True)
    assert booking is not None
    assert by_account(booking) == {
        "Kasse": 2255, "8300": -241, "1771": -17, "8400": -1676, "2200": -319, "6910": -2,
    }  # fmt: skip
    assert Accounts(mine).of("tax", "tax:full") == DEFAULTS["tax"]
    assert Accounts({}).tender("voucher") == DEFAULTS["other"]


def test_an_order_that_does_not_add_up_is_booked_with_a_row_that_says_so(market: Market, books: Bookings) -> None:
    order = sell(market)
    odd = market.arrive(order, sale="another-sale", paid=999, total=300)
    booking = book(books, unclosed=True)
    assert booking is not None
    assert all(debit == credit for debit, credit in balances(booking["rows"]).values())
    assert any(odd in row["text"] and row["account"] == DEFAULTS["difference"] for row in booking["rows"])


def test_two_currencies_are_never_added_up(market: Market) -> None:
    order = sell(market)
    other = {**order, "currency": "JPY", "digits": 0}
    made = entry(Accounts({}), [order, other], [], "k")
    assert set(balances(made)) == {"EUR", "JPY"}
    assert all(debit == credit for debit, credit in balances(made).values())


# -- once, and as it was ----------------------------------------------------------------------------------------------


def test_a_day_that_is_not_closed_is_refused_with_the_reason(market: Market, books: Bookings) -> None:
    sell(market)
    day = books.day(DAY, LATER)
    assert (day.state, list(map(str, day.open))) == ("open", ["Not closed yet: S1-T1."])
    assert book(books) is None
    assert books.book(DAY, request="request-of-a-test", by=None, moment=market.now) is None
    assert "This business day is not over." in map(str, books.day(DAY, market.now).open)
    market.close_all()
    assert books.day(DAY, LATER).state == "closed"
    assert book(books) is not None


def test_a_z_whose_receipts_have_not_all_arrived_keeps_its_day_open(market: Market, books: Bookings) -> None:
    order = sell(market)
    market.close_all()
    market.store.purge({order["_id"]: [order["_rev"]]})
    (why,) = books.day(DAY, LATER).open
    assert why == "Not all that S1-T1 · Z 1 stands for has arrived here."
    assert book(books) is None


def test_an_exported_day_stays_as_it_was_and_late_documents_are_a_correction(market: Market, books: Bookings) -> None:
    order = sell(market)
    market.close_all()
    first = book(books)
    assert first is not None
    before = bookings.sheet(books.bookings(DAY))
    assert book(books) is None  # twice is once
    market.arrive(order, sale="came-late", business_date=DAY)
    settings = market.company.get("settings:all")
    settings["values"]["accounts"] = {"cash": "9999"}
    market.company.put(settings)
    assert bookings.sheet(books.bookings(DAY)) == before
    assert books.day(DAY, LATER).state == "late"
    second = book(books, unclosed=True)
    assert second is not None and second["number"] == 2
    after = rows(books.bookings(DAY))
    assert bookings.sheet(books.bookings(DAY)).startswith(before)
    assert [row["kind"] for row in after[len(rows([first])) :]] == ["correction"] * 4
    assert len({row["key"] for row in after}) == len(after)
    assert by_account(second) == {"9999": 260, "4000": -241, "2200": -17, "6910": -2}


def test_a_sale_that_turns_out_to_be_written_twice_is_taken_back(market: Market, books: Bookings) -> None:
    order = sell(market)
    market.close_all()
    assert book(books) is not None
    number = {"number": 0, "journal": 1}
    twin = market.arrive(order, series="s1-t1.00", **number)  # the smaller id counts
    assert twin < order["_id"]
    correction = book(books, unclosed=True)
    assert correction is not None
    assert (correction["documents"], correction["reversed"]) == ([twin], [order["_id"]])
    assert correction["rows"] == []
    assert books.day(DAY, LATER).state == "booked"


def test_two_nodes_that_booked_one_day_apart_are_set_right_by_a_correction(market: Market, books: Bookings) -> None:
    sell(market)
    market.close_all()
    first = book(books)
    assert first is not None
    elsewhere = {**first, "_id": f"booking:{DAY}:second:01", "on": "second"}
    del elsewhere["_rev"]
    market.store.put(elsewhere)
    assert books.day(DAY, LATER).state == "late"
    correction = book(books)
    assert correction is not None
    assert by_account(correction) == {account: -value for account, value in by_account(first).items()}
    assert books.day(DAY, LATER).state == "booked"


def test_amounts_in_the_file_are_decimals_that_add_up(market: Market, books: Bookings) -> None:
    sell(market)
    market.do_card({"amount": 1234})
    booking = book(books, unclosed=True)
    assert booking is not None
    found = rows([booking])
    assert (
        sum(Decimal(row["debit"]) for row in found) == sum(Decimal(row["credit"]) for row in found) == Decimal("14.95")
    )
