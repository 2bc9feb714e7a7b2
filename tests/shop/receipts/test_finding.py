"""A receipt is found by whatever a customer remembers of it."""

from __future__ import annotations

from typing import Any

import pytest

from app.shop.receipts import finding
from app.shop.receipts.finding import Query, minor_units
from app.shop.till import Till
from tests.shop.conftest import Shop


@pytest.fixture
def sold(shop: Shop, till: Till) -> list[dict[str, Any]]:
    shop.company.put({"_id": "customer:mia", "type": "customer", "schema": 1, "name": "Mia Wong"})
    return [
        shop.sell(till),
        shop.sell(till, lines=[{"product": "product:tea", "quantity": 1000}], customer="customer:mia"),
        shop.sell(
            till,
            lines=[{"product": None, "name": "Umbrella", "price": {"amount": 1290}, "quantity": 1000}],
            tenders=[{"kind": "card", "amount": 1290, "reference": "88412"}],
        ),
    ]


def numbers(till: Till, **query: Any) -> list[int]:
    return [order["number"] for order in till.receipts_book.finder.find(Query(**query)).orders]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [3, 2, 1]),
        ({"number": 2}, [2]),
        ({"q": "2"}, [2]),
        ({"barcode": "4000000000013"}, [1]),
        ({"product": "tea"}, [2]),
        ({"q": "milk whole"}, [1]),
        ({"q": "umbre"}, [3]),
        ({"q": "12.90"}, [3]),
        ({"q": "12,9"}, [3]),
        ({"amount": 350}, [2]),
        ({"q": "88412"}, [3]),
        ({"customer": "customer:mia"}, [2]),
        ({"customer": "wong"}, [2]),
        ({"q": "Mia"}, [2]),
        ({"date": "2026-11-22"}, [3, 2, 1]),
        ({"date": "2026-11-21"}, []),
        ({"kind": "refund"}, []),
        ({"q": "S1-T1 · 3"}, [3]),
        ({"q": "s1-t1.k0 00000003"}, [3]),
        ({"q": "s1-t2 3"}, []),
        ({"q": "no such thing"}, []),
    ],
)
def test_it_is_found(till: Till, sold: list[dict[str, Any]], query: dict[str, Any], found: list[int]) -> None:
    assert numbers(till, **query) == found


def test_the_code_printed_on_it_finds_it(till: Till, sold: list[dict[str, Any]]) -> None:
    assert numbers(till, barcode=sold[1]["_id"]) == [2]
    assert numbers(till, q=sold[1]["_id"]) == [2]


def test_pages_go_on_where_the_one_before_ended(till: Till, sold: list[dict[str, Any]]) -> None:
    finder = till.receipts_book.finder
    first = finder.find(Query(), 2)
    second = finder.find(Query(), 2, first.next)

    assert [order["number"] for order in first.orders + second.orders] == [3, 2, 1]
    assert second.next is None


def test_a_long_search_says_how_far_back_it_has_looked(
    till: Till, sold: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "STRETCH", 2)
    finder = till.receipts_book.finder
    first = finder.find(Query(q="whole milk"))
    second = finder.find(Query(q="whole milk"), before=first.next)

    assert (first.orders, first.until) == ([], sold[1]["at"])
    assert [order["number"] for order in second.orders] == [1]


def test_amounts_are_read_as_people_write_them() -> None:
    assert [minor_units(text, 2) for text in ("12.90", "12,9", "12", "12.905", "x", "1e400", "nan", "inf")] == [
        1290, 1290, 1200, None, None, None, None, None,
    ]  # fmt: skip
    assert (minor_units("1250", 0), minor_units("1.250", 3)) == (1250, 1250)
