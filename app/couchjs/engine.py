"""Calls functions of design documents in processes of the engine, each call bounded in time and memory.

A function is an administrator's program, and may be wrong. It runs outside the server: what it takes, it takes of its
own process, and where it goes on for too long QuickJS stops it, or the process is killed. Many documents go in one
call; where a call breaks off, each is tried by itself, so that one at which a function fails is told from the others.

* As many processes as `WORKERS`; a call that lasts longer than `SLOW` doesn't count, so that functions that go wrong
  leave room for those that don't.
* A function that had to be stopped gets one process at a time for a minute, whoever calls it.
* In one request it is stopped `TRIES` times; then the rest of the documents get the same answer untried.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from app.couchjs.process import Died, Process
from app.couchjs.troubles import Troubles, log
from app.docs import json

#: Seconds of the processor's time for a call; a rule of ours takes 30 µs a document. (CouchDB: 5 s by the clock.)
SECONDS: Final = 1.0
#: Bytes that a design document's functions may have at once.
MEMORY: Final = 64 << 20
#: Documents, and bytes of them, that go in one call.
CHUNK: Final = 100
CHUNK_BYTES: Final = 512 << 10
WORKERS: Final = max(2, min(4, os.cpu_count() or 2))
#: The most processes there are, the slow ones counted.
MOST: Final = WORKERS + 8
SLOW: Final = 0.5
#: How often a function is stopped in one request.
TRIES: Final = 3
#: Seconds for which a function that was stopped runs one call at a time.
SUSPECT: Final = 60.0
#: Seconds that a call waits for a process, and one of a function that was stopped for its turn.
WAIT: Final = 10.0
WAIT_SUSPECT: Final = 2.0
#: Seconds between two looks for processes that are late.
LOOK: Final = 1.0

#: CouchDB's words, where its own process for JavaScript is too slow, or ends.
TIMED_OUT: Final = "OS process timed out."
ENDED: Final = "The function took more memory than it may have, or broke the engine."


class Program(NamedTuple):
    """A design document of a database: `key` is told by its text, so that a thousand stores with one text share what
    was compiled."""

    database: str
    id: str
    text: bytes
    key: bytes

    @classmethod
    def of(cls, database: str, id: str, text: bytes) -> Program:
        return cls(database, id, text, hashlib.sha256(text).digest()[:16])


class Refusal(NamedTuple):
    """Why a document may not be written: CouchDB's `error`, and `reason`, which is text unless a function threw
    something else."""

    error: str
    reason: Any


class Busy(Exception):
    """No process was free in time."""


class Stopped(Exception):
    """A filter that was stopped, is broken, or threw. `error` and `reason` as CouchDB tells them."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(reason)
        self.error, self.reason = error, reason


class Engine:
    """The processes of a node. They start when there is something to run, and end with `close`."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self.troubles = Troubles()
        self._all: list[Process] = []
        self._idle: list[Process] = []
        self._changed = threading.Condition()
        self._suspects: dict[bytes, tuple[float, threading.Lock]] = {}
        self._watcher: threading.Thread | None = None
        self._closed = False

    # -- what is asked of it ---------------------------------------------------------------------------------------

    def validate(
        self, program: Program, user: bytes, security: bytes, pairs: Sequence[tuple[str, bytes]]
    ) -> list[Refusal | None]:
        """What ``validate_doc_update`` says of each document: None where it lets it pass.

        `pairs` are ids, each with the JSON of ``[newDoc, oldDoc]``; `user` and `security` the JSON of ``userCtx`` and
        ``secObj``. Raises Busy.
        """
        results: list[Refusal | None] = []
        stops = 0
        for chunk in _chunks(pairs):
            verdicts = None
            if stops < TRIES and len(chunk) > 1 and program.key not in self._suspects:
                what, verdicts = self._validate(program, user, security, chunk)
            if verdicts is not None:
                results += verdicts
                continue
            for one in chunk:  # at one of them it breaks off, if there are several
                if stops >= TRIES:
                    results.append(Refusal("os_process_error", TIMED_OUT))
                    continue
                what, verdicts = self._validate(program, user, security, [one])
                if verdicts is None:
                    stops += 1
                    verdicts = [self._trouble(program, "validate_doc_update", what, one[0])]
                results += verdicts
        return results

    def _validate(
        self, program: Program, user: bytes, security: bytes, chunk: Sequence[tuple[str, bytes]]
    ) -> tuple[str, list[Refusal | None] | None]:
        """``ok`` and the verdicts; or what happened, and None."""
        docs = b"[" + b",".join([text for _, text in chunk]) + b"]"
        what, answer = self._call(program, "validate", [user, security, docs])
        if what != "ok":
            return what, None
        results, lines = json.loads(answer)
        for line in lines:
            log.info("%s: %s says: %s", program.database, program.id, line)
        verdicts: list[Refusal | None] = []
        for (id, _), result in zip(chunk, results, strict=True):
            if result == 1:
                verdicts.append(None)
            elif result[0] == "error":
                self.troubles.add(program.database, program.id, "validate_doc_update", "error", f"{result[2]}", id)
                verdicts.append(Refusal(result[1], result[2]))
            else:
                verdicts.append(Refusal(result[0], result[1]))
        return "ok", verdicts

    def filter(self, program: Program, kind: str, name: str, request: bytes, docs: Sequence[bytes]) -> list[bool]:
        """Which of the documents pass: `kind` is "filter" (``filters.<name>``, with the JSON of ``req``) or
        "filter_view" (``views.<name>.map``). Raises Stopped, Busy."""
        passes: list[bool] = []
        function = f"filters.{name}" if kind == "filter" else f"views.{name}.map"
        for at in range(0, max(1, len(docs)), CHUNK):  # none: the function is compiled
            text = b"[" + b",".join(docs[at : at + CHUNK]) + b"]"
            what, answer = self._call(program, kind, [name.encode(), request, text])
            if what != "ok":
                refusal = self._trouble(program, function, what, None)
                raise Stopped(refusal.error, refusal.reason)
            results, lines = json.loads(answer)
            for line in lines:
                log.info("%s: %s says: %s", program.database, program.id, line)
            if results and results[0] == "error":
                self.troubles.add(program.database, program.id, function, "error", f"{results[2]}", None)
                raise Stopped(results[1], results[2])
            passes += results
        return passes

    def _trouble(self, program: Program, function: str, what: str, about: str | None) -> Refusal:
        reason = TIMED_OUT if what == "stopped" else ENDED
        self.troubles.add(program.database, program.id, function, what, reason, about)
        return Refusal("os_process_error", reason)

    # -- processes -------------------------------------------------------------------------------------------------

    def _call(self, program: Program, kind: str, arguments: Sequence[bytes]) -> tuple[str, bytes]:
        with self._in_turn(program.key):
            what, answer = self._once(program, kind, arguments)
            if what == "failed":  # of the machine's doing, perhaps, which was short of memory
                what, answer = self._once(program, kind, arguments)
        if what != "ok":
            with self._changed:
                lane = self._suspects.get(program.key)
                lock = threading.Lock() if lane is None else lane[1]
                self._suspects[program.key] = time.monotonic() + SUSPECT, lock
        return what, answer

    def _once(self, program: Program, kind: str, arguments: Sequence[bytes]) -> tuple[str, bytes]:
        process = self._take(program.key)
        try:
            what, answer = process.call(kind, program.key, program.text, arguments)
        except Died:
            self._drop(process)
            return ("stopped" if process.late else "failed"), b""
        except BaseException:
            self._drop(process)
            raise
        self._give_back(process)
        return what, answer

    @contextlib.contextmanager
    def _in_turn(self, key: bytes) -> Iterator[None]:
        """A function that was stopped lately runs one call at a time. Raises Busy."""
        lane = self._suspects.get(key)
        if lane is None:
            yield
            return
        until, lock = lane
        if time.monotonic() > until:
            with self._changed:
                self._suspects.pop(key, None)
            yield
            return
        if not lock.acquire(timeout=WAIT_SUSPECT):
            raise Busy
        try:
            yield
        finally:
            lock.release()

    def _take(self, key: bytes) -> Process:
        """A free process, one that knows `key` first. Raises Busy."""
        give_up = time.monotonic() + WAIT
        with self._changed:
            while True:
                if self._closed:
                    raise Busy
                if self._idle:
                    found = next((one for one in reversed(self._idle) if one.knows(key)), self._idle[-1])
                    self._idle.remove(found)
                    return found
                if self._may_start():
                    started = Process(self._seconds, self._memory)
                    self._all.append(started)
                    self._watch()
                    return started
                if time.monotonic() > give_up:
                    raise Busy
                self._changed.wait(SLOW / 2)

    def _may_start(self) -> bool:
        now = time.monotonic()
        quick = sum(1 for one in self._all if one.started is None or now - one.started < SLOW)
        return quick < WORKERS and len(self._all) < MOST

    def _give_back(self, process: Process) -> None:
        with self._changed:
            kept = not self._closed and len(self._all) <= WORKERS
            if kept:
                self._idle.append(process)
            elif process in self._all:
                self._all.remove(process)
            self._changed.notify()
        if not kept:
            process.end()

    def _drop(self, process: Process) -> None:
        with self._changed:
            if process in self._all:
                self._all.remove(process)
            self._changed.notify()
        process.kill()
        process.end()

    def _watch(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._look, name="couchjs", daemon=True)
            self._watcher.start()

    def _look(self) -> None:
        """Kills what is late, as long as there are processes."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed, LOOK)
                if self._closed or not self._all:
                    self._watcher = None
                    return
                running = list(self._all)
            for process in running:
                process.end_if_late()

    def close(self) -> None:
        """Ends the processes; calls under way end in the middle."""
        with self._changed:
            self._closed = True
            ending, self._all, self._idle = self._all, [], []
            self._changed.notify_all()
        for process in ending:
            process.end()


def _chunks(pairs: Sequence[tuple[str, bytes]]) -> Iterator[Sequence[tuple[str, bytes]]]:
    start = size = 0
    for at, (_, text) in enumerate(pairs):
        if at > start and (at - start >= CHUNK or size + len(text) > CHUNK_BYTES):
            yield pairs[start:at]
            start, size = at, 0
        size += len(text)
    if start < len(pairs):
        yield pairs[start:]
