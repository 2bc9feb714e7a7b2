"""Who is signed in, in the server's memory: a restart locks every window, and so does idleness.

A session is told by 256 random bits that one browser keeps in a cookie; here stands their hash. It ends when nobody
touched the till for as long as the settings say, when it is locked by hand, and when the person's PIN changes or they
leave.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Session:
    """`stamp` changes with the person's PIN; `touched` is in seconds of the monotonic clock."""

    staff: str
    stamp: str
    touched: float


class Sessions:
    """The sessions of one terminal. Thread safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._open: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, staff: str, stamp: str, lock_after: int) -> str:
        """Signs a person in; the token of the session."""
        token, now = secrets.token_urlsafe(32), self._monotonic()
        with self._lock:
            self._open = {key: one for key, one in self._open.items() if now - one.touched < lock_after}
            self._open[_key(token)] = Session(staff, stamp, now)
        return token

    def find(self, token: str | None, lock_after: int) -> Session | None:
        """The session of this token, unless it has idled for `lock_after` seconds."""
        with self._lock:
            found = self._open.get(_key(token)) if token else None
            if found is not None and self._monotonic() - found.touched >= lock_after:
                found = None
        return found

    def left(self, session: Session, lock_after: int) -> int:
        """Whole seconds until it ends."""
        return max(0, int(lock_after - (self._monotonic() - session.touched)))

    def touch(self, session: Session) -> None:
        """Somebody works with it."""
        session.touched = self._monotonic()

    def close(self, token: str | None) -> None:
        """Locks. One that isn't open is locked already."""
        with self._lock:
            self._open.pop(_key(token or ""), None)


def _key(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
