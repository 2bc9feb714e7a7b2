"""Who sends slowly, or nothing, or opens a thousand connections, keeps nobody else from their answer."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.web import patience, server
from tests.support.web import running_hub

HEAD = b"GET /_session HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 3.0)
    monkeypatch.setattr(patience, "HURRIED_SECONDS", 0.3)
    monkeypatch.setattr(patience, "DRAIN_SECONDS", 1.0)
    monkeypatch.setattr(patience, "STALL_SECONDS", 3.0)
    with running_hub(tmp_path, max_feeds=1) as running:  # 33 threads
        yield running


@contextlib.contextmanager
def lines(port: int, count: int, begin: bytes = b"", source: str = "127.0.0.1") -> Iterator[list[socket.socket]]:
    """So many connections, each with the beginning of a request."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10, (source, 0)))
            line.sendall(begin)
            opened.append(line)
        yield opened


def answers(hub: Any) -> bool:
    return requests.get(f"{hub.root}/_session", timeout=20).status_code == 200


def ended(line: socket.socket) -> bytes:
    """What came until the server closed."""
    line.settimeout(30)
    came = b""
    with contextlib.suppress(ConnectionError):
        while piece := line.recv(65_536):
            came += piece
    return came


def test_connections_that_say_nothing_take_no_thread(hub: Any) -> None:
    with lines(hub.server.port, 300):
        assert answers(hub)
        assert len(hub.server._http.requests._threads) < 33


def test_heads_that_do_not_end_take_a_thread_for_a_moment_each(hub: Any) -> None:
    with lines(hub.server.port, 100, HEAD) as opened:
        assert answers(hub)
        assert all(b" 408 " in ended(line) for line in opened)


def test_a_head_that_comes_byte_by_byte_has_as_long_as_one_that_comes_not_at_all(hub: Any) -> None:
    with lines(hub.server.port, 1, HEAD) as (line,):
        stop = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                while not stop.wait(0.05):
                    line.sendall(b"a")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            assert b" 408 " in ended(line)
        finally:
            stop.set()
            thread.join(10)


def test_a_login_that_comes_byte_by_byte_takes_no_longer(hub: Any) -> None:
    head = b"POST /_session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
    with lines(hub.server.port, 60, head) as opened:
        assert answers(hub)
        for line in opened:
            came = ended(line)
            assert came == b"" or b" 400 " in came or b" 408 " in came


def test_a_body_that_comes_slowly_but_comes_is_read(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the slowest line that is served, in more time than one that stalls has."""
    monkeypatch.setattr(patience, "SLOWEST_BYTES", 10)
    requests.put(f"{hub.url}/db", timeout=20).raise_for_status()

    def pieces() -> Iterator[bytes]:
        yield b'{"_id": "slow", "text": "'
        for _ in range(16):
            time.sleep(0.25)
            yield b"x" * 20
        yield b'"}'

    sent = requests.post(f"{hub.url}/db", data=pieces(), headers={"Content-Type": "application/json"}, timeout=60)
    assert sent.status_code == 201


def test_a_body_that_stops_is_told_so_and_lets_its_thread_go(hub: Any) -> None:
    requests.put(f"{hub.url}/db", timeout=20).raise_for_status()
    credentials = "YWRtaW46c2VjcmV0"
    head = (
        f"POST /db HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\nContent-Type: application/json\r\n"
        'Content-Length: 500\r\n\r\n{"a": '
    )
    with lines(hub.server.port, 1, head.encode()) as (line,):
        came = ended(line)
        assert b" 400 " in came.split(b"\r\n")[0] and b"did not come" in came


def test_who_does_not_take_the_answer_loses_the_connection(hub: Any) -> None:
    requests.put(f"{hub.url}/db", timeout=20).raise_for_status()
    requests.put(f"{hub.url}/db/doc/file", data=b"x" * 12_000_000, timeout=60).raise_for_status()
    request = b"GET /db/doc/file HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWRtaW46c2VjcmV0\r\n\r\n"
    with lines(hub.server.port, 40, request) as opened:
        assert answers(hub)
        until = time.monotonic() + 60
        while any(thread.conn is not None for thread in hub.server._http.requests._threads):
            assert time.monotonic() < until
            time.sleep(0.1)
        assert all(len(ended(line)) < 12_000_000 for line in opened)


def test_who_sends_what_nobody_wants_gets_the_answer_and_is_read_no_further(hub: Any) -> None:
    requests.put(f"{hub.url}/db", timeout=20).raise_for_status()
    for size in (500, 900_000, 3_000_000):
        line = http.client.HTTPConnection("127.0.0.1", hub.server.port, timeout=20)
        line.request("PUT", "/db/doc", body=b"x" * size, headers={"Content-Type": "application/json"})
        answer = line.getresponse()
        assert answer.status == 401
        answer.read()
        line.close()
    head = b"PUT /db/doc HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with lines(hub.server.port, 1, head % 200_000_000) as (large,):
        assert b" 401 " in ended(large)
    with lines(hub.server.port, 1, head % 900_000) as (short,):
        assert b" 401 " in ended(short)


def test_a_body_in_chunks_that_nobody_read_is_no_further_request(hub: Any) -> None:
    inner = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    for path, body in (("/db/doc", b"%x\r\n%b\r\n0\r\n\r\n"), ("/_session", b"%x\r\n%b\r\n0\r\n")):
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        with lines(hub.server.port, 1, head + body % (len(inner), inner)) as (line,):
            assert ended(line).count(b"HTTP/1.1 ") == 1


def test_who_opens_too_many_connections_closes_their_own(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.server._http, "_most", 60)
    with (
        lines(hub.server.port, 5, b"GET /_session HTTP/1.1\r\nHost: x\r\n\r\n", "127.0.0.7") as quiet,
        lines(hub.server.port, 200) as flood,
    ):
        assert answers(hub)
        for line in quiet:
            assert b" 200 " in line.recv(2000)
            line.sendall(b"GET /_session HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b" 200 " in line.recv(2000)
        flood[0].settimeout(20)
        assert flood[0].recv(1) == b""


def test_a_shop_keeps_half_of_its_files_for_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(server, "_files", lambda: 256)
    with running_hub(tmp_path) as small:
        assert small.server._http._most == small.server._http.keep_alive_conn_limit == 128
