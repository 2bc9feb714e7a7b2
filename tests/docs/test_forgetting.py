"""Forgetting a document's older bodies: afterwards no file holds their bytes, and what comes late isn't kept either."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.docs.database import Database
from app.docs.indexes import Index, SearchIndex

WORDS = ("Quillfeather", "quillfeather", "+49-555-0177", "blue note of hers")
INDEXES = (
    Index("who_card", "who", "cards", multi=True),
    Index("who_name", "who", "name"),
    SearchIndex("who", ("name",)),
)


def opened(path: Path) -> Database:
    return Database(path / "d.db", indexes=INDEXES)


def person(**more: object) -> dict[str, object]:
    return {"_id": "who:1", "type": "who", "name": "Ada Quillfeather", "phone": "+49-555-0177", "cards": ["x"], **more}


def held(path: Path) -> set[tuple[str, str]]:
    """Which of the words stand in which file, whatever their case."""
    files = [file for file in path.rglob("*") if file.is_file()]
    return {(file.name, word) for file in files for word in WORDS if word.encode().lower() in file.read_bytes().lower()}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = opened(tmp_path)
    for n in range(300):
        database.put({"_id": f"who:other{n}", "type": "who", "name": f"Other {n}", "cards": [], "pad": "x" * 300})
    rev = database.put(person())
    for n in range(30):
        rev = database.put(person(_rev=rev, n=n, pad="y" * 50 * n))
    database.put_attachment("who:1", "picture", b"blue note of hers" * 200, "text/plain", rev=rev)
    return database


def erase(database: Database) -> None:
    record = database.read("who:1")
    assert record is not None
    database.put({"_id": "who:1", "_rev": record.rev, "type": "who", "name": "", "gone": True})


def test_no_file_holds_a_byte_of_what_was_forgotten(database: Database, tmp_path: Path) -> None:
    erase(database)
    assert held(tmp_path) != set()
    assert database.forget(["who:1"]) > 0
    assert database.scrub(["who"]) is True
    assert held(tmp_path) == set()
    assert [record.id for record in database.search("who", "other", limit=400)] != []
    assert database.search("who", "quill") == []
    assert database.verify() == []
    database.close()
    assert held(tmp_path) == set()


def test_an_ancestor_that_comes_late_is_not_kept_and_neither_is_a_branch_that_was_closed(
    database: Database, tmp_path: Path
) -> None:
    first = database.open_revs("who:1", "all", with_revs=True)[0]["ok"]["_revisions"]["ids"]
    erase(database)
    database.forget(["who:1"])
    database.close()
    database = opened(tmp_path)  # it is remembered over a restart
    start = len(first)
    old = {**person(), "_id": "who:1", "_revisions": {"start": start - 3, "ids": first[3:]}}
    assert database.bulk_docs([old], new_edits=False) == []
    late = {**person(), "_revisions": {"start": start, "ids": ["f" * 32, *first[1:]]}}
    assert database.bulk_docs([late], new_edits=False) == []
    rev = next(leaf for leaf in database.read("who:1").leaves() if "f" * 32 in leaf)  # type: ignore[union-attr]
    database.put({"_id": "who:1", "_rev": rev, "_deleted": True, "resolved": True})
    assert database.scrub(["who"])
    assert held(tmp_path) == set()
    assert database.verify() == []
    database.close()


def test_what_was_forgotten_in_a_transaction_that_failed_is_still_kept(database: Database) -> None:
    before = database.held("who:1")
    with pytest.raises(ZeroDivisionError), database.transaction():
        assert database.forget(["who:1"]) > 0
        raise ZeroDivisionError
    assert database.held("who:1") == before
    database.put({**database.get("who:1"), "note": "newer"})
    assert before[0]["_rev"] in {doc["_rev"] for doc in database.held("who:1")[1:]}
    database.close()


def test_a_reader_that_stays_keeps_the_log_and_it_is_said(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.docs.forgetting.TRIES", 0.0)
    monkeypatch.setattr("app.docs.forgetting.TRY", 20)
    erase(database)
    database.forget(["who:1"])
    with database.snapshot() as connection:
        connection.execute("SELECT count(*) FROM docs").fetchone()
        database.put({"_id": "who:late", "type": "who"})
        assert database.scrub(["who"]) is False
    assert database.scrub(["who"]) is True
    assert held(tmp_path) == set()
    database.close()


def test_marked_documents_are_those_that_changed_since(database: Database) -> None:
    before = database.last_n
    assert database.marked(["who"], "gone", 0) == []
    erase(database)
    database.put({"_id": "what:1", "type": "what", "gone": True})
    assert [record.id for record in database.marked(["who"], "gone", before)] == ["who:1"]
    assert database.marked(["who"], "gone", database.last_n) == []
    database.close()
