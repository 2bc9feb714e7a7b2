"""A door that speaks TLS before a server that doesn't, as a proxy before an Apache CouchDB is one."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def tls_door(port: int, path: Path) -> Iterator[str]:
    """The https:// address of a door to `port` of this machine, with the certificate in `path` as it is at each
    connection: `tls.crt` and `tls.key`."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=_through, args=(plain, port, path), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def _through(plain: socket.socket, port: int, path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path / "tls.crt", path / "tls.key")
    with contextlib.suppress(OSError), plain:
        secure = context.wrap_socket(plain, server_side=True)
        secure.settimeout(0.05)
        with secure, socket.create_connection(("127.0.0.1", port)) as inner:
            inner.settimeout(0.05)
            lock = threading.Lock()  # a TLS connection is no two threads' at once
            threading.Thread(target=_pump, args=(inner, secure, lock), daemon=True).start()
            _pump(secure, inner, lock)


def _pump(source: socket.socket, target: socket.socket, lock: threading.Lock) -> None:
    with contextlib.suppress(OSError):
        while True:
            try:
                with lock if isinstance(source, ssl.SSLSocket) else contextlib.nullcontext():
                    piece = source.recv(65536)
            except (TimeoutError, ssl.SSLWantReadError):
                continue
            if not piece:
                break
            with lock if isinstance(target, ssl.SSLSocket) else contextlib.nullcontext():
                target.sendall(piece)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
