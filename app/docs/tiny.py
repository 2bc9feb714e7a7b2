"""TinyDB on top of a database: queries, office pages, scripts and plug-ins.

    products = database.table("product")
    products.search(where("category") == "milk")
    products.update(increment("stock"), where("sku") == "123")

TinyDB's own code does the work (`tinydb.table.Table` reads a mapping of all documents, or changes one). What it is
given here is lazy: a mapping that reads what is asked for, and one that notes what was changed and writes a revision
for each document at the end, all in one commit. Before that, the query tells which documents come into question at all
(`planner`). So TinyDB's answers are TinyDB's, at the price of what is found and not of what there is.

How documents and TinyDB's go together:

* A table is the documents whose ``type`` is its name. ``type`` itself is not shown, and added when a document is
  written; one that is given must be the table's name.
* `doc_id` is ``_id``, a text; one that isn't given is minted as ``<type>:<ulid>``.
* No key begins with ``_``; the revision and the conflicts are attributes of `Document`.
* A document that comes out of an update as it went in writes nothing. Attachments stay.
* `remove`, `truncate` and `drop_table` write tombstones, which replicate, on every live leaf: what was removed is gone
  also where it was in conflict. `drop_tables` refuses, since it would delete a shop at its central.
* There is no query cache: documents also change by replication.
* Documents come in the order in which they first came to this file, also when one was removed and is back.
* Several calls inside ``with database.transaction():`` are one commit.

Exceptions to the types: TinyDB is typed for integer ids, and `_read_table`, `_update_table` and `_get_next_id` are its
private hooks, made for integer ids and whole dicts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NoReturn, Self

import tinydb
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document as TinyDocument
from tinydb.table import Table
from tinydb.utils import LRUCache
from ulid import ULID

from app.docs import attachments, edits, json, planner, queries, reads
from app.docs.errors import Conflict, DocValidation
from app.docs.record import Record

if TYPE_CHECKING:
    from app.docs.database import Database
    from app.docs.store import Transaction


class Document(TinyDocument):
    """A document as TinyDB hands it out: a dict of its own, without ``type`` and ``_`` members.

    `doc_id` is its ``_id``, `rev` its revision, `conflicts` the revisions of its other live leaves (which lost, and
    wait for a person or a rule).
    """

    doc_id: str  # type: ignore[assignment]
    rev: str | None
    conflicts: tuple[str, ...]

    def __init__(self, value: Mapping[str, Any], doc_id: str) -> None:
        super().__init__(value, doc_id)  # type: ignore[arg-type]
        self.rev = getattr(value, "rev", None)
        self.conflicts = getattr(value, "conflicts", ())

    @classmethod
    def of(cls, record: Record) -> Self:
        body = record.doc()
        body.pop("type", None)
        document = cls(body, record.id)
        document.rev = record.rev
        if record.conflicts:
            document.conflicts = tuple(f"{path[0]}-{path[2][0]}" for path in record.paths()[1:] if not path[1])
        return document


class _NoCache(LRUCache[Any, Any]):
    """TinyDB's query cache, always empty."""

    def get(self, key: Any, default: Any = None) -> Any:
        return default

    def set(self, key: Any, value: Any) -> None:
        return


class TinyTable(Table):
    """The documents of one type as a TinyDB table; made by `TinyDocs.table` and `Database.table`."""

    document_class = Document  # type: ignore[assignment]
    document_id_class = str  # type: ignore[assignment]
    query_cache_class = _NoCache

    def __init__(self, storage: DocsStorage, name: str, cache_size: int = 0, persist_empty: bool = False) -> None:
        self.database = storage.database
        self._scope: _Scope = _Everything(name)
        super().__init__(storage, name, cache_size=0)

    # -- TinyDB's hooks ------------------------------------------------------------------------------------------

    def _read_table(self) -> Mapping[str, Document]:  # type: ignore[override]
        return _Stored(self.database, self._scope)

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        with self.database.transaction() as tx:
            changes = _Changes(self.database, tx, self._scope)
            updater(changes)
            changes.write()

    def _get_next_id(self) -> str:
        return f"{self.name}:{ULID()}"

    # -- narrowing: the same calls, on a table that reads only what can be meant ---------------------------------

    def _within(self, scope: _Scope) -> TinyTable:
        narrowed = object.__new__(type(self))
        narrowed.__dict__ = {**self.__dict__, "_scope": scope}
        return narrowed

    def _where(self, *conditions: QueryLike | None) -> TinyTable:
        if any(condition is None for condition in conditions):
            return self
        return self._within(_Candidates(self.name, self.database, [each for each in conditions if each is not None]))

    def search(self, cond: QueryLike) -> list[Document]:  # type: ignore[override]
        """All documents for which `cond` is true."""
        return super(TinyTable, self._where(cond)).search(cond)  # type: ignore[return-value]

    def get(self, cond: QueryLike | None = None, doc_id: Any = None, doc_ids: Iterable[Any] | None = None) -> Any:
        """The document `doc_id`, or the first for which `cond` is true, or None; those of `doc_ids` as a list."""
        if doc_id is not None:
            return super().get(None, str(doc_id))  # type: ignore[call-overload]
        if doc_ids is not None:
            asked = [str(id) for id in doc_ids]
            return super(TinyTable, self._within(_Named(self.name, asked))).get(None, None, asked)
        return super(TinyTable, self._where(cond)).get(cond)  # type: ignore[arg-type]

    def insert(self, document: Mapping[str, Any]) -> str:  # type: ignore[override]
        """Writes a new document and returns its id. Raises ValueError where there is one with this id."""
        return super().insert(_ours(document))  # type: ignore[return-value]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[str]:  # type: ignore[override]
        """Writes new documents in one commit and returns their ids."""
        return super().insert_multiple(_ours(document) for document in documents)  # type: ignore[return-value]

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[str]:  # type: ignore[override]
        """Changes the documents for which `cond` is true (or the one that it is), or inserts it, in one commit."""
        with self.database.transaction():
            return super().upsert(_ours(document), cond)  # type: ignore[return-value]

    def update(  # type: ignore[override]
        self,
        fields: Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None],
        cond: QueryLike | None = None,
        doc_ids: Iterable[Any] | None = None,
    ) -> list[str]:
        """Changes documents by `fields` (a mapping, or a function that changes each) and returns their ids."""
        asked = None if doc_ids is None else [str(id) for id in doc_ids]
        table = self._where(cond) if asked is None else self
        return super(TinyTable, table).update(fields, cond, asked)  # type: ignore[arg-type, return-value]

    def update_multiple(  # type: ignore[override]
        self, updates: Iterable[tuple[Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None], QueryLike]]
    ) -> list[str]:
        """Several updates, each with its condition, in one pass and one commit."""
        asked = list(updates)
        # A document that no condition is true of stays as it is, so none becomes true of it on the way.
        return super(TinyTable, self._where(*(cond for _, cond in asked))).update_multiple(asked)  # type: ignore[return-value]

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[Any] | None = None) -> list[str]:  # type: ignore[override]
        """Writes tombstones for documents and returns their ids."""
        asked = None if doc_ids is None else [str(id) for id in doc_ids]
        table = self._where(cond) if asked is None else self
        return super(TinyTable, table).remove(cond, asked)  # type: ignore[arg-type, return-value]


class TinyDocs(tinydb.TinyDB):
    """A TinyDB over a database. Closing it leaves the database open: that belongs to whoever opened it."""

    table_class = TinyTable  # type: ignore[assignment]
    default_table_name = "default"  # TinyDB's own begins with an underscore, which no document id may

    def __init__(self, database: Database) -> None:
        super().__init__(database, storage=DocsStorage)

    def table(self, name: str, **kwargs: Any) -> TinyTable:
        """The table of the documents whose ``type`` is `name`."""
        return super().table(name, **kwargs)  # type: ignore[return-value]

    def drop_table(self, name: str) -> None:
        """Writes tombstones for all documents of a table."""
        self.table(name).truncate()
        self._tables.pop(name, None)

    def drop_tables(self) -> NoReturn:
        """Refused: it would delete everything, and so at every node and the central."""
        raise RuntimeError("This would delete all documents, also at the central. Drop one table after the other.")


class DocsStorage(Storage):
    """What TinyDB takes for its storage. It is read as ``{table: {id: document}}``, and never written as a whole."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def __repr__(self) -> str:
        return repr(self.database)

    def read(self) -> dict[str, Any]:
        with self.database.reading() as connection:
            names = queries.types(connection)
        return {name: _Stored(self.database, _Everything(name)) for name in names}

    def write(self, data: dict[str, dict[str, Any]]) -> NoReturn:
        raise RuntimeError("Documents are written one by one: use the tables.")


def _ours(document: Any) -> Any:
    """A `Document` of TinyDB's own kind as one of ours, with a text as its id; anything else as it is."""
    if isinstance(document, TinyDocument):
        return Document(document, str(document.doc_id))
    return document


# -- what a call looks at -------------------------------------------------------------------------------------------


class _Scope(ABC):
    """Which documents of a type a mapping shows to TinyDB."""

    def __init__(self, type: str) -> None:
        self.type = type

    @abstractmethod
    def records(self, database: Database) -> Iterable[Record]:
        """In the order of their arrival."""

    def shows(self, record: Record | None) -> bool:
        return record is not None and not record.deleted and record.type == self.type


class _Everything(_Scope):
    def records(self, database: Database) -> Iterable[Record]:
        return database.each(self.type)


class _Named(_Scope):
    """The documents of these ids."""

    def __init__(self, type: str, ids: Iterable[str]) -> None:
        super().__init__(type)
        self._ids = list(dict.fromkeys(ids))

    def records(self, database: Database) -> Iterable[Record]:
        found = [record for record in database.read_many(self._ids) if record is not None and self.shows(record)]
        return sorted(found, key=lambda record: record.n)


class _Candidates(_Scope):
    """The documents for which one of some conditions may be true: those an index finds, or all."""

    def __init__(self, type: str, database: Database, conditions: list[QueryLike]) -> None:
        super().__init__(type)
        self.conditions = conditions
        plans = [planner.plan(condition, type, database.indexes) for condition in conditions]
        self._plan = None if None in plans else [lookup for plan in plans for lookup in plan or ()]

    def records(self, database: Database) -> Iterable[Record]:
        if self._plan is None:
            return database.each(self.type)
        found = [record for lookup in self._plan for record in database.find(lookup.name, **lookup.options())]
        if len(found) < 2:
            return found
        return sorted({record.n: record for record in found}.values(), key=lambda record: record.n)

    def matching(self, database: Database) -> Iterator[str]:
        """The ids of those for which a condition is true now: no need to hold the others while they are changed."""
        for record in self.records(database):
            document = Document.of(record)
            if any(condition(document) for condition in self.conditions):
                yield record.id


class _Stored(Mapping[str, Document]):
    """The documents of a scope, read as they are asked for."""

    def __init__(self, database: Database, scope: _Scope) -> None:
        self._database = database
        self._scope = scope

    def __getitem__(self, id: str) -> Document:
        record = self._database.read(id)
        if record is None or not self._scope.shows(record):
            raise KeyError(id)
        return Document.of(record)

    def __iter__(self) -> Iterator[str]:
        return (record.id for record in self._scope.records(self._database))

    def __len__(self) -> int:
        if isinstance(self._scope, _Everything):
            return self._database.count(self._scope.type)
        return sum(1 for _ in self)

    def items(self) -> ItemsView[str, Document]:
        return _StoredItems(self)

    def pairs(self) -> Iterator[tuple[str, Document]]:
        return ((record.id, Document.of(record)) for record in self._scope.records(self._database))


class _StoredItems(ItemsView[str, Document]):
    """Reads documents page by page, where the mapping's own view would read each by its id."""

    _mapping: _Stored

    def __iter__(self) -> Iterator[tuple[str, Document]]:
        return self._mapping.pairs()


class _Changes(MutableMapping[str, Any]):
    """The documents of a scope, for TinyDB to change: what was touched becomes revisions by `write`."""

    def __init__(self, database: Database, tx: Transaction, scope: _Scope) -> None:
        self._database = database
        self._tx = tx
        self._scope = scope
        self._records: dict[str, Record | None] = {}  # what was looked at, as it is stored
        self._now: dict[str, Any] = {}  # as TinyDB left it; what was removed isn't there
        self._ids: list[str] | None = None

    def _record(self, id: str) -> Record | None:
        if id not in self._records:
            record = reads.record(self._tx.connection, id)
            self._records[id] = record
            if record is not None and self._scope.shows(record):
                self._now[id] = Document.of(record)
        return self._records[id]

    def __getitem__(self, id: str) -> Any:
        self._record(id)
        return self._now[id]

    def __contains__(self, id: object) -> bool:
        if not isinstance(id, str):
            return False
        self._record(id)
        return id in self._now

    def __setitem__(self, id: str, value: Any) -> None:
        record = self._record(id)
        if record is not None and not record.deleted and not self._scope.shows(record):
            raise ValueError(f"Document with ID {id} already exists, of another type")
        self._now[id] = value

    def __delitem__(self, id: str) -> None:
        self._record(id)
        del self._now[id]

    def keys(self) -> KeysView[str]:
        return dict.fromkeys(self).keys()

    def __iter__(self) -> Iterator[str]:
        if self._ids is None:
            scope = self._scope
            if isinstance(scope, _Candidates):
                self._ids = list(scope.matching(self._database))
            else:
                self._ids = [record.id for record in scope.records(self._database)]
        known = self._records
        yield from [id for id in self._ids if id not in known or id in self._now]
        stored = set(self._ids)
        yield from [id for id in self._now if id not in stored]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        for id in list(self):
            self._record(id)
        self._now.clear()

    def write(self) -> None:
        """Writes a revision for each document that isn't as it was."""
        fresh: list[edits.Draft] = []
        for id, record in self._records.items():
            stored = record if record is not None and self._scope.shows(record) else None
            if id not in self._now:
                if stored is not None:
                    self._bury(stored)
                continue
            old = stored.doc() if stored is not None else {}
            body = self._body(self._now[id], old)
            if stored is None:
                fresh.append(edits.draft({**body, "_id": id}))
            elif not _same(body, old):
                stubs = {"_attachments": attachments.kept(stored.atts)} if stored.atts else {}
                fresh.append(edits.draft({**body, **stubs, "_id": id, "_rev": stored.rev}))
        if len(fresh) == 1:
            edits.edit(self._tx, fresh[0])
        elif fresh:
            for result in edits.edit_many(self._tx, fresh):
                if "error" in result:  # another process can't be in between: a unique index
                    raise Conflict(f"{result['id']}: {result['reason']}")

    def _bury(self, record: Record) -> None:
        for path in record.paths():
            if not path[1]:
                tombstone = {"_id": record.id, "_rev": f"{path[0]}-{path[2][0]}", "_deleted": True}
                edits.edit(self._tx, edits.draft(tombstone))

    def _body(self, document: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
        """The document with its ``type`` in the place that it had; a new one begins with it."""
        for key in document:
            if isinstance(key, str) and key[:1] == "_":
                raise DocValidation(f"Bad special document member: {key}")
        type = self._scope.type
        if document.get("type", type) != type:
            raise ValueError(f"A document of the table {type} can't have the type {document['type']}")
        if "type" in document:
            return dict(document)
        place = list(old).index("type") if old else 0
        pairs = list(document.items())
        return dict([*pairs[:place], ("type", type), *pairs[place:]])


def _same(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether two bodies are one JSON value. (For Python 1, 1.0 and True are equal.)"""
    return new == old and json.canonical(new) == json.canonical(old)
