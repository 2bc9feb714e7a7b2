"""The changes feed: every document once, at its latest change.

Pages are read by sequence number, `PAGE` rows a statement, so that a feed of a million rows neither fills the memory
nor holds the file open for reading (which would keep SQLite's WAL from shrinking).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from app.docs import json, reads
from app.docs import tree as trees
from app.docs.errors import BadRequest
from app.docs.record import COLUMNS, Record, dump, revisions, splice

if TYPE_CHECKING:
    from app.docs.database import Database

PAGE = 500  # rows read in one statement
_LIGHT = "seq, id, rev, deleted, tree"


class ChangesPage(NamedTuple):
    """A page of the feed: `rows` as CouchDB's, `last_seq` to go on from, `pending` how many changes are behind it."""

    rows: list[dict[str, Any]]
    last_seq: str
    pending: int


class ChangesJSON(NamedTuple):
    """As `ChangesPage`, each row as JSON. `last_n` is the number behind `last_seq`, for `Database.wait`."""

    rows: list[bytes]
    last_seq: str
    pending: int
    last_n: int

    def parsed(self) -> ChangesPage:
        return ChangesPage([json.loads(row) for row in self.rows], self.last_seq, self.pending)


class BatchRow(NamedTuple):
    """One changed document as a replicator sends it on.

    `revs` are all its leaves, the winner first; `local` whether it was last written here; `text` its whole JSON with
    ``_id``, ``_rev`` and ``_revisions`` where it has one leaf and no attachments, else None (fetch it by `bulk_get`).
    """

    id: str
    revs: list[str]
    deleted: bool
    local: bool
    text: bytes | None


class Batch(NamedTuple):
    rows: list[BatchRow]
    last_seq: str
    pending: int


def page(
    database: Database,
    since: Any = "0",
    *,
    limit: int | None = None,
    style: str = "main_only",
    descending: bool = False,
    include_docs: bool = False,
    conflicts: bool = False,
    attachments: bool = False,
    doc_ids: Sequence[str] | None = None,
    match: Callable[[dict[str, Any]], bool] | None = None,
    before: int | None = None,
) -> ChangesJSON:
    """One page of the feed after `since`; where it is `descending`, from the newest or from below number `before`.

    `style` ``all_docs`` names every leaf (deleted ones too), ``main_only`` the winner. `doc_ids` and `match` (over the
    winner's document) filter. `limit` 0 answers no rows, but `pending`. Raises BadRequest.
    """
    if style not in ("main_only", "all_docs"):
        raise BadRequest("`style` must be main_only or all_docs")
    if limit is not None and limit < 0:
        raise BadRequest("`limit` is not an integer")
    start = database.resolve_seq(since)
    newest = database.last_n  # before anything is read: what is written meanwhile belongs to the next page
    if descending:
        start = newest if before is None else before - 1
    n = start
    rows: list[bytes] = []
    ended = limit == 0
    every = style == "all_docs"
    for chunk in [] if ended else _read(database, start, newest, limit, descending, doc_ids, match is not None):
        with database.snapshot() as connection:
            for record in chunk:
                n = record.seq
                if match is not None and not match(record.full()):
                    continue
                rows.append(_row(database, connection, record, every, include_docs, conflicts, attachments))
                if limit is not None and len(rows) >= limit:
                    ended = True
                    break
        if ended:
            break
    with database.reading() as connection:
        if doc_ids is not None and not descending and not ended:
            n = max(n, newest)
        pending = _pending(database, connection, n, descending)
    return ChangesJSON(rows, database.seq(n), pending, n)


def _read(
    database: Database,
    since: int,
    newest: int,
    limit: int | None,
    descending: bool,
    doc_ids: Sequence[str] | None,
    all_rows: bool,
) -> Iterator[list[Record]]:
    if doc_ids is not None:
        with database.reading() as connection:
            found = [row for row in reads.records(connection, list(dict.fromkeys(doc_ids))).values()]
        kept = [row for row in found if (row.seq <= since if descending else since < row.seq <= newest)]
        yield sorted(kept, key=lambda row: row.seq, reverse=descending)
        return
    size = PAGE if limit is None or all_rows else max(1, min(PAGE, limit))
    order = "DESC" if descending else "ASC"
    # Up to the newest number that is published: a sequence beyond it would be taken for one of a restored file.
    after = "seq < ?" if descending else "seq > ?"
    sql = f"SELECT {COLUMNS} FROM docs WHERE {after} AND seq <= ? ORDER BY seq {order} LIMIT ?"
    at = since + 1 if descending else since
    while True:
        with database.reading() as connection:
            chunk = [Record._make(row) for row in connection.execute(sql, (at, newest, size))]
        if not chunk:
            return
        yield chunk
        if len(chunk) < size:
            return
        at = chunk[-1].seq


def _row(
    database: Database,
    connection: sqlite3.Connection,
    record: Record,
    every: bool,
    include_docs: bool,
    conflicts: bool,
    attachments: bool,
) -> bytes:
    revs = '"},{"rev":"'.join(record.leaves()) if every and record.tree is not None else record.rev
    gone = ',"deleted":true' if record.deleted else ""
    doc = ""
    if include_docs:
        doc = ',"doc":' + reads.in_list(connection, record, conflicts=conflicts, with_attachments=attachments)
    seq, id = database.seq(record.seq), dump(record.id)
    return f'{{"seq":"{seq}","id":{id},"changes":[{{"rev":"{revs}"}}]{gone}{doc}}}'.encode()


def _pending(database: Database, connection: sqlite3.Connection, n: int, descending: bool = False) -> int:
    """How many changes lie behind number `n`.

    A reader that pages through the feed asks after every page, and counting the rest each time would make a full scan
    quadratic: while nothing was written since the last answer, only the page between the two is counted.
    """
    if descending:
        return _count(connection, "seq < ?", n)
    newest = database.last_n
    known, at, behind = database.pending_before
    if known == newest and at <= n:
        count = behind - _count(connection, "seq > ? AND seq <= ?", at, n)
    else:
        count = _count(connection, "seq > ?", n)
    database.pending_before = (newest, n, count)
    return count


def _count(connection: sqlite3.Connection, where: str, *values: int) -> int:
    count: int = connection.execute(f"SELECT count(*) FROM docs WHERE {where}", values).fetchone()[0]
    return count


def batch(database: Database, connection: sqlite3.Connection, since: Any, limit: int, bodies: bool) -> Batch:
    """The next `limit` changes after `since`, ready to be sent on; `bodies` False leaves the texts away."""
    newest = database.last_n
    n = database.resolve_seq(since)
    rows: list[BatchRow] = []
    columns = f"{_LIGHT}, local, atts, body" if bodies else f"{_LIGHT}, local"
    sql = f"SELECT {columns} FROM docs WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
    for seq, id, rev, deleted, tree, local, *content in connection.execute(sql, (n, newest, limit)).fetchall():
        n = seq
        text = None
        if tree is None:
            revs = [rev]
            if content and content[0] is None:
                between = f',"_revisions":{{"start":1,"ids":["{rev[2:]}"]}}'
                text = splice(id, rev, deleted == 1, content[1], between=between).encode()
        else:
            paths = trees.decode(tree)
            revs = trees.leaves(paths)
            if len(paths) == 1 and content and content[0] is None:
                between = f',"_revisions":{dump(revisions(paths[0]))}'
                text = splice(id, rev, deleted == 1, content[1], between=between).encode()
        rows.append(BatchRow(id, revs, deleted == 1, local == 1, text))
    pending = _pending(database, connection, n) if len(rows) == limit else 0
    return Batch(rows, database.seq(n), pending)


def unsent(database: Database, connection: sqlite3.Connection, since: Any) -> tuple[int, Record | None]:
    """How many documents were last written here after `since`, and the oldest of them."""
    n = database.resolve_seq(since)
    count: int = connection.execute("SELECT count(*) FROM docs WHERE seq > ? AND local = 1", (n,)).fetchone()[0]
    if not count:
        return 0, None
    row = connection.execute(
        f"SELECT {COLUMNS} FROM docs WHERE seq > ? AND local = 1 ORDER BY seq LIMIT 1", (n,)
    ).fetchone()
    return count, None if row is None else Record._make(row)


def unsent_types(database: Database, connection: sqlite3.Connection, since: Any) -> dict[str | None, int]:
    """How many documents of each type were last written here after `since`; None: deletions, and without a type."""
    n = database.resolve_seq(since)
    rows = connection.execute(
        "SELECT CASE deleted WHEN 0 THEN type END, count(*) FROM docs WHERE seq > ? AND local = 1 GROUP BY 1", (n,)
    )
    return dict(rows.fetchall())
