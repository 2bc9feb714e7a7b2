"""Workers for a backlog: a few threads, a bounded queue before them. A page that comes alone needs none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

QUEUED = 2
"""Batches that wait for each worker: enough that none idles, few enough that memory stays small."""


class Pool:
    """Runs batches on `workers` threads. The first error is kept and raised by `check` and `join`."""

    def __init__(self, workers: int) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="replicator")
        self._slots = threading.Semaphore(workers * (1 + QUEUED))
        self._error: BaseException | None = None
        self._left = 0
        self._idle = threading.Condition()

    def submit(self, job: Callable[[], None], meanwhile: Callable[[], None]) -> None:
        """Queues a job; while the queue is full, `meanwhile` is called now and then. Raises a worker's error."""
        while not self._slots.acquire(timeout=0.25):
            self.check()
            meanwhile()
        self.check()
        with self._idle:
            self._left += 1
        self._executor.submit(self._run, job)

    def _run(self, job: Callable[[], None]) -> None:
        try:
            if self._error is None:
                job()
        except BaseException as error:
            if self._error is None:
                self._error = error
        finally:
            self._slots.release()
            with self._idle:
                self._left -= 1
                self._idle.notify_all()

    def check(self) -> None:
        if self._error is not None:
            raise self._error

    def join(self, meanwhile: Callable[[], None]) -> None:
        """Waits until every job is done. Raises the first error."""
        while True:
            with self._idle:
                if self._idle.wait_for(lambda: self._left == 0 or self._error is not None, 0.25):
                    break
            meanwhile()
        self.check()

    def close(self) -> None:
        """Ends the threads; queued jobs are dropped, running ones waited for."""
        self._executor.shutdown(wait=True, cancel_futures=True)
