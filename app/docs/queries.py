"""Finding documents: by id, by an index, by words."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.docs import json, reads
from app.docs.errors import BadRequest
from app.docs.indexes import extract, json_path
from app.docs.record import COLUMNS, Record, dump

if TYPE_CHECKING:
    from app.docs.database import Database

ANY: Final = object()  # `find` without a value: the whole index, in its order
_PAGE = 500
RANKED = 1000  # matches that a search ranks; a till shows fifty, and the next letter leaves fewer
_D = ", ".join(f"d.{column.strip()}" for column in COLUMNS.split(","))


class AllDocsJSON(NamedTuple):
    """CouchDB's ``_all_docs``, each row as JSON. `offset` is None where rows were asked for by key."""

    rows: list[bytes]
    total_rows: int
    offset: int | None
    update_seq: str | None

    def as_dict(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"total_rows": self.total_rows, "offset": self.offset}
        if self.update_seq is not None:
            answer["update_seq"] = self.update_seq
        return {**answer, "rows": [json.loads(row) for row in self.rows]}


def all_docs(
    database: Database,
    connection: sqlite3.Connection,
    *,
    keys: Sequence[Any] | None = None,
    start: str | None = None,
    end: str | None = None,
    inclusive_end: bool = True,
    descending: bool = False,
    limit: int | None = None,
    skip: int = 0,
    include_docs: bool = False,
    conflicts: bool = False,
    attachments: bool = False,
    update_seq: bool = False,
    with_offset: bool = True,
) -> AllDocsJSON:
    """Live documents by id, from `start` to `end`, or those named by `keys` (deleted and unknown ones told as such).

    `with_offset` False spares counting the documents before `start`, which takes as long as there are many.
    """

    def row(record: Record) -> bytes:
        id = dump(record.id)
        doc = ""
        if include_docs:
            doc = ',"doc":' + reads.in_list(connection, record, conflicts=conflicts, with_attachments=attachments)
        return f'{{"id":{id},"key":{id},"value":{{"rev":"{record.rev}"}}{doc}}}'.encode()

    total = database.doc_count
    seq = database.update_seq if update_seq else None
    if keys is not None:
        wanted = list(keys)[skip : None if limit is None else skip + limit]
        if descending:
            wanted.reverse()
        known = reads.records(connection, list({key for key in wanted if isinstance(key, str)}))
        rows = []
        for key in wanted:
            record = known.get(key) if isinstance(key, str) else None
            if record is None:
                rows.append(f'{{"key":{dump(key)},"error":"not_found"}}'.encode())
            elif record.deleted:
                id, doc = dump(key), ',"doc":null' if include_docs else ""
                rows.append(f'{{"id":{id},"key":{id},"value":{{"rev":"{record.rev}","deleted":true}}{doc}}}'.encode())
            else:
                rows.append(row(record))
        return AllDocsJSON(rows, total, None, seq)
    low, high = (end, start) if descending else (start, end)
    clauses, values = ["deleted = 0"], list[Any]()
    if low is not None:
        clauses.append("id > ?" if descending and not inclusive_end else "id >= ?")
        values.append(low)
    if high is not None:
        clauses.append("id < ?" if not descending and not inclusive_end else "id <= ?")
        values.append(high)
    order = "DESC" if descending else "ASC"
    found = connection.execute(
        f"SELECT {COLUMNS} FROM docs WHERE {' AND '.join(clauses)} ORDER BY id {order} LIMIT ? OFFSET ?",
        (*values, -1 if limit is None else limit, skip),
    )
    rows = [row(Record._make(one)) for one in found]
    offset = skip
    if start is not None and with_offset:
        before = "id > ?" if descending else "id < ?"
        sql = f"SELECT count(*) FROM docs WHERE deleted = 0 AND {before}"
        offset += connection.execute(sql, (start,)).fetchone()[0]
    return AllDocsJSON(rows, total, min(offset, total), seq)


def count(connection: sqlite3.Connection, type: str) -> int:
    """How many live documents of `type` there are."""
    found: int = connection.execute("SELECT count(*) FROM docs WHERE type = ? AND deleted = 0", (type,)).fetchone()[0]
    return found


def after(connection: sqlite3.Connection, n: int, limit: int) -> list[Record]:
    """Documents whose last change has a number above `n`, deleted ones too, in the order of changes."""
    found = connection.execute(f"SELECT {COLUMNS} FROM docs WHERE seq > ? ORDER BY seq LIMIT ?", (n, limit))
    return [Record._make(row) for row in found]


def conflicted(connection: sqlite3.Connection) -> int:
    """How many live documents have conflicts, as CouchDB counts them: a deletion beside a live leaf is none."""
    found: int = connection.execute("SELECT count(*) FROM docs WHERE conflicts > 0").fetchone()[0]
    return found


def types(connection: sqlite3.Connection) -> list[str]:
    """The types that live documents have, sorted."""
    sql = "SELECT DISTINCT type FROM docs WHERE type IS NOT NULL AND deleted = 0 ORDER BY type"
    return [type for (type,) in connection.execute(sql)]


def each(database: Database, type: str) -> Iterator[Record]:
    """All live documents of `type`, the oldest here first. Holds no connection between pages.

    What is first written behind the beginning of the reading isn't seen: a reader who writes comes to an end.
    """
    at = 0
    sql = f"SELECT {COLUMNS} FROM docs WHERE type = ? AND deleted = 0 AND n > ? AND n <= ? ORDER BY n LIMIT ?"
    with database.reading() as connection:
        newest = connection.execute("SELECT max(n) FROM docs").fetchone()[0] or 0
    while True:
        with database.reading() as connection:
            page = [Record._make(row) for row in connection.execute(sql, (type, at, newest, _PAGE))]
        yield from page
        if len(page) < _PAGE:
            return
        at = page[-1].n


def find(
    database: Database,
    connection: sqlite3.Connection,
    name: str,
    value: Any = ANY,
    *,
    low: Any = None,
    high: Any = None,
    limit: int | None = None,
    offset: int = 0,
    descending: bool = False,
    after: Record | None = None,
) -> list[Record]:
    """Live documents whose indexed value is `value`, or lies from `low` to `high` (both included), in index order.

    Equal values come in the order of the index's `order`, then by id. `after` is the last one of the page before (not
    for indexes with `multi`). Raises BadRequest for an unknown index.
    """
    index = database.indexes.get(name)
    if index is None:
        raise BadRequest(f"There is no index {name} here.")
    bounds = [] if value is ANY else [("=", value)]
    bounds += [(op, given) for op, given in ((">=", low), ("<=", high)) if given is not None]
    for _, given in bounds:
        if not isinstance(given, str | int | float):
            raise BadRequest("Only text and numbers can be looked up.")
    values = [given for _, given in bounds]
    order = "DESC" if descending else "ASC"
    tail = (-1 if limit is None else limit, offset)
    if index.multi:
        where = " AND ".join(["t.name = ?"] + [f"t.value {op} ?" for op, _ in bounds])
        sql = (
            f"SELECT {_D} FROM terms t JOIN docs d ON d.n = t.doc WHERE {where} "
            f"ORDER BY t.value {order}, t.doc {order} LIMIT ? OFFSET ?"
        )
        return [Record._make(row) for row in connection.execute(sql, (index.name, *values, *tail))]
    key = index.key()
    clauses = [f"type = '{index.type}'", "deleted = 0"] + [f"{key} {op} ?" for op, _ in bounds]
    if after is not None:
        paths = [index.path, *([index.order] if index.order else [])]
        keys = ", ".join([*(extract(path) for path in paths), "id"])
        places = ", ".join([f"json_extract(?, '{json_path(path)}')" for path in paths] + ["?"])
        clauses.append(f"({keys}) {'<' if descending else '>'} ({places})")
        values += [after.body] * len(paths) + [after.id]
    where = " AND ".join(clauses)
    then = f"{extract(index.order)} {order}, " if index.order else ""
    sql = (
        f"SELECT {COLUMNS} FROM docs INDEXED BY ix_{index.name} WHERE {where} "
        f"ORDER BY {key} {order}, {then}id {order} LIMIT ? OFFSET ?"
    )
    return [Record._make(row) for row in connection.execute(sql, (*values, *tail))]


def between(
    connection: sqlite3.Connection, low: str, high: str, *, limit: int | None = None, descending: bool = False
) -> list[Record]:
    """Live documents whose ids lie from `low` to `high` (both included), in the order of ids."""
    found = connection.execute(
        f"SELECT {COLUMNS} FROM docs WHERE deleted = 0 AND id >= ? AND id <= ? "
        f"ORDER BY id {'DESC' if descending else 'ASC'} LIMIT ?",
        (low, high, -1 if limit is None else limit),
    )
    return [Record._make(row) for row in found]


def tally(database: Database, connection: sqlite3.Connection, name: str) -> dict[Any, int]:
    """How many live documents each value of an index has, by value."""
    index = database.indexes.get(name)
    if index is None:
        raise BadRequest(f"There is no index {name} here.")
    if index.multi:
        sql = "SELECT value, count(*) FROM terms WHERE name = ? GROUP BY value"
        return dict(connection.execute(sql, (index.name,)).fetchall())
    key = index.key()
    sql = (
        f"SELECT {key}, count(*) FROM docs INDEXED BY ix_{index.name} "
        f"WHERE type = '{index.type}' AND deleted = 0 GROUP BY {key}"
    )
    return dict(connection.execute(sql).fetchall())


def search(
    database: Database,
    connection: sqlite3.Connection,
    type: str,
    text: str,
    limit: int,
    within: tuple[str, Sequence[Any]] | None = None,
) -> list[Record]:
    """Live documents of `type` in which each word of `text` begins a word of theirs, the best first; `within` an index
    and its values: only those that have one of them."""
    index = database.search_indexes.get(type)
    if index is None:
        raise BadRequest(f"There is no search index for {type} here.")
    terms = words(text)
    if not terms:
        return []
    query = " ".join(f'"{term}"*' for term in terms)
    # Ranking weighs every match, 70 ms for the thousands that begin with "c": the first ones are ranked, and only the
    # best of them are read.
    only, values = _within(database, within) if within is not None else ("", [])
    sql = (
        f"SELECT {_D} FROM (SELECT r, k FROM (SELECT rowid AS r, rank AS k FROM {index.name} "
        f"WHERE words MATCH ?{only} LIMIT {RANKED}) ORDER BY k, r LIMIT ?) s JOIN docs d ON d.n = s.r ORDER BY s.k, d.n"
    )
    return [Record._make(row) for row in connection.execute(sql, (query, *values, limit))]


def _within(database: Database, within: tuple[str, Sequence[Any]]) -> tuple[str, list[Any]]:
    """The condition, and its values. The plus keeps SQLite from looking the words up anew for each row of the index."""
    name, wanted = within
    index = database.indexes.get(name)
    if index is None or index.multi:
        raise BadRequest(f"There is no index {name} here.")
    marks = ", ".join("?" * len(wanted))
    return (
        f" AND +rowid IN (SELECT n FROM docs INDEXED BY ix_{name} "
        f"WHERE type = '{index.type}' AND deleted = 0 AND {index.key()} IN ({marks}))"
    ), list(wanted)


def words(text: str) -> list[str]:
    """The words of a search text, split as FTS5's unicode61 splits them: at all that is no letter, digit or mark."""
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" or unicodedata.category(c) == "Co" else " " for c in text)
    return kept.split()
