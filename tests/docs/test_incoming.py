"""Revisions from elsewhere: any order, any number of times, and the same tree."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.docs.errors import BadRequest, DocValidation, NotFound
from tests.docs.conftest import Arrive, revision

FAMILY = [
    revision("a", "1-a", of=1),
    revision("a", "2-b", "a", of=2),
    revision("a", "3-c", "b", "a", of=3),
    revision("a", "2-x", "a", of=4),
    revision("a", "3-y", "x", "a", deleted=True, of=5),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
def test_any_order_makes_the_same_document(path: Path, order: tuple[int, ...]) -> None:
    with Database(path) as db:
        for n in (*order, *order):
            assert db.bulk_docs([FAMILY[n]], new_edits=False) == []
        assert db.get("a", revs=True, conflicts=True, deleted_conflicts=True) == {
            **{"_id": "a", "_rev": "3-c", "of": 3},
            "_revisions": {"start": 3, "ids": ["c", "b", "a"]},
            "_deleted_conflicts": ["3-y"],
        }
        assert db.info()["doc_count"] == 1
        assert db.verify() == []


def test_what_is_here_already_changes_nothing(db: Database, arrive: Arrive) -> None:
    arrive("a", "2-b", "a", n=1)
    before = db.update_seq
    arrive("a", "2-b", "a", n=1)
    arrive("a", "1-a", n=0)
    assert db.update_seq == before
    assert db.get("a", rev="1-a")["n"] == 0, "an ancestor's body is kept, for merges"


def test_revisions_win_over_rev(db: Database) -> None:
    db.bulk_docs([{"_id": "a", "_rev": "1-x", "_revisions": {"start": 2, "ids": ["c", "b"]}}], new_edits=False)
    assert db.get("a")["_rev"] == "2-c"


def test_a_revision_alone_is_a_branch_of_its_own(db: Database) -> None:
    db.bulk_docs([{"_id": "a", "_rev": "3-x"}, {"_id": "a", "_rev": "2-y"}], new_edits=False)
    assert db.get("a", conflicts=True) == {"_id": "a", "_rev": "3-x", "_conflicts": ["2-y"]}


def test_hex_hashes_are_lower_case_and_order_as_bytes(db: Database) -> None:
    db.bulk_docs([{"_id": "a", "_rev": f"1-{'AB' * 16}"}], new_edits=False)
    assert db.get("a")["_rev"] == f"1-{'ab' * 16}"


def test_a_local_edit_and_its_own_echo_are_one_revision(db: Database) -> None:
    rev = db.put({"_id": "a", "n": 1})
    db.bulk_docs([{**db.get("a"), "_revisions": {"start": 1, "ids": [rev[2:]]}}], new_edits=False)
    assert db.last_n == 1
    record = db.read("a")
    assert record is not None and record.local


def test_a_row_is_local_until_a_change_arrives(db: Database, arrive: Arrive) -> None:
    rev = db.put({"_id": "a", "n": 1})
    arrive("a", "2-b", rev[2:], n=2)
    record = db.read("a")
    assert record is not None and not record.local
    assert db.unsent("0") == (0, None)


def test_a_long_history_is_stemmed_on_arrival(db: Database, arrive: Arrive) -> None:
    db.revs_limit = 2
    arrive("a", "4-d", "c", "b", "a", n=1)
    assert db.get("a", revs=True)["_revisions"] == {"start": 4, "ids": ["d", "c"]}
    arrive("b", "1-a")
    arrive("b", "4-d", "c", "b", "a")
    assert db.get("b", revs=True)["_revisions"] == {"start": 4, "ids": ["d", "c"]}
    assert db.verify() == []


def test_revs_limit_makes_a_conflict_where_histories_lost_touch(db: Database, arrive: Arrive) -> None:
    db.revs_limit = 2
    arrive("a", "5-e", "d", "c", "b", "a")
    arrive("a", "2-x", "a")
    assert db.get("a", conflicts=True)["_conflicts"] == ["2-x"]


@pytest.mark.parametrize(
    ("doc", "error", "reason"),
    [
        ({"_id": "a"}, BadRequest, "When `new_edits: false`"),
        ({"_id": "a", "_rev": 1}, BadRequest, "Invalid rev format"),
        ({"_id": "a", "_rev": '1-a","type":"staff'}, BadRequest, "Invalid rev format"),
        ({"_id": "a", "_rev": "1-a\\"}, BadRequest, "Invalid rev format"),
        ({"_id": "a", "_revisions": {"start": 2, "ids": ["b", "a\n"]}}, BadRequest, "Invalid rev format"),
        ({"_id": "a", "_revisions": []}, DocValidation, "_revisions"),
        ({"_id": "a", "_revisions": {"start": "1", "ids": ["a"]}}, DocValidation, "start isn't an integer"),
        ({"_id": "a", "_revisions": {"start": 1, "ids": "a"}}, DocValidation, "ids isn't a array"),
        ({"_id": "a", "_revisions": {"start": 1, "ids": [1]}}, DocValidation, "RevId isn't a string"),
        ({"_id": "a", "_revisions": {"start": 1, "ids": ["b", "a"]}}, DocValidation, "more revisions"),
        ("a", BadRequest, "Document must be a JSON object"),
    ],
)
def test_a_malformed_arrival_fails_the_request(db: Database, doc: Any, error: type[Exception], reason: str) -> None:
    with pytest.raises(error) as caught:
        db.bulk_docs([{"_id": "fine", "_rev": "1-a"}, doc], new_edits=False)
    assert reason in str(caught.value)
    with pytest.raises(NotFound):
        db.get("fine")


def test_one_revision_that_comes_with_two_histories_keeps_its_body(db: Database, arrive: Arrive) -> None:
    arrive("a", "3-c", "a", "a", n=1)
    arrive("a", "3-c", "b", deleted=True)
    assert [entry["ok"]["n"] for entry in db.open_revs("a", "all")] == [1]
    assert db.verify() == []
    db.put({"_id": "a", "n": 2}, rev="3-c")
    assert {entry["ok"].get("n") for entry in db.open_revs("a", "all")} == {1, 2}
    assert db.verify() == []


def test_documents_that_fail_are_named_and_the_others_stay(db: Database) -> None:
    stub = {"_id": "bad", "_rev": "1-a", "_attachments": {"x": {"stub": True}}}
    (failure,) = db.bulk_docs([{"_id": "fine", "_rev": "1-a"}, stub], new_edits=False)
    assert (failure["id"], failure["error"]) == ("bad", "missing_stub")
    assert db.get("fine")["_rev"] == "1-a"
