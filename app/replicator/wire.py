"""Sockets that can be counted and cut.

A thread that waits in a long poll wakes only when its socket does, so stopping within a second means closing the
socket beneath it. And a connection that had to be made anew is a hint that the server was away for a moment.
"""

from __future__ import annotations

import functools
import os
import socket
import ssl
import threading
import weakref
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError
from urllib3.poolmanager import PoolManager


class Sockets:
    """The open sockets of one peer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.cut_off = False

    def add(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.add(sock)
            cut = self.cut_off
        if cut:
            _shut(sock)

    def cut(self) -> None:
        """Ends every open connection now, and each new one until :meth:`mend`."""
        with self._lock:
            self.cut_off = True
            socks = list(self._open)
        for sock in socks:
            _shut(sock)

    def mend(self) -> None:
        with self._lock:
            self.cut_off = False
            self._open.clear()


def read(response: requests.Response) -> bytes:
    """The whole body of an answer that was asked for with `stream=True`.

    CouchDB sends a feed as one chunk a row, and urllib3 takes 25 µs for each: as much as all else that is done with a
    document. Here two calls of the buffered reader do. Whatever is not plainly chunked goes the usual way.

    Raises ProtocolError as urllib3 does when the body ends too early.
    """
    inner = getattr(response.raw, "_fp", None)
    file = getattr(inner, "fp", None)
    plain = not response.headers.get("Content-Encoding")
    if not (plain and file is not None and getattr(inner, "chunked", False) and hasattr(inner, "_close_conn")):
        return response.content
    pieces = []
    try:
        while size := int(file.readline(1024).partition(b";")[0], 16):
            piece = file.read(size + 2)
            if len(piece) != size + 2:
                raise ProtocolError("The body ended within a chunk.")
            pieces.append(piece[:-2])
        while file.readline(65536) not in (b"\r\n", b"\n", b""):
            pass
    except (ValueError, OSError) as error:
        response.close()
        raise ProtocolError(f"The chunks of the body are broken: {error}") from error
    except ProtocolError:
        response.close()
        raise
    inner._close_conn()  # type: ignore[union-attr]
    response.raw.release_conn()
    return b"".join(pieces)


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was closed already


def believed() -> ssl.SSLContext:
    """Whose certificates are believed besides those that requests brings along: the machine's own authorities, among
    them a company's that was installed there, and those of the file that SSL_CERT_FILE names."""
    return _believed(os.environ.get("SSL_CERT_FILE"))


@functools.cache
def _believed(named: str | None) -> ssl.SSLContext:
    made = ssl.create_default_context()
    for authority in _also:
        made.load_verify_locations(cadata=authority)
    return made


def believe(authority: str) -> None:
    """From its next connection on, this process believes that authority too (PEM). ssl.SSLError, ValueError."""
    with _learning:
        if authority not in _also:
            believed().load_verify_locations(cadata=authority)
            _also.append(authority)


_also: list[str] = []
_learning = threading.Lock()


class Believing(HTTPAdapter):
    """A plain requests adapter that believes `believed`."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **options, ssl_context=believed())


def adapter(sockets: Sockets, made: Callable[[], None], trust: ssl.SSLContext | None = None) -> HTTPAdapter:
    """A requests adapter whose connections are listed in `sockets`; `made` is called for each new one. `trust`: whose
    certificates are believed besides the usual authorities'."""

    def connected(sock: Any) -> None:
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sockets.add(sock)
        made()

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
            if trust is not None:
                options["ssl_context"] = trust
            manager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **options)
            manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
            self.poolmanager = manager

    return Adapter(pool_connections=2, pool_maxsize=2)
