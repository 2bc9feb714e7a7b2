"""What a document must look like before it is written, and the words for what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from app.shop import schemas
from app.shop.sale import SaleError, read_request
from tests.shop.conftest import STORE

PRODUCT = {
    "_id": "product:1", "_rev": "1-a", "type": "product", "schema": 1, "sku": "1", "name": "Bread", "barcodes": ["1"],
    "category": None, "sold_by": "unit", "price": {"amount": 100},
}  # fmt: skip


def test_a_good_document_is_read_with_its_defaults() -> None:
    assert schemas.read(PRODUCT)["price"] == {"amount": 100, "per": 1000}
    assert schemas.check(STORE) == []


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"price": {"amount": 1.5}}, "price.amount", "The price must be a whole number."),
        ({"price": {"amount": True}}, "price.amount", "The price must be a whole number."),
        ({"price": {"amount": "3"}}, "price.amount", "The price must be a whole number."),
        ({"price": {"amount": -1}}, "price.amount", "The price must not be negative."),
        ({"price": {"amount": 10**15}}, "price.amount", "The price is too large, the most is 999999999999."),
        ({"price": {"amount": 1, "per": 0}}, "price.per", "The per must be more than zero."),
        ({"price": 3}, "price", "This must be an object."),
        ({"name": " "}, "name", "The name is missing."),
        ({"name": "a\x00b"}, "name", "The name must not hold control characters."),
        ({"name": None}, "name", "The name is missing."),
        ({"nmae": "x"}, "nmae", "The field “nmae” is not known."),
        ({"barcodes": ["1", "1"]}, "barcodes", "The barcodes name something twice."),
        ({"barcodes": ["ok", " x"]}, "barcodes.1", "Barcode 2: the barcode is not valid."),
        ({"sold_by": "weight"}, "sold_by", "The way it is sold must be one of: unit, measure."),
        ({"category": "drinks"}, "category", "The category is not valid, it must begin with “category:”."),
        ({"inactive": 1}, "inactive", "The inactive must be true or false."),
        ({"schema": 2}, "schema", "This product has schema version 2; version 1 is known."),
        ({"type": "spaceship"}, "type", "Documents of the type “spaceship” are not known."),
        ({"_id": "customer:1"}, "_id", "The id of this document must begin with “product:”."),
    ],
)
def test_a_wrong_document_is_refused_with_the_field_and_plain_words(
    changed: dict[str, Any], field: str, reason: str
) -> None:
    assert schemas.Problem(field, reason) in schemas.check({**PRODUCT, **changed})


LIKE_BERLIN = "it must be like Europe/Berlin"


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone", f"The time zone “Mars/Olympus” is not known, {LIKE_BERLIN}."),
        ({"timezone": "../etc/x"}, "timezone", f"The time zone “../etc/x” is not known, {LIKE_BERLIN}."),
        ({"day_start": "24:00"}, "day_start", "The day start is not valid, it must be like 04:00."),
        ({"currency": "eur"}, "currency", "The currency is not valid, it must be like USD."),
        ({"id": "S1"}, "id", "The id is not valid, it must be small letters, digits and hyphens."),
    ],
)
def test_a_store_names_a_real_zone_and_currency(changed: dict[str, Any], field: str, reason: str) -> None:
    assert schemas.check({**STORE, **changed}) == [schemas.Problem(field, reason)]


def line(**fields: Any) -> dict[str, Any]:
    return {"lines": [{"product": "product:1", "quantity": 1000, **fields}]}


def tender(kind: str, amount: Any) -> dict[str, Any]:
    return {"tenders": [{"kind": kind, "amount": amount}]}


@pytest.mark.parametrize(
    ("request_", "field", "reason"),
    [
        (None, "", "This must be an object."),
        ([], "", "This must be an object."),
        ({"sale": "abc"}, "sale", "The sale is not valid, it must be 8 to 64 letters, digits, - and _."),
        ({"lines": "x"}, "lines", "The lines must be a list."),
        ({"lines": [{"product": "product:1"}]}, "lines.0.quantity", "Line 1: the quantity is missing."),
        (line(quantity=-1000), "lines.0.quantity", "Line 1: the quantity must not be negative."),
        (line(quantity=0), "lines.0.quantity", "Line 1: the quantity must be more than zero."),
        (line(quantity=1.5), "lines.0.quantity", "Line 1: the quantity must be a whole number."),
        (
            line(price={"amount": 10**15}),
            "lines.0.price.amount",
            "Line 1: the price is too large, the most is 999999999999.",
        ),
        (line(product=3), "lines.0.product", "Line 1: the product must be text."),
        (tender("cash", 0), "tenders.0.amount", "Payment 1: the amount must be more than zero."),
        (
            tender("shells", 5),
            "tenders.0.kind",
            "Payment 1: the kind must be one of: cash, card, giftcard, credit, account, coupon, foreign.",
        ),
        ({"seen": {"series": "nonsense", "number": 1}}, "seen.series", "The series is not valid."),
        ({"price": 3}, "price", "The field “price” is not known."),
    ],
)
def test_a_wrong_sale_is_refused_with_the_line_and_plain_words(request_: Any, field: str, reason: str) -> None:
    if isinstance(request_, dict):
        request_ = {"sale": "sale-0001", "lines": [], **request_}
    with pytest.raises(SaleError) as caught:
        read_request(request_)
    problems = caught.value.problems
    assert schemas.Problem(field, reason) in problems
    assert caught.value.status == 400
    assert caught.value.as_dict()["reason"] == problems[0].reason


def test_all_faults_of_a_sale_are_named_at_once() -> None:
    with pytest.raises(SaleError) as caught:
        read_request({"sale": "sale-0001", "lines": [{"product": None}, {"quantity": 1.5}], "total": "1"})
    assert [problem["field"] for problem in caught.value.as_dict()["problems"]] == [
        "lines.0.quantity", "lines.1.product", "lines.1.quantity", "total",
    ]  # fmt: skip
