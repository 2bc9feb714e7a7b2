"""Feeds that stay open: what they send, what ends them, what they hold."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.support.process import wait_until

Feed = Callable[..., requests.Response]


@pytest.fixture
def open_feed() -> Iterator[Feed]:
    """Opens a feed; what a test leaves open is closed behind it."""
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=50))
        opened: list[requests.Response] = []

        def open_one(db: str, **params: Any) -> requests.Response:
            opened.append(session.get(f"{db}/_changes", params=params, stream=True, timeout=30))
            return opened[-1]

        yield open_one
        for feed in opened:
            feed.close()


def rows(answer: requests.Response) -> Any:
    """The rows of a continuous feed, as they come; heartbeats are None."""
    for line in answer.iter_lines(chunk_size=1):
        yield json.loads(line) if line else None


def put(db: str, id: str, **fields: Any) -> None:
    requests.put(f"{db}/{id}", json=fields, timeout=10).raise_for_status()


def test_a_longpoll_answers_when_something_happens(db: str, open_feed: Feed) -> None:
    found: list[Any] = []
    waiting = threading.Thread(
        target=lambda: found.append(open_feed(db, feed="longpoll", since="now", timeout=20_000).json())
    )
    waiting.start()
    time.sleep(0.1)
    put(db, "a")
    waiting.join(20)
    assert [row["id"] for row in found[0]["results"]] == ["a"]
    assert found[0]["pending"] == 0
    assert found[0]["last_seq"] == found[0]["results"][-1]["seq"]


def test_a_longpoll_answers_at_once_where_something_has_happened(db: str, open_feed: Feed) -> None:
    put(db, "a")
    put(db, "b")
    answer = open_feed(db, feed="longpoll", limit=1).json()
    assert ([row["id"] for row in answer["results"]], answer["pending"]) == (["a"], 1)
    rest = open_feed(db, feed="longpoll", since=answer["last_seq"]).json()
    assert [row["id"] for row in rest["results"]] == ["b"]


def test_the_head_of_a_longpoll_comes_before_its_rows(db: str, open_feed: Feed) -> None:
    with open_feed(db, feed="longpoll", timeout=20_000) as answer:
        assert answer.raw.read(13) == b'{"results":[\n'


def test_a_continuous_feed_sends_each_change_and_heartbeats_between(db: str, open_feed: Feed) -> None:
    put(db, "before")
    with open_feed(db, feed="continuous", heartbeat=20) as answer:
        stream = rows(answer)
        assert next(row for row in stream if row)["id"] == "before"
        assert next(stream) is None
        for n in range(5):
            put(db, f"d{n}")
            assert next(row for row in stream if row)["id"] == f"d{n}"


def test_a_continuous_feed_ends_with_its_last_sequence(db: str, open_feed: Feed) -> None:
    put(db, "a")
    with open_feed(db, feed="continuous", timeout=50) as answer:
        *found, last = [row for row in rows(answer) if row]
    assert last == {"last_seq": found[-1]["seq"], "pending": 0}


def test_a_filtered_longpoll_waits_for_what_passes(db: str) -> None:
    found: list[Any] = []

    def wait_for_b() -> None:
        url = f"{db}/_changes?feed=longpoll&filter=_doc_ids&timeout=20000"
        found.append(requests.post(url, json={"doc_ids": ["b"]}, timeout=30).json())

    waiting = threading.Thread(target=wait_for_b)
    waiting.start()
    time.sleep(0.1)
    put(db, "a")
    time.sleep(0.1)
    assert not found
    put(db, "b")
    waiting.join(20)
    assert [row["id"] for row in found[0]["results"]] == ["b"]


def test_an_eventsource_goes_on_where_its_browser_stopped(db: str) -> None:
    put(db, "a")
    seq = requests.get(f"{db}/_changes", timeout=10).json()["last_seq"]
    put(db, "b")
    headers = {"Last-Event-ID": seq}
    url = f"{db}/_changes?feed=eventsource&timeout=50"
    answer = requests.get(url, headers=headers, timeout=10)
    assert answer.headers["Content-Type"] == "text/event-stream"
    data = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    assert [row["id"] for row in data] == ["b"]


def test_many_feeds_wait_on_one_database_and_it_can_still_be_read(
    own_hub: SimpleNamespace, hub: SimpleNamespace, db: str, open_feed: Feed
) -> None:
    """A database lends eight connections at a time: feeds that wait must hold none."""
    feeds = [open_feed(db, feed="continuous", since="now", heartbeat=10_000) for _ in range(15)]
    try:
        wait_until(lambda: hub.node.feeds.open >= 15)
        put(db, "a")
        assert requests.get(f"{db}/a", timeout=10).status_code == 200
        for feed in feeds:
            assert next(row for row in rows(feed) if row)["id"] == "a"
    finally:
        for feed in feeds:
            feed.close()


def test_a_feed_too_many_is_told_when_to_come_back(own_hub: SimpleNamespace, open_feed: Feed) -> None:
    db = f"{own_hub.url}/full"
    requests.put(db, timeout=10).raise_for_status()
    feeds = [open_feed(db, feed="continuous", heartbeat=50) for _ in range(3)]
    try:
        streams = [rows(feed) for feed in feeds]  # kept: one that is dropped closes its connection
        for stream in streams:
            next(stream)
        refused = open_feed(db, feed="longpoll")
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert requests.get(f"{db}/_changes", timeout=10).status_code == 200
        for feed in feeds:
            feed.close()
        wait_until(lambda: own_hub.node.feeds.open == 0)
        assert open_feed(db, feed="longpoll", timeout=10).status_code == 200
    finally:
        for feed in feeds:
            feed.close()


def test_a_client_that_went_away_gives_its_slot_back_though_nothing_happens(own_hub: SimpleNamespace) -> None:
    requests.put(f"{own_hub.url}/quiet", timeout=10).raise_for_status()
    import base64

    key = base64.b64encode(b"admin:secret").decode()
    with socket.create_connection(("127.0.0.1", own_hub.server.port)) as client:
        head = f"GET /quiet/_changes?feed=longpoll HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {key}\r\n\r\n"
        client.sendall(head.encode())
        client.recv(1000)
        wait_until(lambda: own_hub.node.feeds.open == 1)
    wait_until(lambda: own_hub.node.feeds.open == 0)


def test_deleting_a_database_ends_its_feeds(hub: SimpleNamespace, db: str, open_feed: Feed) -> None:
    put(db, "a")
    with open_feed(db, feed="continuous", heartbeat=10_000) as answer:
        stream = rows(answer)
        assert next(row for row in stream if row)["id"] == "a"
        requests.delete(db, timeout=10).raise_for_status()
        assert "last_seq" in [row for row in stream if row][-1]


def test_a_server_stops_though_its_feeds_are_open(own_hub: SimpleNamespace, open_feed: Feed) -> None:
    requests.put(f"{own_hub.url}/open", timeout=10).raise_for_status()
    db = f"{own_hub.url}/open"
    with open_feed(db, feed="continuous", heartbeat=10_000) as one, open_feed(db, feed="longpoll") as other:
        wait_until(lambda: own_hub.node.feeds.open == 2)
        began = time.monotonic()
        own_hub.server.stop()
        took = time.monotonic() - began
        assert "last_seq" in [row for row in rows(one) if row][-1]
        assert other.json()["results"] == []
    assert took < 2, "the promise of DESIGN: stopped within two seconds"
    with pytest.raises(requests.ConnectionError):
        requests.get(own_hub.root, timeout=5)


def test_a_thousand_changes_come_in_pages_and_none_twice(db: str, open_feed: Feed) -> None:
    docs = [{"_id": f"d{n:05}"} for n in range(2_500)]
    requests.post(f"{db}/_bulk_docs", json={"docs": docs}, timeout=30).raise_for_status()
    expected = [doc["_id"] for doc in docs]
    for params in ({}, {"include_docs": "true"}, {"limit": 2_400}, {"feed": "longpoll"}, {"descending": "true"}):
        answer = requests.get(f"{db}/_changes", params=params, timeout=30).json()
        found = [row["id"] for row in answer["results"]]
        wanted = expected[::-1] if "descending" in params else expected[: params.get("limit", 2_500)]
        assert found == wanted, params
        assert answer["pending"] == 2_500 - len(wanted)
    with open_feed(db, feed="continuous", timeout=50) as answer:
        assert [row["id"] for row in rows(answer) if row and "id" in row] == expected


def test_db_updates_tell_which_databases_changed(hub: SimpleNamespace) -> None:
    name = f"t{secrets.token_hex(5)}"
    start = requests.get(f"{hub.url}/_db_updates", timeout=10).json()["last_seq"]
    requests.put(f"{hub.url}/{name}", timeout=10).raise_for_status()
    put(f"{hub.url}/{name}", "a")
    requests.delete(f"{hub.url}/{name}", timeout=10).raise_for_status()
    answer = requests.get(f"{hub.url}/_db_updates", params={"since": start}, timeout=10).json()
    assert [row["type"] for row in answer["results"] if row["db_name"] == name] == ["created", "updated", "deleted"]
    assert requests.get(f"{hub.root}/_db_updates", timeout=10).status_code == 401


def test_a_longpoll_on_db_updates_answers_when_a_database_changes(hub: SimpleNamespace, db: str) -> None:
    found: list[Any] = []
    url = f"{hub.url}/_db_updates?feed=longpoll&since=now&timeout=20000"
    waiting = threading.Thread(target=lambda: found.append(requests.get(url, timeout=30).json()))
    waiting.start()
    time.sleep(0.1)
    put(db, "a")
    waiting.join(20)
    assert {row["db_name"] for row in found[0]["results"]} == {db.rpartition("/")[2]}
