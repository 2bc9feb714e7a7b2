"""A database: one file of revisioned JSON documents, as CouchDB keeps them.

This module opens it, lends its connections, and runs its transactions; what a document goes through is told in the
modules beside it (`edits`, `incoming`, `reads`, `changes`, `queries`, `attachments`, `maintenance`), whose functions
are the methods here.

One writer works at a time, behind a lock; at most `MAX_READERS` connections read at the same time, each seeing the last
commit, and a thread inside a transaction reads what it wrote. A feed that waits for changes holds no connection.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.docs import attachments, changes, edits, incoming, indexes, json, local_docs, maintenance, queries, reads
from app.docs.attachments import Attachment
from app.docs.changes import Batch, ChangesJSON, ChangesPage
from app.docs.errors import BadRequest, InsufficientStorage, ReadOnly, StoreError
from app.docs.feed import Notifier
from app.docs.file import connect, open_file, refusal
from app.docs.indexes import Index, SearchIndex
from app.docs.queries import AllDocsJSON
from app.docs.record import Record
from app.docs.sequence import Epochs

if TYPE_CHECKING:
    from app.docs.tiny import TinyTable

MAX_READERS = 8  # connections that read at once; more only contend for two cores and hold page caches
SPARE_READERS = 3  # kept open between requests: each holds a page cache of its own


class Transaction:
    """What one transaction has done so far. Published to the other threads when it is committed."""

    def __init__(self, database: Database, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.n = database.last_n
        self.live = 0  # change in the number of live documents
        self.dead = 0  # … and of deleted ones
        self.doomed: BaseException | None = None
        self.revs_limit = database.revs_limit
        self.max_document_size = database.max_document_size
        self.began_epoch = False
        self._database = database

    def next_seq(self) -> int:
        """The number of the next change. The first one after the file was opened begins a new epoch."""
        if not self._database.epoch_begun and not self.began_epoch:
            self._database.epochs.begin(self.connection, self.n + 1)
            self.began_epoch = True
        self.n += 1
        return self.n


class Database:
    """One database file, open.

    Raises at opening: StoreError and its kinds (`NotADatabase`, `CorruptFile`, `NewerSchema`), each in a sentence for a
    person. Methods raise `DocsError` kinds, with CouchDB's status, error and reason.

    `indexes` None leaves the file's indexes as they are (a command-line tool opening a till's file must not drop them).
    """

    def __init__(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        indexes: Sequence[Index | SearchIndex] | None = None,
        read_only: bool = False,
        create: bool = True,
    ) -> None:
        self.path = Path(path)
        self.name = name if name is not None else self.path.stem
        self.read_only = read_only
        self.closed = False
        self.max_document_size = 8_000_000
        self._lock = threading.RLock()
        self._owner: int | None = None
        self._depth = 0
        self._transaction: Transaction | None = None
        self._listeners: list[Callable[[], None]] = []
        self._readers: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._lent = threading.BoundedSemaphore(MAX_READERS)
        self._connection = open_file(self.path, read_only=read_only, create=create)
        try:
            self._load(indexes)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise refusal(self.path, error) from error
        except BaseException:
            self._connection.close()
            raise
        self._notifier = Notifier(lambda: self._last_n, self.name)

    def _load(self, wanted: Sequence[Index | SearchIndex] | None) -> None:
        connection = self._connection
        meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        self.uuid: str = meta["uuid"]
        self.instance_start_time: str = meta["instance_start_time"]
        self._revs_limit = int(meta["revs_limit"])
        self._security: dict[str, Any] = json.loads(meta["security"])
        self.purge_seq = int(meta["purge_seq"])
        self.epochs = Epochs.load(connection)
        self.epoch_begun = False
        newest = connection.execute("SELECT max(seq) FROM docs").fetchone()[0] or 0
        self._last_n = max(newest, int(meta["floor"]))
        dead: int = connection.execute("SELECT count(*) FROM docs WHERE deleted = 1").fetchone()[0]
        self._dead = dead
        self._live: int = connection.execute("SELECT count(*) FROM docs").fetchone()[0] - dead
        if wanted is not None and not self.read_only:
            found = indexes.apply(connection, wanted)
        else:
            found = indexes.load(connection)
        self.indexes: dict[str, Index] = {i.name: i for i in found if isinstance(i, Index)}
        self.search_indexes: dict[str, SearchIndex] = {i.type: i for i in found if isinstance(i, SearchIndex)}

    def __repr__(self) -> str:
        return f"<Database {self.name} at {self.update_seq}>"

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wakes all who wait and closes the file. Twice is harmless."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
        self._notifier.close()
        with self._lock:
            while True:
                try:
                    self._readers.get_nowait().close()
                except queue.Empty:
                    break
            self._connection.close()

    def destroy(self) -> None:
        """Closes the database and deletes its files."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    # -- transactions and connections ----------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """All that is written inside is one commit, on disk when the block ends. One inside another joins it.

        An exception that leaves the outermost block takes everything back. A failure of the file itself (a full disk:
        InsufficientStorage) takes everything back even where it is caught inside.
        """
        with self._lock:
            if self.closed:
                raise StoreError(f"The database {self.name} is closed.")
            if self.read_only:
                raise ReadOnly(f"The database {self.name} was opened for reading only.")
            if self._transaction is not None:
                with self._joined(self._transaction) as joined:
                    yield joined
                return
            connection = self._connection
            with _disk_errors(self.path):
                connection.execute("BEGIN IMMEDIATE")
            transaction = self._transaction = Transaction(self, connection)
            self._owner = threading.get_ident()
            try:
                with _disk_errors(self.path):
                    yield transaction
                    if transaction.doomed is not None:
                        raise transaction.doomed
                    connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if transaction.began_epoch:
                    self.epochs.retract()
                raise
            else:
                self._publish(transaction)
            finally:
                self._owner = None
                self._transaction = None

    @contextmanager
    def _joined(self, outer: Transaction) -> Iterator[Transaction]:
        try:
            with _disk_errors(self.path):
                yield outer
        except (StoreError, InsufficientStorage, sqlite3.Error) as error:
            outer.doomed = error
            raise

    def _publish(self, done: Transaction) -> None:
        changed = done.n != self._last_n
        self._live += done.live
        self._dead += done.dead
        self.epoch_begun = self.epoch_begun or done.began_epoch
        self._last_n = done.n
        if changed:
            self._notifier.notify()
            for listener in self._listeners:
                listener()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lends a connection for reading; inside a transaction of this thread its own. Give it back soon."""
        if self._owner == threading.get_ident():
            yield self._connection
            return
        with self._lent:
            if self.closed:
                raise StoreError(f"The database {self.name} is closed.")
            try:
                connection = self._readers.get_nowait()
            except queue.Empty:
                connection = connect(self.path, read_only=True)
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if self.closed or self._readers.qsize() >= SPARE_READERS:
                    connection.close()
                else:
                    self._readers.put(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """As `reading`, with all statements seeing the same commit."""
        with self.reading() as connection:
            if not connection.in_transaction:
                connection.execute("BEGIN")
            yield connection

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after each commit that changed a document, in the writer's thread: it must be quick."""
        self._listeners.append(listener)

    # -- about the database --------------------------------------------------------------------------------------

    @property
    def last_n(self) -> int:
        """The number of the newest change (this thread's own transaction included)."""
        if self._transaction is not None and self._owner == threading.get_ident():
            return self._transaction.n
        return self._last_n

    @property
    def update_seq(self) -> str:
        return self.epochs.text(self.last_n)

    def seq(self, n: int) -> str:
        """The sequence that peers see for change number `n`."""
        return self.epochs.text(n)

    def resolve_seq(self, since: Any) -> int:
        """The change number to go on after, for a peer's `since` (``"now"``, 0, None and unknown ones included)."""
        return self.epochs.resolve(since, self._last_n)

    def info(self) -> dict[str, Any]:
        """What CouchDB answers to ``GET /db``."""
        return maintenance.info(self, self._live, self._dead)

    @property
    def doc_count(self) -> int:
        return self._live

    @property
    def security(self) -> dict[str, Any]:
        """The security object, as CouchDB's ``_security``."""
        return self._security

    @security.setter
    def security(self, value: Mapping[str, Any]) -> None:
        self.set_meta("security", json.dumps(dict(value)).decode())
        self._security = dict(value)

    @property
    def revs_limit(self) -> int:
        """How many generations a branch keeps."""
        return self._revs_limit

    @revs_limit.setter
    def revs_limit(self, value: int) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise BadRequest("`revs_limit` must be a positive integer")
        self.set_meta("revs_limit", str(value))
        self._revs_limit = value

    def set_meta(self, key: str, value: str) -> None:
        """Writes one entry about the file itself."""
        with self.transaction() as tx:
            tx.connection.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (key, value))

    def get_meta(self, key: str) -> str | None:
        with self.reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    # -- reading -------------------------------------------------------------------------------------------------

    def read(self, id: str) -> Record | None:
        """The row of a document (a deleted one too), or None."""
        with self.reading() as connection:
            return reads.record(connection, id)

    def read_many(self, ids: Sequence[str]) -> list[Record | None]:
        """The rows of many documents, in the order asked for."""
        with self.reading() as connection:
            found = reads.records(connection, ids)
        return [found.get(id) for id in ids]

    def get(self, id: str, **options: Any) -> dict[str, Any]:
        """The document as CouchDB's ``GET /db/id`` answers it; options as in `reads.get`. Raises NotFound."""
        return json.loads(self.get_json(id, **options))  # type: ignore[no-any-return]

    def get_json(self, id: str, **options: Any) -> bytes:
        """As `get`, as JSON with the body unparsed."""
        with self.snapshot() as connection:
            return reads.get(self, connection, id, **options)

    def open_revs(self, id: str, revs: Sequence[str] | str, **options: Any) -> list[dict[str, Any]]:
        """``[{"ok": doc} | {"missing": rev}]`` for the revisions asked for, or for ``"all"`` leaves."""
        with self.snapshot() as connection:
            return reads.open_revs(self, connection, id, revs, **options)

    def bulk_get(self, entries: Iterable[Any], **options: Any) -> list[dict[str, Any]]:
        """CouchDB's ``_bulk_get`` results: one for each entry, in the same order."""
        return [json.loads(result) for result in self.bulk_get_json(entries, **options)]

    def bulk_get_json(self, entries: Iterable[Any], **options: Any) -> list[bytes]:
        """As `bulk_get`, each result as JSON with the bodies unparsed."""
        with self.snapshot() as connection:
            return reads.bulk_get(self, connection, entries, **options)

    def revs_diff(self, asked: Any) -> dict[str, Any]:
        """``{id: {"missing": [...], "possible_ancestors": [...]?}}`` for what isn't here. BadRequest on bad shapes."""
        with self.reading() as connection:
            return reads.revs_diff(connection, asked)

    def missing_revs(self, asked: Any) -> dict[str, Any]:
        """``{"missing_revs": {id: [rev]}}``, the older form of `revs_diff`."""
        return {"missing_revs": {id: entry["missing"] for id, entry in self.revs_diff(asked).items()}}

    def all_docs(self, **options: Any) -> dict[str, Any]:
        """CouchDB's ``_all_docs``; options as in `queries.all_docs`."""
        return self.all_docs_json(**options).as_dict()

    def all_docs_json(self, **options: Any) -> AllDocsJSON:
        with self.snapshot() as connection:
            return queries.all_docs(self, connection, **options)

    def count(self, type: str | None = None) -> int:
        """How many live documents there are (of `type`)."""
        if type is None:
            return self._live
        with self.reading() as connection:
            return queries.count(connection, type)

    # -- writing -------------------------------------------------------------------------------------------------

    def put(self, doc: Mapping[str, Any], *, rev: str | None = None) -> str:
        """Writes an edit of a document (``_id`` minted where there is none) and returns the new revision.

        The revision edited is `rev` or ``_rev``. Raises Conflict, BadRequest, DocValidation, IllegalDocId, MissingStub,
        DocumentTooLarge, InsufficientStorage.
        """
        draft = edits.draft(doc, rev=rev)
        with self.transaction() as tx:
            return edits.edit(tx, draft)

    def delete(self, id: str, rev: str) -> str:
        """Writes a tombstone on `rev` and returns its revision. Raises NotFound, Conflict."""
        return self.put({"_id": id, "_deleted": True}, rev=rev)

    def bulk_docs(self, docs: Sequence[Any], *, new_edits: bool = True) -> list[dict[str, Any]]:
        """CouchDB's ``_bulk_docs``, in one commit.

        A result for each document; with ``new_edits=False`` (revisions of other nodes, merged into the trees) only the
        failures, so ``[]`` on success. Raises BadRequest when the request as a whole is wrong.
        """
        if new_edits:
            drafts = edits.drafts(docs)
            with self.transaction() as tx:
                return edits.edit_many(tx, drafts)
        arrivals = incoming.arrivals(docs)
        with self.transaction() as tx:
            return incoming.merge_many(tx, arrivals)

    def purge(self, asked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Forgets leaf revisions, as if they had never been (CouchDB's ``_purge``). They don't replicate as deleted."""
        with self.transaction() as tx:
            done, self.purge_seq = maintenance.purge(self, tx, asked)
        return done

    def retract(self, id: str, rev: str) -> bool:
        """Takes a leaf revision back: its parent is the leaf again. False (and nothing done) where that can't be."""
        with self.transaction() as tx:
            return maintenance.retract(tx, id, rev)

    # -- attachments ---------------------------------------------------------------------------------------------

    def get_attachment(self, id: str, name: str, *, rev: str | None = None) -> Attachment:
        """An attachment with its bytes. Raises NotFound."""
        with self.snapshot() as connection:
            return attachments.get(connection, id, name, rev)

    def put_attachment(self, id: str, name: str, data: bytes, content_type: str, *, rev: str | None = None) -> str:
        """Adds or replaces an attachment (and makes the document, without `rev`, where there is none)."""
        with self.transaction() as tx:
            return attachments.put(tx, id, name, data, content_type, rev)

    def delete_attachment(self, id: str, name: str, *, rev: str | None) -> str:
        """Takes an attachment away. Raises NotFound, Conflict."""
        with self.transaction() as tx:
            return attachments.delete(tx, id, name, rev)

    # -- local documents -----------------------------------------------------------------------------------------

    def get_local(self, id: str) -> dict[str, Any] | None:
        """The local document `id` (without ``_local/``), or None."""
        with self.reading() as connection:
            return local_docs.get(connection, id)

    def put_local(self, id: str, doc: Mapping[str, Any]) -> str:
        """Writes a local document and returns its new ``0-N``."""
        with self.transaction() as tx:
            return local_docs.put(tx.connection, id, doc)

    def delete_local(self, id: str) -> None:
        """Deletes a local document. Raises NotFound."""
        with self.transaction() as tx:
            local_docs.delete(tx.connection, id)

    def local_docs(self) -> list[dict[str, Any]]:
        """All local documents."""
        with self.reading() as connection:
            return local_docs.every(connection)

    # -- the changes feed ----------------------------------------------------------------------------------------

    def changes(self, since: Any = "0", **options: Any) -> ChangesPage:
        """A page of the changes feed, parsed; options as in `changes.page`."""
        return self.changes_json(since, **options).parsed()

    def changes_json(self, since: Any = "0", **options: Any) -> ChangesJSON:
        """A page of the changes feed, each row as JSON with its document unparsed."""
        return changes.page(self, since, **options)

    def batch(self, since: Any, limit: int, *, bodies: bool = True) -> Batch:
        """A page of the feed as a replicator sends it on."""
        with self.reading() as connection:
            return changes.batch(self, connection, since, limit, bodies)

    def wait(self, n: int, timeout: float) -> int:
        """Blocks until `last_n` is beyond `n`, `wake` or `close` is called, or `timeout` seconds are over."""
        return self._notifier.wait(n, timeout)

    def wake(self) -> None:
        """Wakes all who `wait`."""
        self._notifier.wake()

    def unsent(self, since: Any) -> tuple[int, Record | None]:
        """How many documents were last written *here* after `since`, and the oldest of them."""
        with self.reading() as connection:
            return changes.unsent(self, connection, since)

    # -- indexes -------------------------------------------------------------------------------------------------

    def find(self, index: str, value: Any = queries.ANY, **options: Any) -> list[Record]:
        """Live documents by an index; options as in `queries.find`."""
        with self.reading() as connection:
            return queries.find(self, connection, index, value, **options)

    def between(self, low: str, high: str, *, limit: int | None = None, descending: bool = False) -> list[Record]:
        """Live documents whose ids lie from `low` to `high` (both included), in the order of ids."""
        with self.reading() as connection:
            return queries.between(connection, low, high, limit=limit, descending=descending)

    def tally(self, index: str) -> dict[Any, int]:
        """How many live documents each value of an index has."""
        with self.reading() as connection:
            return queries.tally(self, connection, index)

    def search(self, type: str, text: str, *, limit: int = 50) -> list[Record]:
        """Live documents of `type` in which every word of `text` begins a word of theirs, the best first."""
        with self.reading() as connection:
            return queries.search(self, connection, type, text, limit)

    def each(self, type: str) -> Iterator[Record]:
        """All live documents of `type`, the oldest here first, read in pages."""
        return queries.each(self, type)

    # -- maintenance ---------------------------------------------------------------------------------------------

    def compact(self) -> None:
        """Drops the bodies of ancestors and bytes that nothing names any more, and gives the space back."""
        maintenance.compact(self)

    def vacuum(self) -> None:
        """Rewrites the file without the space that deleted rows left (and without their bytes)."""
        with self._lock:
            if self._transaction is not None:
                raise StoreError("A database can't be compacted inside a transaction.")
            with _disk_errors(self.path):
                self._connection.execute("VACUUM")
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def verify(self) -> list[str]:
        """What is wrong with the file, the trees and the indexes, in words; empty when all is well."""
        return maintenance.verify(self)

    def table(self, type: str) -> TinyTable:
        """The documents of `type` as a TinyDB table."""
        from app.docs.tiny import TinyDocs  # imported late: the sale path does without TinyDB

        return TinyDocs(self).table(type)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Names what the file system refused."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "disk is full" in text or "disk I/O error" in text:
            raise InsufficientStorage(f"The disk is full: nothing was written to {path.name}.") from error
        if "locked" in text:
            raise StoreError(f"{path} is in use by another program.") from error
        if "readonly" in text:
            raise ReadOnly(f"{path} can't be written to.") from error
        raise
    except sqlite3.DatabaseError as error:
        if "malformed" in str(error) or "not a database" in str(error):
            raise refusal(path, error) from error
        raise
