"""The central's clock as its answers tell it, and when it was last heard.

Every HTTP answer has a `Date`. The central's time is taken to be in the middle of the request; a slow answer says
nothing. What is kept is the central's time against a clock that nobody sets (`_steady`), so that a person who sets this
machine's clock is found out at once, and not when the next answers come.
"""

from __future__ import annotations

import email.utils
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

SLOW = 2.0
"""Seconds of a request above which its answer's time is ignored: the middle is no longer known to a second."""

KEPT = 7
"""Answers whose median counts: `Date` has whole seconds, and one answer may have waited behind another."""

JUMP = 5.0
"""Seconds from the median beyond which an answer is believed at once: the central's clock was set, or we slept."""

SAVE_EVERY = 60.0
"""Seconds between two writes of when the central was last heard."""

KEY = "heard"
"""The setting that keeps it."""

_BOOT: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class Settings(Protocol):
    """Where a node keeps small values."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...


def _steady() -> float:
    """Seconds since some moment, by a clock that nobody sets; it goes on while the machine sleeps, where it can."""
    return time.clock_gettime(_BOOT) if _BOOT is not None else time.monotonic()


class CentralClock:
    """What the answers of one server told. Any thread may use it."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        steady: Callable[[], float] = _steady,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._steady = steady
        self._wall = wall
        self._lock = threading.Lock()
        self._bases: deque[float] = deque(maxlen=KEPT)
        """The central's time when our steady clock stood at 0, by each of the last answers."""
        self._last: float | None = settings.get(KEY) if settings is not None else None
        self._heard: float | None = None
        self._saved = 0.0

    def now(self) -> float:
        """The steady clock, to be read before a request."""
        return self._steady()

    def answered(self, began: float, date: str | None) -> None:
        """An answer came to the request that began at `began` (:meth:`now`); `date` is its `Date` header."""
        ended = self._steady()
        self.heard()
        told = _read(date)
        if told is None or not 0 <= ended - began <= SLOW:
            return
        base = told + 0.5 - (began + ended) / 2  # the header has cut off half a second on the average
        with self._lock:
            if self._bases and abs(base - statistics.median(self._bases)) > JUMP:
                self._bases.clear()
            self._bases.append(base)

    def heard(self) -> None:
        """A sign of life: an answer, or a waiting feed's heartbeat."""
        with self._lock:
            self._heard = self._steady()
            self._last = self._wall()
            due = self._heard - self._saved > SAVE_EVERY or not self._saved
            if due:
                self._saved = self._heard
        if due:
            self.save()

    def save(self) -> None:
        """Keeps when the central was last heard, over a restart."""
        if self._settings is not None and self._heard is not None:
            self._settings.set(KEY, self._last)

    @property
    def ahead(self) -> int | None:
        """By how many milliseconds the central's clock is ahead of ours now; None when no answer told."""
        with self._lock:
            if not self._bases:
                return None
            return round((statistics.median(self._bases) + self._steady() - self._wall()) * 1000)

    @property
    def last(self) -> datetime | None:
        """When the central was last heard, by our clock; also by a process before this one."""
        last = self._last
        return None if last is None else datetime.fromtimestamp(last, UTC)

    @property
    def silence(self) -> float | None:
        """Seconds since the central was last heard by this process; None when it was not."""
        heard = self._heard
        return None if heard is None else max(0.0, self._steady() - heard)


def _read(date: str | None) -> float | None:
    if not date:
        return None
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
