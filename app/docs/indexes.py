"""Indexes on the bodies of documents, kept by SQLite itself.

An `Index` is a partial expression index on the documents of one type, so that documents of other types pay nothing for
it. One with ``multi`` looks into a list (a product's barcodes) and lives in the table ``terms``; a `SearchIndex` is an
FTS5 table of its own. Both are filled by triggers: whatever writes a document, each index agrees with it at the commit.
What a file has stands in its ``meta``; at opening, what is missing is built and what is no longer asked for dropped.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.docs import json


@dataclass(frozen=True)
class Index:
    """Finds live documents of a `type` by the value at `path` ("category", "customer.id").

    `multi`: the value is a list, and each element finds the document; with `inner`, its elements are objects, and each
    element of the list that they have there does (`path` "units", `inner` "barcodes"). `order`: a second path, by which
    equal values are sorted. `unique_local`: two documents *written here* can't have the same value (Conflict); those
    that come by replication can.
    """

    name: str
    type: str
    path: str
    multi: bool = False
    order: str | None = None
    unique_local: bool = False
    inner: str | None = None

    def key(self, row: str = "") -> str:
        """The SQL expression for the value; `row` is a prefix such as ``"new."``."""
        return extract(self.path, row)

    def statements(self) -> list[str]:
        if self.multi:
            return _triggers(
                f"terms_{self.name}",
                self.type,
                insert=f"INSERT OR IGNORE INTO terms SELECT '{self.name}', v.value, new.n "
                f"FROM {self._each('new.body')} WHERE v.value IS NOT NULL",
                remove=f"DELETE FROM terms WHERE name = '{self.name}' AND doc = old.n AND value IN "
                f"(SELECT v.value FROM {self._each('old.body')})",
                fill=f"INSERT OR IGNORE INTO terms SELECT '{self.name}', v.value, docs.n FROM docs, "
                f"{self._each('docs.body')} "
                f"WHERE docs.type = '{self.type}' AND docs.deleted = 0 AND v.value IS NOT NULL",
                clear=f"DELETE FROM terms WHERE name = '{self.name}'",
            )
        keys = self.key() + (f", {extract(self.order)}" if self.order else "") + ", id"
        made = [f"CREATE INDEX ix_{self.name} ON docs({keys}) WHERE type = '{self.type}' AND deleted = 0"]
        if self.unique_local:
            made.append(
                f"CREATE UNIQUE INDEX ux_{self.name} ON docs({self.key()}) "
                f"WHERE type = '{self.type}' AND deleted = 0 AND local = 1"
            )
        return made

    def _each(self, body: str) -> str:
        """The SQL tables whose last, `v`, has a row for each element that finds a document."""
        if self.inner is None:
            return f"json_each({body}, '{json_path(self.path)}') v"
        # An element that is no object would be no JSON to look into, and keep the document from being written.
        within = "CASE o.type WHEN 'object' THEN o.value ELSE '{}' END"
        return f"json_each({body}, '{json_path(self.path)}') o, json_each({within}, '{json_path(self.inner)}') v"

    def dropping(self) -> list[str]:
        if self.multi:
            return [*_drop_triggers(f"terms_{self.name}"), f"DELETE FROM terms WHERE name = '{self.name}'"]
        return [f"DROP INDEX IF EXISTS ix_{self.name}", f"DROP INDEX IF EXISTS ux_{self.name}"]


@dataclass(frozen=True)
class SearchIndex:
    """Finds live documents of a `type` by the words at `paths`, each by its beginning (two letters and more)."""

    type: str
    paths: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"search_{self.type}"

    def statements(self) -> list[str]:
        def words(row: str) -> str:
            return " || ' ' || ".join(f"coalesce({extract(path, row)}, '')" for path in self.paths)

        return [
            f"CREATE VIRTUAL TABLE {self.name} USING fts5"
            "(words, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')",
            *_triggers(
                self.name,
                self.type,
                insert=f"INSERT INTO {self.name}(rowid, words) VALUES(new.n, {words('new.')})",
                remove=f"DELETE FROM {self.name} WHERE rowid = old.n",
                fill=f"INSERT INTO {self.name}(rowid, words) SELECT n, {words('')} FROM docs "
                f"WHERE type = '{self.type}' AND deleted = 0",
                clear=None,
            ),
        ]

    def dropping(self) -> list[str]:
        return [*_drop_triggers(self.name), f"DROP TABLE IF EXISTS {self.name}"]


def json_path(path: str) -> str:
    """SQLite's JSON path for a dotted one; names are ours, never a user's, so quoting is for odd letters only."""
    return "$." + ".".join('"' + part.replace("'", "''") + '"' for part in path.split("."))


def extract(path: str, row: str = "") -> str:
    return f"json_extract({row}body, '{json_path(path)}')"


def _triggers(name: str, type: str, *, insert: str, remove: str, fill: str, clear: str | None) -> list[str]:
    new = f"new.type = '{type}' AND new.deleted = 0"
    old = f"old.type = '{type}' AND old.deleted = 0"
    return [
        *([clear] if clear else []),
        fill,
        f"CREATE TRIGGER {name}_i AFTER INSERT ON docs WHEN {new} BEGIN {insert}; END",
        # Two triggers for an update, since a document may become one of this type, or cease to be. SQLite promises no
        # order among triggers of one event, so the old words go BEFORE it.
        f"CREATE TRIGGER {name}_u BEFORE UPDATE ON docs WHEN {old} BEGIN {remove}; END",
        f"CREATE TRIGGER {name}_v AFTER UPDATE ON docs WHEN {new} BEGIN {insert}; END",
        f"CREATE TRIGGER {name}_d AFTER DELETE ON docs WHEN {old} BEGIN {remove}; END",
    ]


def _drop_triggers(name: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {name}_{event}" for event in "iuvd"]


def load(connection: sqlite3.Connection) -> list[Index | SearchIndex]:
    """The indexes that the file has."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'indexes'").fetchone()
    found: list[Index | SearchIndex] = []
    for entry in json.loads(row[0]) if row else []:
        kind = entry.pop("kind")
        found.append(SearchIndex(entry["type"], tuple(entry["paths"])) if kind == "search" else Index(**entry))
    return found


def apply(connection: sqlite3.Connection, wanted: Iterable[Index | SearchIndex]) -> Sequence[Index | SearchIndex]:
    """Brings the file's indexes to `wanted`, in one transaction; nothing is written when they agree."""
    asked = list(wanted)
    have = load(connection)
    if asked == have:
        return have
    connection.execute("BEGIN IMMEDIATE")
    try:
        for gone in have:
            if gone not in asked:
                for statement in gone.dropping():
                    connection.execute(statement)
        for new in asked:
            if new not in have:
                for statement in new.statements():
                    connection.execute(statement)
        entries = [{"kind": "search" if isinstance(i, SearchIndex) else "index", **vars(i)} for i in asked]
        text = json.dumps(entries).decode()
        connection.execute("INSERT OR REPLACE INTO meta VALUES('indexes', ?)", (text,))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return asked
