"""One process of the engine, as its parent sees it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.couchjs import worker

#: Seconds by the clock that a process gets beyond the processor's time that a call may take: the machine may be busy.
PATIENCE: Final = 15.0


class Died(Exception):
    """The process ended in the middle of a call: it was killed for being late, or it crashed."""


class Process:
    """A running `worker`. One caller at a time; `end_if_late` may be called by anyone."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._seconds = seconds
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(Path(worker.__file__)), str(seconds), str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._taught: set[bytes] = set()
        self._ending = threading.Lock()
        self.started: float | None = None  # when the call under way began, on the monotonic clock
        self._deadline = 0.0
        self._asked: tuple[bytes, list[bytes]] = b"", []
        self.late = False

    def knows(self, key: bytes) -> bool:
        return key in self._taught

    def begin(self, kind: str, key: bytes, text: bytes, arguments: Sequence[bytes]) -> None:
        """Asks a call of the worker; `text` is the design document under `key`. Raises Died."""
        assert self._process.stdin is not None
        now = time.monotonic()
        self._deadline = now + self._seconds + sum(map(len, arguments)) * worker.SECONDS_A_BYTE + PATIENCE
        self.started = now
        self._asked = text, [kind.encode(), key, *arguments]
        try:
            if key not in self._taught:
                worker.write_frame(self._process.stdin, [b"teach", key, text])
                self._taught.add(key)
            worker.write_frame(self._process.stdin, self._asked[1])
        except OSError:
            self.started = None
            raise Died from None

    def finish(self) -> tuple[str, bytes]:
        """What the `worker` answers to what was asked. Raises Died."""
        assert self._process.stdin is not None and self._process.stdout is not None
        text, asked = self._asked
        try:
            while True:
                answer = worker.read_frame(self._process.stdout)
                if answer is None:
                    raise Died
                if answer[0] != b"untaught":
                    return answer[0].decode(), answer[1]
                worker.write_frame(self._process.stdin, [b"teach", asked[1], text])
                worker.write_frame(self._process.stdin, asked)
        except OSError:
            raise Died from None
        finally:
            self.started = None

    def end_if_late(self) -> None:
        """Kills the process where its call should have been over."""
        started = self.started
        if started is not None and time.monotonic() > self._deadline:
            self.late = True
            self.kill()

    def kill(self) -> None:
        with self._ending:
            if self._process.poll() is None:
                self._process.kill()

    def end(self) -> None:
        """Ends the process; it goes by itself once its input is closed, unless it is busy."""
        with self._ending:
            if self.started is not None:
                self._process.kill()
            with contextlib.suppress(OSError):
                if self._process.stdin is not None:
                    self._process.stdin.close()
            try:
                self._process.wait(1.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self.started is None and self._process.stdout is not None:
                self._process.stdout.close()
