"""What a node tells the central about itself, and what head office reads of the others.

Every terminal keeps ``_local/couchtill.node.<id>`` in the central's ``company`` current: a local document, so that it
never replicates and costs the central no history. Checkpoints don't move while a till is quiet, this does: "s1-t2, as
of 14:05: nothing unsent" is told apart from "nobody has heard of s1-t2 since yesterday".
"""

from __future__ import annotations

import datetime
import logging
import platform
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import app

if TYPE_CHECKING:
    from app.node.central_view import CentralView
    from app.node.node import Node
    from app.node.state import NodeState

log = logging.getLogger("couchtill.report")

#: Seconds between two reports; head office calls a terminal silent after three. Shorter costs the central a write each.
INTERVAL = 300.0
#: Seconds between two looks of head office at the others' reports.
READING = 60.0
#: Seconds until the next try after one that failed, and before the first, so that a start is not slowed by it.
RETRY, FIRST = 30.0, 1.0
#: Seconds between two looks whether the turn that was asked for has got through.
AGAIN = 3.0
#: Seconds between two turns at least, however many people look and ask.
SPARE = 0.3
#: Seconds that one request may take.
TIMEOUT = 10.0
#: Seconds between two writes of what head office has read, which it shows after a restart without a line.
KEEP = 300.0
KEPT = "central:reports"

PREFIX = "_local/couchtill.node."

Also = Callable[[Any, str, list[dict[str, Any]]], bool]
"""``also(session, central's address, reports)``, in the reporter's thread: whether it is to be called again soon."""


def now() -> str:
    """The time as documents have it: UTC, ISO 8601, milliseconds, Z."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_time(text: Any) -> datetime.datetime | None:
    """A document's time; None for what is none."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else None


def seen(report: Mapping[str, Any]) -> datetime.datetime | None:
    """When a node told this, by the central's clock: its own, put right by what it knew of the central's."""
    told, ahead = read_time(report.get("time")), report.get("ahead")
    if told is None or type(ahead) is not int:
        return told
    try:
        return told + datetime.timedelta(milliseconds=ahead)
    except OverflowError:
        return told


def of(node: Node) -> dict[str, Any]:
    """What a node tells of itself. `clock` is its own (milliseconds), `ahead` by how many the central's is before it;
    `disk` in bytes; `findings` what is wrong with it, and since when."""
    look = node.health.look()
    checks = look["checks"]
    status = node.sync_status()
    keys = ("name", "state", "reason", "unsent", "oldest_unsent", "refused", "acknowledged", "last_success")
    return {
        "kind": node.kind,
        "store": node.config.store,
        "version": app.__version__,
        "python": platform.python_version(),
        "clock": time.time_ns() // 1_000_000,
        "ahead": checks["clock"]["ahead"],
        "started_at": node.started_at,
        "health": look["status"],
        "state": status["state"],
        "unsent": status["unsent"],
        "oldest_unsent": status["oldest_unsent"],
        "refused": len(status["refused"]),
        "refused_since": checks["refused"]["since"],
        "schedule": status["schedule"]["mode"],
        "incidents": checks["incidents"]["open"],
        "certificate_ends": checks["certificate"]["ends"],
        "asks_certificate": bool(node.keeping and node.keeping.asking and node.keeping.asking.waits),
        "disk": {"free": checks["disk"]["free"], "total": checks["disk"]["total"]},
        "findings": node.watching.known(),
        "erased": node.erased(),
        "links": [
            {**{key: link.get(key) for key in keys}, "update_seq": node.directory.get(link["database"]).update_seq}
            for link in status["links"]
        ],
    }


class Reporter:
    """Writes (terminals) or reads (head office) the reports at the central, from a thread of its own."""

    def __init__(
        self,
        company_url: str,
        auth: tuple[str, str] | None,
        node_id: str,
        report: Callable[[], Mapping[str, Any]],
        *,
        reads: bool = False,
        also: Also | None = None,
        view: CentralView | None = None,
        state: NodeState | None = None,
    ) -> None:
        """``also``: what head office does at the central with each turn. While it says so it is called again soon, each
        time after twice as long: from ``AGAIN`` to ``READING`` seconds. ``view``: what it looks at there besides.
        ``state`` keeps what it has read over a restart."""
        self._view = view
        self._state = state
        self._kept = float("-inf")
        self._also = also
        self._soon = AGAIN
        self._early = RETRY  # seconds; once all was in step, or after some tries, the usual ones
        self._url = company_url
        self._auth = auth
        self._id = node_id
        self._report = report
        self._reads = reads
        self._ending = threading.Event()
        self._news = threading.Event()
        self._asked = True
        kept = state.get(KEPT) if state is not None and reads else None
        self._reports: list[dict[str, Any]] = kept["rows"] if kept else []
        self._read_at = read_time(kept["at"]) if kept else None
        self._thread = threading.Thread(target=self._run, name="report", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._news.set()

    def ask(self) -> None:
        """A turn of a node that rests between its turns has begun: once its links got through, one report is due."""
        self._asked = True
        self._news.set()

    def reports(self) -> list[dict[str, Any]]:
        """What the nodes last told, each with ``node`` and ``time`` (its own clock), as of the last turn: a page never
        waits for the network."""
        return list(self._reports)

    def reports_read(self) -> tuple[list[dict[str, Any]], datetime.datetime | None]:
        """The reports, and when they were read, by the central's clock; None before the first time."""
        return list(self._reports), self._read_at

    def _run(self) -> None:
        import requests  # 60 ms that the first page need not wait for

        from app.replicator.wire import Believing

        wait = FIRST
        with requests.Session() as session:
            if self._url.startswith("https:"):
                session.mount("https://", Believing())
            session.auth = self._auth
            while True:
                asked = self._news.wait(wait)
                if asked and self._ending.wait(SPARE):
                    return
                self._news.clear()
                if self._ending.is_set():
                    return
                try:
                    wait = self._turn(session)
                except (requests.RequestException, ValueError) as error:
                    # The links say in words what is wrong with the central; here it is only worth a line.
                    log.debug("no report: %s", type(error).__name__)
                    wait = RETRY
                except Exception:
                    if self._ending.is_set():
                        return  # the node closed its files in the middle of it
                    log.exception("the report could not be made")
                    wait = INTERVAL

    def _turn(self, session: Any) -> float:
        """Writes, and reads, once; the seconds until the next turn."""
        report = self._report()
        states = [link["state"] for link in report["links"] if link["name"].endswith(" company")]
        rested = self._asked and "resting" in states
        if not rested and not {"idle", "active"} & set(states):
            # Not while the links themselves don't get through: a wrong password locks its user after a few tries.
            return FIRST if "starting" in states else AGAIN if self._asked else RETRY
        self._asked = False
        self._write(session, report)
        root = self._url.rpartition("/")[0]
        if self._reads:
            self._read(session, report.get("ahead") or 0)
        longest = min(READING if self._reads else INTERVAL, self._settling(report))
        if self._view is not None:
            longest = min(longest, self._view.look(session, root))
        if self._also is not None and self._also(session, root, self._reports):
            wait, self._soon = self._soon, min(READING, 2 * self._soon)
            return min(wait, longest)
        self._soon = AGAIN
        return longest

    def _settling(self, report: Mapping[str, Any]) -> float:
        """The seconds until the next report after a start: what is said while the links still begin would else stand
        for minutes at head office, as if that were how it is."""
        if report.get("state") in ("idle", "resting"):
            self._early = INTERVAL
        wait, self._early = self._early, min(INTERVAL, 2 * self._early)
        return wait

    def _write(self, session: Any, report: Mapping[str, Any]) -> None:
        url = f"{self._url}/_local/{quote('couchtill.node.' + self._id, safe='')}"
        old = session.get(url, timeout=TIMEOUT)
        doc = {"node": self._id, "time": now(), **report}
        if old.status_code == 200:
            doc["_rev"] = old.json()["_rev"]
        elif old.status_code != 404:
            old.raise_for_status()
        session.put(url, json=doc, timeout=TIMEOUT).raise_for_status()

    def _read(self, session: Any, ahead: int) -> None:
        answer = session.get(f"{self._url}/_local_docs", params={"include_docs": "true"}, timeout=TIMEOUT)
        answer.raise_for_status()
        docs = [row.get("doc") or {} for row in answer.json().get("rows", [])]
        self._reports = sorted(
            (doc for doc in docs if str(doc.get("_id", "")).startswith(PREFIX)), key=lambda doc: str(doc.get("node"))
        )
        self._read_at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(milliseconds=ahead)
        if self._state is not None and time.monotonic() - self._kept > KEEP:
            self._kept = time.monotonic()
            at = self._read_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._state.set(KEPT, {"at": at, "rows": self._reports})
