"""`couchtill verify` finds a Z that isn't the sum of its documents, and a perpetual total that breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.shop import journal
from app.shop.till import Till
from app.shop.verify import verify_store
from tests.shop.conftest import Shop

TAX = {"id": "tax:x", "name": "x", "rate": 1, "base": 1, "amount": 1}
Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def closed(shop: Shop, till: Till) -> list[dict[str, Any]]:
    """Two shifts with their Zs, all documents of the store."""
    for n in range(2):
        shift, _ = till.shifts.open({"request": f"open-{n:08}", "float": 1000})
        shop.sell(till)
        till.shifts.move({"request": f"cash-{n:08}", "kind": "in", "amount": 100})
        counted = {"total": 1358, "tenders": {"card": 0}}
        till.shifts.close(shift["_id"], {"request": f"close-{n:07}", "counted": counted})
    assert verify_store(till.store) == []
    return [till.store.get(row["id"]) for row in till.store.changes("0", limit=1000).rows]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda z: {**z, "sums": {**z["sums"], "revenue": 1}}, "“revenue” is not what"),
        (lambda z: {**z, "sums": {**z["sums"], "tax": [TAX]}},
         "“tax” is not what"),
        (lambda z: {**z, "difference": 5}, "doesn't add up"),
        (lambda z: {**z, "grand_after": 5}, "the perpetual total is 0.05"),
        (lambda z: {**z, "grand_before": 5, "grand_after": 263}, "doesn't go on with the perpetual total"),
        (lambda z: {**z, "shift": "shift:gone"}, "a shift that is not here"),
        (lambda z: {**z, "covers": []}, "is not what the documents"),
    ],
)  # fmt: skip
def test_a_wrong_z_is_found(shop: Shop, closed: list[dict[str, Any]], change: Change, words: str) -> None:
    zs = sorted((doc for doc in closed if doc["type"] == "zreport"), key=lambda doc: doc["number"])
    wrong = change(zs[-1])
    wrong["hash"] = journal.digest(wrong)
    docs = [wrong if doc["_id"] == wrong["_id"] else doc for doc in closed]
    other = shop.open("store-s1", shop.folder / "other.db")
    other.bulk_docs([{**doc, "_revisions": revisions(doc)} for doc in docs], new_edits=False)
    found = [finding for finding in verify_store(other) if finding.kind == "z"]
    assert found and words in " ".join(finding.message for finding in found)


def revisions(doc: dict[str, Any]) -> dict[str, Any]:
    start, _, id = doc["_rev"].partition("-")
    return {"start": int(start), "ids": [id]}


def test_a_sale_that_is_taken_out_of_the_store_is_missed_by_its_z(shop: Shop, closed: list[dict[str, Any]]) -> None:
    """F15: selling, printing and then erasing the sale shows, in the chain and in the Z."""
    orders = [doc for doc in closed if doc["type"] == "order"]
    docs = [doc for doc in closed if doc["_id"] != orders[0]["_id"]]
    other = shop.open("store-s1", shop.folder / "other.db")
    other.bulk_docs([{**doc, "_revisions": revisions(doc)} for doc in docs], new_edits=False)
    kinds = {finding.kind for finding in verify_store(other)}
    assert {"chain", "z", "number"} & kinds >= {"z", "number"}
