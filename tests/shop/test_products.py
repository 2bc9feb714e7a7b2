"""The catalogue as a till asks for it: by name, barcode and category."""

from __future__ import annotations

from typing import Any

import pytest

from app.shop.till import Till
from tests.shop.conftest import Shop


def add(shop: Shop, sku: str, **fields: Any) -> None:
    product = {
        "_id": f"product:{sku}", "type": "product", "schema": 1, "sku": sku, "name": f"Thing {sku}", "barcodes": [sku],
        "category": None, "sold_by": "unit", "price": {"amount": 100, "per": 1000},
    }  # fmt: skip
    shop.company.put({**product, **fields})


def skus(products: list[dict[str, Any]]) -> list[str]:
    return [product["sku"] for product in products]


@pytest.mark.parametrize("text", ["milk", "WHO mil", "whole", "milk whole", "4000000000013", "40000000000 milk"])
def test_a_product_is_found_by_the_beginnings_of_its_words_in_any_order(shop: Shop, till: Till, text: str) -> None:
    assert "milk" in skus(till.products(text))


@pytest.mark.parametrize("text", ["milkshake", "milk tea", "ilk", '"', "*", "' OR 1=1", "NEAR(", "  "])
def test_other_words_and_odd_signs_find_nothing_that_they_should_not(shop: Shop, till: Till, text: str) -> None:
    expected = ["fuel", "tea", "gift", "milk"] if not text.strip() else []
    assert sorted(skus(till.products(text))) == sorted(expected)


def test_a_barcode_finds_its_product_as_it_is_and_with_the_zero_of_ean_13(shop: Shop, till: Till) -> None:
    add(shop, "usa", barcodes=["012345678905"])
    add(shop, "eur", barcodes=["0614141999996"])
    assert skus(till.by_barcode("4000000000020")) == ["tea"]
    assert skus(till.by_barcode(" 4000000000020\n")) == ["tea"]
    assert skus(till.by_barcode("0012345678905")) == ["usa"]
    assert skus(till.by_barcode("614141999996")) == ["eur"]
    assert till.by_barcode("9999999999999") == []
    assert till.by_barcode("") == []


def test_a_barcode_given_twice_shows_both_products_and_leaves_inactive_ones_out(shop: Shop, till: Till) -> None:
    add(shop, "a", barcodes=["77"])
    add(shop, "b", barcodes=["77"])
    assert sorted(skus(till.by_barcode("77"))) == ["a", "b"]
    shop.company.put({**shop.company.get("product:a"), "inactive": True})
    assert skus(till.by_barcode("77")) == ["b"]
    shop.company.put({**shop.company.get("product:b"), "inactive": True})
    assert sorted(skus(till.by_barcode("77"))) == ["a", "b"]  # the customer holds it: it can still be sold


def test_browsing_goes_through_every_product_once_though_names_are_equal(shop: Shop, till: Till) -> None:
    for number in range(25):
        add(shop, f"card{number}", name="Greeting card", category="category:cards")
    for category, expected in (("category:cards", 25), (None, 29)):
        seen: list[str] = []
        after = None
        while page := till.products(category=category, limit=4, after=after):
            seen += skus(page)
            after = page[-1]["_id"]
        assert len(seen) == len(set(seen)) == expected
    assert till.products(after="product:none") == []


def test_inactive_and_deleted_products_are_not_offered(shop: Shop, till: Till) -> None:
    shop.company.put({**shop.company.get("product:milk"), "inactive": True})
    shop.company.delete("product:tea", shop.company.get("product:tea")["_rev"])
    assert sorted(skus(till.products())) == ["fuel", "gift"]
    assert till.products("milk") == till.products("tea") == []
    assert till.product("product:tea") is None
    assert till.product("product:milk") is not None
    assert till.product("store:s1") is None


def test_categories_are_counted_and_named_by_their_documents(shop: Shop, till: Till) -> None:
    add(shop, "x", category="category:cards")
    shop.company.put({"_id": "category:all", "type": "category", "schema": 1, "name": "All sorts", "sort": 2})
    assert till.categories() == [
        {"id": "category:cards", "name": "cards", "count": 1},
        {"id": "category:all", "name": "All sorts", "count": 4, "sort": 2},
    ]


def test_customers_are_found_by_name_key_and_phone(shop: Shop, till: Till) -> None:
    for key, name in (("14", "Ann Baker"), ("15", "Bob Miller")):
        doc = {
            "_id": f"customer:{key}",
            "type": "customer",
            "schema": 1,
            "name": name,
            "key": key,
            "phone": f"555-{key}",
        }
        shop.company.put(doc)
    shop.company.put({"_id": "customer:16", "type": "customer", "schema": 1, "name": "Ann Gone", "erased": True})
    assert [c["key"] for c in till.catalogue.customers("ann")] == ["14"]
    assert [c["key"] for c in till.catalogue.customers("555 15")] == ["15"]
    assert [c["key"] for c in till.catalogue.customers()] == ["14", "15"]


def test_variants_come_by_their_sort_then_by_name(shop: Shop, till: Till) -> None:
    for sku, name, sort in (("s", "Shirt S", 1), ("m", "Shirt M", 2), ("l", "Shirt L", 3), ("k", "Shirt K", 3)):
        shop.company.put(
            {
                "_id": f"product:{sku}", "type": "product", "schema": 1, "sku": sku, "name": name, "barcodes": [],
                "sold_by": "unit", "price": {"amount": 100}, "variant_of": "product:shirt", "sort": sort,
            }
        )  # fmt: skip

    assert [doc["sku"] for doc in till.catalogue.variants("product:shirt")] == ["s", "m", "k", "l"]
