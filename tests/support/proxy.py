"""A bad network between a client and a server, which a test makes worse or better while both run.

``FaultProxy(url)`` listens on a loopback port and forwards HTTP, request by request, to ``url``. Faults are added by
methods, each for all requests or those whose ``"METHOD /path?query"`` a regular expression finds, always or a number
of ``times``; the first that fits is taken. ``clear()`` takes all away; ``cut()`` and ``restore()`` pull the cable.
"""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

PIECE = 64 * 1024  # bytes relayed at a time


@dataclass
class Fault:
    """One thing that goes wrong. ``kind`` is the name of the method of ``FaultProxy`` that made it."""

    kind: str
    match: re.Pattern[str]
    times: int | None
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    size: int = 0
    seconds: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)


@dataclass
class Seen:
    """A request that reached the proxy: what was asked, what was answered (0: nothing), which fault it met."""

    method: str
    path: str
    status: int = 0
    fault: str = ""
    sent: int = 0

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


class FaultProxy:
    """A context manager. ``url`` is the target's, at the proxy's port, with the same credentials and path."""

    def __init__(self, target: str):
        parts = urlsplit(target)
        self.target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.requests: list[Seen] = []
        self.connections = 0
        self._faults: list[Fault] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_cut = self._closed = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        credentials, at, _ = parts.netloc.rpartition("@")
        self.url = parts._replace(netloc=f"{credentials}{at}127.0.0.1:{self.port}").geturl()
        threading.Thread(target=self._accept, daemon=True).start()

    # faults

    def answer(
        self,
        status: int,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        *,
        match: str = "",
        times: int | None = None,
    ) -> Fault:
        """Answer this, and don't ask the target: 500, 502, 429 with Retry-After, 413, a page of HTML with 200 …"""
        data = body.encode() if isinstance(body, str) else body
        return self._add("answer", match, times, status=status, headers=headers or {}, body=data)

    def truncate(self, after: int, *, match: str = "", times: int | None = None) -> Fault:
        """End the connection when ``after`` bytes of the answer's body have gone through."""
        return self._add("truncate", match, times, size=after)

    def delay(self, seconds: float, *, match: str = "", times: int | None = None) -> Fault:
        """Wait before a request is forwarded."""
        return self._add("delay", match, times, seconds=seconds)

    def blackhole(self, *, match: str = "", times: int | None = None) -> Fault:
        """Accept requests and stay silent until ``clear()``; then they go on."""
        return self._add("blackhole", match, times)

    def buffer(self, size: int, *, match: str = "", times: int | None = None) -> Fault:
        """Hold an answer's body back until ``size`` bytes are there, or its end: what buffering proxies do to feeds."""
        return self._add("buffer", match, times, size=size)

    def cut_idle(self, seconds: float, *, match: str = "", times: int | None = None) -> Fault:
        """End a connection in whose answer nothing came for so long: what load balancers do to feeds."""
        return self._add("cut_idle", match, times, seconds=seconds)

    def drop_request(self, *, match: str = "", times: int | None = None) -> Fault:
        """End the connection instead of forwarding: the target never hears of it."""
        return self._add("drop_request", match, times)

    def drop_answer(self, *, match: str = "", times: int | None = None) -> Fault:
        """Let the target carry the request out, and end the connection instead of telling."""
        return self._add("drop_answer", match, times)

    def _add(self, kind: str, match: str, times: int | None, **details) -> Fault:
        fault = Fault(kind, re.compile(match), times, **details)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """All is well from the next request on; what a ``blackhole`` or ``delay`` holds goes on now."""
        with self._lock:
            faults, self._faults = self._faults, []
        for fault in faults:
            fault.over.set()

    def cut(self) -> None:
        """Pull the cable: every connection is reset, new ones are reset at once."""
        with self._lock:
            self._is_cut = True
        self.reset_connections()

    def restore(self) -> None:
        """Put the cable back. Other faults stay."""
        with self._lock:
            self._is_cut = False

    def reset_connections(self) -> None:
        """Reset what is open now; new connections are taken."""
        with self._lock:
            sockets = list(self._open)
        for connection in sockets:
            _reset(connection)

    # what happened

    def seen(self, match: str = "") -> list[Seen]:
        """The requests so far that ``match`` finds, in the order of arrival."""
        with self._lock:
            return [request for request in self.requests if re.search(match, request.line)]

    def count(self, match: str = "") -> int:
        return len(self.seen(match))

    def wait_for(self, match: str = "", count: int = 1, timeout: float = 30.0) -> list[Seen]:
        """Wait until ``count`` requests that ``match`` finds have come, and return them."""
        deadline = time.monotonic() + timeout
        while len(found := self.seen(match)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} of {count} requests like {match!r} within {timeout} s")
            time.sleep(0.01)
        return found

    # the works

    def _take(self, seen: Seen) -> Fault | None:
        with self._lock:
            self.requests.append(seen)
            for fault in self._faults:
                if fault.match.search(seen.line) and fault.times != 0:
                    fault.times = None if fault.times is None else fault.times - 1
                    seen.fault = fault.kind
                    return fault
        return None

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._listener.accept()
            except OSError:
                return  # closed
            with self._lock:
                self.connections += 1
                refuse = self._is_cut or self._closed
                if not refuse:
                    self._open.add(connection)
            if refuse:
                _reset(connection)
                connection.close()
            else:
                threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: socket.socket, address: tuple[str, int]) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            _Handler(connection, address, self)
        except (OSError, http.client.HTTPException, _Reset):
            _reset(connection)
        except _End:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def close(self) -> None:
        self._closed = True
        self._listener.close()
        self.clear()
        self.reset_connections()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Reset(Exception):
    """The connection ends here, with RST: what the client has not read yet is lost."""


class _End(Exception):
    """The connection ends here, with FIN: the client can read what was sent."""


def _reset(connection: socket.socket) -> None:
    """End a connection with RST, and wake the thread that waits in it."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # gone already


class _Handler(BaseHTTPRequestHandler):
    """One client's connection, its requests one after the other."""

    protocol_version = "HTTP/1.1"
    server: FaultProxy  # type: ignore[assignment]

    def log_message(self, *args: object) -> None:
        """Not to standard error."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._forward
        raise AttributeError(name)

    def _forward(self) -> None:
        seen = Seen(self.command, self.path)
        fault = self.server._take(seen)
        body = self._body()
        kind = fault.kind if fault else ""
        if fault and kind == "drop_request":
            raise _Reset
        if fault and kind == "blackhole":
            fault.over.wait()
        if fault and kind == "delay":
            fault.over.wait(fault.seconds)
        if fault and kind == "answer":
            self._fixed(fault, seen)
            return
        idle = fault.seconds if fault and kind == "cut_idle" else 600
        upstream = http.client.HTTPConnection(*self.server.target, timeout=idle)
        upstream.connect()
        line = upstream.sock
        with self.server._lock:
            self.server._open.add(line)  # so that a cut is felt at both ends
        try:
            answer = self._ask(upstream, body)
            if kind == "drop_answer":
                answer.read()
                raise _Reset
            seen.status = answer.status
            self._relay(answer, fault, seen)
        finally:
            with self.server._lock:
                self.server._open.discard(line)
            upstream.close()

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline() not in (b"\r\n", b"\n", b""):
                pass
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _ask(self, upstream: http.client.HTTPConnection, body: bytes) -> http.client.HTTPResponse:
        upstream.putrequest(self.command, self.path, skip_accept_encoding=True)  # Host becomes the target's
        for name, value in self.headers.items():
            if name.lower() not in ("host", "connection", "content-length", "transfer-encoding", "expect"):
                upstream.putheader(name, value)
        if body or "Content-Length" in self.headers:
            upstream.putheader("Content-Length", str(len(body)))
        upstream.putheader("Connection", "close")
        upstream.endheaders(body or None)
        return upstream.getresponse()

    def _fixed(self, fault: Fault, seen: Seen) -> None:
        seen.status = fault.status
        self.send_response(fault.status)
        for name, value in {"Content-Type": "text/html", **fault.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(fault.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(fault.body)

    def _relay(self, answer: http.client.HTTPResponse, fault: Fault | None, seen: Seen) -> None:
        bare = self.command == "HEAD" or answer.status in (204, 304)
        chunked = answer.chunked or (answer.length is None and not bare)
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "keep-alive"):
                self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if bare:
            return
        left = fault.size if fault and fault.kind == "truncate" else None
        hold = fault.size if fault and fault.kind == "buffer" else 0
        held = b""
        while piece := answer.read1(PIECE):
            if left is not None and len(piece) >= left:
                self._write(piece[:left], chunked, seen)
                raise _End
            left = None if left is None else left - len(piece)
            held += piece
            if len(held) >= hold:
                self._write(held, chunked, seen)
                held = b""
        if not chunked and answer.length:
            raise _Reset  # the target broke off
        self._write(held, chunked, seen)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _write(self, data: bytes, chunked: bool, seen: Seen) -> None:
        if data:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
            seen.sent += len(data)
