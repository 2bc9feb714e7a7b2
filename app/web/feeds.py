"""How many feeds a node keeps open. A waiting feed holds a thread of the server, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import TracebackType

DEFAULT_MAX_FEEDS = 200
RETRY_SECONDS = 5


class TooManyFeeds(Exception):
    """Every slot is taken: answer 503 with ``Retry-After: RETRY_SECONDS``."""


class FeedSlots:
    """`maximum` slots. ``take()`` returns one, or raises TooManyFeeds; the slot is given back by ``release()``."""

    def __init__(self, maximum: int = DEFAULT_MAX_FEEDS) -> None:
        self.maximum = maximum
        self._open = 0
        self._lock = threading.Lock()

    @property
    def open(self) -> int:
        """How many slots are taken now."""
        return self._open

    def take(self) -> Slot:
        with self._lock:
            if self._open >= self.maximum:
                raise TooManyFeeds
            self._open += 1
        return Slot(self._give_back)

    def _give_back(self) -> None:
        with self._lock:
            self._open -= 1


class Slot:
    """One taken slot: ``release()``, as often as you like, or a ``with`` block."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back: Callable[[], None] | None = give_back

    def release(self) -> None:
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()

    def __enter__(self) -> Slot:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()


class FeedBody:
    """The body of a streaming response that holds a slot until it ends, whichever way.

    A server calls ``close()`` also when the client went away before the first byte, where the ``finally`` of a
    generator that never began would not run.
    """

    def __init__(self, slot: Slot, chunks: Iterator[bytes]) -> None:
        self._slot = slot
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        try:
            close = getattr(self._chunks, "close", None)
            if close is not None:
                close()
        finally:
            self._slot.release()
