"""The processes of an engine: as many as are of use, and one at a time for a function that had to be stopped."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final

from app.couchjs.process import Died, Process

WORKERS: Final = max(2, min(4, os.cpu_count() or 2))
#: The most processes there are, the slow ones counted: a call that lasts longer than `SLOW` seconds doesn't count among
#: the `WORKERS`, so that functions that go wrong leave room for those that don't.
MOST: Final = WORKERS + 8
SLOW: Final = 0.5
#: How many processes one request has at once.
AT_ONCE: Final = 2
#: Seconds for which a function that was stopped runs one call at a time, whoever calls it.
SUSPECT: Final = 60.0
#: Seconds that a call waits for a process, and one of a function that was stopped for its turn.
WAIT: Final = 10.0
WAIT_SUSPECT: Final = 2.0
#: Seconds between two looks for processes that are late.
LOOK: Final = 1.0

Arguments = Sequence[bytes]
Answer = tuple[str, bytes]
"""``ok`` and what the sandbox says; ``stopped``, ``memory`` or ``failed`` and the engine's words."""


class Busy(Exception):
    """No process was free in time."""


class Pool:
    """They start when there is something to run, and end with `close`. `seconds` of the processor's time and bytes of
    `memory` are what a call may take."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._seconds, self._memory = seconds, memory
        self.processes: list[Process] = []
        self._idle: list[Process] = []
        self._changed = threading.Condition()
        self._suspects: dict[bytes, tuple[float, threading.Lock]] = {}
        self._watcher: threading.Thread | None = None
        self._closed = False

    def call(self, kind: str, key: bytes, text: bytes, arguments: Arguments) -> Answer:
        """Calls a function of the design document `text`, known by its `key`. Raises Busy."""
        with self._in_turn(key):
            answer = self._once(kind, key, text, arguments)
            if answer[0] == "failed":  # of the machine's doing, perhaps, which was short of memory
                answer = self._once(kind, key, text, arguments)
        if answer[0] != "ok":
            with self._changed:
                lane = self._suspects.get(key)
                lock = threading.Lock() if lane is None else lane[1]
                self._suspects[key] = time.monotonic() + SUSPECT, lock
        return answer

    def calls(self, kind: str, key: bytes, text: bytes, many: Sequence[Arguments]) -> list[Answer | None]:
        """As `call`, for several, in some processes at once; None for those at which something went wrong, and for what
        was to come behind them: those are to be asked for by `call`. Raises Busy."""
        answers: list[Answer | None] = []
        if not many or key in self._suspects:
            return [None] * len(many)
        lent = [self._take(key)]
        try:
            while len(lent) < min(AT_ONCE, len(many)) and (more := self._take_free(key)) is not None:
                lent.append(more)
            for at in range(0, len(many), len(lent)):
                answers += self._together(lent, kind, key, text, many[at : at + len(lent)])
                if answers[-1] is None or answers[-len(lent)] is None:
                    break
        finally:
            for process in lent:
                self._give_back(process)
        return answers + [None] * (len(many) - len(answers))

    def _together(
        self, lent: list[Process], kind: str, key: bytes, text: bytes, many: Sequence[Arguments]
    ) -> list[Answer | None]:
        """One call in each process; those that went wrong are no more among the `lent` ones."""
        begun: list[Process | None] = []
        for process, arguments in zip(list(lent), many, strict=False):
            try:
                process.begin(kind, key, text, arguments)
                begun.append(process)
            except Died:
                begun.append(None)
                lent.remove(process)
                self._drop(process)
        answers: list[Answer | None] = []
        for one in begun:
            answer = None
            if one is not None:
                try:
                    answer = one.finish()
                except BaseException as error:
                    lent.remove(one)
                    self._drop(one)
                    if not isinstance(error, Died):
                        raise
            answers.append(answer if answer is not None and answer[0] == "ok" else None)
        return answers

    def _once(self, kind: str, key: bytes, text: bytes, arguments: Arguments) -> Answer:
        process = self._take(key)
        try:
            process.begin(kind, key, text, arguments)
            answer = process.finish()
        except Died:
            self._drop(process)
            return ("stopped" if process.late else "failed"), b""
        except BaseException:
            self._drop(process)
            raise
        self._give_back(process)
        return answer

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
        """A process, one that knows `key` first, as soon as one is free. Raises Busy."""
        give_up = time.monotonic() + WAIT
        with self._changed:
            while True:
                if self._closed:
                    raise Busy
                found = self._free(key)
                if found is not None:
                    return found
                if time.monotonic() > give_up:
                    raise Busy
                self._changed.wait(SLOW / 2)

    def _take_free(self, key: bytes) -> Process | None:
        """A process, if one is free at once."""
        with self._changed:
            return None if self._closed else self._free(key)

    def _free(self, key: bytes) -> Process | None:
        if self._idle:
            found = next((one for one in reversed(self._idle) if one.knows(key)), self._idle[-1])
            self._idle.remove(found)
            return found
        now = time.monotonic()
        quick = sum(1 for one in self.processes if one.started is None or now - one.started < SLOW)
        if quick >= WORKERS or len(self.processes) >= MOST:
            return None
        started = Process(self._seconds, self._memory)
        self.processes.append(started)
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._look, name="couchjs", daemon=True)
            self._watcher.start()
        return started

    def _give_back(self, process: Process) -> None:
        with self._changed:
            kept = not self._closed and len(self.processes) <= WORKERS
            if kept:
                self._idle.append(process)
            elif process in self.processes:
                self.processes.remove(process)
            self._changed.notify()
        if not kept:
            process.end()

    def _drop(self, process: Process) -> None:
        with self._changed:
            if process in self.processes:
                self.processes.remove(process)
            self._changed.notify()
        process.kill()
        process.end()

    def _look(self) -> None:
        """Kills what is late, as long as there are processes."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed, LOOK)
                if self._closed or not self.processes:
                    self._watcher = None
                    return
                running = list(self.processes)
            for process in running:
                process.end_if_late()

    def close(self) -> None:
        """Ends the processes; calls under way end in the middle."""
        with self._changed:
            self._closed = True
            ending, self.processes, self._idle = self.processes, [], []
            self._changed.notify_all()
        for process in ending:
            process.end()
