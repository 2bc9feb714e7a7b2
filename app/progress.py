"""A progress bar on one line of a terminal; nothing at all where standard error is a file or a pipe."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

#: Seconds between two drawings: faster flickers and costs the replication time.
PACE = 0.1


class Bar:
    """``done`` of ``total`` and the rate since the start. ``total`` None: not known yet."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self.shows = self._stream.isatty()
        self._began = time.monotonic()
        self._drawn = 0.0
        self._width = 0

    def show(self, done: int, total: int | None, label: str = "documents") -> None:
        now = time.monotonic()
        if not self.shows or now - self._drawn < PACE:
            return
        self._drawn = now
        self._draw(line(done, total, now - self._began, shutil.get_terminal_size().columns, label))

    def end(self) -> None:
        """Removes the bar, for the result that is printed in its place."""
        if self._width:
            self._draw("")
            self._stream.write("\r")
            self._stream.flush()

    def _draw(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)


def line(done: int, total: int | None, seconds: float, columns: int, label: str) -> str:
    """``[#####.....]  50 %  5,000 of 10,000 documents, 2,500/s``, no wider than ``columns``."""
    rate = f"{done / seconds:,.0f}/s" if seconds > 0 else "…"
    if not total:
        return f"{done:,} {label}, {rate}"[: columns - 1]
    share = min(1.0, done / total)
    text = f" {share:4.0%}  {done:,} of {total:,} {label}, {rate}"
    room = max(0, min(40, columns - len(text) - 3))
    filled = int(share * room)
    return (f"[{'#' * filled}{'.' * (room - filled)}]{text}" if room else text)[: columns - 1]
