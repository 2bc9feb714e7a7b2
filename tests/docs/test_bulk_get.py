"""`_bulk_get`: one result for each entry, in the same order, errors in their places."""

from __future__ import annotations

from typing import Any

import pytest

from app.docs.database import Database
from tests.docs.conftest import Arrive, fork


def failed(id: Any, rev: Any, error: str, reason: str) -> dict[str, Any]:
    return {"id": id, "docs": [{"error": {"id": id, "rev": rev, "error": error, "reason": reason}}]}


def test_results_come_in_the_order_asked_for(db: Database, arrive: Arrive) -> None:
    arrive("a", "2-b", "a", n=1)
    arrive("c", "1-x", n=2)
    entries = [{"id": "c", "rev": "1-x"}, {"id": "a", "rev": "2-b"}, {"id": "a", "rev": "2-b"}]
    results = db.bulk_get(entries, revs=True)
    assert [result["id"] for result in results] == ["c", "a", "a"]
    assert results[1]["docs"] == [
        {"ok": {"_id": "a", "_rev": "2-b", "n": 1, "_revisions": {"start": 2, "ids": ["b", "a"]}}}
    ]


def test_without_a_revision_every_leaf_comes(db: Database) -> None:
    winner, loser = fork(db)
    (result,) = db.bulk_get([{"id": "a"}])
    assert [entry["ok"]["_rev"] for entry in result["docs"]] == [winner, loser]


def test_latest_gives_the_leaves_that_descend(db: Database, arrive: Arrive) -> None:
    winner, loser = fork(db)
    (result,) = db.bulk_get([{"id": "a", "rev": "1-b"}], latest=True)
    assert [entry["ok"]["_rev"] for entry in result["docs"]] == [winner, loser]
    assert db.bulk_get([{"id": "a", "rev": "1-z"}], latest=True) == [failed("a", "1-z", "not_found", "missing")]


@pytest.mark.parametrize(
    ("entry", "result"),
    [
        ({"id": "none"}, failed("none", "undefined", "not_found", "missing")),
        ({"id": "none", "rev": "1-a"}, failed("none", "1-a", "not_found", "missing")),
        ({"id": "a", "rev": "9-z"}, failed("a", "9-z", "not_found", "missing")),
        ({"id": "a", "rev": "1-b"}, failed("a", "1-b", "not_found", "missing")),
        ({"id": "a", "rev": "x"}, failed("a", "x", "bad_request", "Invalid rev format")),
        ({"id": "a", "rev": "2-f", "atts_since": ["x"]}, failed("a", "x", "bad_request", "Invalid rev format")),
        ({"rev": "1-a"}, failed(None, None, "bad_request", "document id missed")),
        ("a", failed(None, None, "bad_request", "document must be a JSON object")),
        ({"id": 5}, failed(5, None, "illegal_docid", "Document id must be a string")),
    ],
)
def test_an_entry_that_fails_stands_in_its_place(db: Database, entry: Any, result: Any) -> None:
    fork(db)
    before, found, after = db.bulk_get([{"id": "a", "rev": "2-f"}, entry, {"id": "a", "rev": "2-e"}])
    assert found == result
    assert "ok" in before["docs"][0] and "ok" in after["docs"][0]


def test_an_ancestor_tombstone_comes_as_one(db: Database) -> None:
    tombstone = db.delete("a", db.put({"_id": "a", "n": 1}))
    db.put({"_id": "a", "n": 2})
    (result,) = db.bulk_get([{"id": "a", "rev": tombstone}])
    assert result["docs"][0]["ok"]["_deleted"] is True
