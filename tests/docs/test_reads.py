"""Reading documents: one, some of its revisions, and what a peer lacks."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from app.docs.database import Database
from app.docs.errors import BadRequest, NotFound
from tests.docs.conftest import Arrive, fork


def test_what_is_not_here_is_missing_or_deleted(db: Database) -> None:
    with pytest.raises(NotFound, match="missing"):
        db.get("a")
    tombstone = db.delete("a", db.put({"_id": "a"}))
    with pytest.raises(NotFound, match="deleted"):
        db.get("a")
    assert db.get("a", rev=tombstone)["_deleted"] is True
    with pytest.raises(NotFound, match="missing"):
        db.get("a", rev="9-abc")
    with pytest.raises(BadRequest, match="Invalid rev format"):
        db.get("a", rev="abc")


def test_a_reader_may_ask_for_everything_about_a_document(db: Database, arrive: Arrive) -> None:
    arrive("a", "3-c", "b", "a", n=1)
    arrive("a", "2-x", "a")
    arrive("a", "2-y", "a", deleted=True)
    options = ("revs", "revs_info", "conflicts", "deleted_conflicts", "local_seq")
    assert db.get("a", **dict.fromkeys(options, True)) == {
        **{"_id": "a", "_rev": "3-c", "n": 1},
        "_revisions": {"start": 3, "ids": ["c", "b", "a"]},
        "_revs_info": [
            {"rev": "3-c", "status": "available"},
            {"rev": "2-b", "status": "missing"},
            {"rev": "1-a", "status": "missing"},
        ],
        **{"_conflicts": ["2-x"], "_deleted_conflicts": ["2-y"], "_local_seq": 3},
    }


def test_a_revision_asked_for_by_name_says_nothing_of_the_others(db: Database) -> None:
    winner, loser = fork(db)
    assert db.get("a", rev=loser, conflicts=True, revs_info=True) == {"_id": "a", "_rev": loser, "of": "loser"}
    assert db.get("a", rev=loser, latest=True)["_rev"] == winner, "as CouchDB: the winner, whatever was named"


def test_open_revs_are_leaves_or_those_named(db: Database, arrive: Arrive) -> None:
    winner, loser = fork(db)
    found = db.open_revs("a", "all", with_revs=True)
    assert [entry["ok"]["_revisions"] for entry in found] == [
        {"start": 2, "ids": ["f", "b"]},
        {"start": 2, "ids": ["e", "b"]},
    ]
    assert db.open_revs("a", [loser, "1-b", "7-x"]) == [
        {"ok": {"_id": "a", "_rev": loser, "of": "loser"}},
        {"missing": "1-b"},
        {"missing": "7-x"},
    ]
    assert [entry["ok"]["_rev"] for entry in db.open_revs("a", ["1-b"], latest=True)] == [winner, loser]
    assert db.open_revs("none", ["1-b"]) == [{"missing": "1-b"}]
    with pytest.raises(NotFound):
        db.open_revs("none", "all")


def test_revs_diff_tells_what_is_missing_and_from_what_it_could_descend(db: Database, arrive: Arrive) -> None:
    arrive("a", "3-c", "b", "a")
    arrive("a", "2-x", "a")
    asked = {"a": ["1-a", "2-b", "4-d"], "b": ["1-a"], "c": [], "d": ["1-a", "1-b"]}
    assert db.revs_diff(asked) == {
        "a": {"missing": ["4-d"], "possible_ancestors": ["3-c", "2-x"]},
        "b": {"missing": ["1-a"]},
        "d": {"missing": ["1-a", "1-b"]},
    }
    assert db.missing_revs(asked)["missing_revs"]["a"] == ["4-d"]
    assert db.revs_diff({"a": ["3-c"]}) == {}
    assert db.revs_diff({f"n{n}": ["1-a"] for n in range(1200)}).keys() == {f"n{n}" for n in range(1200)}


@pytest.mark.parametrize("asked", [[], {"a": "1-a"}, {"a": ["x"]}, {"a": [1]}])
def test_revs_diff_refuses_what_is_no_question(db: Database, asked: Any) -> None:
    with pytest.raises(BadRequest):
        db.revs_diff(asked)


def test_rows_come_in_the_order_asked_for(db: Database) -> None:
    db.bulk_docs([{"_id": id, "n": n} for n, id in enumerate("abc")])
    found = db.read_many(["c", "x", "a", "c"])
    assert [record and record.id for record in found] == ["c", None, "a", "c"]


def test_atts_since_sends_only_newer_attachments(db: Database) -> None:
    first = db.put_attachment("a", "old", b"1", "text/plain")
    second = db.put_attachment("a", "new", b"2", "text/plain", rev=first)
    (found,) = db.open_revs("a", [second], atts_since=[first, "1-unknown"])
    atts = found["ok"]["_attachments"]
    assert atts["old"]["stub"] is True
    assert base64.b64decode(atts["new"]["data"]) == b"2"
