"""The file of a database at work: its connections, its transactions, and what is told of it as a whole.

One writer works at a time, behind a lock; at most `MAX_READERS` connections read at the same time, each seeing the last
commit, and a thread inside a transaction reads what it wrote. A feed that waits for changes holds no connection.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from app.docs import forgetting, indexes, json
from app.docs.errors import BadRequest, InsufficientStorage, ReadOnly, StoreError
from app.docs.feed import Notifier
from app.docs.file import connect, open_file, refusal
from app.docs.indexes import Index, SearchIndex
from app.docs.sequence import Epochs

MAX_READERS = 8  # connections that read at once; more only contend for two cores and hold page caches
SPARE_READERS = 3  # kept open between requests: each holds a page cache of its own


class Transaction:
    """What one transaction has done so far. Published to the other threads when it is committed."""

    def __init__(self, store: Store, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.n = store.last_n
        self.live = 0  # change in the number of live documents
        self.dead = 0  # … and of deleted ones
        self.doomed: BaseException | None = None
        self.revs_limit = store.revs_limit
        self.forgotten = store.forgotten  # documents whose ancestors' bodies are not kept
        self.max_document_size = store.max_document_size
        self.began_epoch = False
        self._store = store

    def next_seq(self) -> int:
        """The number of the next change. The first one after the file was opened begins a new epoch."""
        if not self._store.epoch_begun and not self.began_epoch:
            self._store.epochs.begin(self.connection, self.n + 1)
            self.began_epoch = True
        self.n += 1
        return self.n


class Store:
    """A database file, open. `Database` adds the documents."""

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
        self._transaction: Transaction | None = None
        self._listeners: list[Callable[[], None]] = []
        self._readers: deque[sqlite3.Connection] = deque()
        self._lent = threading.BoundedSemaphore(MAX_READERS)
        self._held = threading.local()  # `.connection` is that of this thread's snapshot
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
        self.forgotten = forgetting.load(connection)
        self.epochs = Epochs.load(connection)
        self.epoch_begun = False
        self.pending_before = (-1, 0, 0)  # changes._pending's last answer: newest number, number asked for, count
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
        return f"<{type(self).__name__} {self.name} at {self.update_seq}>"

    def __enter__(self) -> Self:
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
            self._drain()
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
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise named(self.path, error) from error
            transaction = self._transaction = Transaction(self, connection)
            self._owner = threading.get_ident()
            try:
                yield transaction
                if transaction.doomed is not None:
                    raise transaction.doomed
                connection.execute("COMMIT")
            except BaseException as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if transaction.began_epoch:
                    self.epochs.retract()
                if isinstance(error, sqlite3.Error):
                    raise named(self.path, error) from error
                raise
            else:
                self._publish(transaction)
            finally:
                self._owner = None
                self._transaction = None

    @contextmanager
    def _joined(self, outer: Transaction) -> Iterator[Transaction]:
        try:
            yield outer
        except sqlite3.Error as error:
            outer.doomed = named(self.path, error)
            raise outer.doomed from error
        except (StoreError, InsufficientStorage) as error:
            outer.doomed = error
            raise

    def _publish(self, done: Transaction) -> None:
        changed = done.n != self._last_n
        self._live += done.live
        self._dead += done.dead
        self.epoch_begun = self.epoch_begun or done.began_epoch
        self.forgotten = done.forgotten
        self._last_n = done.n
        if changed:
            self._notifier.notify()
            for listener in self._listeners:
                listener()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lends a connection for reading; inside a transaction or a snapshot of this thread its own. Give it back
        soon."""
        if self._owner == threading.get_ident():
            yield self._connection
            return
        held: sqlite3.Connection | None = getattr(self._held, "connection", None)
        if held is not None:
            yield held
            return
        with self._lent:
            if self.closed:
                raise StoreError(f"The database {self.name} is closed.")
            try:
                connection = self._readers.pop()
            except IndexError:
                connection = connect(self.path, read_only=True)
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._take_back(connection)

    def _take_back(self, connection: sqlite3.Connection) -> None:
        if len(self._readers) >= SPARE_READERS:
            connection.close()
        else:
            self._readers.append(connection)
        if self.closed:  # while this one was lent
            self._drain()

    def _drain(self) -> None:
        with suppress(IndexError):
            while True:
                self._readers.pop().close()

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """As `reading`, with all statements seeing the same commit, and all that this thread reads meanwhile."""
        with self.reading() as connection:
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN")
            self._held.connection = connection
            try:
                yield connection
            finally:
                self._held.connection = None

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

    def wait(self, n: int, timeout: float, ended: Callable[[], bool] | None = None) -> int:
        """Blocks until `last_n` is beyond `n`, `wake` or `close` is called, or `timeout` seconds are over; not at all
        where `ended()` (what must have been set before a `wake`) is true."""
        return self._notifier.wait(n, timeout, ended)

    def wake(self) -> None:
        """Wakes all who `wait`."""
        self._notifier.wake()

    def vacuum(self) -> None:
        """Rewrites the file without the space that deleted rows left (and without their bytes, which the log keeps
        until `empty_log`)."""
        with self._lock:
            self._check_outside()
            try:
                self._connection.execute("VACUUM")
            except sqlite3.Error as error:
                raise named(self.path, error) from error

    def empty_log(self, patience: int) -> bool:
        """Brings all of the log into the file and cuts it to nothing; False when readers were in the way for `patience`
        milliseconds. Writers wait meanwhile."""
        with self._lock:
            self._check_outside()
            kept = self._connection.execute("PRAGMA busy_timeout").fetchone()[0]
            try:
                self._connection.execute(f"PRAGMA busy_timeout = {patience}")
                busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.Error as error:
                raise named(self.path, error) from error
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {kept}")
        return not busy

    def _check_outside(self) -> None:
        if self.closed:
            raise StoreError(f"The database {self.name} is closed.")
        if self._transaction is not None:
            raise StoreError("A database can't be compacted inside a transaction.")


def named(path: Path, error: sqlite3.Error) -> Exception:
    """What the file system refused, under its own name; `error` itself where it is about something else."""
    text = str(error)
    if isinstance(error, sqlite3.OperationalError):
        if "disk is full" in text or "disk I/O error" in text:
            return InsufficientStorage(f"The disk is full: nothing was written to {path.name}.")
        if "locked" in text:
            return StoreError(f"{path} is in use by another program.")
        if "readonly" in text:
            return ReadOnly(f"{path} can't be written to.")
    elif isinstance(error, sqlite3.DatabaseError) and ("malformed" in text or "not a database" in text):
        return refusal(path, error)
    return error
