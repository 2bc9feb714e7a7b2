"""A receipt printer on a socket: it takes ESC/POS as real ones do, and can be out of paper, open, or gone."""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass, field

#: ESC t n → Python's name of the code page.
PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858"}


@dataclass
class Printed:
    """What came onto paper: rows of text, pictures as (width, height) in dots, cuts, and kicks of the drawer."""

    rows: list[str] = field(default_factory=list)
    pictures: list[tuple[int, int]] = field(default_factory=list)
    cuts: int = 0
    kicks: int = 0

    @property
    def text(self) -> str:
        return "\n".join(self.rows)


def decode(data: bytes) -> Printed:
    """Reads the commands that CouchTill uses; fails on one that a printer would print as garbage."""
    printed, page, row, chinese, i = Printed(), "cp437", b"", False, 0
    while i < len(data):
        byte, two = data[i], data[i : i + 2]
        if two == b"\x10\x04":  # DLE EOT n: a question
            i += 3
        elif two == b"\x1b@":
            i += 2
        elif two == b"\x1bt":
            page = PAGES[data[i + 2]]
            i += 3
        elif two == b"\x1bp":
            printed.kicks += 1
            i += 5
        elif two in (
            b"\x1ba",
            b"\x1bE",
            b"\x1b!",
            b"\x1b-",
            b"\x1bM",
            b"\x1bd",
            b"\x1b{",
            b"\x1dB",
            b"\x1d!",
            b"\x1bG",
        ):
            i += 3
        elif two == b"\x1b2":
            i += 2
        elif two == b"\x1dV":
            printed.cuts += 1
            i += 4 if data[i + 2] in (65, 66) else 3
        elif two == b"\x1dv":
            width, height = struct.unpack("<HH", data[i + 4 : i + 8])
            printed.pictures.append((width * 8, height))
            i += 8 + width * height
        elif two in (b"\x1c&", b"\x1c."):
            chinese = two == b"\x1c&"
            i += 2
        elif byte == 0x0A:
            printed.rows.append(row.decode("gb18030" if chinese else page))
            row, i = b"", i + 1
        elif byte < 0x20:
            raise AssertionError(f"a printer would not know {data[i : i + 4]!r} at {i}")
        else:
            row += data[i : i + 1]
            i += 1
    if row:
        printed.rows.append(row.decode(page))
    return printed


class Printer:
    """Listens on a port of its own until `close`. `status` answers what is asked of it; None: it is silent."""

    def __init__(self, status: bytes | None = b"\x12\x12") -> None:
        self.status = status
        self.jobs: list[bytes] = []
        self._came = threading.Condition()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            with line:
                data = b""
                while more := line.recv(65536):
                    data += more
                    if self.status is not None and data.endswith(b"\x10\x04\x02\x10\x04\x04"):
                        line.sendall(self.status)
            with self._came:
                self.jobs.append(data)
                self._came.notify_all()

    def printed(self, count: int = 1) -> list[Printed]:
        """What the jobs put onto paper, once there are `count` of them; questions alone are no job."""
        with self._came:
            self._came.wait_for(lambda: len(self._real()) >= count, timeout=10)
            return [decode(job) for job in self._real()]

    def _real(self) -> list[bytes]:
        return [job for job in self.jobs if job.replace(b"\x10\x04\x02\x10\x04\x04", b"")]

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()
