"""Products found at head office: several categories at once, those put aside, a small range among very many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.shop.indexes import indexes_for
from app.shop.range import finding
from app.web.office.range.stores import Shelves


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "company.db", name="company", indexes=indexes_for("company"))
    for id, parent in (("drinks", None), ("hot", "drinks"), ("food", None)):
        name = {"_id": f"category:{id}", "type": "category", "schema": 1, "name": id}
        database.put({**name, "parent": f"category:{parent}" if parent else None})
    yield database
    database.close()


def products(company: Database, count: int, **more: Any) -> None:
    kinds = ("drinks", "hot", "food", "other")
    for begin in range(0, count, 500):
        company.bulk_docs(
            [
                {
                    "_id": f"product:{n}", "type": "product", "schema": 1, "sku": str(n), "barcodes": [],
                    "name": f"Thing {n % 7} {n:05d}", "category": f"category:{kinds[n % 4]}", "price": None,
                    "inactive": n % 10 == 0, **more,
                }
                for n in range(begin, min(count, begin + 500))
            ]
        )  # fmt: skip


def every(company: Database, limit: int = 50, **how: Any) -> list[str]:
    """The names of all pages, one after the other."""
    names: list[str] = []
    after = None
    while True:
        page = finding.products(company, after=after, limit=limit, **how)
        assert len(page.rows) <= limit
        names += [row["name"] for row in page.rows]
        after = page.next
        if after is None:
            return names


def test_several_categories_with_what_lies_in_them_page_by_page_by_name(company: Database) -> None:
    products(company, 1000)
    both = every(company, categories=["category:drinks", "category:food"], limit=17, state="all")
    assert both == sorted(f"Thing {n % 7} {n:05d}" for n in range(1000) if n % 4 != 3)
    assert every(company, categories=["category:hot"], limit=17, state="all") == [
        name for name in both if int(name[8:]) % 4 == 1
    ]
    assert every(company, categories=["category:none"]) == []


def test_what_was_put_aside_has_its_own_order(company: Database) -> None:
    products(company, 1000)
    aside = every(company, state="aside", limit=30)
    assert aside == sorted(f"Thing {n % 7} {n:05d}" for n in range(0, 1000, 10))
    food = every(company, state="aside", categories=["category:food"], limit=30)
    assert food == [name for name in aside if int(name[8:]) % 4 == 2]


def test_words_are_looked_for_within_the_categories_and_not_before_them(company: Database) -> None:
    """More things have the word than a search ranks."""
    products(company, 3 * finding.RANKED)
    company.put({"_id": "product:tea", "type": "product", "schema": 1, "sku": "tea", "name": "Thing of tea",
                 "barcodes": [], "category": "category:tea", "price": None})  # fmt: skip
    found = finding.products(company, q="thing", categories=["category:tea"])
    assert [row["name"] for row in found.rows] == ["Thing of tea"]
    company.put({**company.get("product:tea"), "inactive": True})
    assert len(finding.products(company, q="thing", state="aside", limit=1000).rows) == 301
    assert finding.products(company, q="thing of", state="aside").rows[0]["sku"] == "tea"


def test_a_small_range_among_very_many_is_told_part_by_part(company: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "LOOKED", 300)
    for store in ("s1", "s2"):
        company.put({"_id": f"store:{store}", "type": "store", "schema": 1, "id": store, "name": store,
                     "currency": "EUR", "digits": 2})  # fmt: skip
    products(company, 1000, stores=["store:s1"], inactive=False)
    company.put({**company.get("product:999"), "stores": ["store:s2"]})
    books = Shelves(company).of("s2")
    first = finding.products(company, books=books)
    assert (first.rows, first.next is not None) == ([], True)
    assert every(company, books=books) == [f"Thing {999 % 7} 00999"]


def test_those_to_be_decided_come_by_their_last_change(company: Database) -> None:
    products(company, 20)
    for n in (3, 5, 7):
        doc = company.get(f"product:{n}")
        revs = {"start": 2, "ids": [f"{n:032x}", doc["_rev"].partition("-")[2]]}
        other = {**{k: v for k, v in doc.items() if k != "_rev"}, "name": f"Other {n}", "_rev": f"2-{n:032x}"}
        company.put({**doc, "brand": "ours"})
        company.bulk_docs([{**other, "_revisions": revs}], new_edits=False)
    assert [row["sku"] for row in finding.products(company, state="disputed").rows] == ["7", "5", "3"]
    assert [name[-2:] for name in every(company, state="disputed", limit=1)] == [
        row["name"][-2:] for row in finding.products(company, state="disputed").rows
    ]
    assert [row["sku"] for row in finding.products(company, state="disputed", q="other 5").rows] == ["5"]
