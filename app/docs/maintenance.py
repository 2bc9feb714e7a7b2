"""Looking after a database: what it is (`info`), what is wrong with it (`verify`), purging and compacting."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.docs import attachments, disputes, json, reads, revision, writing
from app.docs import tree as trees
from app.docs.attachments import digest_of
from app.docs.errors import BadRequest, DocsError
from app.docs.record import COLUMNS, Record, parse

if TYPE_CHECKING:
    from app.docs.database import Database
    from app.docs.store import Transaction

#: Milliseconds that compacting waits for readers before it leaves the log to the next checkpoint.
LOG_PATIENCE = 5000


def info(database: Database, live: int, dead: int) -> dict[str, Any]:
    """CouchDB's ``GET /db``."""
    try:
        size = os.path.getsize(database.path)
    except OSError:
        size = 0
    return {
        "db_name": database.name,
        "instance_start_time": database.instance_start_time,
        "update_seq": database.update_seq,
        "purge_seq": str(database.purge_seq),
        "doc_count": live,
        "doc_del_count": dead,
        "sizes": {"file": size, "external": size, "active": size},
        "props": {},
        "disk_format_version": 8,
        "compact_running": False,
        "cluster": {"q": 1, "n": 1, "w": 1, "r": 1},
    }


def purge(database: Database, tx: Transaction, asked: Mapping[str, Sequence[str]]) -> tuple[dict[str, Any], int]:
    """Forgets leaf revisions. Returns ``{"purge_seq", "purged": {id: [revs]}}`` and the new purge sequence."""
    connection = tx.connection
    purged: dict[str, list[str]] = {}
    sequence = database.purge_seq
    for id, revs in asked.items():
        if not isinstance(revs, list | tuple) or not revs:
            raise BadRequest("`revs` must be a list of revisions")
        wanted = ["{}-{}".format(*revision.parse(rev)) for rev in revs]
        row = reads.record(connection, id)
        if row is None:
            purged[id] = []
            continue
        tree = row.paths()
        gone = [rev for rev in wanted if rev in trees.leaves(tree)]
        purged[id] = gone
        if not gone:
            continue
        sequence += 1
        left = trees.remove(tree, gone)
        if left:
            _cut(tx, row, left)
        else:
            connection.execute("DELETE FROM bodies WHERE doc = ?", (row.n,))
            connection.execute("DELETE FROM docs WHERE n = ?", (row.n,))
            disputes.forget(connection, row.n)
            if row.deleted:
                tx.dead -= 1
            else:
                tx.live -= 1
            # Numbers are never counted twice: not even when the newest document is the one that went.
            connection.execute("UPDATE meta SET value = ? WHERE key = 'floor'", (str(tx.next_seq()),))
    connection.execute("UPDATE meta SET value = ? WHERE key = 'purge_seq'", (str(sequence),))
    return {"purge_seq": str(sequence), "purged": purged}, sequence


def retract(tx: Transaction, id: str, rev: str) -> bool:
    """Takes one leaf back, so that its parent is the leaf again; False where the parent's body is no longer kept.

    Unlike a purge, which forgets the leaf's whole branch: a revision that the central refused must go, and the document
    that it was made on must stay.
    """
    row = reads.record(tx.connection, id)
    rev = "{}-{}".format(*revision.parse(rev))
    if row is None or rev not in (tree := row.leaves()):
        return False
    paths = row.paths()
    generation, _, hashes = paths[tree.index(rev)]
    others = trees.remove(paths, [rev])
    if len(hashes) > 1:
        parent = f"{generation - 1}-{hashes[1]}"
        if not trees.contains(others, parent):
            stored = reads.version(tx.connection, row, parent, paths)
            if stored is None:
                return False
            others, _ = trees.merge(others, stored.path, tx.revs_limit)
    if not others:
        return False
    _cut(tx, row, others)
    return True


def _cut(tx: Transaction, row: Record, left: trees.Tree) -> None:
    writing.update(tx, row, left, {}, local=bool(row.local))
    for rev in trees.leaves(left):
        tx.connection.execute("UPDATE bodies SET leaf = 1 WHERE doc = ? AND rev = ?", (row.n, rev))


def compact(database: Database) -> None:
    """Drops ancestors' bodies and attachments that no kept revision names, then gives the space back to the disk."""
    with database.transaction() as tx:
        connection = tx.connection
        connection.execute("DELETE FROM bodies WHERE leaf = 0")
        attachments.drop_unnamed(connection)
    database.vacuum()
    database.empty_log(LOG_PATIENCE)


def verify(database: Database) -> list[str]:
    """What is wrong, in words. Reads everything: seconds for a large file."""
    wrong: list[str] = []
    with database.snapshot() as connection:
        try:
            for (line,) in connection.execute("PRAGMA integrity_check(20)"):
                if line != "ok":
                    wrong.append(f"{database.name}: the file is damaged: {line}")
            wrong += _verify_documents(database, connection)
            wrong += disputes.verify(database, connection)
        except sqlite3.DatabaseError as error:
            wrong.append(f"{database.name}: the file is damaged: {error}")
    return wrong


def _verify_documents(database: Database, connection: sqlite3.Connection) -> list[str]:
    wrong: list[str] = []
    kept: dict[int, set[str]] = {}
    atts: list[tuple[str, str]] = []
    for doc, rev, named, body in connection.execute("SELECT doc, rev, atts, body FROM bodies"):
        kept.setdefault(doc, set()).add(rev)
        if named:
            atts.append((str(doc), named))
        if not _is_object(body):
            wrong.append(f"{database.name}: an older revision {rev} (row {doc}) is no JSON object")
    rows = 0
    for raw in connection.execute(f"SELECT {COLUMNS} FROM docs"):
        row = Record._make(raw)
        rows += 1
        wrong += [f"{database.name}/{row.id}: {what}" for what in _verify_row(row, kept.pop(row.n, set()))]
        if row.atts:
            atts.append((row.id, row.atts))
    wrong += [f"{database.name}: {len(revs)} stored revisions belong to no document" for _, revs in kept.items()]
    if rows != database.doc_count + database.info()["doc_del_count"] and not database.read_only:
        wrong.append(f"{database.name}: {rows} documents are there, other numbers were counted")
    for id, named in atts:
        for name, meta in parse(named).items():
            found = connection.execute("SELECT data FROM blobs WHERE digest = ?", (meta["digest"],)).fetchone()
            if found is None:
                wrong.append(f"{database.name}/{id}: the attachment {name} is missing")
            elif digest_of(found[0]) != meta["digest"]:
                wrong.append(f"{database.name}/{id}: the attachment {name} is damaged")
    return wrong


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except DocsError:
        return False


def _verify_row(row: Record, kept: set[str]) -> list[str]:
    wrong: list[str] = []
    try:
        paths = row.paths()
        leaves = trees.leaves(paths)
        body = json.loads(row.body)
    except (DocsError, ValueError, TypeError, IndexError) as error:
        return [f"its revision tree or body can't be read ({error})"]
    if not isinstance(body, dict):
        return ["its body is no JSON object"]
    if leaves[0] != row.rev or paths != tuple(sorted(paths, key=_order, reverse=True)):
        wrong.append(f"the winner should be another revision than {row.rev}")
    if paths[0][1] != bool(row.deleted):
        wrong.append("whether it is deleted is told in two ways")
    live = 0 if row.deleted else sum(1 for path in paths[1:] if not path[1])
    if live != row.conflicts:
        wrong.append(f"{live} conflicts are there, {row.conflicts} were counted")
    held = {*kept, row.rev}  # one revision that came with two histories is two leaves of one body
    wrong += [f"the body of its leaf {leaf} is missing" for leaf in leaves[1:] if leaf not in held]
    wrong += [f"{rev} is stored, and not in its tree" for rev in kept if not trees.contains(paths, rev)]
    kind = body.get("type")
    if (kind if isinstance(kind, str) else None) != row.type:
        wrong.append("its type is told in two ways")
    return wrong


def _order(path: trees.Path) -> tuple[bool, tuple[int, bytes]]:
    return not path[1], revision.sort_key(path[0], path[2][0])
