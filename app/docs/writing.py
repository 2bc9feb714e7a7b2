"""How a changed revision tree is laid down: what edits (`edits`) and arrivals (`incoming`) have in common.

The row of a document holds its winner's body. When a change makes another leaf the winner, bodies change places::

    docs    [2-b body]                 docs    [3-c body]
    bodies  1-a (ancestor)     ──►     bodies  1-a (ancestor), 2-b (ancestor: 3-c was made on it)

The bodies of every leaf are kept for ever, those of ancestors for three-way merges and history: the newest
`ANCESTORS_KEPT` of a document, and however old they are those at which its branches part and those that a deletion or a
merge has ended, since what somebody wrote there stands nowhere else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from app.docs import disputes
from app.docs import tree as trees
from app.docs.errors import Conflict
from app.docs.record import Record, dump, parse

if TYPE_CHECKING:
    from app.docs.store import Transaction

ANCESTORS_KEPT = 20  # bodies of inner revisions a document keeps: a merge wants the fork, a person the last few

INSERT = (
    "INSERT INTO docs(id, seq, type, rev, deleted, conflicts, local, tree, atts, body) "
    "VALUES(?, ?, ?, ?, ?, 0, ?, ?, ?, ?)"
)
_UPDATE = (
    "UPDATE docs SET seq = ?, type = ?, rev = ?, deleted = ?, conflicts = ?, local = ?, tree = ?, atts = ?, body = ? "
    "WHERE n = ?"
)

#: Bodies up to which each is looked for in the tree by itself; for more of them the tree is spread out once.
FEW = 50


class Content(NamedTuple):
    """One revision's content: `atts` and `body` as the columns of a `Record`, `type` as the body names it."""

    type: str | None
    atts: str | None
    body: str
    deleted: bool = False


def content(body: Mapping[str, Any], text: str, atts: Mapping[str, Any] | None, deleted: bool = False) -> Content:
    kind = body.get("type")
    return Content(kind if isinstance(kind, str) else None, dump(atts) if atts else None, text, deleted)


def insert(tx: Transaction, id: str, path: trees.Path, new: Content, *, local: bool) -> str:
    """Writes a document that isn't here yet, and returns its revision."""
    generation, deleted, hashes = path
    rev = f"{generation}-{hashes[0]}"
    tree = None if generation == 1 and len(hashes) == 1 else trees.encode((path,))
    row = (id, tx.next_seq(), new.type, rev, int(deleted), int(local), tree, new.atts, new.body)
    try:
        tx.connection.execute(INSERT, row)
    except sqlite3.IntegrityError as error:
        raise _taken(tx, error) from error
    if deleted:
        tx.dead += 1
    else:
        tx.live += 1
    return rev


def _taken(tx: Transaction, error: sqlite3.IntegrityError) -> Exception:
    """A unique index refused the row: the number given to it goes back, and the edit is a conflict."""
    if "UNIQUE" not in str(error) or "docs.seq" in str(error):
        return error
    tx.n -= 1
    return Conflict("Another document written here has the same unique value.")


def update(tx: Transaction, row: Record, tree: trees.Tree, new: Mapping[str, Content], *, local: bool) -> None:
    """Lays `tree` down over `row`; `new` holds the contents of the revisions that came."""
    connection = tx.connection
    leaves = trees.leaves(tree)
    rev, deleted = leaves[0], tree[0][1]
    conflicts = 0 if deleted else sum(1 for path in tree[1:] if not path[1])
    if rev == row.rev:
        winner = Content(row.type, row.atts, row.body)
    else:
        stored = new.get(rev) or _body_of(connection, row.n, rev)
        if stored is None:  # can't be: every leaf's body is kept
            raise AssertionError(f"{row.id} has no body for its leaf {rev}")
        winner = stored
    generation, hashes = tree[0][0], tree[0][2]
    single = len(tree) == 1 and generation == 1 and len(hashes) == 1
    values = (
        *(tx.next_seq(), winner.type, rev, int(deleted), conflicts, int(local)),
        *(None if single else trees.encode(tree), winner.atts, winner.body, row.n),
    )
    try:
        connection.execute(_UPDATE, values)
    except sqlite3.IntegrityError as error:  # the row first: where it is refused, the bodies must stay in their places
        raise _taken(tx, error) from error
    if rev != row.rev:
        connection.execute("DELETE FROM bodies WHERE doc = ? AND rev = ?", (row.n, rev))
        if trees.contains(tree, row.rev):  # stemming may have cut it off
            old = Content(row.type, row.atts, row.body, bool(row.deleted))
            _keep(connection, row.n, row.rev, row.rev in leaves, old)
    for added, what in new.items():
        if added != rev and trees.contains(tree, added):
            _keep(connection, row.n, added, added in leaves, what)
    _settle(connection, row.n, tree, leaves, 0 if row.id in tx.forgotten else ANCESTORS_KEPT)
    disputes.keep(connection, row.n, tx.n, winner.type, tree, row.tree)
    if deleted != bool(row.deleted):
        tx.live += -1 if deleted else 1
        tx.dead += 1 if deleted else -1


def remember(tx: Transaction, row: Record, tree: trees.Tree, rev: str, what: Content) -> None:
    """Keeps the content of an ancestor that came after its descendants. Nothing that a feed tells changes."""
    if trees.contains(tree, rev) and row.id not in tx.forgotten:
        _keep(tx.connection, row.n, rev, False, what)
        _settle(tx.connection, row.n, tree, trees.leaves(tree), ANCESTORS_KEPT)


def _keep(connection: sqlite3.Connection, doc: int, rev: str, leaf: bool, what: Content) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO bodies(doc, rev, leaf, deleted, atts, body) VALUES(?, ?, ?, ?, ?, ?)",
        (doc, rev, leaf, what.deleted, what.atts, what.body),
    )


def _settle(connection: sqlite3.Connection, doc: int, tree: trees.Tree, leaves: list[str], bound: int) -> None:
    """Marks the leaves that became ancestors as such, and drops ancestors beyond the bound or cut off by stemming."""
    rows = connection.execute("SELECT n, rev, leaf FROM bodies WHERE doc = ? ORDER BY n DESC", (doc,)).fetchall()
    kept = 0
    standing = set(leaves)
    nodes = None if len(rows) <= FEW else trees.revisions(tree)
    pinned = _pinned(tree) if bound and len(tree) > 1 and len(rows) > bound else frozenset[str]()
    for n, rev, leaf in rows:
        if rev in standing:
            continue
        pin = rev in pinned
        if (kept >= bound and not pin) or not (trees.contains(tree, rev) if nodes is None else rev in nodes):
            connection.execute("DELETE FROM bodies WHERE n = ?", (n,))
            continue
        kept += not pin
        if leaf:
            connection.execute("UPDATE bodies SET leaf = 0 WHERE n = ?", (n,))


def _pinned(tree: trees.Tree) -> frozenset[str]:
    """The revisions at which branches part, and those that a tombstone has ended."""
    ended = {f"{top - 1}-{hashes[1]}" for top, deleted, hashes in tree if deleted and len(hashes) > 1}
    forks = {trees.fork(a, b)[1] for a, b in pairwise(sorted(tree, key=trees.as_it_hangs))}
    return frozenset(ended | {rev for rev in forks if rev is not None})


def _body_of(connection: sqlite3.Connection, doc: int, rev: str) -> Content | None:
    sql = "SELECT atts, body, deleted FROM bodies WHERE doc = ? AND rev = ?"
    row = connection.execute(sql, (doc, rev)).fetchone()
    if row is None:
        return None
    kind = parse(row[1]).get("type")
    return Content(kind if isinstance(kind, str) else None, row[0], row[1], row[2] == 1)
