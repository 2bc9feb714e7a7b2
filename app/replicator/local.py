"""A database of this process as a peer. Texts come out as they are stored; what goes in is merged in one commit."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from app.docs import json
from app.docs.database import Database
from app.docs.errors import DocsError, MissingStub, NotFound, StoreError
from app.docs.selector import compile as compile_selector
from app.replicator.errors import (
    ConflictError,
    DatabaseMissing,
    MissingStubError,
    NotFoundError,
    Refused,
    Stopped,
    TooLarge,
    TransportError,
)
from app.replicator.peer import Central, Document, Failure, Filter, Info, Missing, Page, Row, Seq, Want, inline, outline

WAIT_STEP = 0.5
"""Seconds between two looks at the stop flag while waiting for a local change; a change itself wakes at once."""


class LocalPeer:
    """A peer over an open `Database`. `owned`: closing the peer closes the database."""

    remote = False
    writes_design_docs_apart = False

    def __init__(self, database: Database, *, owned: bool = False) -> None:
        self.database = database
        self.name = str(database.path)
        self.key = database.uuid
        self._owned = owned
        self._cut = threading.Event()

    def info(self) -> Info:
        with _errors():
            return Info(self.database.update_seq, self.database.instance_start_time, self.database.last_n == 0)

    def exists(self) -> bool:
        return not self.database.closed

    def create(self) -> None:
        return None

    def central(self) -> Central:
        return central_of(self.database.security, self.database.uuid, self.database.instance_start_time)

    def changes(
        self, since: Seq, *, limit: int, bodies: bool, filter: Filter, timeout: float = 0.0, heartbeat: bool = False
    ) -> Page:
        deadline = time.monotonic() + timeout
        while True:
            with _errors():
                page = self._filtered(since, limit, filter) if filter else self._batch(since, limit, bodies)
            since = page.last_seq
            if not page.empty or not self._waited(since, deadline):
                return page

    def _waited(self, since: Seq, deadline: float) -> bool:
        """Waits for a change after `since`: False when the time is over first."""
        database = self.database
        n = database.resolve_seq(since)
        while (left := deadline - time.monotonic()) > 0:
            if self._cut.is_set():
                raise Stopped()
            if database.closed:
                raise TransportError(f"The database {database.name} is closed.")
            if database.wait(n, min(left, WAIT_STEP), self._cut.is_set) > n:
                return True
        return False

    def _batch(self, since: Seq, limit: int, bodies: bool) -> Page:
        batch = self.database.batch(since, limit, bodies=bodies)
        rows = [Row(row.id, row.revs, row.deleted, row.local, row.text) for row in batch.rows]
        return Page(rows, batch.last_seq, batch.pending, bytes=sum(len(row.doc) for row in rows if row.doc))

    def _filtered(self, since: Seq, limit: int, filter: Filter) -> Page:
        match: Callable[[dict[str, Any]], bool] | None = None
        if filter.selector is not None:
            match = compile_selector(dict(filter.selector))
        ids = None if filter.doc_ids is None else list(filter.doc_ids)
        page = self.database.changes(since, limit=limit, style="all_docs", doc_ids=ids, match=match)
        rows = [
            Row(row["id"], [change["rev"] for change in row["changes"]], bool(row.get("deleted")), None, None)
            for row in page.rows
        ]
        return Page(rows, page.last_seq, page.pending)

    def pending(self, since: Seq) -> int | None:
        with _errors():
            return self.database.changes(since, limit=0).pending

    def revs_diff(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Missing]:
        with _errors():
            found = self.database.revs_diff(revs)
        return {id: Missing(entry["missing"], entry.get("possible_ancestors", ())) for id, entry in found.items()}

    def fetch(self, wants: Sequence[Want]) -> list[dict[str, Any]]:
        entries = [
            {"id": want.id, "rev": want.rev, **({"atts_since": list(want.ancestors)} if want.ancestors else {})}
            for want in wants
        ]
        with _errors():
            results = self.database.bulk_get(entries, revs=True, latest=True, attachments=True)
        docs = {}
        for result in results:
            for row in result["docs"]:
                if "ok" in row:
                    docs[row["ok"]["_id"], row["ok"]["_rev"]] = outline(row["ok"])
        return list(docs.values())

    def leaves(self, id: str) -> list[dict[str, Any]]:
        try:
            with _errors():
                rows = self.database.open_revs(id, "all", with_revs=True, attachments=True)
        except NotFoundError:
            return []
        return [outline(row["ok"]) for row in rows if "ok" in row]

    def write(self, docs: Sequence[Document]) -> list[Failure]:
        parsed = [json.loads(doc) if isinstance(doc, bytes) else inline(doc) for doc in docs]
        with _errors():
            rows = self.database.bulk_docs(parsed, new_edits=False)
        return [
            Failure(str(row.get("id")), str(row.get("rev") or ""), str(row["error"]), str(row.get("reason") or ""))
            for row in rows
            if "error" in row
        ]

    def write_one(self, doc: Document) -> Failure | None:
        failures = self.write([doc])
        return failures[0] if failures else None

    def get_local(self, id: str) -> dict[str, Any] | None:
        with _errors():
            return self.database.get_local(id)

    def put_local(self, id: str, doc: Mapping[str, Any]) -> str:
        with _errors():
            return self.database.put_local(id, dict(doc))

    def commit(self) -> str:
        return self.database.instance_start_time

    def who(self) -> tuple[bool, str]:
        return True, ""

    def renew(self) -> None:
        return None

    def cut(self) -> None:
        self._cut.set()
        if not self.database.closed:
            self.database.wake()

    def mend(self) -> None:
        self._cut.clear()

    def hurry(self, seconds: float) -> None:
        return None

    def close(self) -> None:
        if self._owned:
            self.database.close()


def central_of(security: Mapping[str, Any], server: str, instance_start_time: str) -> Central:
    """The identity in a `_security` object: its key `couchtill: {id, restored_from, earlier}`."""
    own = security.get("couchtill")
    if not isinstance(own, dict) or not own.get("id"):
        return Central(None, None, server, instance_start_time)
    before = own.get("restored_from")
    earlier = own.get("earlier")
    named = tuple(str(name) for name in earlier) if isinstance(earlier, list) else ()
    return Central(str(own["id"]), str(before) if before else None, server, instance_start_time, named)


@contextmanager
def _errors() -> Iterator[None]:
    """The store's errors as a peer's."""
    try:
        yield
    except NotFound as error:
        raise (DatabaseMissing if "atabase" in error.reason else NotFoundError)(error.reason) from error
    except MissingStub as error:
        raise MissingStubError(error.reason) from error
    except DocsError as error:
        if error.status == 409:
            raise ConflictError(error.reason) from error
        if error.status == 413:
            raise TooLarge(error.reason, error=error.error) from error
        if error.status >= 500:
            raise TransportError(error.reason, status=error.status, error=error.error) from error
        raise Refused(error.reason, status=error.status, error=error.error) from error
    except StoreError as error:
        raise TransportError(str(error)) from error
    except sqlite3.Error as error:
        raise TransportError(f"The local database could not be used: {error}") from error
