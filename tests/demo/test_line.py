"""The line between a terminal and the hub, which can be cut."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from app.demo.proxy import Line


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(1000):
            self.request.sendall(data)


@pytest.fixture
def line() -> Iterator[Line]:
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        line = Line(0, server.server_address[1])
        line.plug()
        yield line
        line.cut()
        server.shutdown()


def call(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=10)


def test_what_is_said_goes_through_both_ways_until_the_end(line: Line) -> None:
    with call(line) as there:
        there.sendall(b"x" * 1_000_000)
        there.shutdown(socket.SHUT_WR)
        assert sum(len(piece) for piece in iter(lambda: there.recv(65_536), b"")) == 1_000_000


def test_a_cut_breaks_open_connections_and_refuses_new_ones(line: Line) -> None:
    with call(line) as there:
        there.sendall(b"hello")
        assert there.recv(5) == b"hello"
        line.cut()
        assert not line.up
        with contextlib.suppress(ConnectionResetError):
            assert there.recv(5) == b""
    with pytest.raises(ConnectionRefusedError):
        call(line)


def test_the_same_port_is_up_again_when_it_is_plugged_in(line: Line) -> None:
    port = line.port
    for _ in range(20):
        line.cut()
        line.plug()
        assert line.port == port
        with call(line) as there:
            there.sendall(b"again")
            assert there.recv(5) == b"again"


def test_a_hub_that_is_not_there_looks_like_a_broken_line() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    line = Line(0, free)
    line.plug()
    with call(line) as there, contextlib.suppress(ConnectionResetError):
        assert there.recv(5) == b""
    line.cut()
