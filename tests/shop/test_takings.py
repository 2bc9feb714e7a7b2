"""What a store took today: by terminal, within the store's own day, each sale once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import editing
from app.shop.indexes import indexes_for
from app.shop.takings import Takings
from app.shop.till import Till

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ESPRESSO = {
    "_id": "product:1",
    "type": "product",
    "schema": 1,
    "sku": "1",
    "name": "Espresso",
    "barcodes": [],
    "sold_by": "unit",
    "price": {"amount": 245, "per": 1000},
}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "company.db", indexes=indexes_for("company"))
    database.put(ESPRESSO)
    yield database
    database.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "store-s1.db", indexes=indexes_for("store-s1"))
    yield database
    database.close()


def sell(company: Database, store: Database, at: datetime, terminal: str = "s1-t1", number: int = 0) -> dict[str, Any]:
    till = Till(company, store, terminal=terminal, store_id="s1", clock=lambda: at)
    lines = [{"product": "product:1", "quantity": 1000}]
    request = {
        "sale": f"01JTAKINGS{terminal}{number:06d}",
        "lines": lines,
        "tenders": [{"kind": "cash", "amount": 245}],
    }
    return till.sell(request)[0]


def test_sales_of_the_day_add_up_by_terminal_and_follow_new_ones(company: Database, store: Database) -> None:
    takings = Takings(company, store, "s1")
    assert takings.today(NOON)["total"] == 0
    sell(company, store, NOON)
    sell(company, store, NOON, "s1-t2")
    today = takings.today(NOON)

    assert (today["date"], today["receipts"], today["total"]) == ("2026-11-22", 2, 490)
    assert [entry["terminal"] for entry in today["terminals"]] == ["s1-t1", "s1-t2"]
    sell(company, store, NOON + timedelta(minutes=1), number=1)
    assert takings.today(NOON)["total"] == 735


def test_the_day_begins_at_four_in_the_stores_zone(company: Database, store: Database) -> None:
    takings = Takings(company, store, "s1")
    sell(company, store, datetime(2026, 11, 22, 3, 59, tzinfo=UTC))
    sell(company, store, datetime(2026, 11, 22, 4, 0, tzinfo=UTC), number=1)

    assert takings.today(NOON)["receipts"] == 1
    assert takings.today(datetime(2026, 11, 22, 3, 59, tzinfo=UTC))["receipts"] == 1


def test_a_sale_written_twice_counts_once(company: Database, store: Database) -> None:
    order = sell(company, store, NOON)
    twin = {**order, "_id": order["_id"][:-4] + "ffff", "series": "s1-t1.zz"}
    revision = twin.pop("_rev")
    store.bulk_docs([{**twin, "_rev": revision}], new_edits=False)

    assert Takings(company, store, "s1").today(NOON)["receipts"] == 1


def test_an_edit_sets_who_where_and_when_and_refuses_what_is_no_document(company: Database) -> None:
    rev = company.read("product:1").rev
    edited = editing.edit(company, "product:1", rev, {"name": "Ristretto"}, by="anna", on="office", moment=lambda: NOON)

    assert edited["_rev"] == company.read("product:1").rev
    assert (edited["updated_at"], edited["updated_by"], edited["updated_on"]) == (
        "2026-11-22T12:00:00.000Z",
        "anna",
        "office",
    )
    with pytest.raises(editing.Changed):
        editing.edit(company, "product:1", rev, {"name": "Lungo"}, by=None, on="office")
    with pytest.raises(Exception, match="name is missing"):
        editing.edit(company, "product:1", edited["_rev"], {"name": ""}, by=None, on="office")
    assert company.get("product:1")["name"] == "Ristretto"
