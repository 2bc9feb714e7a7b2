"""What a node tells the central about itself, and what head office reads of the others.

Every terminal keeps ``_local/couchtill.node.<id>`` in the central's ``company`` current: a local document, so that it
never replicates and costs the central no history. Checkpoints don't move while a till is quiet, this does: "s1-t2, as
of 14:05: nothing unsent" is told apart from "nobody has heard of s1-t2 since yesterday".
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

log = logging.getLogger("couchtill.report")

#: Seconds between two reports; head office calls a terminal silent after three. Shorter costs the central a write each.
INTERVAL = 300.0
#: Seconds until the next try after one that failed, and before the first, so that a start is not slowed by it.
RETRY, FIRST = 30.0, 1.0
#: Seconds that one request may take.
TIMEOUT = 10.0

PREFIX = "_local/couchtill.node."


def now() -> str:
    """The time as documents have it: UTC, ISO 8601, milliseconds, Z."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
    ) -> None:
        self._url = company_url
        self._auth = auth
        self._id = node_id
        self._report = report
        self._reads = reads
        self._wake = threading.Event()
        self._stopping = False
        self._reports: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._run, name="report", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def now(self) -> None:
        """Reports at once instead of at the next turn."""
        self._wake.set()

    def reports(self) -> list[dict[str, Any]]:
        """What the terminals last told, each with ``node`` and ``time`` (its own clock); newest knowledge of the last
        turn, so a page never waits for the network."""
        return list(self._reports)

    def _run(self) -> None:
        import requests  # 60 ms that the first page need not wait for

        wait = FIRST
        with requests.Session() as session:
            session.auth = self._auth
            while True:
                self._wake.wait(wait)
                self._wake.clear()
                if self._stopping:
                    return
                try:
                    self._write(session)
                    if self._reads:
                        self._read(session)
                    wait = 60.0 if self._reads else INTERVAL
                except (requests.RequestException, ValueError) as error:
                    # The links say in words what is wrong with the central; here it is only worth a line.
                    log.debug("no report: %s", type(error).__name__)
                    wait = RETRY

    def _write(self, session: Any) -> None:
        url = f"{self._url}/_local/{quote('couchtill.node.' + self._id, safe='')}"
        old = session.get(url, timeout=TIMEOUT)
        doc = {"node": self._id, "time": now(), **self._report()}
        if old.status_code == 200:
            doc["_rev"] = old.json()["_rev"]
        elif old.status_code != 404:
            old.raise_for_status()
        session.put(url, json=doc, timeout=TIMEOUT).raise_for_status()

    def _read(self, session: Any) -> None:
        answer = session.get(f"{self._url}/_local_docs", params={"include_docs": "true"}, timeout=TIMEOUT)
        answer.raise_for_status()
        docs = [row.get("doc") or {} for row in answer.json().get("rows", [])]
        self._reports = sorted(
            (doc for doc in docs if str(doc.get("_id", "")).startswith(PREFIX)), key=lambda doc: str(doc.get("node"))
        )
