"""Planned changes of the catalogue's prices: they hold by the store's clock, until somebody sets a price after them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.shop import editing, pricing, schemas
from app.shop.desk import Desk
from app.shop.pricing.book import Books
from tests.shop.pricing.test_book import EURO, desk, pricelist, product

__all__ = ["desk"]  # the fixture of the book's tests

#: 06:00 in Berlin, where the store stands.
MONDAY = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
BEFORE = MONDAY - timedelta(minutes=1)


def plan(
    id: str, *prices: tuple[str, int], day: str = "2026-11-23", time: str = "06:00", **more: Any
) -> dict[str, Any]:
    entries = [{"product": f"product:{name}", "price": {"amount": amount}} for name, amount in prices]
    return pricelist(id, *entries, catalogue=True, starts=day, starts_at=time, **more)


def costs(desk: Desk, id: str, at: datetime, quantity: int = 1000) -> int:
    """What one costs at a moment, by the server's clock; and, by its own, in a window that had it before."""
    desk.clock = lambda: at
    books = Books(desk)
    line = books.line_for(desk.company.get(f"product:{id}"), id="l1", quantity=quantity)
    priced: int = pricing.price({"lines": [line]}, books.book(at))["lines"][0]["price"]["amount"]
    return priced


def test_a_planned_price_holds_from_its_minute_on_in_the_stores_time(desk: Desk) -> None:
    desk.company.put(product("tea", price={"amount": 1290}))
    desk.company.put(plan("monday", ("tea", 1350)))
    assert costs(desk, "tea", BEFORE) == 1290
    assert costs(desk, "tea", MONDAY) == 1350
    assert costs(desk, "tea", MONDAY + timedelta(days=400)) == 1350


def test_a_line_that_was_put_into_the_cart_before_costs_the_new_price_when_its_time_has_come(desk: Desk) -> None:
    desk.company.put(product("tea", price={"amount": 1290}))
    desk.company.put(plan("monday", ("tea", 1350)))
    books = Books(desk)
    line = books.line_for(desk.company.get("product:tea"), id="l1", quantity=1000)
    assert pricing.price({"lines": [line]}, books.book(BEFORE))["total"] == 1290
    assert pricing.price({"lines": [line]}, books.book(MONDAY))["total"] == 1350


def test_of_two_plans_the_later_moment_counts_and_of_one_moment_the_later_id(desk: Desk) -> None:
    desk.company.put(product("tea", price={"amount": 1290}))
    desk.company.put(plan("b", ("tea", 1350)))
    desk.company.put(plan("a", ("tea", 1400), time="07:00"))
    desk.company.put(plan("c", ("tea", 1360)))
    assert costs(desk, "tea", MONDAY) == 1360
    assert costs(desk, "tea", MONDAY + timedelta(hours=1)) == 1400


def test_who_sets_a_price_after_the_moment_has_the_last_word_and_before_it_the_plan(desk: Desk) -> None:
    desk.company.put(product("tea", price={"amount": 1290}))
    desk.company.put(plan("monday", ("tea", 1350)))

    def set_price(amount: int, at: datetime) -> None:
        doc = desk.company.get("product:tea")
        price = {"amount": amount, "per": 1000}
        editing.edit(desk.company, "product:tea", doc["_rev"], {"price": price}, by=None, on="t", moment=lambda: at)

    set_price(1300, BEFORE)
    assert costs(desk, "tea", MONDAY) == 1350
    set_price(1111, MONDAY + timedelta(minutes=5))
    assert costs(desk, "tea", MONDAY + timedelta(minutes=6)) == 1111


def test_a_list_stands_over_the_planned_price_and_its_percentage_is_taken_off_it(desk: Desk) -> None:
    desk.company.put(product("tea", price={"amount": 1000}))
    desk.company.put(product("milk", price={"amount": 100}))
    desk.company.put(plan("monday", ("tea", 2000), ("milk", 120)))
    desk.company.put(pricelist("all", {"percent": 100_000}, {"product": "product:milk", "price": {"amount": 90}}))
    assert (costs(desk, "tea", BEFORE), costs(desk, "tea", MONDAY)) == (900, 1800)
    assert (costs(desk, "milk", BEFORE), costs(desk, "milk", MONDAY)) == (90, 90)


def test_a_plan_gives_an_open_price_a_price(desk: Desk) -> None:
    desk.company.put(product("soup", price=None))
    desk.company.put(plan("monday", ("soup", 450)))
    with pytest.raises(pricing.PricingError):
        costs(desk, "soup", BEFORE)
    assert costs(desk, "soup", MONDAY) == 450


def test_deposits_and_parts_of_a_bundle_follow_their_plans(desk: Desk) -> None:
    desk.company.put(product("bottle", price={"amount": 15}))
    desk.company.put(product("cola", price={"amount": 150}, deposit="product:bottle"))
    desk.company.put(plan("monday", ("bottle", 25)))
    desk.clock = lambda: MONDAY
    books = Books(desk)
    line = books.line_for(desk.company.get("product:cola"), id="l1", quantity=1000)
    assert pricing.price({"lines": [line]}, books.book())["total"] == 175


def test_the_catalogue_of_the_till_shows_the_price_of_now(desk: Desk) -> None:
    desk.company.put(product("tea", price={"amount": 1290}))
    desk.company.put(plan("monday", ("tea", 1350)))
    desk.catalogue.shelf = Books(desk)
    desk.clock = lambda: BEFORE
    assert desk.catalogue.product("product:tea")["price"]["amount"] == 1290  # type: ignore[index]
    desk.clock = lambda: MONDAY
    assert desk.catalogue.product("product:tea")["price"]["amount"] == 1350  # type: ignore[index]
    assert [doc["price"]["amount"] for doc in desk.catalogue.page("tea")] == [1350]


def test_a_plan_that_was_called_off_or_is_of_another_currency_does_nothing(desk: Desk) -> None:
    desk.company.put(product("tea", price={"amount": 1290}))
    desk.company.put(plan("off", ("tea", 1350), inactive=True))
    desk.company.put({**plan("yen", ("tea", 1360)), "currency": "JPY", "digits": 0})
    assert costs(desk, "tea", MONDAY) == 1290


def test_a_plan_that_was_written_into_the_products_long_ago_is_not_looked_at_any_more(desk: Desk) -> None:
    desk.company.put(product("tea", price={"amount": 1290}))
    desk.company.put(plan("old", ("tea", 1350), settled_at="2026-11-23T05:01:00.000Z"))
    assert costs(desk, "tea", MONDAY + timedelta(days=29)) == 1350
    assert costs(desk, "tea", MONDAY + timedelta(days=31)) == 1290


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"starts": None, "starts_at": None}, "starts"),
        ({"stores": ["store:s1"]}, "stores"),
        ({"groups": ["staff"]}, "groups"),
        ({"ends": "2026-12-01"}, "ends"),
        ({"prices": [{"percent": 1000}]}, "prices"),
        ({"prices": [{"product": "product:a", "price": {"amount": 1}, "least": 2000}]}, "prices"),
    ],
)
def test_a_plan_holds_for_everybody_and_for_good(more: dict[str, Any], field: str) -> None:
    assert [problem.field for problem in schemas.check({**plan("p", ("tea", 1)), **more})] == [field]


def test_a_list_begins_and_ends_at_times_of_its_days(desk: Desk) -> None:
    desk.company.put(product("tea", price={"amount": 1000}))
    rule = {"starts": "2026-11-23", "starts_at": "06:00", "ends": "2026-11-23", "ends_at": "20:00"}
    desk.company.put(pricelist("day", {"percent": 500_000}, **rule))
    at = {BEFORE: 1000, MONDAY: 500, MONDAY + timedelta(hours=13, minutes=59): 500, MONDAY + timedelta(hours=14): 1000}
    assert {moment: costs(desk, "tea", moment) for moment in at} == at


def test_times_without_their_days_are_refused() -> None:
    problems = schemas.check(pricelist("p", starts_at="06:00", ends_at="20:00"))
    assert {problem.field for problem in problems} == {"starts"} and EURO
    twisted = {"starts": "2026-11-23", "starts_at": "20:00", "ends": "2026-11-23", "ends_at": "06:00"}
    assert [problem.field for problem in schemas.check(pricelist("p", **twisted))] == ["ends_at"]
