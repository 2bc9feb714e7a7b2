"""``node.db``: what a node knows for itself and never replicates. Small, and written seldom.

``setting`` maps a key to a JSON value: the node's uuid, the identity of the central that a link knows, the drawer's
last choices. The refused documents of the links stand in the same file, in a table of the replicator's.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

from app.docs import json
from app.node.config import NodeError

SCHEMA = 1

#: Seconds that a write waits for another connection of this process (the replicator's) to finish its own.
BUSY = 10.0


class NodeState:
    """The node's own state in ``path / "node.db"``. Safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self.file = path / "node.db"
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(self.file, timeout=BUSY, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._migrate()
        except sqlite3.DatabaseError as error:
            raise NodeError(f"{self.file} can't be used: {error}. It was left as it is.") from None

    def _migrate(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            raise NodeError(
                f"{self.file} was written by a newer CouchTill (schema {version}; this one knows {SCHEMA})."
            )
        if version < 1:
            self._db.executescript(
                "BEGIN; CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
                "PRAGMA user_version = 1; COMMIT;"
            )

    def get(self, key: str, default: Any = None) -> Any:
        with self._lock:
            row = self._db.execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
        return default if row is None else json.loads(row[0])

    def set(self, key: str, value: Any) -> None:
        """Keeps a JSON value, on disk when this returns."""
        text = json.dumps(value).decode()
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (key, text))

    def remove(self, key: str) -> None:
        with self._lock:
            self._db.execute("DELETE FROM setting WHERE key = ?", (key,))

    def close(self) -> None:
        with self._lock:
            self._db.close()
