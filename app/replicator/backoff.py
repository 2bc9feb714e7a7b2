"""How long to wait before the next try.

The wait doubles from `FIRST` to `LONGEST` and falls back to `FIRST` once something went well. It is spread by up to
a fifth, so that a hundred terminals that lost the same central do not come back in the same instant.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST = 0.25
"""Seconds before the first retry: long enough for a restarted server's port to open, too short for a cashier to see."""

LONGEST = 300.0
"""Seconds at most, as CouchDB's replicator. The network's return and *Sync now* cut any wait short."""

TRIES = 5
"""Tries of a one-shot run without any progress, before it gives up (CouchDB's `retries_per_request`)."""


class Backoff:
    """A doubling wait. `tries` counts failures since the last success."""

    def __init__(self, first: float = FIRST, longest: float = LONGEST) -> None:
        self.first = first
        self.longest = longest
        self.tries = 0

    def next(self, at_least: float | None = None) -> float:
        """Seconds to wait now; `at_least` is a peer's own wish (`Retry-After`), which is honoured as it is."""
        wait = min(self.longest, self.first * 2.0 ** min(self.tries, 30))
        self.tries += 1
        wait *= random.uniform(0.8, 1.0)
        return max(wait, at_least) if at_least is not None else wait

    def reset(self) -> None:
        self.tries = 0


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a `Retry-After` header, which holds seconds or a date; None when absent or senseless."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
