"""A process that runs design documents' functions, started by `engine` as ``python -I worker.py``. It imports nothing
of the application.

Frames go over its standard input and output: a count, as many lengths, as many byte strings. Asked are

* ``teach, key, design document``: its JSON, under a key; nothing is answered;
* ``validate | filter | filter_view, key, argument, argument, argument``: answered by ``ok, JSON`` as `sandbox.js` says,
  or by ``stopped | memory | failed, reason``.

QuickJS counts the processor's time of its whole process: here that is the function's own, which is why the functions
aren't run beside the server's threads. What it cannot stop (a call within the engine that never looks at the clock),
and what takes the process down, is up to `engine`, which waits only so long and starts another one.
"""

from __future__ import annotations

import contextlib
import signal
import struct
import sys
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

#: Design documents whose functions are kept compiled, the oldest makes room.
KEPT = 64
#: Of the stack: QuickJS's frames; the process's own is 8 MB on Unix, 2 MB on Windows.
STACK = 1 << 20
#: Seconds more of the processor's time that a call gets for each byte of its arguments, and bytes of memory.
SECONDS_A_BYTE = 0.5e-6
MEMORY_A_BYTE = 40


def read_frame(stream: IO[bytes]) -> list[bytes] | None:
    """The next frame; None at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    count = struct.unpack("<I", head)[0]
    lengths = stream.read(8 * count)
    if len(lengths) < 8 * count:
        return None
    parts = []
    for length in struct.unpack(f"<{count}Q", lengths):
        part = stream.read(length)
        if len(part) < length:
            return None
        parts.append(part)
    return parts


def write_frame(stream: IO[bytes], parts: Sequence[bytes]) -> None:
    stream.write(struct.pack(f"<I{len(parts)}Q", len(parts), *map(len, parts)) + b"".join(parts))
    stream.flush()


class Sandboxes:
    """The sandboxes of the design documents that were taught."""

    def __init__(self, seconds: float, memory: int) -> None:
        from quickjs import (
            Context,
            JSException,
            StackOverflow,
        )  # the parent, which imports this module, needs no engine

        self._new, self._thrown, self._too_deep = Context, JSException, StackOverflow
        self._source = Path(__file__).with_name("sandbox.js").read_text("utf-8")
        self._seconds, self._memory = seconds, memory
        self._taught: OrderedDict[bytes, str] = OrderedDict()
        self._made: dict[bytes, tuple[Any, Any]] = {}

    def teach(self, key: bytes, text: bytes) -> None:
        self._taught[key] = text.decode()
        self._made.pop(key, None)
        while len(self._taught) > KEPT:
            oldest, _ = self._taught.popitem(last=False)
            self._made.pop(oldest, None)

    def call(self, kind: str, key: bytes, arguments: Sequence[bytes]) -> tuple[bytes, bytes]:
        """What is answered: ``ok`` and JSON, or what happened and the engine's words."""
        if key not in self._taught:
            return b"untaught", b""
        self._taught.move_to_end(key)
        size = sum(map(len, arguments))
        try:
            context, caller = self._made.get(key) or self._make(key)
            context.set_time_limit(self._seconds + size * SECONDS_A_BYTE)
            context.set_memory_limit(self._memory + size * MEMORY_A_BYTE)
            return b"ok", caller(kind, *[one.decode() for one in arguments]).encode("utf-8", "replace")
        except self._too_deep as error:
            return self._failed(key, b"failed", error)
        except self._thrown as error:
            words = str(error)
            if "interrupted" in words:
                return self._failed(key, b"stopped", error)
            # QuickJS has no memory left for the words, either
            return self._failed(key, b"memory" if "memory" in words or words == "null" else b"failed", error)

    def _make(self, key: bytes) -> tuple[Any, Any]:
        context = self._new()
        context.set_max_stack_size(STACK)
        context.set_memory_limit(self._memory + len(self._taught[key]) * MEMORY_A_BYTE)
        context.set_time_limit(self._seconds)
        self._made[key] = context, context.eval(self._source)(self._taught[key])
        return self._made[key]

    def _failed(self, key: bytes, what: bytes, error: Exception) -> tuple[bytes, bytes]:
        """A sandbox in which something broke off is in no state to go on."""
        self._made.pop(key, None)
        return what, str(error).split("\n")[0].encode("utf-8", "replace")


def main(seconds: float, memory: int) -> None:
    """Answers until its standard input ends."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; who started this one ends it
    source, target = sys.stdin.buffer, sys.stdout.buffer
    sandboxes = Sandboxes(seconds, memory)
    while (frame := read_frame(source)) is not None:
        kind, key, *arguments = frame
        if kind == b"teach":
            sandboxes.teach(key, arguments[0])
        else:
            write_frame(target, sandboxes.call(kind.decode(), key, arguments))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main(float(sys.argv[1]), int(sys.argv[2]))
