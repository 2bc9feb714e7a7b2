"""Local documents: kept by id, never replicated, never in a feed."""

from __future__ import annotations

import pytest

from app.docs.database import Database
from app.docs.errors import BadRequest, NotFound


def test_put_remove_put(db: Database) -> None:
    assert db.get_local("log") is None
    assert db.put_local("log", {"n": 1}) == "0-1"
    assert db.get_local("log") == {"_id": "_local/log", "_rev": "0-1", "n": 1}
    assert db.put_local("log", {"_id": "_local/log", "_rev": "0-1", "n": 2}) == "0-2"
    db.delete_local("log")
    assert db.get_local("log") is None
    with pytest.raises(NotFound):
        db.delete_local("log")
    assert db.put_local("log", {"n": 3}) == "0-1"


def test_whatever_revision_is_given_counts_on_from_there(db: Database) -> None:
    assert db.put_local("log", {"_rev": "0-7"}) == "0-8"
    assert db.put_local("log", {"_rev": "0-2"}) == "0-3"
    assert db.put_local("log", {}) == "0-4"


@pytest.mark.parametrize("rev", ["1-abc", "0-", "0-x", "x", 5, "0-" + "9" * 30])
def test_another_revision_is_refused(db: Database, rev: object) -> None:
    with pytest.raises(BadRequest):
        db.put_local("log", {"_rev": rev})
    assert db.get_local("log") is None


def test_they_are_in_no_feed_and_no_count(db: Database) -> None:
    db.put_local("b/ é", {"n": 1})
    db.put_local("a", {})
    assert db.update_seq == "0"
    assert (db.changes().rows, db.all_docs()["rows"], db.info()["doc_count"]) == ([], [], 0)
    assert [doc["_id"] for doc in db.local_docs()] == ["_local/a", "_local/b/ é"]


def test_one_is_written_in_the_transaction_of_a_document(db: Database) -> None:
    with pytest.raises(KeyError), db.transaction():
        db.put({"_id": "order"})
        db.put_local("head", {"number": 1})
        raise KeyError
    assert db.read("order") is None
    assert db.get_local("head") is None
