"""How long a client may keep one of the server's threads waiting: for its request's head, for its body, for its answer.

A thread serves a request from its first byte to its last. Somebody who sends a byte a minute on two hundred connections
would have all of them, and nobody could sell. So what counts is the time in which a thread stands at the socket and
nothing moves, summed over the request; what the node itself needs for an answer, and a feed that has nothing to tell,
count for nothing.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Any, Final

from cheroot.makefile import BufferedWriter, StreamReader, StreamWriter

#: Seconds for a head. It fits into a packet or two; a phone on a train gets it through in less.
HEAD_SECONDS = 20.0
#: And while many threads wait for one: who sends a head at once isn't held up by those who don't.
HURRIED_SECONDS = 1.0
#: That many are many, of those that the server may have.
HURRIED_SHARE: Final = 1 / 8
#: Seconds for a body and for taking the answer, and bytes a second that buy more: the slowest line that is served.
STALL_SECONDS = 75.0
SLOWEST_BYTES = 1_000
#: Seconds for the rest of a body that nobody wanted to read, so that its sender gets to see the answer.
DRAIN_SECONDS = 5.0


class Waiting:
    """How many threads of a server wait for a head."""

    def __init__(self, threads: int) -> None:
        self._many = max(4, int(threads * HURRIED_SHARE))
        self._count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Waiting:
        with self._lock:
            self._count += 1
        return self

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._count -= 1

    @property
    def seconds(self) -> float:
        """How long a head may take now."""
        return HURRIED_SECONDS if self._count > self._many else HEAD_SECONDS


class Patience:
    """What is left of it with one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._left = STALL_SECONDS
        self._buys = True

    def begin(self, seconds: float, *, buys: bool = True) -> None:
        """So long from now on. `buys`: bytes that come or go prolong it."""
        self._left, self._buys = seconds, buys
        self._connection.settimeout(seconds)

    def check(self) -> None:
        """TimeoutError when it is over; what has come meanwhile is still read."""
        if self._left <= 0:
            raise TimeoutError("timed out")  # cheroot's word for it, which it answers with 408

    def spend(self, began: float, moved: int | None) -> None:
        """A thread has stood at the socket since `began`, and `moved` bytes came of it."""
        self._left -= time.monotonic() - began
        if self._buys and moved:
            self._left = min(self._left + moved / SLOWEST_BYTES, STALL_SECONDS)


class Line(socket.SocketIO):
    """A connection's raw bytes, and how long they took."""

    def __init__(self, connection: socket.socket, mode: Any, patience: Patience) -> None:
        super().__init__(connection, mode)
        self._patience = patience

    def readinto(self, buffer: Any) -> int | None:
        self._patience.check()
        began = time.monotonic()
        moved = super().readinto(buffer)
        self._patience.spend(began, moved)
        return moved

    def write(self, data: Any) -> int | None:
        self._patience.check()
        began = time.monotonic()
        moved = super().write(data)
        self._patience.spend(began, moved)
        return moved


class Reader(StreamReader):
    """cheroot's, on a `Line`."""

    def __init__(self, connection: socket.socket, size: int, patience: Patience) -> None:
        super(StreamReader, self).__init__(Line(connection, "r", patience), size)
        self.bytes_read = 0


class Writer(StreamWriter):
    """cheroot's, on a `Line`. Nothing stays in it."""

    def __init__(self, connection: socket.socket, size: int, patience: Patience) -> None:
        super(BufferedWriter, self).__init__(Line(connection, "w", patience), size)
        self.bytes_written = 0

    def write(self, data: Any, *given: Any, **named: Any) -> int:
        """All of it, from where it lies: cheroot's own copies what is left before each piece that leaves."""
        left = memoryview(data)
        size = len(left)
        while left:
            left = left[self.raw.write(left) or 0 :]
        self.bytes_written += size
        return size
