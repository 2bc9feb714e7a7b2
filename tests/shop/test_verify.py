"""`couchtill verify` finds what is wrong with a shop's books, and nothing where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import journal
from app.shop.till import Till
from app.shop.verify import Finding, verify_store
from tests.shop.conftest import Shop, replicate


@pytest.fixture
def sold(shop: Shop, till: Till) -> list[dict[str, Any]]:
    lines = [{"product": "product:milk", "quantity": 2000, "discounts": [{"kind": "retail", "amount": 8}]}]
    return [shop.sell(till, lines=lines) for _ in range(4)]


def copy_with(shop: Shop, orders: list[dict[str, Any]]) -> Database:
    """Another node's database with these orders and the shift they were sold in, as they would arrive."""
    own = next(database for database in shop.databases if database.name == "store-s1")
    shifts = [record.full() for record in own.each("shift")]
    target = shop.open("store-s1", shop.folder / "other.db")
    docs = [{**doc, "_revisions": {"start": 1, "ids": [doc["_rev"][2:]]}} for doc in (*shifts, *orders)]
    assert target.bulk_docs(docs, new_edits=False) == []
    return target


def rehash(order: dict[str, Any]) -> dict[str, Any]:
    return {**order, "hash": journal.digest(order)}


def findings(shop: Shop, orders: list[dict[str, Any]]) -> list[Finding]:
    return verify_store(copy_with(shop, orders))


def test_nothing_is_found_where_all_is_well(shop: Shop, sold: list[dict[str, Any]]) -> None:
    assert findings(shop, sold) == []


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (lambda o: {**o, "customer": "customer:2"}, "hash", "was altered"),
        (lambda o: rehash({**o, "total": 100}), "sum", "the total is 1.00 and should be 2.50"),
        (lambda o: rehash({**o, "change": 0}), "sum", "the change is 0.00 and should be 2.50"),
        (lambda o: rehash({**o, "paid": 400}), "sum", "what was paid is 4.00 and should be 5.00"),
        (lambda o: rehash({**o, "discount": 0}), "sum", "the discount is 0.00 and should be 0.08"),
        (lambda o: rehash({**o, "lines": [{**o["lines"][0], "amount": 259}]}), "sum", "line 1: the amount is 2.59"),
        (lambda o: rehash({**o, "number": 9}), "number", "has the series, number and sale of order:s1-t1.k0:00000009"),
        (lambda o: {**o, "hash_version": 9}, "hash", "of a newer CouchTill"),
        (lambda o: {**o, "schema": 3}, "schema", "was written by a newer CouchTill"),
        (lambda o: {**o, "paid": 1.5}, "schema", "paid: The paid must be a whole number."),
        (lambda o: rehash({**o, "at": "2020-01-01T00:00:00.000Z"}), "chain", "is dated before"),
        (lambda o: rehash({**o, "prev": "f" * 64}), "chain", "the chain is cut"),
    ],
)
def test_an_altered_order_is_found(
    shop: Shop,
    sold: list[dict[str, Any]],
    change: Callable[[dict[str, Any]], dict[str, Any]],
    kind: str,
    words: str,
) -> None:
    sold[2] = change(sold[2])
    found = findings(shop, sold)
    assert any(finding.kind == kind and words in finding.message for finding in found), found


def test_an_order_taken_out_of_the_middle_is_a_gap(shop: Shop, sold: list[dict[str, Any]]) -> None:
    assert [finding.message for finding in findings(shop, [sold[0], sold[3]])] == [
        "Series s1-t1.k0: the journal numbers 3 to 4 are missing.",
        "Series s1-t1.k0: the receipt numbers 2 to 3 are missing.",
    ]


def test_an_order_taken_from_the_end_is_missed_by_its_own_terminal(shop: Shop, till: Till, sold: list[Any]) -> None:
    till.store.purge({sold[3]["_id"]: [sold[3]["_rev"]]})
    (finding,) = verify_store(till.store)
    assert finding.message == "Series s1-t1.k0 went to 5 here, and its documents end at 4."


def test_an_order_edited_in_place_is_a_second_version_or_a_broken_hash(shop: Shop, till: Till, sold: list[Any]) -> None:
    till.store.put({**sold[1], "note": "x"})
    assert any(finding.about == sold[1]["_id"] for finding in verify_store(till.store))


def test_the_books_of_a_hub_are_verified_without_any_index(shop: Shop, till: Till, sold: list[dict[str, Any]]) -> None:
    shift = till.shifts.current()
    assert shift is not None
    takings = sum(order["total"] for order in sold)
    till.shifts.close(shift["_id"], {"request": "close-00000001", "counted": {"total": takings}})
    hub = Database(shop.folder / "hub.db", name="store-s1")
    shop.databases.append(hub)
    replicate(till.store, hub)
    assert not hub.indexes and verify_store(hub) == []

    first = hub.get(sold[0]["_id"])
    hub.put({"_id": first["_id"], "_rev": first["_rev"], "_deleted": True})
    about = {finding.about for finding in verify_store(hub)}
    assert till.shifts.zreports(1)[0]["_id"] in about and sold[0]["series"] in about
