"""Documents that the other side did not take: a list that lasts, with the reason and the body, and their way back.

What happens to one depends on whether its kind is ever edited:

* An *immutable* document stays where it is, stands on the list, and is offered again: after a while, and at once when a
  person asks.
* The refused revision of a *mutable* one is set aside: its body goes on the list and its leaf is purged here, the
  other side's revision takes its place. Left in the tree it would travel as the parent of the next edit, past any
  check. Offering it again is a fresh edit of what is the winner then, and only a person asks for that.
* A revision that came from elsewhere, of a kind that this node may not write (a price of head office's, offered to a
  central that was restored to before it): it stays, and isn't listed. Whoever wrote it brings it.

The list lies in the node's own SQLite file (`node.db`), beside other tables.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from app.docs import json
from app.docs.database import Database
from app.docs.errors import DocsError
from app.replicator.local import LocalPeer
from app.replicator.peer import Document, Failure, Peer, inline
from app.replicator.writer import DENIALS

FIRST_OFFER = 600.0
"""Seconds before an immutable document is offered again unasked; doubles each time up to `LAST_OFFER`."""

LAST_OFFER = 6 * 3600.0

PAUSE = 0.05
"""Seconds between two tries to empty the file's log."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS refused (
    id TEXT PRIMARY KEY, link TEXT NOT NULL, database TEXT NOT NULL, document TEXT NOT NULL, rev TEXT NOT NULL,
    set_aside INTEGER NOT NULL, error TEXT NOT NULL, reason TEXT NOT NULL, body TEXT, since TEXT NOT NULL,
    tries INTEGER NOT NULL, next_try TEXT
) WITHOUT ROWID
"""
_COLUMNS = "id, link, database, document, rev, set_aside, error, reason, body, since, tries, next_try"


class Entry(NamedTuple):
    """One refused revision. `since` and `next_try` are UTC; `next_try` None waits for a person."""

    id: str
    link: str
    database: str
    document: str
    rev: str
    set_aside: bool
    """Its leaf was purged here; `body` is all that is left of it."""
    error: str
    reason: str
    body: str | None
    since: str
    tries: int
    next_try: str | None


Entries: TypeAlias = list[Entry]


class RefusedList:
    """The list of a node. Any thread may use it."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(_SCHEMA)
        self._counts: dict[str, int] = dict(self._db.execute("SELECT link, count(*) FROM refused GROUP BY link"))
        self.asked: Callable[[str], None] | None = None
        """Called with a link's name when a person wants one of its documents offered again."""

    def list(self) -> Entries:
        """All entries, the oldest first."""
        return self._select("ORDER BY since, id")

    def get(self, id: str) -> Entry | None:
        found = self._select("WHERE id = ?", id)
        return found[0] if found else None

    def count(self, link: str) -> int:
        """How many stand on the list for a link; from memory."""
        return self._counts.get(link, 0)

    def due(self, link: str) -> Entries:
        """What should be offered now."""
        if not self._counts.get(link):
            return []
        return self._select("WHERE link = ? AND next_try <= ? ORDER BY since", link, _now())

    def add(self, link: str, database: str, failure: Failure, body: str | None, *, set_aside: bool) -> Entry:
        """Lists a refusal, on disk when this returns. The same revision again: one more try."""
        id = hashlib.sha256(json.dumps([link, failure.id, failure.rev])).hexdigest()[:16]
        with self._lock:
            row = self._db.execute("SELECT tries, since, body FROM refused WHERE id = ?", (id,)).fetchone()
            tries, since = (row[0] + 1, row[1]) if row else (1, _now())
            body = body if body is not None or row is None else row[2]
            wait = min(LAST_OFFER, FIRST_OFFER * 2.0 ** (tries - 1))
            entry = Entry(
                id,
                link,
                database,
                failure.id,
                failure.rev,
                set_aside,
                failure.error,
                failure.reason,
                body,
                since,
                tries,
                None if set_aside else _now(wait),
            )
            marks = ", ".join("?" * len(entry))
            self._db.execute(f"INSERT OR REPLACE INTO refused ({_COLUMNS}) VALUES ({marks})", entry)
            if row is None:
                self._counts[link] = self._counts.get(link, 0) + 1
        return entry

    def retry(self, id: str) -> bool:
        """A person wants it offered again: it is, with the next pass, which starts at once. False: not listed."""
        with self._lock:
            self._db.execute("UPDATE refused SET next_try = ? WHERE id = ?", (_now(), id))
        entry = self.get(id)
        if entry is not None and self.asked is not None:
            self.asked(entry.link)
        return entry is not None

    def postpone(self, id: str) -> None:
        """Not to be offered again unasked."""
        with self._lock:
            self._db.execute("UPDATE refused SET next_try = NULL WHERE id = ?", (id,))

    def remove(self, id: str) -> None:
        """It was taken, or a person let it go."""
        with self._lock:
            row = self._db.execute("DELETE FROM refused WHERE id = ? RETURNING link", (id,)).fetchone()
            if row is not None:
                self._counts[row[0]] -= 1

    def forget(self, database: str, documents: Iterable[str], *, patience: float = 5.0) -> bool:
        """Drops what stands here of these documents, and every byte of what was dropped before; False where other
        connections kept the log of the file from being emptied for `patience` seconds: then once more, later."""
        with self._lock:
            for document in documents:
                rows = self._db.execute(
                    "DELETE FROM refused WHERE database = ? AND document = ? RETURNING link", (database, document)
                ).fetchall()
                for (link,) in rows:
                    self._counts[link] -= 1
        ends = time.monotonic() + patience
        while not self._emptied():  # the node's own readers of this file are many, and each is quick
            if time.monotonic() > ends:
                return False
            time.sleep(PAUSE)
        return True

    def _emptied(self) -> bool:
        with self._lock:
            try:
                self._db.execute("VACUUM")
                return not self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise
                return False

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _select(self, rest: str, *values: str) -> Entries:
        with self._lock:
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM refused {rest}", values).fetchall()
        return [Entry(*row)._replace(set_aside=bool(row[5])) for row in rows]


class LinkRefusals:
    """What a link does with its refusals; given to the run as its `refusals`.

    `immutable(id)` tells whether documents with such an id are ever edited.
    """

    def __init__(
        self,
        listed: RefusedList,
        link: str,
        database: str,
        source: Peer,
        target: Peer,
        immutable: Callable[[str], bool],
    ) -> None:
        self._listed = listed
        self._link = link
        self._database = database
        self._source = source
        self._target = target
        self._immutable = immutable

    def refused(self, failure: Failure, doc: Document | None) -> None:
        body = None if doc is None else _text(doc)
        own = self._source.database if isinstance(self._source, LocalPeer) else None
        if own is not None and failure.error in DENIALS and not self._immutable(failure.id) and _came(own, failure):
            return
        aside = own is not None and body is not None and failure.error in DENIALS and not self._immutable(failure.id)
        self._listed.add(self._link, self._database, failure, body, set_aside=aside)
        if aside and own is not None:
            self._set_aside(own, failure)

    def _set_aside(self, own: Database, failure: Failure) -> None:
        """Purges the leaf, and takes what the other side has, in one transaction. A leaf no more: its child decides."""
        theirs = self._target.leaves(failure.id)
        with own.transaction():
            own.purge({failure.id: [failure.rev]})
            if theirs:
                own.bulk_docs([inline(doc) for doc in theirs], new_edits=False)

    def offers(self) -> tuple[Entries, Entries]:
        """What is due: (documents to send again as they are, revisions to write as fresh edits)."""
        due = self._listed.due(self._link)
        return [entry for entry in due if not entry.set_aside], [entry for entry in due if entry.set_aside]

    def edit_again(self, own: Database, entry: Entry) -> None:
        """A set-aside body as a fresh edit of the winner; from then on it travels as any edit."""
        doc: dict[str, Any] = json.loads(entry.body or "{}")
        doc = {key: value for key, value in doc.items() if key not in ("_rev", "_revisions")}
        with own.transaction():
            winner = own.read(entry.document)
            if winner is not None and not winner.deleted:
                doc["_rev"] = winner.rev
            elif doc.get("_deleted"):
                self._listed.remove(entry.id)
                return
            try:
                own.put(doc)
            except DocsError as error:  # it stays listed, with the new reason; no other document waits for it
                failure = Failure(entry.document, entry.rev, error.error, error.reason)
                self._listed.add(self._link, self._database, failure, entry.body, set_aside=True)
                return
        self._listed.remove(entry.id)

    def taken(self, entry: Entry) -> None:
        self._listed.remove(entry.id)

    def gone(self, entry: Entry) -> None:
        """The source has it no more: what the list keeps is all there is, so it stays until a person decides."""
        self._listed.postpone(entry.id)


def _came(own: Database, failure: Failure) -> bool:
    """Whether a revision is here because replication brought it."""
    record = own.read(failure.id)
    return record is not None and not record.local and failure.rev in record.leaves()


def _text(doc: Document) -> str:
    return (doc if isinstance(doc, bytes) else json.dumps(inline(doc))).decode()


def _now(later: float = 0.0) -> str:
    when = datetime.now(UTC) + timedelta(seconds=later)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
