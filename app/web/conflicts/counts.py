"""How much waits for a person: of conflicts, incidents and tasks. Counted anew only in a database that has changed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from app.docs.database import Database
from app.shop import followups, ids, tasks
from app.web import sync_api

_kept: WeakKeyDictionary[Database, tuple[int, tuple[int, int, int]]] = WeakKeyDictionary()
_lock = threading.Lock()


def waiting(node: Any, databases: Sequence[Database]) -> dict[str, int]:
    """`{"conflicts", "incidents", "tasks"}`: those that are open in these databases of a node; documents that the
    central refused are tasks too."""
    known = {database.name: database for database in databases}
    entries = [entry for entry in sync_api.glance(node).get("refused") or () if entry["database"] in known]
    refused = sum(
        1 for one in entries if not followups.of_refused(known[one["database"]], one["document"]).get("done_at")
    )
    found = [_of(database) for database in databases]
    names = ("conflicts", "incidents", "tasks")
    told = {name: sum(each[place] for each in found) for place, name in enumerate(names)}
    return {**told, "tasks": told["tasks"] + refused}


def _of(database: Database) -> tuple[int, int, int]:
    at = database.last_n
    with _lock:
        known = _kept.get(database)
    if known is not None and known[0] == at:
        return known[1]
    disputes = sum(n for kind, n in database.dispute_counts().items() if kind not in ids.IMMUTABLE)
    counted = (disputes, _open(database, "incident_kind"), _open(database, "task_kind"))
    with _lock:
        _kept[database] = (at, counted)
    return counted


def _open(database: Database, index: str) -> int:
    docs: list[dict[str, Any]] = [record.doc() for record in database.find(index)]
    return sum(1 for doc in docs if doc.get("kind") not in tasks.BESIDE and not doc.get("done_at"))
