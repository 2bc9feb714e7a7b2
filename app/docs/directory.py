"""A folder of databases: one file each, one process at a time.

File names are the databases' names, percent-encoded: ``a/b`` is ``a%2Fb.db``.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from filelock import FileLock, Timeout

from app.docs.database import Database
from app.docs.errors import AlreadyOpen, FileExists, IllegalDatabaseName, NotFound, StoreError
from app.docs.indexes import Index, SearchIndex

_NAME = re.compile(r"[a-z][a-z0-9_$()+/-]*\Z")
SYSTEM = ("_users", "_replicator", "_global_changes")
OWN_FILES = frozenset({"node.db"})  # the node's own state lies beside the databases, and is none

IndexesFor = Callable[[str], Sequence[Index | SearchIndex] | None]
Listener = Callable[[str, str], None]


def check_name(name: str) -> str:
    """A database name as CouchDB takes it, or IllegalDatabaseName."""
    if name in SYSTEM or (_NAME.match(name) and len(quote(name, safe="")) <= 200):
        return name
    raise IllegalDatabaseName(
        f"Name: '{name}'. Only lowercase characters (a-z), digits (0-9), and any of the characters _, $, (, ), +, -, "
        "and / are allowed. Must begin with a letter."
    )


def lock_folder(folder: Path) -> FileLock:
    """Takes the lock that a folder's one writer holds; release it, or use it as a context manager. AlreadyOpen."""
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise AlreadyOpen(f"Another CouchTill is running on {folder}. Stop it first, or use another folder.") from None
    except OSError as error:
        raise StoreError(f"The folder {folder} can't be used: {error.strerror or error}.") from error
    return lock


class Directory:
    """The databases in a folder, opened when they are first asked for.

    Takes the folder's lock, unless `read_only`: a second process is refused (AlreadyOpen). `indexes_for` tells which
    indexes a database of a name has.
    """

    def __init__(
        self, path: str | Path, *, indexes_for: IndexesFor = lambda name: None, read_only: bool = False
    ) -> None:
        self.path = Path(path)
        self.read_only = read_only
        self._indexes_for = indexes_for
        self._open: dict[str, Database] = {}
        self._lock = threading.RLock()
        self._listeners: list[Listener] = []
        self._file_lock: FileLock | None = None
        if read_only:
            if not self.path.is_dir():
                raise StoreError(f"There is no folder {self.path}.")
            return
        try:
            # What a shop sells, and to whom, is nobody else's business on this machine.
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"The folder {self.path} can't be used: {error.strerror or error}.") from error
        self._file_lock = lock_folder(self.path)

    def __enter__(self) -> Directory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._open or self._file(name).exists())

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _file(self, name: str) -> Path:
        return self.path / f"{quote(name, safe='')}.db"

    def names(self) -> list[str]:
        """The names of all databases here, sorted."""
        found = (file.name for file in self.path.glob("*.db") if file.name not in OWN_FILES)
        return sorted(unquote(name[:-3]) for name in found if not name.startswith("."))

    def get(self, name: str) -> Database:
        """The database, open. Raises NotFound ("Database does not exist."), StoreError."""
        found = self._open.get(name)
        if found is not None:
            return found
        with self._lock:
            found = self._open.get(name)
            if found is None:
                try:
                    check_name(name)
                except IllegalDatabaseName:
                    raise NotFound("Database does not exist.") from None
                if not self._file(name).exists():
                    raise NotFound("Database does not exist.")
                found = self._remember(name)
            return found

    def create(self, name: str) -> Database:
        """Makes a database. Raises FileExists, IllegalDatabaseName, StoreError."""
        check_name(name)
        with self._lock:
            if name in self:
                raise FileExists
            made = self._remember(name)
        self._tell(name, "created")
        return made

    def ensure(self, name: str) -> Database:
        """The database, made where there is none."""
        try:
            return self.get(name)
        except NotFound:
            try:
                return self.create(name)
            except FileExists:
                return self.get(name)

    def delete(self, name: str) -> None:
        """Deletes a database and its file. Raises NotFound."""
        with self._lock:
            self.get(name).destroy()
            del self._open[name]
        self._tell(name, "deleted")

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls ``listener(name, "created" | "updated" | "deleted")``; returns what ends that. It must be quick."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def wake(self) -> None:
        """Wakes everyone who waits in an open database, to look at whether it is time to stop."""
        for database in list(self._open.values()):
            database.wake()

    def close(self) -> None:
        """Closes every database and gives the folder's lock back."""
        with self._lock:
            for database in self._open.values():
                database.close()
            self._open.clear()
            if self._file_lock is not None:
                self._file_lock.release()
                self._file_lock = None

    def _remember(self, name: str) -> Database:
        database = Database(self._file(name), name=name, indexes=self._indexes_for(name), read_only=self.read_only)
        database.on_change(lambda: self._tell(name, "updated"))
        self._open[name] = database
        return database

    def _tell(self, name: str, event: str) -> None:
        for listener in list(self._listeners):
            listener(name, event)
