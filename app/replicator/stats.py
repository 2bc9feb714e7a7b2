"""What a replication did, counted as CouchDB counts it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from app.replicator.peer import Failure, Seq

LISTED_FAILURES = 1000
"""Failures that a result names; all are counted."""


@dataclass
class Stats:
    """Counters of one run; shared by its workers, so change them with `add`."""

    docs_read: int = 0
    docs_written: int = 0
    doc_write_failures: int = 0
    missing_checked: int = 0
    missing_found: int = 0
    bulk_get_docs: int = 0
    bulk_get_attempts: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, **counts: int) -> None:
        with self._lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    def as_dict(self) -> dict[str, int]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}


@dataclass
class Result:
    """The outcome of a run. `seconds` is wall time; `failures` are the documents that the target did not take."""

    replication_id: str
    stats: Stats = field(default_factory=Stats)
    start_last_seq: Seq = 0
    end_last_seq: Seq = 0
    seconds: float = 0.0
    retries: int = 0
    batches: int = 0
    checkpoints: int = 0
    failures: list[Failure] = field(default_factory=list)

    @property
    def work(self) -> tuple[int, int]:
        """Grows with everything that went well."""
        return self.batches, self.checkpoints

    @property
    def ok(self) -> bool:
        return not self.stats.doc_write_failures

    def as_dict(self) -> dict[str, Any]:
        """CouchDB's names, and `seconds`."""
        return {
            "docs_read": self.stats.docs_read,
            "docs_written": self.stats.docs_written,
            "doc_write_failures": self.stats.doc_write_failures,
            "missing_checked": self.stats.missing_checked,
            "missing_found": self.stats.missing_found,
            "start_last_seq": self.start_last_seq,
            "end_last_seq": self.end_last_seq,
            "seconds": round(self.seconds, 3),
        }

    def failed(self, failure: Failure) -> None:
        self.stats.add(doc_write_failures=1)
        if len(self.failures) < LISTED_FAILURES:
            self.failures.append(failure)
