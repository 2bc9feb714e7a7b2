"""The index of a design document's views: a file of its own beside the databases, which can be made anew at any time.

A row is what a map function emitted: the view's number, the key as bytes in CouchDB's order (`collation.sort_key`), the
document, its place among what the document emitted under this key, and key and value as JSON. `mark` says up to where
of which database the rows go. A file that does not fit its database (another one's, one that was put back from a copy)
or that is damaged is emptied: nothing in it is not elsewhere.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.docs import json
from app.docs.collation import sort_key

#: Raised with the form of the file, and with `collation.sort_key`.
FORM: Final = 1
_SCHEMA = """
CREATE TABLE marks(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries(
    view INTEGER NOT NULL, k BLOB NOT NULL, id TEXT NOT NULL, pos INTEGER NOT NULL, key TEXT NOT NULL,
    value TEXT NOT NULL, PRIMARY KEY(view, k, id, pos)
) WITHOUT ROWID;
CREATE INDEX entries_of ON entries(id);
"""


class Entry(NamedTuple):
    """A row of a view; `key` and `value` are JSON."""

    id: str
    key: str
    value: str


class Bounds(NamedTuple):
    """Of which keys to which rows are wanted, in the direction of reading: sort keys, and with them documents; None:
    open."""

    start: bytes | None = None
    start_id: str | None = None
    end: bytes | None = None
    end_id: str | None = None
    inclusive: bool = True
    descending: bool = False


Emitted = Sequence[Sequence[Sequence[Any]]]
"""Of one document, for each view ``[[key, value], …]``."""


class ViewIndex:
    """The file at `path`. One thread writes at a time, which is up to the caller; each reader has a connection of its
    own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def connect(self) -> sqlite3.Connection:
        """A connection; the caller closes it. Makes the file where there is none that is of use."""
        try:
            return self._open()
        except sqlite3.DatabaseError:
            self.drop()
            return self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA busy_timeout = 10000")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")  # what a person wants forgotten is not to be found here
            if connection.execute("PRAGMA user_version").fetchone()[0] != FORM:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE")
                if connection.execute("PRAGMA user_version").fetchone()[0] != FORM:
                    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                        connection.execute(f"DROP TABLE {name}")
                    for statement in _SCHEMA.split(";"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {FORM}")
                connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def drop(self) -> None:
        """Takes the file away; whoever reads it reads on, where the system allows that."""
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                Path(f"{self.path}{ending}").unlink()


def marks(connection: sqlite3.Connection) -> dict[str, str]:
    """Up to where the rows go, and of which database."""
    return dict(connection.execute("SELECT name, value FROM marks").fetchall())


def write(
    connection: sqlite3.Connection, made: Iterable[tuple[str, Emitted]], told: dict[str, str], *, fresh: bool = False
) -> None:
    """In one transaction: what each document emits now takes the place of what it emitted, and the marks are `told`.
    `fresh`: nothing of before stays."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if fresh:
            connection.execute("DELETE FROM entries")
        for id, emitted in made:
            if not fresh:
                connection.execute("DELETE FROM entries WHERE id = ?", (id,))
            connection.executemany("INSERT INTO entries VALUES(?, ?, ?, ?, ?, ?)", _rows(id, emitted))
        connection.executemany("INSERT OR REPLACE INTO marks VALUES(?, ?)", told.items())
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _rows(id: str, emitted: Emitted) -> Iterator[tuple[Any, ...]]:
    for view, pairs in enumerate(emitted):
        # What a document emits under one key stands in the order of the values (Erlang's, at a CouchDB).
        ordered = sorted(pairs, key=lambda pair: _raw(pair[1])) if len(pairs) > 1 else pairs
        for pos, (key, value) in enumerate(ordered):
            yield view, sort_key(key), id, pos, json.dumps(key).decode(), json.dumps(value).decode()


def _raw(value: Any) -> tuple[Any, ...]:
    """Sorts JSON values as Erlang sorts terms: numbers, false, null, true, objects, arrays, texts."""
    if isinstance(value, bool) or value is None:
        return 1, {False: 0, None: 1, True: 2}[value]
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, str):
        return 4, value.encode("utf-8", "surrogatepass")
    if isinstance(value, list):
        return 3, tuple(_raw(item) for item in value)
    return 2, tuple((name.encode("utf-8", "surrogatepass"), _raw(item)) for name, item in value.items())


def entries(
    connection: sqlite3.Connection, view: int, bounds: Bounds, *, limit: int | None = None, skip: int = 0
) -> Iterator[Entry]:
    """The rows within the bounds, in their direction; those of one document under one key always in one order."""
    where, values = _where(bounds)
    down = "DESC" if bounds.descending else "ASC"
    found = connection.execute(
        f"SELECT id, key, value FROM entries WHERE view = ?{where} ORDER BY k {down}, id {down}, pos ASC "
        "LIMIT ? OFFSET ?",
        (view, *values, -1 if limit is None else limit, skip),
    )
    for row in found:
        yield Entry._make(row)


def count(connection: sqlite3.Connection, view: int, bounds: Bounds | None = None) -> int:
    """How many rows there are within the bounds, or at all."""
    where, values = _where(bounds) if bounds is not None else ("", [])
    sql = f"SELECT count(*) FROM entries WHERE view = ?{where}"
    return int(connection.execute(sql, (view, *values)).fetchone()[0])


def before(connection: sqlite3.Connection, view: int, bounds: Bounds) -> int:
    """How many rows stand before the first one within the bounds, in their direction."""
    values: tuple[Any, ...]
    if bounds.start is None:
        return 0
    side = "<" if not bounds.descending else ">"
    if bounds.start_id is None:
        where, values = f"k {side} ?", (bounds.start,)
    else:
        where, values = f"(k, id) {side} (?, ?)", (bounds.start, bounds.start_id)
    sql = f"SELECT count(*) FROM entries WHERE view = ? AND {where}"
    return int(connection.execute(sql, (view, *values)).fetchone()[0])


def _where(bounds: Bounds) -> tuple[str, list[Any]]:
    first, last = (">=", "<=") if not bounds.descending else ("<=", ">=")
    if not bounds.inclusive:
        last = last[0]
    where = ""
    values: list[Any] = []
    for k, id, side in ((bounds.start, bounds.start_id, first), (bounds.end, bounds.end_id, last)):
        if k is not None:
            where += f" AND k {side} ?" if id is None else f" AND (k, id) {side} (?, ?)"
            values += [k] if id is None else [k, id]
    return where, values
