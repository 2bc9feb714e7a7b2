"""Reading the source's changes: pages while there is a backlog, then a feed that waits.

Proxies cut feeds that are idle, or hold an answer back until it ends. So the waiting feed has a ladder:

    heartbeat   longpoll, a byte every 15 s shows that the line lives
    finite      longpoll that the server ends after 10 s: nothing is idle for long, and held-back answers come out
    polling     plain requests every few seconds, which pass everywhere

It steps down when a feed was cut or fell silent twice in a row, and tries the top again after a quarter of an hour.
"""

from __future__ import annotations

import threading
import time

from app.replicator.errors import FeedSilent, Stopped
from app.replicator.peer import Filter, Page, Peer, Seq
from app.replicator.policy import Bodies, Split

HEARTBEAT, FINITE, POLLING = "heartbeat", "finite", "polling"

FINITE_WAIT = 10.0
"""Seconds of a finite long poll; proxies with shorter limits than that exist only in tests."""

POLL_EVERY = 3.0
"""Seconds between plain requests where no feed gets through: what a cashier would wait for another till's sale."""

FAILURES_BEFORE_STEP = 2
"""Cut feeds in a row before the next lower step: one may be a restart of the server."""

RISE_AFTER = 900.0
"""Seconds on a lower step before the top is tried again."""


class ChangesReader:
    """Reads one source's feed. `wait` is for live runs; FeedSilent from it means: try again, from the logs."""

    def __init__(self, source: Peer, filter: Filter, bodies: Bodies, split: Split, stopped: threading.Event) -> None:
        self._source = source
        self._filter = filter
        self._bodies = bodies
        self._split = split
        self._stopped = stopped
        self.limit = split.docs
        self.mode = HEARTBEAT if source.remote else FINITE
        self._failures = 0
        self._fell_at = 0.0

    def next(self, since: Seq) -> Page:
        """The next page of the backlog; empty when there is none."""
        page = self._source.changes(since, limit=self.limit, bodies=self._bodies.wanted, filter=self._filter)
        self._size(page)
        return page

    def wait(self, since: Seq, seconds: float | None) -> Page:
        """Waits for the next change, at most `seconds` where given, else as long as the mode allows."""
        self._rise()
        if self.mode == POLLING:
            if self._stopped.wait(min(POLL_EVERY, seconds or POLL_EVERY)):
                raise Stopped()
            return self.next(since)
        heartbeat = self.mode == HEARTBEAT and seconds is None
        timeout = min(FINITE_WAIT, seconds if seconds is not None else FINITE_WAIT)
        try:
            page = self._source.changes(
                since,
                limit=self.limit,
                bodies=self._bodies.wanted,
                filter=self._filter,
                timeout=max(timeout, 0.05),
                heartbeat=heartbeat,
            )
        except FeedSilent:
            self._failed()
            raise
        self._failures = 0
        return page

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES_BEFORE_STEP and self.mode != POLLING and self._source.remote:
            self.mode = FINITE if self.mode == HEARTBEAT else POLLING
            self._failures = 0
            self._fell_at = time.monotonic()

    def _rise(self) -> None:
        if self._source.remote and self.mode != HEARTBEAT and time.monotonic() - self._fell_at > RISE_AFTER:
            self.mode = HEARTBEAT
            self._failures = 0

    def _size(self, page: Page) -> None:
        """Pages of large documents get fewer rows, so that a page stays within the memory that it may take."""
        if page.bytes > self._split.bytes:
            self.limit = max(10, self.limit // 2)
        elif page.bytes < self._split.bytes // 4 and self.limit < self._split.docs:
            self.limit = min(self._split.docs, self.limit * 2)
