"""How a node is, in checks that a program and a person can read: can it do its work, and what should somebody look at?

A node that can't write can't sell or receive: it is `down`, and a balancer sends nobody there. Whatever else is wrong
(a line that is cut, a clock, a list of refused documents) leaves it at work: `warn`.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import app
from app.docs.database import Database
from app.docs.errors import DocsError, StoreError
from app.node.report import now, read_time

if TYPE_CHECKING:
    from app.node.node import Node

log = logging.getLogger("couchtill.health")

OK, WARN, BAD = "ok", "warn", "bad"

#: Bytes of free disk below which SQLite's next transaction may not find room.
FLOOR: Final = 64 << 20
MEGABYTE: Final = 1 << 20
#: Milliseconds by which a clock may differ before somebody should look: from there on documents say so too.
CLOCK_OFF: Final = 5 * 60 * 1000
#: Seconds that something may wait to be sent where links follow.
BACKLOG: Final = 3600.0
#: Where a node has no settings of the shop (a hub): megabytes of free disk.
DISK_LOW: Final = 500

PROBE = "health:probe"


class Health:
    """What a node knows of its own state. `probe` writes, and is called by the node's own watch; `look` only reads."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._fault: str | None = None
        self._probed: str | None = None
        self._counts: dict[str, tuple[tuple[str, int], dict[str, int]]] = {}
        self._lock = threading.Lock()

    def probe(self) -> None:
        """Writes a few bytes to the node's disk and remembers whether that went well."""
        try:
            self._node.state.set(PROBE, now())
            for name in self._node.directory.names():
                path = self._node.directory.get(name).path
                if not os.access(path, os.W_OK):
                    raise PermissionError(f"{path.name} can't be written")
        except (sqlite3.Error, StoreError, OSError) as error:
            if self._node.closing.is_set():
                return
            self._fault = str(error) or type(error).__name__
            log.warning("this node's disk can't be written: %s", self._fault)
        else:
            self._fault = None
        self._probed = now()

    def look(self) -> dict[str, Any]:
        """`{"status": "ok" | "warn" | "down", "node", "kind", "store", "version", "started_at", "time", "checks"}`;
        each check is `{"level": "ok" | "warn" | "bad", …}` with what it is about. `down` where one is bad."""
        node = self._node
        status = node.sync_status()
        checks: dict[str, dict[str, Any]] = {
            "stopping": {"level": BAD if node.closing.is_set() else OK},
            "databases": {"level": BAD if self._fault else OK, "fault": self._fault, "probed": self._probed},
            "disk": self.disk(),
            "links": _links(status),
            "backlog": _backlog(status),
            "central": _central(status, self.setting("away_hours")),
            "clock": _clock(status),
            "refused": _refused(status),
            "incidents": self._incidents(),
            "certificate": self._certificate(),
        }
        levels = {check["level"] for check in checks.values()}
        return {
            "status": "down" if BAD in levels else WARN if WARN in levels else OK,
            "node": node.id,
            "kind": node.kind,
            "store": node.config.store,
            "version": app.__version__,
            "started_at": node.started_at,
            "time": now(),
            "checks": checks,
        }

    def up(self) -> bool:
        """Whether this node can do its work: all that a stranger may know of it."""
        return not self._node.closing.is_set() and self._fault is None and self.disk()["level"] != BAD

    def disk(self) -> dict[str, Any]:
        """`{"level", "free", "total", "low"}` in bytes; `low` is where it begins to be a person's task."""
        low = int(self.setting("disk_low") or DISK_LOW) * MEGABYTE
        try:
            usage = shutil.disk_usage(self._node.path)
        except OSError:
            return {"level": BAD, "free": None, "total": None, "low": low}
        level = BAD if usage.free < FLOOR else WARN if usage.free < low else OK
        return {"level": level, "free": usage.free, "total": usage.total, "low": low}

    def setting(self, name: str) -> Any:
        """A setting of the shop as it holds here; None at a hub."""
        return None if self._node.settings is None else self._node.settings[name]

    def counts(self, database: Database) -> dict[str, int]:
        """`{"conflicts", "incidents", "tasks"}` that are open in a database; counted anew when it has changed. At a
        hub, which has no indexes of the shop, conflicts alone."""
        at = (database.uuid, database.last_n)
        with self._lock:
            known = self._counts.get(database.name)
        if known is not None and known[0] == at:
            return known[1]
        counted = {"conflicts": sum(database.dispute_counts().values())}
        if self._node.kind != "hub" and (database.name == "company" or database.name.startswith("store-")):
            for name, index in (("incidents", "incident_kind"), ("tasks", "task_kind")):
                found = (record.doc() for record in database.find(index))
                counted[name] = sum(1 for doc in found if not doc.get("done_at"))
        with self._lock:
            self._counts[database.name] = (at, counted)
        return counted

    def _certificate(self) -> dict[str, Any]:
        """When the certificate of this node's own HTTPS ends; null without one."""
        if not (self._node.path / "tls.crt").exists():
            return {"level": OK, "ends": None}
        from app.node import certificates  # a node without one does without what reads them

        found = certificates.installed(self._node.path)
        if found is None:
            return {"level": WARN, "ends": None}
        soon = found.ends - datetime.now(UTC) < timedelta(days=certificates.RENEW)
        return {"level": WARN if soon else OK, "ends": stamp(found.ends)}

    def _incidents(self) -> dict[str, Any]:
        if self._node.kind == "hub":
            return {"level": OK, "open": None}
        found = 0
        for name in self._node.directory.names():
            try:
                found += self.counts(self._node.directory.get(name)).get("incidents", 0)
            except (DocsError, StoreError):
                continue  # deleted, or closed, beneath us
        return {"level": WARN if found else OK, "open": found}


def stamp(moment: datetime) -> str:
    """A time as documents have it: UTC, milliseconds, Z."""
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def _links(status: dict[str, Any]) -> dict[str, Any]:
    states: dict[str, int] = {}
    for link in status["links"]:
        states[link["state"]] = states.get(link["state"], 0) + 1
    level = WARN if status["state"] in ("waiting", "denied", "stopped") else OK
    return {"level": level, "state": status["state"], "reason": status.get("reason"), "states": states}


def _backlog(status: dict[str, Any]) -> dict[str, Any]:
    oldest = read_time(status["oldest_unsent"])
    age = None if oldest is None else max(0.0, (datetime.now(UTC) - oldest).total_seconds())
    late = age is not None and age > BACKLOG and status["schedule"]["mode"] == "always"
    return {
        "level": WARN if late else OK,
        "unsent": status["unsent"],
        "oldest": status["oldest_unsent"],
        "seconds": None if age is None else round(age),
    }


def _central(status: dict[str, Any], hours: int | None) -> dict[str, Any]:
    contact = status["contact"]
    last = read_time(contact["last"])
    gone = None if last is None else (datetime.now(UTC) - last).total_seconds()
    linked = status["central"] is not None
    late = linked and not contact["online"] and bool(hours) and gone is not None and gone > (hours or 0) * 3600
    return {"level": WARN if late else OK, "linked": linked, "online": contact["online"], "last": contact["last"]}


def _clock(status: dict[str, Any]) -> dict[str, Any]:
    ahead = status["contact"]["ahead"]
    return {"level": WARN if ahead is not None and abs(ahead) > CLOCK_OFF else OK, "ahead": ahead}


def _refused(status: dict[str, Any]) -> dict[str, Any]:
    entries = status["refused"]
    since = min((str(entry["since"]) for entry in entries if entry.get("since")), default=None)
    return {"level": WARN if entries else OK, "documents": len(entries), "since": since}
