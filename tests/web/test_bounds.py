"""Every door is bounded: what is too large, too deep or too slow is refused, and costs no more than its refusal."""

from __future__ import annotations

import gzip
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from app.node import Node
from app.web.json_api import MOST
from tests.support.web import running_hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        requests.put(f"{running.url}/db", timeout=10).raise_for_status()
        yield running


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


def test_nobody_who_is_not_known_sends_more_than_a_login(hub: Any) -> None:
    large = {"name": "x", "password": "y" * 100_000}
    assert requests.post(f"{hub.root}/_session", json=large, timeout=10).status_code == 413
    assert requests.post(f"{hub.root}/_session", data=large, timeout=10).status_code == 413
    bomb = gzip.compress(b'{"name": "x", "password": "' + b"y" * 10_000_000 + b'"}')
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert len(bomb) < 65_536
    assert requests.post(f"{hub.root}/_session", data=bomb, headers=headers, timeout=10).status_code == 413


@pytest.mark.parametrize("path", ["db", "db/_bulk_docs", "db/_revs_diff", "db/_bulk_get", "_dbs_info"])
def test_json_that_is_nested_too_deep_is_refused_at_every_route_that_reads_it(hub: Any, path: str) -> None:
    for levels in (500, 100_000):
        answer = requests.post(
            f"{hub.url}/{path}", data=deep(levels), headers={"Content-Type": "application/json"}, timeout=30
        )
        assert answer.status_code == 400


def test_a_body_that_unfolds_without_end_is_refused(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.web.couch_http import request

    monkeypatch.setattr(request, "MAX_UNZIPPED", 1_000_000)
    monkeypatch.setattr(request.gunzip, "__defaults__", (1_000_000,))
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert requests.post(f"{hub.url}/db/_bulk_docs", data=bomb, headers=headers, timeout=30).status_code == 413


def test_a_body_that_says_to_be_larger_than_the_limit_is_refused_before_it_comes(hub: Any) -> None:
    head = (
        f"POST /_session HTTP/1.1\r\nHost: 127.0.0.1:{hub.server.port}\r\nContent-Type: application/json\r\n"
        "Content-Length: 99999999999\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", hub.server.port), timeout=10) as line:
        line.sendall(head.encode())
        assert b" 413 " in line.recv(1000).split(b"\r\n")[0]


def test_a_head_without_end_is_refused(hub: Any) -> None:
    with socket.create_connection(("127.0.0.1", hub.server.port), timeout=10) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
        answer = b""
        try:
            for _ in range(40):
                line.sendall(b"a" * 8192)
            answer = line.recv(100)
        except OSError:
            pass
    assert answer == b"" or b"413" in answer or b"400" in answer


def test_the_tills_api_takes_a_megabyte_of_json_and_no_deep_one(till: FlaskClient) -> None:
    kind = {"content_type": "application/json"}
    assert till.post("/api/price", data=b"x" * (MOST + 1), **kind).status_code == 413
    assert till.post("/api/price", data=deep(500), **kind).status_code == 400
    assert till.post("/api/price", data=deep(100_000), **kind).status_code == 400


#: Where nobody has a PIN yet, there is nothing to read: the body stays at the door.
UNREAD = ("/api/session",)


def test_every_route_of_head_office_and_of_a_till_that_takes_a_body_bounds_it(
    till: FlaskClient, office: FlaskClient, terminal: Node, head_office: Node
) -> None:
    for client in (till, office):
        for rule in client.application.url_map.iter_rules():
            for method in (rule.methods or set()) & {"POST", "PUT", "PATCH"}:
                path = rule.rule
                for argument in rule.arguments:
                    path = path.replace(f"<{argument}>", "x").replace(f"<path:{argument}>", "x")
                answer = client.open(path, method=method, data=b"[" * 40_000_000, content_type="application/json")
                refused = answer.status_code in (400, 401, 403, 404, 413, 415, 503)
                assert refused or rule.rule in UNREAD, f"{method} {rule.rule}"


#: Routes that take a file, which may be larger than a request in JSON, with the kind of file.
FILES = {
    "/api/range/import": "text/csv",
    "/api/customers/import": "text/csv",
    "/api/range/plans/file": "text/csv",
    "/api/range/pictures": "image/png",
}


class Endless:
    """A body that ends nowhere; whoever reads on is caught."""

    def __init__(self, most: int) -> None:
        self.left = most

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "a body without a bound"
        self.left -= size
        assert self.left > 0, "read on and on"
        return b"x" * size

    readline = read


@pytest.mark.parametrize("path", FILES)
def test_every_file_that_is_sent_is_bounded_before_it_comes(office: FlaskClient, path: str) -> None:
    given: dict[str, Any] = {"content_type": FILES[path], "query_string": {"request": "01JBOUNDS00000000000000001"}}
    known = {"wsgi.input": Endless(1), "CONTENT_LENGTH": "999999999"}
    told = office.post(path, environ_overrides=known, **given)
    assert (told.status_code, told.json["error"]) == (413, "too_large")
    unknown = {"wsgi.input": Endless(100_000_000), "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert office.post(path, environ_overrides=unknown, **given).status_code == 413


def test_no_other_route_takes_a_file(till: FlaskClient, office: FlaskClient) -> None:
    for client in (till, office):
        for rule in client.application.url_map.iter_rules():
            for method in (rule.methods or set()) & {"POST", "PUT", "PATCH"}:
                if rule.rule in FILES and client is office:
                    continue
                path = re.sub(r"<[^>]+>", "x", rule.rule)
                for kind in ("text/csv", "image/png", "application/octet-stream", "multipart/form-data; boundary=x"):
                    answer = client.open(path, method=method, data=b"--x--", content_type=kind)
                    assert answer.status_code in (400, 401, 403, 404, 413, 415) or rule.rule in UNREAD, (
                        rule.rule,
                        kind,
                    )
