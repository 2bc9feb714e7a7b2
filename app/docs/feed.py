"""Waking those who wait for changes of a database, at no cost to those who write.

A writer sets a flag and goes on. A thread of its own publishes the newest number: at once when nothing was published
within the last 20 ms, else when they are over. A burst of a thousand sales so wakes 200 idle feeds fifty times a
second, not a thousand.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

QUIET = 0.02  # seconds between two publications: below what a person notices, above what a burst of writes takes


class Notifier:
    """One condition for all who wait for a database's changes."""

    def __init__(self, last: Callable[[], int], name: str) -> None:
        self._last = last
        self._name = name
        self._condition = threading.Condition()
        self._dirty = threading.Event()
        self._published = last()
        self._wakes = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    def notify(self) -> None:
        """Something was committed. Costs a writer microseconds."""
        self._dirty.set()

    def wait(self, n: int, timeout: float, ended: Callable[[], bool] | None = None) -> int:
        """Blocks until the newest number is beyond `n`, `wake` or `close` is called, or `timeout` seconds are over.

        Returns the newest number then. `ended` is looked at once more where no `wake` can slip in between: who sets
        what it tells, and calls `wake` then, is never overheard.
        """
        if self._last() > n or self._closed or timeout <= 0:
            return self._last()
        with self._condition:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"feed of {self._name}", daemon=True)
                self._thread.start()
            if ended is not None and ended():
                return self._last()
            wakes = self._wakes
            self._condition.wait_for(
                lambda: self._closed or self._wakes != wakes or self._published > n or self._last() > n, timeout
            )
        return self._last()

    def wake(self) -> None:
        """Wakes all who wait, whether anything changed or not."""
        with self._condition:
            self._wakes += 1
            self._condition.notify_all()

    def close(self) -> None:
        """Wakes all who wait, for good."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        self._dirty.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(1)

    def _run(self) -> None:
        quiet = threading.Event()  # never set: a sleep that reads as what it is
        while True:
            self._dirty.wait()
            self._dirty.clear()
            with self._condition:
                if self._closed:
                    return
                self._published = self._last()
                self._condition.notify_all()
            quiet.wait(QUIET)
