"""Migrations run once, one transaction each, and an interrupted one is as if it had not begun."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from app.docs import file
from app.docs.database import Database
from app.docs.errors import NewerSchema, StoreError


def later(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE extra(n)")
    connection.execute("INSERT INTO extra VALUES(1)")


def version(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    connection.close()
    return found


def test_an_older_file_is_brought_to_todays_schema_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Database(path) as db:
        db.put({"_id": "a"})
    known = len(file.MIGRATIONS)
    monkeypatch.setattr(file, "MIGRATIONS", [*file.MIGRATIONS, later])
    with pytest.raises(StoreError, match="older schema"):
        Database(path, read_only=True)
    for _ in range(2):
        with Database(path) as db:
            assert db._connection.execute("SELECT count(*) FROM extra").fetchone() == (1,)
            assert db.get("a")["_id"] == "a"
    assert version(path) == known + 1
    monkeypatch.undo()
    with pytest.raises(NewerSchema):
        Database(path)


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(connection: sqlite3.Connection) -> None:
        later(connection)
        raise RuntimeError("power cut")

    with Database(path) as db:
        db.put({"_id": "a"})
    known = version(path)
    with monkeypatch.context() as patched:
        patched.setattr(file, "MIGRATIONS", [*file.MIGRATIONS, broken])
        with pytest.raises(RuntimeError):
            Database(path)
    assert version(path) == known
    with Database(path) as db:
        assert db.get("a")["_id"] == "a"
        assert db._connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone() == (0,)
