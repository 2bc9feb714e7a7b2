"""What surrounds the answers: paths, compression, cross-origin rules, headers."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from werkzeug.test import Client

from app.docs.errors import BadRequest
from app.web import paths
from app.web.couch_http.attachments import parse_ranges
from app.web.couch_http.problems import RangeNotSatisfiable
from tests.support.web import running_hub

SHOP = {"Origin": "http://shop.example"}


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/", []),
        ("/db", ["db"]),
        ("//db///doc/", ["db", "doc"]),
        ("/db/a%2Fb/c", ["db", "a/b", "c"]),
        ("/db/a+b/a%2Bb", ["db", "a b", "a+b"]),
        ("/db/%F0%9F%8D%8E", ["db", "🍎"]),
        ("/db/\xc3\xa4", ["db", "ä"]),  # bytes that nobody encoded, as WSGI hands them over
        ("/db/%25", ["db", "%"]),
        ("/db/%ff", ["db", "\udcff"]),
    ],
)
def test_a_path_is_cut_before_it_is_decoded(path: str, segments: list[str]) -> None:
    assert paths.split(path) == segments


@pytest.mark.parametrize("path", ["/%", "/%f", "/a/%zz"])
def test_a_broken_escape_is_a_bad_request(path: str) -> None:
    with pytest.raises(BadRequest):
        paths.split(path)


def test_a_query_keeps_its_order_and_its_pluses() -> None:
    pairs = paths.parse_query("rev=1-a%2Bb&x=a+b&flag&rev=2-c&=")
    assert pairs == [("rev", "1-a+b"), ("x", "a b"), ("flag", ""), ("rev", "2-c"), ("", "")]


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("bytes=0-4", [(0, 4)]),
        ("bytes=5-", [(5, 9)]),
        ("bytes=-3", [(7, 9)]),
        ("bytes=-99", [(0, 9)]),
        ("bytes=0-99", [(0, 9)]),
        ("bytes=0-", None),
        ("bytes=0-1, 4-5", [(0, 1), (4, 5)]),
        ("items=0-4", None),
        ("bytes=a-b", None),
        ("bytes=", None),
    ],
)
def test_a_range_is_what_rfc_9110_says(header: str, ranges: list[tuple[int, int]] | None) -> None:
    assert parse_ranges(header, 10) == ranges


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=5-4", "bytes=-0"])
def test_a_range_beyond_the_end_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_ranges(header, 10)


# ---------------------------------------------------------------- compression


def far_client(hub: SimpleNamespace) -> Client:
    """A client on another machine: the same application, called without a socket."""
    return Client(hub.server.application)


FAR: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}, "auth": ("admin", "secret")}


def fill(db: str) -> None:
    docs = [{"_id": f"d{n:04}", "text": "the same words again"} for n in range(500)]
    requests.post(f"{db}/_bulk_docs", json={"docs": docs}, timeout=10).raise_for_status()


@pytest.mark.parametrize("path", ["/_all_docs?include_docs=true", "/_changes", "/_changes?feed=normal&limit=400"])
def test_a_long_answer_to_another_machine_is_compressed_if_it_takes_that(
    hub: SimpleNamespace, db: str, path: str
) -> None:
    fill(db)
    url = f"/{db.rpartition('/')[2]}{path}"
    client = far_client(hub)
    packed = client.get(url, headers={"Accept-Encoding": "gzip, deflate"}, **FAR)
    plain = client.get(url, **FAR)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 4 < len(plain.data)
    assert "Content-Encoding" not in plain.headers
    near = client.get(url, headers={"Accept-Encoding": "gzip"}, **{**FAR, "environ_base": {"REMOTE_ADDR": "127.0.0.1"}})
    assert "Content-Encoding" not in near.headers


def test_short_answers_and_feeds_that_wait_are_not_compressed(hub: SimpleNamespace, db: str) -> None:
    fill(db)
    name = db.rpartition("/")[2]
    client = far_client(hub)
    for url in (f"/{name}", f"/{name}/_changes?feed=longpoll", f"/{name}/_changes?feed=continuous&timeout=10"):
        answer = client.get(url, headers={"Accept-Encoding": "gzip"}, **FAR)
        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers


# ---------------------------------------------------------------- cross-origin


def test_a_named_origin_may_read_and_send_credentials(hub: SimpleNamespace, db: str) -> None:
    answer = requests.get(db, headers=SHOP, timeout=10)
    assert answer.headers["Access-Control-Allow-Origin"] == "http://shop.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    refused = requests.get(f"{hub.root}/{db.rpartition('/')[2]}", headers=SHOP, timeout=10)
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "http://shop.example"


def test_a_browser_asks_first_and_is_told_what_it_may(hub: SimpleNamespace, db: str) -> None:
    name = db.rpartition("/")[2]
    asked = {**SHOP, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type, if-match"}
    answer = requests.options(f"{hub.root}/{name}/doc", headers=asked, timeout=10)
    assert answer.status_code == 204
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type, if-match"
    assert answer.headers["Access-Control-Allow-Origin"] == "http://shop.example"


def test_other_origins_get_nothing(hub: SimpleNamespace, db: str) -> None:
    for origin in ("http://evil.example", "null", "http://shop.example.evil.example"):
        answer = requests.get(db, headers={"Origin": origin}, timeout=10)
        assert "Access-Control-Allow-Origin" not in answer.headers
        asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        answer = requests.options(db, headers=asked, timeout=10)
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_no_origin_is_let_in_unless_one_is_named(own_hub: SimpleNamespace) -> None:
    answer = requests.get(own_hub.url, headers=SHOP, timeout=10)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


# ---------------------------------------------------------------- headers, keep-alive


def test_a_request_id_comes_back(hub: SimpleNamespace) -> None:
    answer = requests.get(hub.root, headers={"X-Couch-Request-ID": "my-id_1"}, timeout=10)
    assert answer.headers["X-Couch-Request-ID"] == "my-id_1"
    answer = requests.get(hub.root, headers={"X-Couch-Request-ID": "no good!"}, timeout=10)
    assert len(answer.headers["X-Couch-Request-ID"]) == 10


def test_head_answers_as_get_without_its_body(db: str) -> None:
    requests.put(f"{db}/a", json={"v": 1}, timeout=10).raise_for_status()
    for path in ("", "/a", "/_all_docs", "/_changes", "/_security", "/_changes?feed=longpoll"):
        answer = requests.head(db + path, timeout=10)
        assert (answer.status_code, answer.content) == (200, b""), path
    head, get = requests.head(f"{db}/a", timeout=10), requests.get(f"{db}/a", timeout=10)
    assert (head.headers["Content-Length"], head.headers["ETag"]) == (str(len(get.content)), get.headers["ETag"])
    assert requests.head(f"{db}/none", timeout=10).status_code == 404


def test_one_connection_serves_a_thousand_requests_of_every_kind(db: str) -> None:
    with requests.Session() as session:
        for n in range(250):
            assert session.put(f"{db}/d{n}", json={"n": n}, timeout=10).status_code == 201
            assert session.get(f"{db}/d{n}", timeout=10).json()["n"] == n
            assert session.get(f"{db}/none", timeout=10).status_code == 404
            assert session.get(f"{db}/_changes?limit=3", timeout=10).json()["results"]


def test_a_hundred_kept_connections_are_all_answered(hub: SimpleNamespace) -> None:
    sessions = [requests.Session() for _ in range(100)]
    try:
        for _ in range(2):
            for session in sessions:
                assert session.get(f"{hub.root}/_up", timeout=10).json()["status"] == "ok"
    finally:
        for session in sessions:
            session.close()


def test_a_large_attachment_goes_in_and_out_unchanged(db: str) -> None:
    import secrets

    data = secrets.token_bytes(20_000_000)
    headers = {"Content-Type": "application/octet-stream"}
    answer = requests.put(f"{db}/a/big", data=data, headers=headers, timeout=60)
    assert answer.status_code == 201
    assert requests.get(f"{db}/a/big", timeout=60).content == data


def test_all_docs_come_in_pages_and_all_of_them(db: str) -> None:
    ids = [f"d{n:05}" for n in range(2_500)]
    requests.post(f"{db}/_bulk_docs", json={"docs": [{"_id": id} for id in ids]}, timeout=30).raise_for_status()
    for params, expected in (
        ({}, ids),
        ({"include_docs": "true"}, ids),
        ({"descending": "true"}, ids[::-1]),
        ({"descending": "true", "include_docs": "true", "skip": "7"}, ids[::-1][7:]),
        ({"startkey": '"d00100"', "limit": "1500"}, ids[100:1600]),
        ({"startkey": '"d02000"', "endkey": '"d00500"', "descending": "true"}, ids[500:2001][::-1]),
    ):
        answer = requests.get(f"{db}/_all_docs", params=params, timeout=30).json()
        assert [row["id"] for row in answer["rows"]] == expected, params
        assert answer["total_rows"] == 2_500
    answer = requests.post(f"{db}/_all_docs", json={"keys": ids}, timeout=30).json()
    assert [row["key"] for row in answer["rows"]] == ids
    assert json.loads(requests.get(f"{db}/_all_docs?limit=0", timeout=10).text)["rows"] == []


def test_the_origins_of_node_toml_are_let_in(tmp_path: Path) -> None:
    from app.node import config

    config.write(tmp_path, config.NodeConfig(kind="hub", id="hub", cors_origins=("https://a.example", "*")))
    assert config.read(tmp_path).cors_origins == ("https://a.example", "*")
    with pytest.raises(config.NodeError, match="cors_origins"):
        config.check(config.NodeConfig(kind="hub", id="hub", cors_origins=("https://a.example/page",)))
    with running_hub(tmp_path, cors_origins=config.read(tmp_path).cors_origins) as hub:
        for origin, credentials in (("https://a.example", "true"), ("https://b.example", None)):
            answer = requests.get(hub.url, headers={"Origin": origin}, timeout=10)
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            assert answer.headers.get("Access-Control-Allow-Credentials") == credentials
