"""What went wrong with functions of design documents, kept for the administrator: the log has it too."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

#: Functions of which troubles are kept; of each the last one, and how often.
KEPT: Final = 200

log = logging.getLogger("couchtill.couchjs")


class Trouble(NamedTuple):
    """`what` is one of ``stopped`` (it took too long), ``memory`` (it took too much), ``failed`` (the engine ended),
    ``error`` (it threw what is no verdict, or is none). `about` is the document that it was called for, where one is
    known. `first_at` and `at` are seconds since 1970, `times` how often since `first_at`."""

    database: str
    design: str
    function: str
    what: str
    reason: str
    about: str | None
    first_at: float
    at: float
    times: int


class Troubles:
    """By database, design document and function. `heard` is called with each, by the thread that met it."""

    def __init__(self) -> None:
        self.heard: Callable[[Trouble], None] | None = None
        self._kept: dict[tuple[str, str, str], Trouble] = {}
        self._lock = threading.Lock()

    def add(self, database: str, design: str, function: str, what: str, reason: str, about: str | None) -> Trouble:
        key = database, design, function
        now = time.time()
        with self._lock:
            old = self._kept.pop(key, None)
            new = Trouble(
                *(database, design, function, what, reason, about),
                first_at=now if old is None else old.first_at,
                at=now,
                times=1 if old is None else old.times + 1,
            )
            self._kept[key] = new
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        # A till offers what was refused again and again: the log hears of it at 1, 2, 4, 8 … times.
        if new.times & (new.times - 1) == 0:
            log.error(
                *("%s: %s of %s %s, for %s: %s (%d times)", database, function, design, what, about, reason, new.times)
            )
        if self.heard is not None:
            self.heard(new)
        return new

    def of(self, database: str) -> list[Trouble]:
        """Those of a database, the last one last."""
        with self._lock:
            return [one for one in self._kept.values() if one.database == database]

    def all(self) -> list[Trouble]:
        with self._lock:
            return list(self._kept.values())
