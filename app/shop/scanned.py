"""A store's database whose file has no indexes (a hub's, or a copy that a replication made), for who looks by index.

Each index that is asked for costs one pass over the documents of its type; what is kept of it are ids by value.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, cast

from app.docs.database import Database
from app.docs.errors import BadRequest
from app.docs.indexes import Index
from app.docs.record import Record
from app.shop.indexes import indexes_for


class Scanned:
    """Answers `find` by value; everything else is the database's own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: dict[str, dict[str, list[str]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def find(self, name: str, value: str, *, limit: int | None = None) -> list[Record]:
        """The live documents whose value in the index `name` is the text `value`, by id. Raises BadRequest for an index
        that isn't one on a plain member."""
        ids = self._index(name).get(value, [])[:limit]
        return [record for record in self._database.read_many(ids) if record is not None and not record.deleted]

    def _index(self, name: str) -> dict[str, list[str]]:
        if name not in self._found:
            known = {index.name: index for index in indexes_for(self._database.name) if isinstance(index, Index)}
            index = known.get(name)
            if index is None or index.multi or "." in index.path:
                raise BadRequest(f"There is no index {name} here.")
            found: dict[str, list[str]] = defaultdict(list)
            for record in self._database.each(index.type):
                value = record.doc().get(index.path)
                if isinstance(value, str):
                    found[value].append(record.id)
            self._found[name] = {value: sorted(ids) for value, ids in found.items()}
        return self._found[name]


def indexed(database: Database) -> Database:
    """The database, or one that answers for the indexes that its file lacks."""
    return database if "order_shift" in database.indexes else cast(Database, Scanned(database))
