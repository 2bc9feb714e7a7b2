"""HTTPS of a node's own server: the certificate in its directory, taken anew when its files change.

A node whose directory holds `tls.crt` (the certificate, and what stands between it and its authority) and `tls.key`
(mode 600) speaks HTTPS and nothing else. `couchtill certificate` makes them.
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
from pathlib import Path
from typing import Any, Final

from cheroot.ssl import Adapter

from app.node.config import NodeError

log = logging.getLogger("couchtill.tls")

CERTIFICATE, KEY = "tls.crt", "tls.key"
#: The first byte of a TLS record by which a client says that it is going.
_ALERT: Final = b"\x15"


def adapter_of(path: Path) -> TLS | None:
    """For the server of the node in `path`; None where it has no certificate. NodeError in words."""
    certificate, key = path / CERTIFICATE, path / KEY
    if not certificate.exists():
        return None
    if not key.exists():
        raise NodeError(f"{certificate} is there, but its key {KEY} is not: put it back, or take the certificate away.")
    if os.name == "posix" and key.stat().st_mode & 0o077:
        raise NodeError(f"{key} can be read by others: chmod 600 {key}")
    return TLS(certificate, key)


class TLS(Adapter):
    """cheroot's way to TLS, with the handshake in the worker that reads the first request: in the thread that accepts,
    one client that connects and says nothing would keep all others waiting."""

    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__(str(certificate), str(key))
        self._files = (certificate, key)
        self._stamp: tuple[int, ...] = ()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            self._load()
        except (ssl.SSLError, OSError, ValueError) as error:
            raise NodeError(f"{certificate} and {key.name} are no certificate and its key: {error}") from None

    def _load(self) -> None:
        stamp = tuple(file.stat().st_mtime_ns for file in self._files)
        if stamp != self._stamp:
            self.context.load_cert_chain(*self._files)
            self._stamp = stamp

    def bind(self, sock: socket.socket) -> socket.socket:
        return sock

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """The connection as TLS, and what stands in each request's environ."""
        try:
            self._load()
        except (ssl.SSLError, OSError, ValueError) as error:  # half written: the one before still holds
            log.warning("the new certificate can't be used: %s", error)
        return self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), self.get_environ()

    def get_environ(self, sock: Any = None) -> dict[str, Any]:
        return {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def makefile(self, sock: Any, mode: str = "r", bufsize: int = -1) -> Any:
        from cheroot.makefile import StreamReader, StreamWriter

        made = StreamReader if "r" in mode else StreamWriter
        return made(sock, mode, bufsize) if bufsize > 0 else made(sock, mode)


def has_left(connection: socket.socket) -> bool:
    """Whether the other side has closed: also of a TLS connection, whose plain bytes nobody may take."""
    seen = socket.socket.recv(connection, 1, socket.MSG_PEEK)
    return seen == b"" or (isinstance(connection, ssl.SSLSocket) and seen == _ALERT)


def pending(connection: socket.socket) -> bool:
    """Whether bytes wait that were deciphered already: nobody sees them at the socket."""
    return isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
