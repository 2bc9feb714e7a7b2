"""The line between a terminal and the hub, as a TCP proxy that can be cut for real: open connections break, new ones
are refused, as with a pulled cable that the operating system has noticed."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading

log = logging.getLogger("couchtill.demo.line")

#: Bytes moved at once.
CHUNK = 65_536


class Line:
    """Listens on ``port`` of loopback while it is up, and passes everything to ``target`` (a port of loopback, or an
    address)."""

    def __init__(self, port: int, target: int | tuple[str, int]) -> None:
        self.port = port
        self.target = ("127.0.0.1", target) if isinstance(target, int) else target
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()

    @property
    def up(self) -> bool:
        return self._listener is not None

    def plug(self) -> None:
        """Lets connections through (again). OSError when the port is taken."""
        with self._lock:
            if self._listener is not None:
                return
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(("127.0.0.1", self.port))
                listener.listen(64)
            except OSError:
                listener.close()
                raise
            self.port = listener.getsockname()[1]
            self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name=f"line {self.port}", daemon=True).start()

    def cut(self) -> None:
        """Breaks every open connection and refuses new ones, until ``plug``."""
        with self._lock:
            listener, self._listener = self._listener, None
            broken, self._open = self._open, set()
        if listener is not None:
            _close(listener)
        for connection in broken:
            _close(connection)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return  # cut
            threading.Thread(target=self._connect, args=(listener, near), daemon=True).start()

    def _connect(self, listener: socket.socket, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self.target, timeout=5)
        except OSError:
            _close(near)  # the hub is not there: the other side sees a broken line
            return
        far.settimeout(None)
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            if self._listener is not listener:  # cut while we connected
                _close(near)
                _close(far)
                return
            self._open |= {near, far}
        back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
        back.start()
        self._pump(near, far)
        back.join()
        with self._lock:
            self._open -= {near, far}
        near.close()
        far.close()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                target.sendall(data)
        # One side is done: tell the other, and keep its answer flowing.
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def _close(connection: socket.socket) -> None:
    """Closes for the threads that wait in it, too."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
