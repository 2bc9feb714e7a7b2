"""A small shop on real databases: a few products, one store, tills that can be copied and restored."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.shop.indexes import indexes_for
from app.shop.money import line_amount
from app.shop.till import Till

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

PRODUCTS: list[dict[str, Any]] = [
    {"_id": "product:milk", "sku": "milk", "name": "Whole milk", "barcodes": ["4000000000013"], "price": {"amount":
    129}}, {"_id": "product:tea", "sku": "tea", "name": "Green tea", "barcodes": ["4000000000020", "tea"], "price":
    {"amount": 350}}, {"_id": "product:fuel", "sku": "fuel", "name": "Fuel", "barcodes": [], "price": {"amount": 2199,
    "per": 10000},
     "sold_by": "measure", "unit": "gal", "decimals": 3},
    {"_id": "product:gift", "sku": "gift", "name": "Open gift", "barcodes": [], "price": None},
]  # fmt: skip

STORE = {
    "_id": "store:s1", "type": "store", "schema": 1, "id": "s1", "name": "Corner shop", "currency": "EUR", "digits": 2,
    "timezone": "Europe/Berlin", "day_start": "04:00", "tax_mode": "included", "taxes": [],
    "header": ["1 High Street"], "footer": ["Thank you"],
}  # fmt: skip


class FakeClock:
    """A clock that a test sets; it moves a second with every look."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Shop:
    """Databases in a folder, and the tills on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.databases: list[Database] = []
        self.company = self.open("company", folder / "company.db")
        self.company.put(STORE)
        for product in PRODUCTS:
            doc = {"type": "product", "schema": 1, "category": "category:all", "sold_by": "unit", **product}
            self.company.put(doc)
        self._sales = itertools.count(1)
        self._minted = itertools.count(10)

    def open(self, name: str, path: Path) -> Database:
        database = Database(path, name=name, indexes=indexes_for(name))
        self.databases.append(database)
        return database

    def till(self, terminal: str = "s1-t1", store: Database | None = None) -> Till:
        """A till on its own store database (or on `store`)."""
        store = store or self.open("store-s1", self.folder / f"{terminal}.db")
        return Till(self.company, store, terminal=terminal, store_id="s1", clock=self.clock, mint=self.mint)

    def copy(self, till: Till, name: str) -> Till:
        """The terminal again, from a copy of its file as it is now."""
        path = self.folder / f"{name}.db"
        till.store.close()
        shutil.copyfile(till.store.path, path)
        till.store = self.open("store-s1", till.store.path)
        reopened = self.till(till.terminal, till.store)
        till.__dict__.update(reopened.__dict__)
        return self.till(till.terminal, self.open("store-s1", path))

    def mint(self) -> str:
        return f"k{next(self._minted) % 10}"

    def request(self, **fields: Any) -> dict[str, Any]:
        """A sale of two milks for 2.58, paid with 5.00."""
        usual = {
            "sale": f"sale-{next(self._sales):08}",
            "lines": [{"product": "product:milk", "quantity": 2000}],
            "tenders": [{"kind": "cash", "amount": 500}],
        }
        return {**usual, **fields}

    def total(self, till: Till, lines: list[dict[str, Any]]) -> int:
        """What these lines come to, without selling them."""
        prices = {product["_id"]: product["price"] for product in PRODUCTS}
        return sum(line_amount(prices[line["product"]], line["quantity"]) for line in lines)

    def sell(self, till: Till, **fields: Any) -> dict[str, Any]:
        return till.sell(self.request(**fields))[0]


def replicate(source: Database, target: Database) -> None:
    """What a replication brings: every leaf with its ancestry, merged."""
    ids = [row["id"] for row in source.changes("0", limit=100_000).rows]
    found = [doc["ok"] for id in ids for doc in source.open_revs(id, "all", with_revs=True)]
    assert target.bulk_docs(found, new_edits=False) == []


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    for database in made.databases:
        if not database.closed:
            database.close()


@pytest.fixture
def till(shop: Shop) -> Till:
    return shop.till()


@pytest.fixture
def exchange() -> Callable[[Database, Database], None]:
    """Replicates two databases both ways."""

    def both(a: Database, b: Database) -> None:
        replicate(a, b)
        replicate(b, a)

    return both
