"""The bad network of the tests is as bad as it says, and otherwise doesn't change what goes through."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests.support.proxy import FaultProxy


class _Echo(BaseHTTPRequestHandler):
    """Answers ``METHOD path body``; ``/feed`` is a stream of three lines, 0.1 s apart, and then stays silent."""

    protocol_version = "HTTP/1.1"
    served = 0

    def log_message(self, *args: object) -> None:
        """Not to standard error."""

    def do_GET(self) -> None:
        type(self).served += 1
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/feed":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in range(3):
                self.wfile.write(b"5\r\nrow..\r\n")
                time.sleep(0.1)
            self.server.hold.wait(20)  # type: ignore[attr-defined]
            self.wfile.write(b"0\r\n\r\n")
            return
        text = gzip.compress(f"{self.command} {self.path} ".encode() + body)
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_POST = do_PUT = do_HEAD = do_GET


@pytest.fixture
def echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.hold = threading.Event()  # type: ignore[attr-defined]
    _Echo.served = 0
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.hold.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


@pytest.fixture
def proxy(echo: str) -> Iterator[FaultProxy]:
    with FaultProxy(echo) as proxy:
        yield proxy


def get(proxy: FaultProxy, path: str = "/a", **options) -> requests.Response:
    return requests.get(proxy.url + path, timeout=options.pop("timeout", 10), **options)


def test_what_is_well_goes_through_unchanged(proxy):
    session = requests.Session()
    for _ in range(3):
        assert session.put(f"{proxy.url}/a%2Fb?x=1", data=b"body", timeout=10).text == "PUT /a%2Fb?x=1 body"
    assert session.post(f"{proxy.url}/p", data=iter([b"chun", b"ked"]), timeout=10).text == "POST /p chunked"
    assert session.head(f"{proxy.url}/h", timeout=10).status_code == 200
    assert proxy.connections == 1
    assert [seen.status for seen in proxy.seen("^PUT /a%2Fb")] == [200, 200, 200]


def test_an_answer_of_its_own_is_given_so_often_and_only_there(proxy):
    proxy.answer(429, headers={"Retry-After": "2"}, match="^GET /a", times=2)
    assert [get(proxy).status_code for _ in range(3)] == [429, 429, 200]
    assert get(proxy, "/b").status_code == 200
    assert _Echo.served == 2


def test_a_truncated_answer_breaks_off(proxy):
    proxy.truncate(5, times=1)
    with pytest.raises(requests.RequestException):
        get(proxy)
    assert get(proxy).text == "GET /a "


def test_a_lost_answer_was_carried_out_and_a_lost_request_was_not(proxy):
    proxy.drop_answer(times=1)
    with pytest.raises(requests.ConnectionError):
        get(proxy)
    assert _Echo.served == 1
    proxy.drop_request(times=1)
    with pytest.raises(requests.ConnectionError):
        get(proxy)
    assert _Echo.served == 1


def test_a_cut_cable_breaks_what_is_open_and_what_comes_until_it_is_back(proxy):
    with get(proxy, "/feed", stream=True) as feed:
        rows = feed.iter_content(5)
        assert next(rows) == b"row.."
        proxy.cut()
        with pytest.raises(requests.RequestException):
            list(rows)
    with pytest.raises(requests.ConnectionError):
        get(proxy)
    proxy.restore()
    assert get(proxy).status_code == 200


def test_a_silent_network_stays_silent_until_it_is_cleared(proxy):
    proxy.blackhole()
    with pytest.raises(requests.ReadTimeout):
        get(proxy, timeout=0.2)
    answers: list[str] = []
    waiting = threading.Thread(target=lambda: answers.append(get(proxy).text))
    waiting.start()
    proxy.wait_for("/a", 2)
    proxy.clear()
    waiting.join(10)
    assert answers == ["GET /a "]


def test_a_buffering_proxy_holds_a_feed_back(proxy):
    proxy.buffer(15)
    with get(proxy, "/feed", stream=True) as feed:
        assert next(feed.iter_content(None)) == b"row..row..row.."


def test_a_feed_that_falls_silent_is_cut(proxy):
    proxy.cut_idle(0.5)
    received = []
    with pytest.raises(requests.RequestException), get(proxy, "/feed", stream=True) as feed:
        for piece in feed.iter_content(5):
            received.append(piece)
    assert b"".join(received).startswith(b"row..")


def test_a_target_that_is_gone_looks_like_a_broken_line(proxy):
    with FaultProxy("http://127.0.0.1:9") as to_nowhere, pytest.raises(requests.ConnectionError):
        get(to_nowhere)
