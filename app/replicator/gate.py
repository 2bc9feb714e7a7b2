"""A wrong password is tried once, not once a link: CouchDB locks a user out after five, and with him whoever comes from
the same address: the machine that took this one's place.

Links to one server with the same user pass here when they open and when they sign in anew, one at a time. What one of
them learned about the password holds for the others, until a while has gone by or a person asks for another try.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.replicator.errors import Denied

REMEMBER = 590.0
"""Seconds that a refusal counts for all links; just below the wait of a denied link."""


class Gate:
    """Shared by the links of a node."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[str, threading.RLock] = {}
        self._refused: dict[str, tuple[str, float]] = {}

    @contextmanager
    def enter(self, key: str) -> Iterator[None]:
        """`key`: server and user. Raises Denied without asking where the password was refused lately. A thread that
        is in may enter again."""
        with self._lock:
            turn = self._turns.setdefault(key, threading.RLock())
        with turn:
            self.check(key)
            try:
                yield
            except Denied as error:
                if error.status == 401 and "incorrect" in error.reason:  # the password, not the right to a database
                    self._refused[key] = (error.reason, time.monotonic())
                raise
            self._refused.pop(key, None)

    def check(self, key: str) -> None:
        """Raises Denied where the password was refused lately."""
        known = self._refused.get(key)
        if known is not None and time.monotonic() - known[1] < REMEMBER:
            raise Denied(known[0], status=401, error="unauthorized")

    def reset(self) -> None:
        """A person wants another try."""
        self._refused.clear()
