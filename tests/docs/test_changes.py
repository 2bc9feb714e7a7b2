"""The changes feed: every document once, at its latest change."""

from __future__ import annotations

from typing import Any

import pytest

from app.docs.database import Database
from app.docs.errors import BadRequest
from tests.docs.conftest import Arrive, fork


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


@pytest.fixture
def five(db: Database) -> Database:
    db.bulk_docs([{"_id": f"d{n}", "type": "t", "n": n} for n in range(5)])
    return db


def test_a_document_is_told_once_at_its_latest_change(five: Database) -> None:
    since = five.changes(limit=2).last_seq
    record = five.read("d0")
    assert record is not None
    five.put({"_id": "d0", "n": 9}, rev=record.rev)
    assert ids(five.changes().rows) == ["d1", "d2", "d3", "d4", "d0"]
    assert ids(five.changes(since).rows) == ["d2", "d3", "d4", "d0"]


def test_pages_join_without_gap_and_tell_what_is_pending(five: Database) -> None:
    since, seen, pending = "0", list[str](), list[int]()
    for _ in range(4):
        page = five.changes(since, limit=2)
        seen += ids(page.rows)
        pending.append(page.pending)
        since = page.last_seq
    assert seen == [f"d{n}" for n in range(5)]
    assert pending == [3, 1, 0, 0]
    assert since == five.update_seq
    assert five.changes(since, limit=2).rows == []


def test_pending_is_right_whoever_pages_and_whatever_is_written_between(five: Database) -> None:
    first = five.changes(limit=1)
    assert (first.pending, five.changes(limit=3).pending) == (4, 2)
    five.put({"_id": "d5"})
    assert [five.changes(since, limit=1).pending for since in (first.last_seq, "0")] == [4, 5]
    assert five.changes(first.last_seq, limit=2).pending == 3


def test_limit_0_answers_no_rows_but_what_is_pending(five: Database) -> None:
    page = five.changes(limit=0)
    assert (page.rows, page.last_seq, page.pending) == ([], "0", 5)
    assert five.changes("now", limit=0).pending == 0


def test_since_now_is_the_end(five: Database) -> None:
    assert five.changes("now").rows == []
    assert five.changes("now").last_seq == five.update_seq


def test_descending_tells_the_latest_first(five: Database) -> None:
    assert ids(five.changes(descending=True, limit=2).rows) == ["d4", "d3"]


def test_styles_name_the_winner_or_every_leaf(db: Database, arrive: Arrive) -> None:
    winner, loser = fork(db)
    arrive("a", "2-0", "b", deleted=True)
    assert db.changes().rows[0]["changes"] == [{"rev": winner}]
    assert db.changes(style="all_docs").rows[0]["changes"] == [{"rev": winner}, {"rev": loser}, {"rev": "2-0"}]
    with pytest.raises(BadRequest):
        db.changes(style="some")


def test_documents_come_along_deleted_ones_too(db: Database) -> None:
    fork(db)
    db.delete("b", db.put({"_id": "b"}))
    first, second = db.changes(include_docs=True, conflicts=True).rows
    assert first["doc"] == {"_id": "a", "_rev": "2-f", "of": "winner", "_conflicts": ["2-e"]}
    assert second["deleted"] is True and second["doc"]["_deleted"] is True


def test_filters_skip_and_the_sequence_goes_on(five: Database) -> None:
    page = five.changes(doc_ids=["d3", "d1", "none", "d1"])
    assert ids(page.rows) == ["d1", "d3"]
    assert page.last_seq == five.update_seq
    assert ids(five.changes(match=lambda doc: doc["n"] > 2).rows) == ["d3", "d4"]
    page = five.changes(match=lambda doc: doc["n"] in (1, 4), limit=1)
    assert ids(page.rows) == ["d1"] and page.last_seq == five.seq(2)


def test_more_than_a_page_is_read_whole(db: Database) -> None:
    db.bulk_docs([{"_id": f"{n:04}"} for n in range(1234)])
    assert ids(db.changes().rows) == [f"{n:04}" for n in range(1234)]
    assert len(db.changes(limit=700).rows) == 700
    assert ids(db.changes(descending=True).rows)[-1] == "0000"


def test_a_batch_is_ready_to_be_sent_on(db: Database, arrive: Arrive) -> None:
    rev = db.put({"_id": "new", "n": 1})
    arrive("old", "3-c", "b", "a", n=2)
    fork(db, "forked")
    db.put_attachment("with bytes", "x", b"1", "text/plain")
    batch = db.batch("0", 10)
    assert [(row.id, row.revs, row.local) for row in batch.rows[:3]] == [
        ("new", [rev], True),
        ("old", ["3-c"], False),
        ("forked", ["2-f", "2-e"], False),
    ]
    texts = [row.text for row in batch.rows]
    assert texts[2:] == [None, None]
    assert texts[0] == b'{"_id":"new","_rev":"%s","_revisions":{"start":1,"ids":["%s"]},"n":1}' % (
        rev.encode(),
        rev[2:].encode(),
    )
    assert b'"_revisions":{"start":3,"ids":["c","b","a"]}' in (texts[1] or b"")
    assert batch.pending == 0 and batch.last_seq == db.update_seq
    assert db.batch("0", 1, bodies=False).rows[0].text is None
    assert db.batch("0", 1).pending == 3


def test_unsent_are_those_last_written_here(db: Database, arrive: Arrive) -> None:
    db.put({"_id": "a"})
    since = db.update_seq
    db.put({"_id": "b"})
    arrive("c", "1-x")
    db.put({"_id": "d"})
    count, oldest = db.unsent(since)
    assert count == 2 and oldest is not None and oldest.id == "b"
