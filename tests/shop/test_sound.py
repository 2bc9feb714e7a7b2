"""Documents that other programs wrote, with what they should not hold: none keeps another from being sold or seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import sound
from app.shop.indexes import indexes_for
from app.shop.sale import SaleError
from app.shop.takings import Takings
from app.shop.till import Till
from tests.web.till.shopfront import line, product, sale, stock

BAD: list[dict[str, Any]] = [
    {"name": 12345},
    {"name": None},
    {"name": ["x"], "schema": 99},
    {"category": {"a": 1}},
    {"barcodes": "4000009"},
    {"price": {"amount": "oops"}},
    {"price": {"amount": 1.5, "per": 0}},
    {"price": []},
    {"taxes": 5},
    {"picture": 7, "size": 1.5, "unit": [], "decimals": "x"},
]


@pytest.fixture
def till(tmp_path: Path) -> Any:
    company = Database(tmp_path / "company.db", indexes=indexes_for("company"))
    store = Database(tmp_path / "store-s1.db", indexes=indexes_for("store-s1"))
    stock(company)
    yield Till(company, store, terminal="s1-t1", store_id="s1")
    company.close()
    store.close()


@pytest.mark.parametrize("fields", BAD, ids=str)
def test_a_product_that_is_not_as_it_should_be_is_shown_and_sold_as_far_as_it_can(
    till: Till, fields: dict[str, Any]
) -> None:
    till.company.put({**product("9", "Odd", 100), "category": "category:fruit", **fields})
    assert "product:9" in [doc["_id"] for doc in till.products(limit=200)]
    shown = till.product("product:9")
    assert shown is not None and isinstance(shown["name"], str)
    assert [entry["id"] for entry in till.categories()][:2]
    if shown.get("price") is None:
        with pytest.raises(SaleError, match="the price is missing"):
            till.sell(sale(line("9"), cash=500))
    order, _ = till.sell(sale(line("9", price={"amount": 100}), cash=500))
    assert order["total"] == 100
    assert sound.is_order(order)


def test_a_field_that_another_program_gave_the_store_does_not_change_its_currency(till: Till) -> None:
    store = till.company.get("store:s1")
    till.company.put({**store, "currency": "JPY", "digits": 0, "opening_hours": "9 to 5", "header": 7})
    status = till.status()
    assert (status["currency"], status["digits"], status["timezone"]) == ("JPY", 0, "Europe/Berlin")
    assert till.sell(sale(line(), cash=500))[0]["currency"] == "JPY"


def test_a_tax_that_can_not_be_read_is_not_applied(till: Till) -> None:
    till.company.put({"_id": "tax:odd", "type": "tax", "schema": 1, "rate": "a lot"})
    till.company.put({**product("9", "Odd", 100), "taxes": ["tax:odd"]})
    assert till.sell(sale(line("9"), cash=500))[0]["tax"] == []


def test_a_terminal_document_that_lists_nonsense_does_not_stop_the_first_sale(till: Till) -> None:
    till.store.put({"_id": "terminal:s1-t1", "type": "terminal", "incarnations": 5})
    assert till.sell(sale(line(), cash=500))[0]["number"] == 1


def test_an_order_that_is_none_is_listed_and_not_summed(till: Till) -> None:
    sold, _ = till.sell(sale(line(), cash=500))
    odd = {"_id": "order:s1-t9.zz:00000001:aaaaaaaaaa", "type": "order", "at": sold["at"], "lines": 5, "total": "x"}
    till.store.put({**odd, "business_date": sold["business_date"]})
    till.store.put({"_id": "order:junk", "type": "order", "at": 12, "tenders": [{}], "header": 7})
    assert {order["_id"] for order in till.receipts()} == {sold["_id"], odd["_id"], "order:junk"}
    assert Takings(till.company, till.store, "s1").today()["total"] == sold["total"]
    assert not sound.is_order(odd)
