"""How far a replication has come: a log on both sides, their comparison, and the work that is still under way.

A log is the local document `_local/<replication id>`, written to both peers with the same content:

    {"session_id", "source_last_seq", "replication_id_version": 4, "replicator": "couchtill",
     "history": [{"session_id", "start_time", "end_time", "start_last_seq", "end_last_seq", "recorded_seq", counters…}]}

newest first, `MAX_HISTORY` entries. Sequences are opaque: which of two is older cannot be told, so what counts is the
newest entry that *both* logs have. Each checkpoint has a `session_id` of its own (CouchDB: each run), so that equal
ids mean equal sequences: a central that was restored to the middle of a run, or a crash between the two writes, falls
back to the checkpoint before, never ahead. Older entries are thinned to ever wider steps, so fifty of them
reach back over thousands of checkpoints, to last week's backup.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, NamedTuple

from app.replicator.errors import ConflictError, Denied, Refused, StartOver
from app.replicator.ids import VERSION
from app.replicator.peer import Peer, Seq

MAX_HISTORY = 50
"""Entries of a log, as CouchDB's."""

KEEP_RECENT = 8
"""Entries that are never thinned; before them, each doubling of age keeps half as many a span."""


class Comparison(NamedTuple):
    """Where to go on, and the entries that both logs share (the common one first)."""

    since: Seq
    history: list[dict[str, Any]]


def compare(source: Mapping[str, Any] | None, target: Mapping[str, Any] | None, *, own: str = "source") -> Comparison:
    """CouchDB's `compare_replication_logs`. With equal sessions the sequence of the node's `own` log counts.

    A target's log marked `one_sided` (its source takes no logs) is trusted alone.
    """
    if target is not None and target.get("one_sided") and source is None:
        return Comparison(target.get("source_last_seq", 0), list(target.get("history") or []))
    if source is None or target is None:
        return Comparison(0, [])
    if source.get("session_id") and source.get("session_id") == target.get("session_id"):
        log = target if own == "target" else source
        return Comparison(log.get("source_last_seq", 0), list(log.get("history") or []))
    return compare_histories(list(source.get("history") or []), list(target.get("history") or []))


def compare_histories(source: Sequence[dict[str, Any]], target: Sequence[dict[str, Any]]) -> Comparison:
    """CouchDB's `compare_rep_history`: both are walked in step until a head of one is somewhere in the other."""
    s, t = list(source), list(target)
    while s and t:
        if _has(t, s[0].get("session_id")):
            return Comparison(s[0].get("recorded_seq", 0), s)
        if _has(s[1:], t[0].get("session_id")):
            return Comparison(t[0].get("recorded_seq", 0), t)
        s, t = s[1:], t[1:]
    return Comparison(0, [])


def _has(history: Sequence[Mapping[str, Any]], session_id: Any) -> bool:
    return session_id is not None and any(entry.get("session_id") == session_id for entry in history)


def thin(history: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most `MAX_HISTORY` entries, newest first: all of the recent ones, of older ones those whose number
    (`checkpoint`) is a multiple of a power of two that grows with their age, and powers of two for good. The rule
    depends on numbers alone, so an old copy of a log and today's keep entries in common."""
    if not history:
        return []
    newest = int(history[0].get("checkpoint") or 0)
    kept = []
    for entry in history:
        number = int(entry.get("checkpoint") or 0)
        age = newest - number
        step = 1
        while age >= KEEP_RECENT * step:
            step *= 2
        if number % step == 0 or number & (number - 1) == 0:
            kept.append((number, entry))
    while len(kept) > MAX_HISTORY:
        # the oldest that isn't a power of two: those are the last resort of a very old copy
        del kept[max(i for i, (number, _) in enumerate(kept) if number & (number - 1) or i < KEEP_RECENT)]
    return [entry for _, entry in kept]


class Progress:
    """Batches under way, in the order of the feed.

    `through` is the sequence before the oldest batch that isn't done: what a checkpoint may say. Sequences can't be
    compared, so each batch gets a number (CouchDB's ordered tokens).
    """

    def __init__(self, since: Seq) -> None:
        self.through: Seq = since
        self._next = 0
        self._batches: OrderedDict[int, tuple[Seq, bool]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, seq: Seq) -> int:
        """A batch that reaches up to `seq` begins; returns its token."""
        with self._lock:
            token = self._next
            self._next += 1
            self._batches[token] = (seq, False)
            return token

    def done(self, token: int) -> None:
        with self._lock:
            self._batches[token] = (self._batches[token][0], True)
            while self._batches:
                first, (seq, finished) = next(iter(self._batches.items()))
                if not finished:
                    return
                self.through = seq
                del self._batches[first]

    @property
    def under_way(self) -> int:
        return len(self._batches)


class Logs:
    """The two logs of one replication, as last read or written, and how a new checkpoint is written.

    `own`: the side that belongs to this node ("source" for a push, "target" for a pull).
    """

    def __init__(self, id: str, source: Peer, target: Peer) -> None:
        self.id = id
        self.source = source
        self.target = target
        self.own = "target" if source.remote and not target.remote else "source"
        self.history: list[dict[str, Any]] = []
        self.recorded: Seq = None
        self.source_takes_logs = True
        self._seen: dict[str, tuple[Any, Any] | None] = {"source": None, "target": None}
        self._revs: dict[str, str | None] = {"source": None, "target": None}
        self._started = _now()

    @property
    def first(self) -> bool:
        """Neither side has a log that counts."""
        return not self.history

    def read(self) -> Seq:
        """Reads and compares both logs: the sequence to go on from."""
        logs = {side: self._get(side) for side in ("source", "target")}
        found = compare(logs["source"], logs["target"], own=self.own)
        self.history = found.history
        self.recorded = found.since
        self._started = _now()
        return found.since

    def unchanged(self) -> None:
        """Raises StartOver unless both logs are still what this node last saw there."""
        for side in ("source", "target"):
            seen = self._seen[side]
            self._get(side)
            if self._seen[side] != seen:
                raise StartOver(f"The log at the {side} is not the one that was written last.")

    def write(self, since: Seq, start: Seq, counters: Mapping[str, int]) -> None:
        """A checkpoint at `since`, on the foreign side first. Reads both logs before; StartOver when one changed."""
        self.unchanged()
        number = int(self.history[0].get("checkpoint") or 0) + 1 if self.history else 1
        session = secrets.token_hex(16)
        entry = {
            "session_id": session,
            "checkpoint": number,
            "start_time": self._started,
            "end_time": _now(),
            "start_last_seq": start,
            "end_last_seq": since,
            "recorded_seq": since,
            **counters,
        }
        history = thin([entry, *self.history])
        log = {
            "session_id": session,
            "source_last_seq": since,
            "replication_id_version": VERSION,
            "replicator": "couchtill",
            "history": history,
        }
        order = ("source", "target") if self.own == "target" else ("target", "source")
        for side in order:
            if side == "source" and not self.source_takes_logs:
                continue
            try:
                self._put(side, {**log, **({} if self.source_takes_logs else {"one_sided": True})})
            except (Denied, Refused):
                if side == "target":
                    raise
                self.source_takes_logs = False  # a read-only source: the target's log alone must do, and say so
                if self.own == "source":
                    self._put("target", {**log, "one_sided": True})
        self.history = history
        self.recorded = since

    def _peer(self, side: str) -> Peer:
        return self.source if side == "source" else self.target

    def _get(self, side: str) -> dict[str, Any] | None:
        try:
            log = self._peer(side).get_local(self.id)
        except (Denied, Refused):
            if side == "target":
                raise
            log, self.source_takes_logs = None, False
        self._seen[side] = None if log is None else (log.get("_rev"), log.get("session_id"))
        self._revs[side] = None if log is None else log.get("_rev")
        return log

    def _put(self, side: str, log: Mapping[str, Any]) -> None:
        rev = self._revs[side]
        body = {**log, "_rev": rev} if rev else dict(log)
        try:
            new = self._peer(side).put_local(self.id, body)
        except ConflictError:
            stored = self._get(side)
            if stored is None or stored.get("session_id") != log["session_id"]:
                raise StartOver(f"Someone else wrote the log at the {side}.") from None
            return  # our own write, whose answer was lost
        self._revs[side] = new
        self._seen[side] = (new, log["session_id"])


class Timer:
    """When the next checkpoint is due: by time, not by batch, since logs for many small batches cost more than they."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._last = time.monotonic()

    @property
    def left(self) -> float:
        return max(0.0, self._last + self.interval - time.monotonic())

    def reset(self) -> None:
        self._last = time.monotonic()


def _now() -> str:
    return format_datetime(datetime.now(UTC), usegmt=True)
