"""Documents by id: `_all_docs`, ranges, types."""

from __future__ import annotations

from typing import Any

import pytest

from app.docs.database import Database
from tests.docs.conftest import fork


@pytest.fixture
def letters(db: Database) -> Database:
    db.bulk_docs([{"_id": id, "type": "t" if id in "ace" else "u"} for id in ["b", "a", "d", "c", "e", "Z", "é"]])
    db.delete("d", db.get("d")["_rev"])
    return db


def keys(answer: dict[str, Any]) -> list[str]:
    return [row["key"] for row in answer["rows"]]


def test_all_docs_are_the_live_ones_in_the_order_of_their_bytes(letters: Database) -> None:
    answer = letters.all_docs(update_seq=True)
    assert keys(answer) == ["Z", "a", "b", "c", "e", "é"]
    assert (answer["total_rows"], answer["offset"], answer["update_seq"]) == (6, 0, letters.update_seq)
    row = answer["rows"][1]
    assert row == {"id": "a", "key": "a", "value": {"rev": letters.get("a")["_rev"]}}


@pytest.mark.parametrize(
    ("options", "expected", "offset"),
    [
        ({"start": "b"}, ["b", "c", "e", "é"], 2),
        ({"end": "b"}, ["Z", "a", "b"], 0),
        ({"end": "b", "inclusive_end": False}, ["Z", "a"], 0),
        ({"start": "a", "end": "c", "limit": 1, "skip": 1}, ["b"], 2),
        ({"descending": True, "limit": 2}, ["é", "e"], 0),
        ({"descending": True, "start": "c", "end": "a"}, ["c", "b", "a"], 2),
        ({"descending": True, "start": "c", "end": "a", "inclusive_end": False}, ["c", "b"], 2),
        ({"start": "x", "end": "a"}, [], 5),
        ({"limit": 0}, [], 0),
    ],
)
def test_ranges_pages_and_directions(
    letters: Database, options: dict[str, Any], expected: list[str], offset: int
) -> None:
    answer = letters.all_docs(**options)
    assert keys(answer) == expected
    assert (answer["offset"], answer["total_rows"]) == (offset, 6)


def test_keys_are_answered_in_their_order_unknown_and_deleted_ones_too(letters: Database) -> None:
    rows = letters.all_docs(keys=["c", "none", "d", "c"], include_docs=True)["rows"]
    assert [row["key"] for row in rows] == ["c", "none", "d", "c"]
    assert rows[0]["doc"]["_id"] == "c"
    assert rows[1] == {"key": "none", "error": "not_found"}
    assert rows[2]["value"]["deleted"] is True and rows[2]["doc"] is None


def test_documents_come_with_their_conflicts(db: Database) -> None:
    fork(db)
    (row,) = db.all_docs(include_docs=True, conflicts=True)["rows"]
    assert row["doc"] == {"_id": "a", "_rev": "2-f", "of": "winner", "_conflicts": ["2-e"]}


def test_types_are_counted_and_gone_through(letters: Database) -> None:
    assert (letters.count(), letters.count("t"), letters.count("u"), letters.count("x")) == (6, 3, 3, 0)
    assert [record.id for record in letters.each("t")] == ["a", "c", "e"]


def test_going_through_a_type_sees_pages_and_not_what_is_written_on_the_way(db: Database) -> None:
    db.bulk_docs([{"_id": f"{n:04}", "type": "t"} for n in range(1100)])
    seen = []
    for record in db.each("t"):
        seen.append(record.id)
        if len(seen) % 100 == 0:
            db.put({"_id": f"x{len(seen)}", "type": "t"})
    assert seen == [f"{n:04}" for n in range(1100)]


def test_a_range_of_ids(letters: Database) -> None:
    assert [record.id for record in letters.between("a", "c")] == ["a", "b", "c"]
    assert [record.id for record in letters.between("a", "z", limit=2, descending=True)] == ["e", "c"]
