"""The SQLite file under a database: opening it, refusing it in words, its schema and its migrations.

One file holds one database. One row of ``docs`` is one document: the winner's body is the row's last column and is
spliced into responses unparsed; the bodies of losing leaves and of kept ancestors lie in ``bodies``. (Bodies in a table
clustered by document and revision take 3.7 times the space, since a row over 1,000 bytes spills to a page of its own.)

A file that is truncated, damaged, not ours or newer than this program is refused with a sentence that says which, and
is never written to and never deleted: the sales in it may be the only copy.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from app.docs import disputes
from app.docs.errors import CorruptFile, NewerSchema, NotADatabase, StoreError

APPLICATION_ID = 0x436F5469  # "CoTi", in the SQLite header: tells a CouchTill file from any other SQLite file

_SCHEMA_1 = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE epochs(first INTEGER PRIMARY KEY, epoch TEXT NOT NULL);
CREATE TABLE docs(
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL, type TEXT, rev TEXT NOT NULL,
    deleted INTEGER NOT NULL, conflicts INTEGER NOT NULL, local INTEGER NOT NULL, tree TEXT, atts TEXT,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX docs_seq ON docs(seq);
CREATE INDEX docs_type ON docs(type) WHERE deleted = 0;
CREATE INDEX docs_deleted ON docs(n) WHERE deleted = 1;
CREATE INDEX docs_conflicts ON docs(id) WHERE conflicts > 0;
CREATE TABLE bodies(
    n INTEGER PRIMARY KEY, doc INTEGER NOT NULL, rev TEXT NOT NULL, leaf INTEGER NOT NULL, deleted INTEGER NOT NULL,
    atts TEXT, body TEXT NOT NULL
);
CREATE UNIQUE INDEX bodies_rev ON bodies(doc, rev);
CREATE TABLE local_docs(id TEXT PRIMARY KEY, rev INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blobs(n INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, data BLOB NOT NULL);
CREATE TABLE terms(
    name TEXT NOT NULL, value NOT NULL, doc INTEGER NOT NULL, PRIMARY KEY(name, value, doc)
) WITHOUT ROWID;
"""

# MIGRATIONS[k] brings a file from user_version k to k + 1. Entries are only ever appended.
MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = []


def _first(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA_1.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.executemany(
        "INSERT INTO meta VALUES(?, ?)",
        [
            ("uuid", secrets.token_hex(16)),
            ("instance_start_time", str(time.time_ns() // 1000)),
            ("revs_limit", "1000"),
            ("floor", "0"),
            ("purge_seq", "0"),
            ("security", "{}"),
        ],
    )


MIGRATIONS.append(_first)
MIGRATIONS.append(disputes.migrate)

_MAGIC = b"SQLite format 3\x00"


def connect(path: Path, *, read_only: bool = False, cache_kib: int = 4000) -> sqlite3.Connection:
    """A connection in autocommit mode, set up as every connection of ours is. The caller begins transactions itself."""
    if read_only:
        # Without a WAL beside it, a file on read-only media opens only as immutable: SQLite can't make its -shm there.
        still = not Path(f"{path}-wal").exists() and not os.access(path.parent, os.W_OK)
        uri = path.absolute().as_uri() + ("?mode=ro&immutable=1" if still else "?mode=ro")
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=200
        )
    else:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=200)
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    if not read_only:
        # FULL: with NORMAL a WAL can lose its last commits at a power cut, and a receipt that was shown must be there.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def open_file(path: Path, *, read_only: bool = False, create: bool = True) -> sqlite3.Connection:
    """The writing (or, read-only, the first reading) connection to the file at `path`, brought to today's schema.

    A missing file is made when `create`: under another name first, and renamed when it is whole, so that a file of
    length zero is always a damaged one. Raises NotADatabase, CorruptFile, NewerSchema, StoreError.
    """
    if not path.exists():
        if read_only or not create:
            raise StoreError(f"There is no database file {path}.")
        _make(path)
    _check_header(path)
    try:
        connection = connect(path, read_only=read_only, cache_kib=16000)
        try:
            _check_identity(connection, path)
            if not read_only:
                connection.execute("PRAGMA journal_mode = WAL")
                migrate(connection, path)
            elif _version(connection) < len(MIGRATIONS):
                raise StoreError(
                    f"{path} has an older schema. Open it once with this program for writing, then read it."
                )
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        raise refusal(path, error) from error
    return connection


def refusal(path: Path, error: sqlite3.Error) -> StoreError:
    """The sentence for an SQLite error met while opening `path`."""
    text = str(error)
    if "not a database" in text:
        return NotADatabase(f"{path} is not a CouchTill database (or is encrypted). It was left as it is.")
    if "malformed" in text or "corrupt" in text:
        return CorruptFile(
            f"{path} is damaged ({text}). It was left as it is: copy it away before you try to repair it."
        )
    return StoreError(f"{path} can't be opened: {text}.")


def _make(path: Path) -> None:
    if not path.parent.is_dir():
        raise StoreError(f"There is no folder {path.parent} to keep {path.name} in.")
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        connection = sqlite3.connect(fresh, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection, fresh)
        finally:
            connection.close()
        # link() instead of rename(): two processes that make the same database must not replace each other's.
        with contextlib.suppress(FileExistsError):
            try:
                os.link(fresh, path)
            except (OSError, NotImplementedError) as error:
                if isinstance(error, FileExistsError):
                    raise
                if not path.exists():  # a file system without hard links
                    os.rename(fresh, path)
        sync_folder(path.parent)
    except sqlite3.Error as error:
        raise StoreError(f"{path} can't be made: {error}.") from error
    except OSError as error:
        raise StoreError(f"{path} can't be made: {error.strerror or error}.") from error
    finally:
        for leftover in (fresh, Path(f"{fresh}-wal"), Path(f"{fresh}-shm")):
            leftover.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Flushes a folder's entries, so that a file just made or renamed in it survives a power cut."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_header(path: Path) -> None:
    try:
        if path.is_dir():
            raise NotADatabase(f"{path} is a folder, not a database file.")
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise StoreError(f"{path} can't be read: {error.strerror or error}.") from error
    if size == 0:
        raise CorruptFile(f"{path} is empty: it was truncated. It was left as it is.")
    if not header.startswith(_MAGIC[: len(header)]):
        raise NotADatabase(f"{path} is not a CouchTill database. It was left as it is.")
    if len(header) < 100:
        raise CorruptFile(f"{path} is truncated: {size} bytes are too few for a database. It was left as it is.")
    # With a WAL beside it the file may rightly be shorter than its header says (a checkpoint that was cut off).
    wal = Path(f"{path}-wal")
    if wal.exists() and wal.stat().st_size > 0:
        return
    page = int.from_bytes(header[16:18], "big")
    page = 65536 if page == 1 else page
    pages = int.from_bytes(header[28:32], "big")
    if header[24:28] == header[92:96] and pages * page > size:
        raise CorruptFile(f"{path} is truncated: {size} bytes of {pages * page} are there. It was left as it is.")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise NotADatabase(
            f"{path} is an SQLite file of another program, not a CouchTill database. It was left as it is."
        )
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise NewerSchema(
            f"{path} was written by a newer CouchTill (schema {version}; this one knows {len(MIGRATIONS)}). "
            "Use that version. The file was left as it is."
        )


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Runs the migrations that the file at `path` lacks, each in a transaction of its own with its version number."""
    for version in range(_version(connection), len(MIGRATIONS)):
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _version(connection) == version:  # another process may have been faster
                MIGRATIONS[version](connection)
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
