"""Work that takes longer than a request: one thread each, told by its page how far it is, and called off by it.

A job lives in the memory of this process. What it wrote is written; one that ended with the process is begun again, and
does what is left: each is made so that twice is harmless.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from app.shop.reason import say
from app.shop.sale import SaleError
from app.web.reasons import tell

log = logging.getLogger("couchtill.jobs")

#: Jobs whose outcome is remembered; the oldest that is done goes first.
KEPT = 3


class Job:
    """One job. `state` is `running`, `done`, `stopped` (called off) or `failed`; `done` of `total` tells how far."""

    def __init__(self, id: str, kind: str) -> None:
        self.id, self.kind = id, kind
        self.state = "running"
        self.done = self.total = 0
        self.result: dict[str, Any] = {}
        self.reason: str | None = None
        #: What belongs to it and isn't told: the file, the rows.
        self.held: Any = None
        self.stop = threading.Event()
        self.began = time.monotonic()

    def progress(self, done: int) -> bool:
        """How far it is; False when it was called off."""
        self.done = done
        return not self.stop.is_set()

    def told(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("id", "kind", "state", "done", "total")}
        return {**shown, "reason": tell(self.reason) if self.reason else None, "result": self.result}


class Jobs:
    """The jobs of this node, by their ids, which the page gives: the same id again is the same job."""

    def __init__(self, closing: Callable[[], bool]) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._closing = closing

    def get(self, id: str) -> Job:
        with self._lock:
            job = self._jobs.get(id)
        if job is None:
            reason = say("This is not known any more: head office was started anew. Begin again.")
            raise SaleError(404, "not_found", reason)
        return job

    def start(self, id: str, kind: str, run: Callable[[Job], dict[str, Any]], held: Any = None) -> Job:
        """Begins a job, or gives the one of this id."""
        with self._lock:
            known = self._jobs.get(id)
            if known is not None and known.kind == kind and known.state != "failed":
                return known
            if sum(1 for job in self._jobs.values() if job.state == "running") >= 2:
                raise SaleError(409, "busy", say("Head office is busy with another file. Wait until it is done."))
            for old in [job for job in self._jobs.values() if job.state != "running"][: max(0, len(self._jobs) - KEPT)]:
                del self._jobs[old.id]
            job = self._jobs[id] = Job(id, kind)
            job.held = held
        threading.Thread(target=self._run, args=(job, run), name=f"job {kind}", daemon=True).start()
        return job

    def _run(self, job: Job, run: Callable[[Job], dict[str, Any]]) -> None:
        try:
            job.result = run(job)
            job.state = "stopped" if job.stop.is_set() else "done"
        except SaleError as refused:
            job.reason, job.state = refused.reason, "failed"
        except Exception:
            if not self._closing():
                log.exception("a job failed: %s", job.kind)
            job.reason, job.state = say("This could not be done: something went wrong here."), "failed"
