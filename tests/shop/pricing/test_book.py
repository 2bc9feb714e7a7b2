"""The price book of a store: what holds there, in words of its documents; slips of other programs left out."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import pricing, schemas
from app.shop.desk import Desk
from app.shop.indexes import indexes_for
from app.shop.pricing.book import Books

NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
EURO = {"currency": "EUR", "digits": 2}
STORE = {
    "_id": "store:s1", "type": "store", "schema": 1, "id": "s1", "name": "Shop", "timezone": "Europe/Berlin",
    "taxes": ["tax:vat", "tax:none"], **EURO,
}  # fmt: skip
DRINKS = {"_id": "category:drinks", "type": "category", "schema": 1, "name": "Drinks"}
JUICES = {"_id": "category:juices", "type": "category", "schema": 1, "name": "Juices", "parent": "category:drinks"}


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    company = Database(tmp_path / "company.db", name="company", indexes=indexes_for("company"))
    store = Database(tmp_path / "store.db", name="store-s1", indexes=indexes_for("store-s1"))
    for doc in (STORE, DRINKS, JUICES, tax("vat", 190_000), tax("far", 70_000, stores=["store:s2"])):
        company.put(doc)
    yield Desk(company, store, "s1-t1", "s1", lambda: NOON)
    company.close()
    store.close()


def tax(id: str, rate: int, **more: Any) -> dict[str, Any]:
    return {"_id": f"tax:{id}", "type": "tax", "schema": 1, "name": id.upper(), "rate": rate, **more}


def promotion(id: str, **more: Any) -> dict[str, Any]:
    usual = {
        "_id": f"promotion:{id}",
        "type": "promotion",
        "schema": 1,
        "name": id,
        "kind": "percent",
        "percent": 100_000,
    }
    return {**usual, **more}


def pricelist(id: str, *prices: dict[str, Any], **more: Any) -> dict[str, Any]:
    usual = {"_id": f"pricelist:{id}", "type": "pricelist", "schema": 1, "name": id, **EURO}
    return {**usual, "prices": list(prices), **more}


def product(id: str, **more: Any) -> dict[str, Any]:
    usual = {
        "_id": f"product:{id}", "type": "product", "schema": 1, "sku": id, "name": id.title(), "barcodes": [],
        "category": "category:juices", "sold_by": "unit", "price": {"amount": 200},
    }  # fmt: skip
    return {**usual, **more}


def test_the_book_tells_the_stores_time_money_and_taxes(desk: Desk) -> None:
    book = Books(desk).book()
    assert book["now"] == {"date": "2026-11-22", "time": "12:00", "weekday": 7}
    assert (book["currency"], book["digits"], book["timezone"]) == ("EUR", 2, "Europe/Berlin")
    assert book["taxes"] == {"tax:vat": {"name": "VAT", "rate": 190_000}}
    assert book["default_taxes"] == ["tax:vat"]
    assert book["rounding"] == {"scope": "line", "mode": "half_away"}
    night = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert Books(desk).book(night)["now"] == {"date": "2027-01-01", "time": "00:30", "weekday": 5}


def test_the_settings_say_how_taxes_are_rounded(desk: Desk) -> None:
    values = {"tax_rounding": {"scope": "tax", "mode": "half_even"}}
    desk.company.put({"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values})
    assert Books(desk).book()["rounding"] == {"scope": "tax", "mode": "half_even"}


def test_a_new_promotion_is_in_the_book_at_once_and_a_deleted_one_is_not(desk: Desk) -> None:
    books = Books(desk)
    assert books.book()["promotions"] == []
    rev = desk.company.put(promotion("ten"))
    assert [rule["id"] for rule in books.book()["promotions"]] == ["promotion:ten"]
    desk.company.put(promotion("ten", percent=200_000), rev=rev)
    assert books.book()["promotions"][0]["percent"] == 200_000
    desk.company.delete("promotion:ten", str(desk.company.get("promotion:ten")["_rev"]))
    assert books.book()["promotions"] == []


def test_while_a_catalogue_arrives_the_book_is_made_but_once(desk: Desk) -> None:
    books = Books(desk)
    first = books.book()["promotions"]
    for n in range(3):
        desk.company.put(product(f"p{n}"))
        assert books.book()["promotions"] is first
    desk.company.put(promotion("ten"))
    desk.company.put(product("last"))
    assert len(books.book()["promotions"]) == 1
    desk.company.bulk_docs([product(f"many{n}") for n in range(1001)])
    assert len(books.book()["promotions"]) == 1


def test_what_does_not_hold_in_this_store_is_not_in_its_book(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.company.put(promotion("elsewhere", stores=["store:s2"]))
    desk.company.put(promotion("off", inactive=True))
    desk.company.put(promotion("here", stores=["store:s1"], priority=3))
    desk.company.put(promotion("everywhere"))
    desk.company.put(pricelist("yen", currency="JPY", digits=0))
    with caplog.at_level(logging.WARNING):
        book = Books(desk).book()
    assert [rule["id"] for rule in book["promotions"]] == ["promotion:here", "promotion:everywhere"]
    assert book["lists"] == []
    assert "pricelist:yen is in JPY" in caplog.text


def test_a_promotion_that_cannot_be_read_is_left_out_and_named_in_the_log(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.company.put(promotion("good"))
    desk.company.put(promotion("wrong", percent="ten"))
    desk.company.put(promotion("newer", schema=7))
    books = Books(desk)
    with caplog.at_level(logging.WARNING):
        assert [rule["id"] for rule in books.book()["promotions"]] == ["promotion:good"]
        desk.company.put(promotion("other"))
        books.book()
    assert caplog.text.count("promotion:wrong: The percent must be a whole number. It is left out.") == 1
    assert caplog.text.count("promotion:newer") == 1


def test_a_category_stands_for_those_below_it(desk: Desk) -> None:
    desk.company.put(promotion("drinks", categories=["category:drinks"]))
    parts = [{"categories": ["category:drinks"]}, {"products": ["product:a"]}]
    desk.company.put(promotion("meal", kind="mix", parts=parts, percent=100_000) | {})
    books = Books(desk)
    rules = {rule["id"]: rule for rule in books.book()["promotions"]}
    assert rules["promotion:drinks"]["categories"] == ["category:drinks", "category:juices"]
    assert rules["promotion:meal"]["parts"][0]["categories"] == ["category:drinks", "category:juices"]


def test_categories_in_a_circle_end_nobodys_book(desk: Desk) -> None:
    desk.company.put({**DRINKS, "_rev": desk.company.get("category:drinks")["_rev"], "parent": "category:juices"})
    desk.company.put(promotion("drinks", categories=["category:drinks"]))
    assert set(Books(desk).book()["promotions"][0]["categories"]) == {"category:drinks", "category:juices"}


def test_the_best_defined_price_of_a_list_counts(desk: Desk) -> None:
    """A product's own before its category's before everything's; the larger quantity first."""
    desk.company.put(
        pricelist(
            "all",
            {"percent": 100_000},
            {"category": "category:drinks", "percent": 200_000},
            {"product": "product:shirt", "price": {"amount": 150}},
            {"product": "product:shirt", "price": {"amount": 140}, "least": 6000},
        )
    )
    books = Books(desk)

    def costs(doc: dict[str, Any], quantity: int) -> int:
        line = books.line_for(doc, id="l1", quantity=quantity * 1000)
        return pricing.price({"lines": [line]}, books.book())["lines"][0]["price"]["amount"]

    assert costs(product("bread", category="category:bread"), 1) == 180
    assert costs(product("juice"), 1) == 160
    assert costs(product("shirt"), 1) == 150
    assert costs(product("shirt"), 6) == 140
    assert costs(product("red", variant_of="product:shirt"), 6) == 140


def test_a_product_without_a_price_has_one_where_a_list_names_it(desk: Desk) -> None:
    desk.company.put(pricelist("all", {"product": "product:open", "price": {"amount": 150}}, {"percent": 100_000}))
    pricing_of = Books(desk).pricing(product("open", price=None))
    assert pricing_of["prices"] == [{"list": "pricelist:all", "from": 0, "price": {"amount": 150, "per": 1000}}]
    assert pricing_of["price"] is None


def test_a_bundle_and_a_deposit_come_with_their_own_prices_and_taxes(desk: Desk) -> None:
    desk.company.put(product("bottle", price={"amount": 25}, taxes=[]))
    desk.company.put(product("cola", price={"amount": 150}, deposit="product:bottle", taxes=["tax:vat"]))
    parts = [{"product": "product:cola", "quantity": 2000}, {"product": "product:lost", "quantity": 1000}]
    books = Books(desk)
    line = books.line_for(product("menu", price={"amount": 500}, bundle=parts), id="l1", quantity=1000)
    priced = pricing.price({"lines": [line]}, books.book())
    assert [(row["id"], row["product"], row["total"]) for row in priced["lines"]] == [
        ("l1.1", "product:cola", 500),
        ("l1.1.deposit", "product:bottle", 50),
        ("l1.2", "product:lost", 0),
    ]
    assert [row["bundle"] for row in priced["lines"]] == ["product:menu", None, "product:menu"]
    assert priced["lines"][1]["tax"] == []


def test_what_the_catalogue_lacks_has_a_line_too(desk: Desk) -> None:
    books = Books(desk)
    line = books.line_for(None, id="l1", quantity=2000, name="Odds", keyed={"amount": 119})
    priced = pricing.price({"lines": [line]}, books.book())
    assert (priced["total"], priced["tax"][0]["amount"]) == (238, 38)


@pytest.mark.parametrize(
    ("doc", "field", "reason"),
    [
        (promotion("p", percent=None), "percent", "The percent is missing."),
        (promotion("p", percent=1_000_001), "percent", "The percent is too large, the most is 1000000."),
        (promotion("p", amount=5), "amount", "A promotion of the kind “percent” has no amount."),
        (promotion("p", kind="gift", percent=None), "kind", "The kind must be one of: percent, amount, price, buy"),
        (promotion("p", kind="buy", percent=None, buy=2), "get", "The number to get is missing."),
        (promotion("p", kind="mix", percent=None, parts=[]), "price", "Either a price or a percentage must be given."),
        (promotion("p", scope="cart", limit=2), "limit", "A promotion of the cart is given once: it has no limit."),
        (
            promotion("p", kind="amount", percent=None, amount=5),
            "currency",
            "A promotion with amounts must name their currency and its digits.",
        ),
        (promotion("p", starts="2026-02-30"), "starts", "The first day is not a date that exists."),
        (promotion("p", starts="2026-02-20", ends="2026-02-19"), "ends", "The last day is before the first."),
        (promotion("p", hours=[{"begins": "9:00"}]), "hours.0.begins", "Span 1: the begins is not valid"),
        (promotion("p", hours=[{"begins": "09:00", "ends": "09:00"}]), "hours.0.ends", "Span 1: the span ends when"),
        (promotion("p", coupons=["two words"]), "coupons.0", "The coupon code is not valid"),
        (promotion("p", discount=5), "discount", "The field “discount” is not known."),
        (
            promotion("p", kind="count", percent=None, count=3, price={"amount": 5, "per": 10}, **EURO),
            "price",
            "The price is for the whole: its “per” must be 1000.",
        ),
        (pricelist("l", {"price": {"amount": 5}}), "prices.0.product", "Price 1: a price must name its product."),
        (pricelist("l", {"product": "product:a"}), "prices.0.price", "Price 1: either a price or a percentage"),
        (
            pricelist("l", {"product": "product:a", "category": "category:b", "percent": 5}),
            "prices.0.category",
            "Price 1: a price is for a product or for a category, not for both.",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_in_plain_words(doc: dict[str, Any], field: str, reason: str) -> None:
    found = schemas.check({key: value for key, value in doc.items() if value is not None})
    assert field in [problem.field for problem in found]
    assert any(problem.reason.startswith(reason) for problem in found), found


@pytest.mark.parametrize(
    "doc",
    [
        promotion("a", categories=["category:x"], groups=["staff"], limit=3, excludes=["promotion:b"]),
        promotion("b", kind="amount", percent=None, amount=50, spend=1000, spend_on="cart", **EURO),
        promotion("c", kind="price", percent=None, price={"amount": 5, "per": 10}, products=["product:x"], **EURO),
        promotion("d", kind="buy", percent=500_000, buy=2, get=1, get_categories=["category:x"]),
        promotion("e", kind="count", percent=None, count=3, price={"amount": 500}, coupons=["SAVE-10"], **EURO),
        promotion("f", kind="mix", parts=[{"products": ["product:x"]}, {"count": 2}]),
        promotion("g", scope="cart", kind="price", percent=None, price={"amount": 500}, **EURO),
        promotion("h", hours=[{"weekdays": [5, 6], "begins": "17:00", "ends": "02:00"}, {"begins": "00:00"}]),
        pricelist("l", {"product": "product:a", "price": {"amount": 1}, "least": 500}, starts="2026-01-01"),
    ],
)
def test_every_kind_of_rule_can_be_written_down(doc: dict[str, Any]) -> None:
    assert schemas.check({key: value for key, value in doc.items() if value is not None}) == []
