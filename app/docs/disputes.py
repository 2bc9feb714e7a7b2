"""Documents in dispute: live ones of which more than one leaf is open. Which they are is known at each commit.

A leaf is open while it is live, or is a deletion that no merge left behind (``{"resolved": true}``, see `merge`)::

    1-a ── 2-b            in dispute: two live leaves
       └── 2-x

    1-a ── 2-b            in dispute: deleted there, edited here
       └── 2-x (deleted)

    1-a ── 2-b ── 3-m     settled; and so is any document whose winner is a deletion
       └── 2-x ── 3-t (deleted, resolved)

Each has a row in ``disputes``: the number of its last change, its type, how many leaves are open. `writing` keeps it
with the tree, so that a page of ten thousand is read as fast as a page of ten. A document of one path, which is nearly
every one, costs nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from app.docs import json
from app.docs import tree as trees
from app.docs.record import COLUMNS, Record, parse

if TYPE_CHECKING:
    from app.docs.database import Database

SCHEMA = (
    "CREATE TABLE disputes(doc INTEGER PRIMARY KEY, seq INTEGER NOT NULL, type TEXT, leaves INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX disputes_seq ON disputes(seq)",
    "CREATE INDEX disputes_type ON disputes(type, seq)",
)
_FORKED = "]],["  # stands in a tree's text (`trees.encode`) where one path ends and another begins
_D = ", ".join(f"d.{column}" for column in COLUMNS.split(", "))


def migrate(connection: sqlite3.Connection) -> None:
    """Makes the table, and fills it from the trees of a file that is older than it."""
    for statement in SCHEMA:
        connection.execute(statement)
    forked = f"SELECT n, seq, type, tree FROM docs WHERE deleted = 0 AND tree IS NOT NULL AND instr(tree, '{_FORKED}')"
    for n, seq, kind, tree in connection.execute(forked).fetchall():
        keep(connection, n, seq, kind, trees.decode(tree), None)


def keep(
    connection: sqlite3.Connection, doc: int, seq: int, kind: str | None, tree: trees.Tree, before: str | None
) -> None:
    """Notes whether the document is in dispute now that its tree is `tree`; `before` is the text of the one it had."""
    if len(tree) > 1:
        count = open_leaves(connection, doc, tree)
        if count > 1:
            row = (doc, seq, kind, count)
            connection.execute("INSERT OR REPLACE INTO disputes(doc, seq, type, leaves) VALUES(?, ?, ?, ?)", row)
            return
    elif before is None or _FORKED not in before:
        return
    forget(connection, doc)


def forget(connection: sqlite3.Connection, doc: int) -> None:
    """The document is in dispute no longer, or is no longer here."""
    connection.execute("DELETE FROM disputes WHERE doc = ?", (doc,))


def open_leaves(connection: sqlite3.Connection, doc: int, tree: trees.Tree) -> int:
    """How many leaves of a live document are open, the winner among them; 0 for a deleted one.

    The bodies of its losing leaves must be in their places.
    """
    if tree[0][1]:
        return 0
    closed: set[str] = set()
    if any(path[1] for path in tree):
        sql = "SELECT rev, body FROM bodies WHERE doc = ? AND instr(body, '\"resolved\"')"
        closed = {rev for rev, body in connection.execute(sql, (doc,)) if parse(body).get("resolved") is True}
    # A revision that stands at the end of two roots (nobody makes such, but anybody may send them) is one leaf.
    named = {f"{top}-{hashes[0]}": gone for top, gone, hashes in reversed(tree)}
    return sum(1 for rev, gone in named.items() if not gone or rev not in closed)


def page(
    connection: sqlite3.Connection,
    *,
    types: Sequence[str | None] | None = None,
    words: str | None = None,
    unsearched: Collection[str] = (),
    before: int | None = None,
    limit: int = 50,
) -> list[Record]:
    """Documents in dispute, the newest change here first.

    `types` are those wanted (None among them: without a type), `words` must all stand in the texts of one of the open
    leaves or in the id, but not in the members `unsearched`; `before` is the `seq` of the last one of the page before.
    """
    clauses, values = _where(connection, types, words, unsearched)
    if before is not None:
        clauses.append("s.seq < ?")
        values.append(before)
    where = f"WHERE {' AND '.join(clauses)} " if clauses else ""
    # INDEXED BY: in the order of changes a page ends at its last row, however many are in dispute.
    sql = (
        f"SELECT {_D} FROM disputes s INDEXED BY disputes_seq CROSS JOIN docs d ON d.n = s.doc {where}"
        "ORDER BY s.seq DESC LIMIT ?"
    )
    return [Record._make(row) for row in connection.execute(sql, (*values, limit))]


def counts(
    connection: sqlite3.Connection, words: str | None = None, unsearched: Collection[str] = ()
) -> dict[str | None, int]:
    """How many documents of each type are in dispute (`words` and `unsearched` as for `page`)."""
    if not words:
        return dict(connection.execute("SELECT type, count(*) FROM disputes GROUP BY type").fetchall())
    clauses, values = _where(connection, None, words, unsearched)
    sql = f"SELECT s.type, count(*) FROM disputes s CROSS JOIN docs d ON d.n = s.doc WHERE {clauses[0]} GROUP BY s.type"
    return dict(connection.execute(sql, values).fetchall())


def _where(
    connection: sqlite3.Connection, types: Sequence[str | None] | None, words: str | None, unsearched: Collection[str]
) -> tuple[list[str], list[Any]]:
    clauses: list[str] = []
    values: list[Any] = []
    if types is not None:
        named = [kind for kind in types if kind is not None]
        wanted = [f"s.type IN ({','.join('?' * len(named))})"] if named else []
        wanted += ["s.type IS NULL"] if None in types else []
        clauses.append(f"({' OR '.join(wanted) or '0'})")
        values += named
    terms = (words or "").casefold().split()
    if terms:
        written = [json.dumps(term).decode()[1:-1] for term in terms]  # as they stand in a body's text

        def told(id: str, body: str) -> bool:
            text = f"{id}\n{body}".casefold()
            return all(term in text for term in written) and _told(terms, id, body, unsearched)

        connection.create_function("told", 2, told)
        clauses.append(
            "(told(d.id, d.body) OR EXISTS(SELECT 1 FROM bodies b "
            "WHERE b.doc = d.n AND b.leaf = 1 AND b.deleted = 0 AND told(d.id, b.body)))"
        )
    return clauses, values


def _told(terms: Sequence[str], id: str, body: str, unsearched: Collection[str]) -> bool:
    """Whether every term stands in the id or in a text of the body (the names of its members don't count)."""
    searched = {name: value for name, value in parse(body).items() if name not in unsearched}
    texts = "\n".join([id, *_texts(searched)]).casefold()
    return all(term in texts for term in terms)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return []


def verify(database: Database, connection: sqlite3.Connection) -> list[str]:
    """Where the table and the trees disagree, in words."""
    kept = {row[0]: row[1:] for row in connection.execute("SELECT doc, seq, type, leaves FROM disputes")}
    wrong: list[str] = []
    forked = f"SELECT n, id, seq, type, tree FROM docs WHERE deleted = 0 AND instr(tree, '{_FORKED}')"
    for n, id, seq, kind, tree in connection.execute(forked).fetchall():
        count = open_leaves(connection, n, trees.decode(tree))
        noted = kept.pop(n, None)
        if (noted is not None) != (count > 1) or (noted is not None and noted != (seq, kind, count)):
            wrong.append(f"{database.name}/{id}: that {count} of its leaves are open is noted otherwise")
    return wrong + [f"{database.name}: row {n} is noted as in dispute, and isn't" for n in kept]
