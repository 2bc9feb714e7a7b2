"""Sequences tell a restored file from the one it was copied from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database


def put(db: Database, *ids: str) -> str:
    for id in ids:
        db.put({"_id": id})
    return db.update_seq


def told(db: Database, since: Any) -> list[str]:
    return [row["id"] for row in db.changes(since).rows]


def test_a_sequence_is_a_number_and_an_epoch(db: Database) -> None:
    assert db.update_seq == "0"
    number, _, epoch = put(db, "a", "b").partition("-")
    assert number == "2" and len(epoch) == 8
    assert db.seq(1) == f"1-{epoch}"


def test_each_opening_that_writes_begins_an_epoch_and_old_sequences_go_on(path: Path) -> None:
    with Database(path) as db:
        first = put(db, "a", "b")
    with Database(path) as db:
        assert db.update_seq == first, "nothing was written: still the same"
        second = put(db, "c")
        assert first.partition("-")[2] != second.partition("-")[2]
        assert (told(db, first), told(db, second)) == (["c"], [])


def test_a_restored_copy_sends_what_its_peers_never_saw(path: Path, tmp_path: Path) -> None:
    with Database(path) as db:
        put(db, "a", "b")
    shutil.copy(path, tmp_path / "backup.db")
    with Database(path) as db:
        lost = put(db, "c", "d", "e")
    shutil.copy(tmp_path / "backup.db", path)
    with Database(path) as db:
        put(db, "x", "y", "z", "w")
        assert told(db, lost) == ["a", "b", "x", "y", "z", "w"], "an epoch that it never had means 0"


def test_a_since_beyond_its_epochs_range_goes_on_at_the_ranges_end(path: Path, tmp_path: Path) -> None:
    with Database(path) as db:
        put(db, "a")
        shutil.copy(path, tmp_path / "backup.db")
        shutil.copy(f"{path}-wal", tmp_path / "backup.db-wal")
        beyond = put(db, "b", "c")
    with Database(tmp_path / "backup.db") as db:
        put(db, "x", "y", "z")
        assert told(db, beyond) == ["x", "y", "z"]


@pytest.mark.parametrize("since", ["0", 0, None, "", "5", "3-unknown", "x-y", "-", 7, [], "9" * 30])
def test_an_unknown_sequence_is_the_beginning(db: Database, since: Any) -> None:
    put(db, "a", "b")
    assert told(db, since) == ["a", "b"]


def test_a_sequence_may_come_in_quotes_and_now_is_the_end(db: Database) -> None:
    first = put(db, "a")
    put(db, "b")
    assert told(db, f'"{first}"') == ["b"]
    assert db.resolve_seq("now") == 2


def test_an_epoch_whose_first_write_was_rolled_back_never_was(db: Database) -> None:
    with pytest.raises(KeyError), db.transaction():
        put(db, "a")
        raise KeyError
    assert db.update_seq == "0"
    assert put(db, "b").startswith("1-")
    assert told(db, "0") == ["b"]


def test_numbers_are_not_counted_twice_after_a_purge(path: Path) -> None:
    with Database(path) as db:
        rev = db.put({"_id": "a"})
        db.purge({"a": [rev]})
        last = db.last_n
    with Database(path) as db:
        assert db.last_n == last
        put(db, "b")
        assert db.last_n == last + 1
