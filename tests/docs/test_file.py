"""A file that isn't a whole database of ours is refused in words, and stays as it is."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from app.docs.database import Database
from app.docs.errors import CorruptFile, NewerSchema, NotADatabase, ReadOnly, StoreError
from app.docs.file import MIGRATIONS


def filled(path: Path) -> bytes:
    with Database(path) as db:
        db.bulk_docs([{"_id": f"d{n}", "text": "x" * 300} for n in range(100)])
    return path.read_bytes()


def refused(path: Path, kind: type[StoreError], words: str) -> None:
    """Opened in every way, refused each time; the bytes and the neighbours stay."""
    before = {file.name: file.read_bytes() for file in path.parent.iterdir() if file.is_file()}
    for options in ({}, {"read_only": True}, {"create": False}):
        with pytest.raises(kind) as caught:
            Database(path, **options)  # type: ignore[arg-type]
        assert words in str(caught.value)
        assert str(path) in str(caught.value)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir() if file.is_file()} == before


@pytest.mark.parametrize("part", [0, 1, 15, 16, 50, 99, 100, 512, 4095, 4096, 4097, 0.25, 0.5, 0.9, -4096, -1])
def test_a_truncated_file_is_refused(path: Path, part: float) -> None:
    whole = filled(path)
    size = int(part * len(whole)) if isinstance(part, float) else part
    path.write_bytes(whole[:size] if size >= 0 else whole[: len(whole) + size])
    refused(path, CorruptFile, "It was left as it is")


def test_an_empty_file_is_no_new_database(path: Path) -> None:
    path.touch()
    refused(path, CorruptFile, "is empty: it was truncated")


def test_a_text_file_is_refused(path: Path) -> None:
    path.write_text("name,price\nmilk,199\n" * 100)
    refused(path, NotADatabase, "is not a CouchTill database")


def test_a_short_text_file_is_refused(path: Path) -> None:
    path.write_text("hi")
    refused(path, NotADatabase, "is not a CouchTill database")


def test_another_programs_sqlite_file_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE docs(id)")
    other.close()
    refused(path, NotADatabase, "of another program")


def test_a_newer_schema_is_refused(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    refused(path, NewerSchema, "Use that version")


@pytest.mark.parametrize("start", [0, 16, 100, 4096, 3 * 4096])
def test_a_damaged_file_is_refused_or_told_by_verify(path: Path, start: int) -> None:
    whole = filled(path)
    damaged = whole[:start] + b"\xa5" * 2000 + whole[start + 2000 :]
    path.write_bytes(damaged)
    try:
        with Database(path, read_only=True) as db:
            told = db.verify()
    except StoreError as error:
        told = [str(error)]
    assert told
    assert path.read_bytes() == damaged


def test_a_folder_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(NotADatabase, match="is a folder"):
        Database(tmp_path / "folder.db")
    with pytest.raises(StoreError, match="There is no folder"):
        Database(tmp_path / "none" / "shop.db")
    with pytest.raises(StoreError, match="There is no database file"):
        Database(tmp_path / "shop.db", create=False)
    assert [file.name for file in tmp_path.iterdir()] == ["folder.db"]


def test_what_was_committed_is_there_after_opening_again(path: Path) -> None:
    filled(path)
    with Database(path) as db:
        assert db.info()["doc_count"] == 100
        uuid = db.uuid
        db.security = {"members": {"roles": ["till"]}}
    with Database(path) as db:
        assert (db.uuid, db.security) == (uuid, {"members": {"roles": ["till"]}})
        assert db.verify() == []


def test_a_copy_with_its_wal_holds_what_was_committed(path: Path, tmp_path: Path) -> None:
    """What a SIGKILL leaves: a file and its WAL, never folded in."""
    with Database(path) as db:
        db.put({"_id": "a"})
        copy = tmp_path / "copy"
        copy.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", copy / f"shop.db{suffix}")
    with Database(copy / "shop.db") as db:
        assert db.get("a")["_id"] == "a"
        assert db.verify() == []


def test_a_database_open_for_reading_refuses_writes(path: Path) -> None:
    filled(path)
    with Database(path, read_only=True) as db:
        assert len(db.changes(limit=5).rows) == 5
        with pytest.raises(ReadOnly):
            db.put({"_id": "a"})
        assert db.verify() == []


def test_destroying_leaves_no_file(path: Path) -> None:
    db = Database(path)
    db.put({"_id": "a"})
    db.destroy()
    assert list(path.parent.iterdir()) == []


def test_two_that_make_the_same_database_get_one(path: Path) -> None:
    first, second = Database(path), Database(path)
    try:
        assert first.uuid == second.uuid
    finally:
        first.close()
        second.close()
