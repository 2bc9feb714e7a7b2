"""What a store sells: its till lists and finds only that; what a customer holds is found, and sold all the same."""

from __future__ import annotations

from typing import Any

import pytest

from app.shop.desk import Desk
from app.shop.pricing.book import Books
from tests.shop.pricing.test_book import DRINKS, JUICES, desk, product

__all__ = ["desk"]  # the fixture of the book's tests


@pytest.fixture
def shelf(desk: Desk) -> Any:
    desk.catalogue.shelf = Books(desk)
    two = {"type": "store", "schema": 1, "id": "s2", "name": "2", "currency": "EUR", "digits": 2}
    desk.company.put({"_id": "store:s2", **two})
    return desk


def listed(desk: Desk, **query: Any) -> list[str]:
    return [doc["sku"] for doc in desk.catalogue.page(**query)]


def test_a_product_of_other_stores_is_neither_listed_nor_searched_but_found_by_its_code(shelf: Desk) -> None:
    shelf.company.put(product("here", barcodes=["1"], stores=["store:s1"]))
    shelf.company.put(product("there", barcodes=["2"], stores=["store:s2"]))
    shelf.company.put(product("all", barcodes=["3"]))
    assert listed(shelf) == ["all", "here"]
    assert listed(shelf, q="there") == [] and listed(shelf, q="here") == ["here"]
    assert listed(shelf, category="category:juices") == ["all", "here"]
    assert sorted(listed(shelf, everywhere=True)) == ["all", "here", "there"]
    [found] = shelf.catalogue.by_barcode("2")
    assert not shelf.catalogue.sells(found) and shelf.catalogue.sells(shelf.catalogue.by_barcode("1")[0])


def test_the_nearest_category_that_says_something_counts_and_the_product_over_it(shelf: Desk) -> None:
    def stores(doc: dict[str, Any], *ids: str) -> None:
        shelf.company.put({**doc, "_rev": shelf.company.get(doc["_id"])["_rev"], "stores": list(ids)})

    for name, more in (("juice", {}), ("own", {"stores": ["store:s1"]})):
        shelf.company.put(product(name, **more))
    stores(DRINKS, "store:s2")
    assert listed(shelf) == ["own"]
    stores(JUICES, "store:s1")
    assert listed(shelf) == ["juice", "own"]
    assert [entry["id"] for entry in shelf.catalogue.categories()] == ["category:juices"]


def test_a_category_of_which_nothing_is_sold_here_has_no_tile(shelf: Desk) -> None:
    shelf.company.put(product("there", stores=["store:s2"]))
    shelf.company.put(product("here", category="category:drinks"))
    assert [entry["id"] for entry in shelf.catalogue.categories()] == ["category:drinks"]


def test_a_search_goes_on_until_it_finds_what_is_sold_here(shelf: Desk) -> None:
    shelf.company.bulk_docs([product(f"tea{n:03d}", name="Tea", stores=["store:s2"]) for n in range(300)])
    shelf.company.put(product("tea", name="Tea of ours and a long name"))
    assert listed(shelf, q="tea", limit=5) == ["tea"]


def test_a_circle_of_categories_ends(shelf: Desk) -> None:
    shelf.company.put({**DRINKS, "_rev": shelf.company.get("category:drinks")["_rev"], "parent": "category:juices"})
    shelf.company.put(product("juice"))
    assert listed(shelf) == ["juice"]
