"""What a client should not send: it gets CouchDB's status and reason, and nothing is written."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from app.docs.database import Database

JSON = {"Content-Type": "application/json"}


def nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


REFUSED: list[tuple[str, str, str | bytes, int, str]] = [
    ("PUT", "/a", "{", 400, "bad_request"),
    ("PUT", "/a", b'{"a":"\xff\xfe"}', 400, "bad_request"),
    ("PUT", "/a", '{"a":NaN}', 400, "bad_request"),
    ("PUT", "/a", '{"a":1e400}', 400, "bad_request"),
    ("PUT", "/a", '{"a":"\\ud800"}', 400, "bad_request"),
    ("PUT", "/a", "[]", 400, "bad_request"),
    ("PUT", "/a", "null", 400, "bad_request"),
    ("PUT", "/a", nested(5_000), 400, "bad_request"),
    ("PUT", "/a", "[" * 100_000, 400, "bad_request"),
    ("PUT", "/a", json.dumps({"x": "y" * 10_000_000}), 413, "document_too_large"),
    ("PUT", "/_a", "{}", 400, "illegal_docid"),
    ("PUT", "/%ff", "{}", 400, "illegal_docid"),
    ("PUT", "/a", '{"_rev":"x"}', 400, "bad_request"),
    ("PUT", "/a", '{"_rev":"1-x"}', 409, "conflict"),
    ("PUT", "/a", '{"_odd":1}', 400, "doc_validation"),
    ("PUT", "/a", '{"_attachments":{"x":{"data":"%%%"}}}', 400, "bad_request"),
    ("PUT", "/a", '{"_attachments":{"x":{"stub":true}}}', 412, "missing_stub"),
    ("PUT", "/a?new_edits=false", "{}", 400, "bad_request"),
    ("PUT", "/a?new_edits=false", '{"_revisions":{"start":0,"ids":["a"]}}', 400, "doc_validation"),
    ("PUT", "/a/_att", "x", 400, "bad_request"),
    ("POST", "/_bulk_docs", json.dumps({"docs": [{"_id": "ok"}, {"_id": "_bad"}]}), 400, "illegal_docid"),
    ("POST", "/_bulk_docs", json.dumps({"docs": [{"_id": "ok"}, 5]}), 400, "bad_request"),
    ("POST", "/_bulk_docs", json.dumps({"docs": [{"_id": "ok"}, {"x": "y" * 9_000_000}]}), 413, "document_too_large"),
    ("POST", "/_bulk_docs", json.dumps({"docs": "x"}), 400, "bad_request"),
    ("POST", "/_bulk_docs", json.dumps({"new_edits": False, "docs": [{"_id": "ok"}]}), 400, "bad_request"),
    ("POST", "/_bulk_docs", "x" * 1_000_000, 400, "bad_request"),
    ("POST", "/_bulk_get", json.dumps({"docs": 5}), 400, "bad_request"),
    ("POST", "/_revs_diff", json.dumps({"a": 5}), 400, "bad_request"),
    ("POST", "/_changes?filter=_selector", json.dumps({"selector": {"$odd": 1}}), 400, "invalid_operator"),
    ("POST", "/_all_docs", json.dumps({"keys": 5}), 400, "bad_request"),
    ("PUT", "/_security", '{"admins":{"names":[1]}}', 400, "bad_request"),
    ("PUT", "/_revs_limit", "-1", 400, "bad_request"),
    ("GET", "/_changes?since=nonsense&limit=x", "", 400, "bad_request"),
    ("GET", "/a?rev=nonsense", "", 400, "bad_request"),
    ("GET", "/%ff", "", 404, "not_found"),
    ("DELETE", "/%ff?rev=1-a", "", 404, "not_found"),
    ("GET", "/_local/%ff", "", 404, "not_found"),
    ("PUT", "/_local/%ff", "{}", 400, "illegal_docid"),
    ("GET", '/_all_docs?key="%ff"', "", 400, "bad_request"),
    ("GET", '/_changes?filter=_doc_ids&doc_ids=["%ff"]', "", 400, "bad_request"),
    ("GET", "/a/%ff", "", 404, "not_found"),
    ("GET", "/" + "x" * 9_000, "", 414, "too_long"),
    ("PATCH", "/a", "{}", 405, "method_not_allowed"),
    ("PUT", "/_all_docs", "{}", 405, "method_not_allowed"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "error"), REFUSED, ids=lambda v: str(v)[:40])
def test_what_is_wrong_is_refused_and_nothing_is_written(
    db: str, database: Database, method: str, path: str, body: str | bytes, status: int, error: str
) -> None:
    data = body.encode() if isinstance(body, str) else body
    request = requests.Request(method, db + path, data=data, headers=JSON).prepare()
    request.url = (db + path).replace("admin:secret@", "")
    with requests.Session() as session:
        answer = session.send(request, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text[:300]
        assert answer.json()["reason"]
        # Whatever came, the server goes on.
        assert session.get(db, timeout=10).json()["doc_count"] == 0
    assert database.last_n == 0


def test_unknown_databases_are_404_for_everything(hub: SimpleNamespace) -> None:
    for method, path in (("GET", ""), ("PUT", "/a"), ("POST", "/_bulk_docs"), ("GET", "/_changes"), ("DELETE", "")):
        answer = requests.request(method, f"{hub.url}/nowhere{path}", json={"docs": []}, timeout=10)
        expected = {"error": "not_found", "reason": "Database does not exist."}
        assert (answer.status_code, answer.json()) == (404, expected)
    assert "nowhere" not in hub.directory


def test_400_levels_of_nesting_are_a_document_like_any_other(db: str) -> None:
    answer = requests.put(f"{db}/deep", data=nested(300), headers=JSON, timeout=10)
    assert answer.status_code == 201, answer.text
    assert requests.get(f"{db}/deep", timeout=10).text.count('{"a":') == 299
    assert requests.get(f"{db}/_all_docs?include_docs=true", timeout=10).status_code == 200


def test_a_gzip_body_is_read(db: str) -> None:
    body = gzip.compress(json.dumps({"docs": [{"_id": "a"}]}).encode())
    answer = requests.post(f"{db}/_bulk_docs", data=body, headers={**JSON, "Content-Encoding": "gzip"}, timeout=10)
    assert answer.json()[0]["ok"] is True
    for broken in (body[:-5], b"nonsense", body[:3]):
        answer = requests.post(
            f"{db}/_bulk_docs", data=broken, headers={**JSON, "Content-Encoding": "gzip"}, timeout=10
        )
        assert (answer.status_code, answer.json()["reason"]) == (400, "Request body is not properly gzipped.")
    answer = requests.post(f"{db}/_bulk_docs", data=body, headers={**JSON, "Content-Encoding": "br"}, timeout=10)
    assert answer.status_code == 415


def test_a_gzip_bomb_is_stopped_before_it_unfolds(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.web.couch_http import request

    monkeypatch.setattr(request, "MAX_UNZIPPED", 1_000_000)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * 1_000_000) for _ in range(50)) + packer.flush()
    answer = requests.put(f"{db}/a", data=bomb, headers={**JSON, "Content-Encoding": "gzip"}, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_a_body_beyond_the_limit_is_413(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.web.couch_http import request

    monkeypatch.setattr(request, "MAX_BODY", 1_000)
    answer = requests.put(f"{db}/a", data=b'{"a":"' + b"x" * 2_000 + b'"}', headers=JSON, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")

    def chunks() -> Any:
        for _ in range(30):
            yield b" " * 100

    answer = requests.put(f"{db}/a", data=chunks(), headers=JSON, timeout=10)
    assert answer.status_code == 413


def test_a_chunked_body_is_read(db: str) -> None:
    def chunks() -> Any:
        yield b'{"a":'
        yield b'"b"}'

    assert requests.put(f"{db}/a", data=chunks(), headers=JSON, timeout=10).status_code == 201
    assert requests.get(f"{db}/a", timeout=10).json()["a"] == "b"


def test_a_request_that_breaks_off_writes_nothing(hub: SimpleNamespace, db: str, database: Database) -> None:
    import base64

    key = base64.b64encode(b"admin:secret").decode()
    name = db.rpartition("/")[2]
    with socket.create_connection(("127.0.0.1", hub.server.port)) as client:
        head = f"PUT /{name}/a HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {key}\r\nContent-Length: 1000\r\n\r\n"
        client.sendall(head.encode() + b'{"half":')
    assert requests.get(db, timeout=10).json()["doc_count"] == 0
    assert database.last_n == 0


def test_a_refusal_before_the_body_was_read_leaves_the_connection_usable_or_closed(hub: SimpleNamespace) -> None:
    """Otherwise the rest of the body would be taken for the next request."""
    with requests.Session() as session:
        for size in (10, 100_000, 3_000_000):
            answer = session.put(f"{hub.root}/nowhere/doc", data=b"x" * size, headers=JSON, timeout=10)
            assert answer.status_code == 404
            assert session.get(f"{hub.root}/_up", timeout=10).json()["status"] == "ok"
        answer = session.put(f"{hub.root}/nowhere/doc", data=iter([b"GET /_up HTTP/1.1\r\n\r\n"]), timeout=10)
        assert answer.status_code == 404
        assert session.get(f"{hub.root}/_up", timeout=10).json()["status"] == "ok"


def test_a_failure_of_our_own_is_a_500_in_json(db: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(database, "read", broken, raising=False)
    answer = requests.get(f"{db}/a", timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (500, "internal_server_error")
    assert "inside" not in answer.text


@pytest.mark.parametrize("target", ["/%zz", "/db%", "/db/a?rev=%zz"])
def test_a_broken_escape_in_the_target_is_400(hub: SimpleNamespace, target: str) -> None:
    import http.client

    client = http.client.HTTPConnection("127.0.0.1", hub.server.port, timeout=10)
    client.request("GET", target)
    answer = client.getresponse()
    expected = {"error": "bad_request", "reason": "invalid_url_encoding"}
    assert (answer.status, json.loads(answer.read())) == (400, expected)
    client.close()
