"""Edits made here: CouchDB's table of what is a new revision and what a conflict (tried on 3.5.2)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from app.docs.database import Database
from app.docs.errors import (
    BadRequest,
    Conflict,
    DocumentTooLarge,
    DocValidation,
    IllegalDocId,
    InsufficientStorage,
    NotFound,
)
from tests.docs.conftest import Arrive, fork


def test_the_revision_ids_are_couchdbs(db: Database) -> None:
    first = db.put({"_id": "a"})
    gone = db.delete("a", first)
    back = db.put({"_id": "a"})
    assert [first, gone, back] == [
        "1-967a00dff5e02add41819138abb3284d",
        "2-eec205a9d413992850a6e32678485900",
        "3-5570e8bbb34412db757c2df4bfa1099b",
    ]


def test_a_document_that_is_not_here_takes_no_revision(db: Database) -> None:
    with pytest.raises(Conflict, match=r"Document update conflict\."):
        db.put({"_id": "a", "_rev": "1-967a00dff5e02add41819138abb3284d"})
    assert db.put({"_id": "a", "_deleted": True}).startswith("1-")
    with pytest.raises(NotFound, match="deleted"):
        db.get("a")


def test_a_live_document_wants_one_of_its_leaves(db: Database) -> None:
    first = db.put({"_id": "a", "n": 1})
    second = db.put({"_id": "a", "n": 2}, rev=first)
    for rev in (None, first, "2-ffffffffffffffffffffffffffffffff"):
        with pytest.raises(Conflict):
            db.put({"_id": "a", "n": 3}, rev=rev)
    assert db.get("a") == {"_id": "a", "_rev": second, "n": 2}


def test_a_losing_leaf_can_be_edited_too(db: Database) -> None:
    winner, loser = fork(db)
    longer = db.put({"_id": "a", "of": "loser, edited"}, rev=loser)
    assert db.get("a", conflicts=True) == {"_id": "a", "_rev": longer, "of": "loser, edited", "_conflicts": [winner]}
    assert db.get("a", rev=loser)["of"] == "loser"


def test_deleting_the_winner_promotes_the_losing_leaf_with_its_body(db: Database) -> None:
    winner, loser = fork(db)
    tombstone = db.delete("a", winner)
    assert db.get("a", deleted_conflicts=True) == {
        **{"_id": "a", "_rev": loser, "of": "loser"},
        "_deleted_conflicts": [tombstone],
    }
    assert db.get("a", rev=winner) == {"_id": "a", "_rev": winner, "of": "winner"}
    assert db.info()["doc_count"] == 1
    assert db.verify() == []


def test_a_deleted_document_takes_an_edit_without_revision_and_nothing_else(db: Database) -> None:
    tombstone = db.delete("a", db.put({"_id": "a", "n": 1}))
    for doc in ({"_rev": tombstone, "n": 2}, {"_rev": tombstone, "_deleted": True}, {"_deleted": True}):
        with pytest.raises(Conflict):
            db.put({"_id": "a", **doc})
    back = db.put({"_id": "a", "n": 2})
    assert back.startswith("3-")
    assert db.get("a", revs_info=True)["_revs_info"][1] == {"rev": tombstone, "status": "deleted"}
    assert db.get("a", rev=tombstone) == {"_id": "a", "_rev": tombstone, "_deleted": True}


def test_the_same_edit_twice_is_a_conflict_and_changes_nothing(db: Database) -> None:
    first = db.put({"_id": "a"})
    db.put({"_id": "a", "n": 2}, rev=first)
    with pytest.raises(Conflict):
        db.put({"_id": "a", "n": 2}, rev=first)
    assert db.last_n == 2


def test_bulk_docs_answers_for_each_document(db: Database) -> None:
    first = db.put({"_id": "old"})
    results = db.bulk_docs(
        [
            {"_id": "new"},
            {"_id": "new"},
            {"_id": "old", "_rev": first, "_deleted": True},
            {"_id": "old", "n": 1},
            {"_id": "old", "_rev": first, "n": 2},
        ]
    )
    conflict = {"error": "conflict", "reason": "Document update conflict."}
    assert [result.get("rev", "")[:2] for result in results] == ["1-", "", "2-", "3-", ""]
    assert results[1] == {"id": "new", **conflict}
    assert results[4] == {"id": "old", **conflict}
    assert db.get("old")["n"] == 1


def test_a_document_without_an_id_is_given_one(db: Database) -> None:
    (result,) = db.bulk_docs([{"n": 1}])
    assert len(result["id"]) == 32
    assert db.get(result["id"])["n"] == 1


def test_the_order_of_keys_and_every_kind_of_value_come_back(db: Database) -> None:
    doc = {"_id": "é/+%", "z": [1, 1.5, -(2**63), 10**40, True, None, "😀\u0000"], "a": {"y": {}, "x": []}}
    db.put(doc)
    back = db.get("é/+%")
    assert {key: value for key, value in back.items() if key != "_rev"} == doc
    assert list(back) == ["_id", "_rev", "z", "a"]


@pytest.mark.parametrize(
    ("doc", "error", "reason"),
    [
        ([], BadRequest, "Document must be a JSON object"),
        ({"_id": 5}, IllegalDocId, "Document id must be a string"),
        ({"_id": ""}, IllegalDocId, "Document id must not be empty"),
        ({"_id": "_x"}, IllegalDocId, "Only reserved document ids may start with underscore."),
        ({"_id": "_design/"}, IllegalDocId, "Illegal document id `_design/`"),
        ({"_id": "\ud800"}, IllegalDocId, "Document id must be valid UTF-8"),
        ({"_id": "a", "_x": 1}, DocValidation, "Bad special document member: _x"),
        ({"_id": "a", "_deleted": 1}, DocValidation, "Bad special document member: _deleted"),
        ({"_id": "a", "_rev": 1}, BadRequest, "Invalid rev format"),
        ({"_id": "a", "_rev": "x"}, BadRequest, "Invalid rev format"),
        ({"_id": "a", "n": {1, 2}}, BadRequest, "JSON"),
        ({"_id": "a", "n": "\ud800"}, BadRequest, "surrogate"),
    ],
)
def test_what_is_wrong_is_refused_and_not_written(db: Database, doc: Any, error: type[Exception], reason: str) -> None:
    for write in (db.put, lambda one: db.bulk_docs([{"_id": "fine"}, one])):
        with pytest.raises(error) as caught:
            write(doc)
        assert reason in str(caught.value)
    assert db.info()["doc_count"] == 0
    assert db.update_seq == "0"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_lacks_is_refused(db: Database, number: float) -> None:
    with pytest.raises(BadRequest, match="A document can't hold NaN or Infinity"):
        db.put({"_id": "a", "n": number})
    fine, wrong = db.bulk_docs([{"_id": "fine"}, {"_id": "a", "n": number}])
    assert (fine["ok"], wrong["error"]) == (True, "bad_request")


def test_the_revision_in_the_body_and_beside_it_must_agree(db: Database) -> None:
    first = db.put({"_id": "a"})
    with pytest.raises(BadRequest, match="different values"):
        db.put({"_id": "a", "_rev": first}, rev="1-abc")


def test_members_that_a_reader_gets_may_be_sent_back(db: Database) -> None:
    db.put({"_id": "a"})
    doc = db.get("a", revs=True, revs_info=True, conflicts=True, local_seq=True)
    assert db.put({**doc, "n": 1}).startswith("2-")


def test_a_document_that_is_too_large_fails_the_whole_request(db: Database) -> None:
    db.max_document_size = 100
    with pytest.raises(DocumentTooLarge):
        db.bulk_docs([{"_id": "a"}, {"_id": "b", "text": "é" * 60}])
    with pytest.raises(DocumentTooLarge):
        db.put({"_id": "a", "text": "x" * 100})
    db.put({"_id": "a", "text": "x" * 80})
    assert db.info()["doc_count"] == 1


def test_a_branch_keeps_as_many_generations_as_revs_limit_says(db: Database) -> None:
    db.revs_limit = 3
    rev = db.put({"_id": "a", "n": 0})
    for n in range(1, 6):
        rev = db.put({"_id": "a", "n": n}, rev=rev)
    shown = db.get("a", revs=True)["_revisions"]
    assert (shown["start"], len(shown["ids"])) == (6, 3)
    assert db.verify() == []
    for wrong in (0, -1, "3", True):
        with pytest.raises(BadRequest):
            db.revs_limit = wrong


def test_thirteen_hundred_generations_and_three_hundred_leaves_are_kept(db: Database, arrive: Arrive) -> None:
    with db.transaction():
        rev = db.put({"_id": "deep", "n": 0})
        for n in range(1, 1300):
            rev = db.put({"_id": "deep", "n": n}, rev=rev)
        for n in range(300):
            arrive("wide", f"2-{n:032x}", "b", n=n)
    assert db.get("deep", revs=True)["_revisions"]["start"] == 1300
    assert db.verify() == []
    record = db.read("wide")
    assert record is not None and record.conflicts == 299
    assert [db.get("wide", rev=leaf)["n"] for leaf in record.leaves()] == list(range(299, -1, -1))


def test_a_full_disk_is_told_and_leaves_the_database_as_it_was(db: Database) -> None:
    db.put({"_id": "a", "n": 1})
    pages = db._connection.execute("PRAGMA page_count").fetchone()[0]
    before = (db.update_seq, db.info()["doc_count"])
    db._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(InsufficientStorage, match="The disk is full: nothing was written"):
        db.bulk_docs([{"_id": f"b{n}", "text": "x" * 2000} for n in range(100)])
    assert (db.update_seq, db.info()["doc_count"]) == before
    with pytest.raises(InsufficientStorage), db.transaction():
        db.put({"_id": "small"})
        with suppress(InsufficientStorage):  # whoever catches it inside can't keep the first half either
            db.bulk_docs([{"_id": f"b{n}", "text": "x" * 2000} for n in range(100)])
    assert db.read("small") is None
    db._connection.execute("PRAGMA max_page_count = 1000000")
    assert db.put({"_id": "c"}).startswith("1-")
    assert db.verify() == []
