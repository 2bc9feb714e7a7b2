"""Nodes that are apart: databases that exchange one document's leaves when a test says so, as replication would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.docs import tree as trees
from app.docs.database import Database
from app.shop.indexes import indexes_for

Doc = dict[str, Any]


@contextmanager
def databases(folder: Path, count: int, name: str = "company") -> Iterator[list[Database]]:
    """`count` databases of one name. Power cuts are tried elsewhere: these wait for no disk."""
    opened = [Database(folder / f"{name}-{i}.db", name=name, indexes=indexes_for(name)) for i in range(count)]
    for database in opened:
        database._connection.execute("PRAGMA synchronous = OFF")
    try:
        yield opened
    finally:
        for database in opened:
            database.close()


def bring(source: Database, target: Database, *ids: str) -> None:
    """What a replication brings of these documents: every leaf with its ancestry, and no older body."""
    there = [id for id in ids if source.read(id) is not None]
    docs = [row["ok"] for id in there for row in source.open_revs(id, "all", with_revs=True) if "ok" in row]
    assert target.bulk_docs(docs, new_edits=False) == []


def tree(database: Database, id: str) -> list[str]:
    """All leaves of a document, sorted."""
    record = database.read(id)
    return [] if record is None else sorted(record.leaves())


def bodies(database: Database, id: str) -> Iterator[Doc]:
    """Every body of a document that this node holds, inner revisions and tombstones too."""
    record = database.read(id)
    if record is None:
        return
    for row in database.open_revs(id, sorted(trees.revisions(record.paths()))):
        if "ok" in row:
            yield row["ok"]
