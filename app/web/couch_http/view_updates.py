"""The indexes of views at a hub: made when they are first asked for, brought up to date when they are read.

Each design document's views have one file under ``views/<database>/``, named by what they come to: a changed function
is another file, and the old one goes when the next is made. Documents are mapped a hundred a call, in processes of
their own (`app.couchjs`), while others go on writing and reading.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.couchjs.engine import Busy, Engine, Program, Refusal, Stopped
from app.docs import json, view_index
from app.docs.database import Database
from app.docs.errors import BadRequest, DocsError, NotFound, StoreError
from app.docs.record import Record
from app.docs.view_index import ViewIndex
from app.web.couch_http.functions import FunctionError, busy, problem

log = logging.getLogger("couchtill.views")

#: Documents that are mapped between two commits of an index.
BATCH: Final = 500
_FORKED: Final = "]],["


class Group(NamedTuple):
    """The views of one design document: their names, in the order of their numbers; what runs them; their file."""

    names: tuple[str, ...]
    reduces: Mapping[str, str]
    program: Program
    signature: str
    include_design: bool
    local_seq: bool


def group_of(database: Database, id: str, body: Mapping[str, Any]) -> Group:
    """Of a design document's body. FunctionError for a language that nobody speaks here."""
    language = body.get("language", "javascript")
    if language != "javascript":
        raise FunctionError("unknown_query_language", str(language))
    views = body.get("views")
    views = views if isinstance(views, dict) else {}
    names = tuple(sorted(name for name, view in views.items() if name != "lib" and isinstance(view, dict)))
    reduces = {name: view["reduce"] for name in names if isinstance((view := views[name]).get("reduce"), str)}
    options = body.get("options")
    options = options if isinstance(options, dict) else {}
    if options.get("collation") == "raw":
        raise BadRequest("The collation `raw` is not served here.")
    told = {"_id": id, "language": language, "views": views}
    text = json.canonical(told)
    signature = hashlib.sha256(text + json.canonical(options)).hexdigest()[:32]
    program = Program.of(database.name, id, text)
    return Group(
        names, reduces, program, signature, bool(options.get("include_design")), bool(options.get("local_seq"))
    )


class ViewUpdates:
    """Of all databases of a node."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._locks: dict[Path, threading.Lock] = {}

    def index(self, database: Database, group: Group, *, update: bool) -> ViewIndex:
        """The group's index, brought up to date if that is asked for. FunctionError, ServiceUnavailable."""
        index = ViewIndex(folder_of(database) / f"{group.signature}.index")
        if not index.path.exists():
            self._tidy(database, keep=index.path)
        if update:
            self._update(database, group, index)
        return index

    def later(self, database: Database, group: Group, index: ViewIndex) -> None:
        """Brings an index up to date behind the answer, unless somebody is about it."""

        def run() -> None:
            try:
                self._update(database, group, index)
            except (DocsError, StoreError, sqlite3.Error):
                log.warning("%s: the index of %s was not brought up to date", database.name, group.program.id)

        if not self._lock(index.path).locked():
            threading.Thread(target=run, name="views", daemon=True).start()

    def running(self, index: ViewIndex) -> bool:
        """Whether somebody brings this index up to date now."""
        return self._lock(index.path).locked()

    def reduce(self, program: Program, view: str, groups: Sequence[tuple[Any, Sequence[Any]]]) -> list[Any]:
        """`Engine.reduce`. FunctionError, ServiceUnavailable."""
        try:
            return self._engine.reduce(program, view, groups)
        except Stopped as stopped:
            raise problem(Refusal(stopped.error, stopped.reason)) from None
        except Busy:
            raise busy() from None

    def forget(self, database: Database) -> None:
        """Takes all indexes of a database away: what was forgotten of it must not be left in them."""
        shutil.rmtree(folder_of(database), ignore_errors=True)

    # -- making them -------------------------------------------------------------------------------------------------

    def _lock(self, path: Path) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(path, threading.Lock())

    def _update(self, database: Database, group: Group, index: ViewIndex) -> None:
        with self._lock(index.path), contextlib.closing(index.connect()) as connection:
            known = view_index.marks(connection)
            here = {"uuid": database.uuid, "purge_seq": str(database.purge_seq)}
            n = int(known.get("n", "0"))
            fits = all(known.get(name) == value for name, value in here.items())
            fresh = not fits or (n > 0 and database.resolve_seq(known.get("seq", "")) != n)
            n = 0 if fresh else n
            until = database.last_n
            while n < until or fresh:
                if database.closed:
                    raise NotFound("Database does not exist.")
                records = database.after(n, BATCH)
                made = self._map(database, group, records)
                n = records[-1].seq if len(records) == BATCH else max(until, records[-1].seq if records else 0)
                told = {**here, "n": str(n), "seq": database.seq(n)}
                view_index.write(connection, made, told, fresh=fresh)
                fresh = False

    def _map(self, database: Database, group: Group, records: Sequence[Record]) -> list[tuple[str, view_index.Emitted]]:
        """What each of these documents emits; nothing for those that are deleted."""
        shown: list[tuple[str, bytes]] = []
        empty: view_index.Emitted = [[] for _ in group.names]
        for record in records:
            if record.deleted or (record.id.startswith("_design/") and not group.include_design):
                continue
            try:
                shown.append((record.id, _text(database, group, record)))
            except NotFound:  # deleted since: its change comes later
                continue
        try:
            made = self._engine.map(group.program, group.names, [text for _, text in shown])
        except Stopped as stopped:
            raise problem(Refusal(stopped.error, stopped.reason)) from None
        except Busy:
            raise busy() from None
        emitted = dict(zip((id for id, _ in shown), made, strict=True))
        return [(record.id, emitted.get(record.id, empty)) for record in records]

    def _tidy(self, database: Database, keep: Path) -> None:
        """Takes away the files of views that the database has no more."""
        wanted = {keep.stem}
        for record in database.between("_design/", "_design0"):
            with contextlib.suppress(DocsError):
                wanted.add(group_of(database, record.id, record.doc()).signature)
        self.clean(database, wanted)

    def clean(self, database: Database, wanted: set[str] | None = None) -> None:
        """Takes the files away of all but the signatures `wanted` (None: those of today's design documents)."""
        if wanted is None:
            return self._tidy(database, Path("none.index"))
        for path in folder_of(database).glob("*.index"):
            if path.stem not in wanted:
                ViewIndex(path).drop()
        return None


def folder_of(database: Database) -> Path:
    """Where the indexes of a database lie."""
    return database.path.parent / "views" / database.path.stem


def _text(database: Database, group: Group, record: Record) -> bytes:
    """The document as a map function is shown it: with its conflicts."""
    if group.local_seq:
        return database.get_json(record.id, conflicts=True, deleted_conflicts=True, local_seq=True)
    if record.conflicts or (record.tree is not None and _FORKED in record.tree):
        return database.get_json(record.id, conflicts=True, deleted_conflicts=True)
    return record.json()
