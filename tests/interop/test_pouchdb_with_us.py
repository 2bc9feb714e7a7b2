"""PouchDB 9 in Node.js against a hub and a terminal: push, pull, live both ways, conflicts, attachments."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.hub import terminal_door
from tests.support.pouch import Pouch, PouchError
from tests.support.process import wait_until
from tests.support.web import running_hub


@pytest.fixture(params=["hub", "terminal"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The CouchDB API of each kind of node, with credentials."""
    if request.param == "hub":
        with running_hub(tmp_path) as hub:
            yield hub.url
    else:
        with terminal_door(tmp_path) as (_, url):
            yield url


@pytest.fixture
def remote(root: str) -> str:
    url = f"{root}/t{secrets.token_hex(5)}"
    requests.put(url, timeout=10).raise_for_status()
    return url


def ids(answer: dict[str, Any]) -> list[str]:
    return [row["id"] for row in answer["rows"]]


ODD_IDS = [
    "a/b",
    "a b",
    "a+b",
    "100%",
    "ünïcödé",
    "🍎",
    'quote"back\\slash',
    "?q=1&r#x",
    "constructor",
    "order:s1-t1.k7:1",
]


def test_pouchdb_pushes_documents_whatever_their_ids(pouch: Pouch, remote: str) -> None:
    pouch.call("local", "bulkDocs", [{"_id": id, "n": n} for n, id in enumerate(ODD_IDS)])
    result = pouch.call("local", "replicate.to", remote)
    assert (result["ok"], result["docs_written"]) == (True, len(ODD_IDS))
    there = pouch.call(remote, "allDocs", {"include_docs": True})
    assert sorted(ids(there)) == sorted(ODD_IDS)
    for n, id in enumerate(ODD_IDS):
        assert pouch.call(remote, "get", id)["n"] == n


def test_pouchdb_pulls_a_thousand_documents_and_has_nothing_to_do_the_second_time(pouch: Pouch, remote: str) -> None:
    docs = [{"_id": f"d{n:04}", "n": n} for n in range(1_000)]
    requests.post(f"{remote}/_bulk_docs", json={"docs": docs}, timeout=30).raise_for_status()
    assert pouch.call("local", "replicate.from", remote)["docs_written"] == 1_000
    again = pouch.call("local", "replicate.from", remote)
    assert (again["docs_read"], again["docs_written"]) == (0, 0)
    requests.put(f"{remote}/one-more", json={}, timeout=10).raise_for_status()
    assert pouch.call("local", "replicate.from", remote)["docs_read"] == 1


def test_the_revisions_are_the_same_on_both_sides(pouch: Pouch, remote: str) -> None:
    rev = pouch.call("local", "put", {"_id": "a", "v": 1})["rev"]
    rev = pouch.call("local", "put", {"_id": "a", "v": 2, "_rev": rev})["rev"]
    pouch.call("local", "put", {"_id": "gone"})
    pouch.call("local", "remove", pouch.call("local", "get", "gone"))
    pouch.call("local", "replicate.to", remote)
    ours = requests.get(f"{remote}/a", params={"revs": "true"}, timeout=10).json()
    theirs = pouch.call("local", "get", "a", {"revs": True})
    assert (ours["_rev"], ours["_revisions"]) == (rev, theirs["_revisions"])
    deleted = requests.get(f"{remote}/gone", timeout=10)
    assert (deleted.status_code, deleted.json()["reason"]) == (404, "deleted")


def test_both_sides_choose_the_same_winner_and_name_the_same_conflicts(pouch: Pouch, remote: str) -> None:
    pouch.call("local", "put", {"_id": "a", "v": "start"})
    pouch.call("local", "sync", remote)
    rev = pouch.call("local", "get", "a")["_rev"]
    pouch.call("local", "put", {"_id": "a", "v": "here", "_rev": rev})
    requests.put(f"{remote}/a", json={"v": "there", "_rev": rev}, timeout=10).raise_for_status()
    pouch.call("local", "sync", remote)
    here = pouch.call("local", "get", "a", {"conflicts": True})
    there = requests.get(f"{remote}/a", params={"conflicts": "true"}, timeout=10).json()
    assert (here["_rev"], here["_conflicts"]) == (there["_rev"], there["_conflicts"])
    pouch.call(remote, "remove", "a", there["_conflicts"][0])
    pouch.call("local", "sync", remote)
    assert "_conflicts" not in pouch.call("local", "get", "a", {"conflicts": True})


def test_attachments_come_and_go_with_their_documents(pouch: Pouch, remote: str) -> None:
    content = {"small.txt": b"hello, world", "big.bin": secrets.token_bytes(700_000), "empty": b""}
    rev = pouch.call("local", "put", {"_id": "a", "v": 1})["rev"]
    for name, data in content.items():
        rev = pouch.call("local", "putAttachment", "a", name, rev, data, "application/octet-stream")["rev"]
    assert pouch.call("local", "replicate.to", remote)["docs_written"] == 1
    for name, data in content.items():
        assert requests.get(f"{remote}/a/{name}", timeout=10).content == data
        assert pouch.call(remote, "getAttachment", "a", name) == data
    pouch.call("other", "replicate.from", remote)
    for name, data in content.items():
        assert pouch.call("other", "getAttachment", "a", name) == data
    doc = pouch.call("other", "get", "a")
    pouch.call("other", "put", {**doc, "v": 2})
    pouch.call("other", "replicate.to", remote)
    assert requests.get(f"{remote}/a/big.bin", timeout=10).content == content["big.bin"]
    assert requests.get(f"{remote}/a", timeout=10).json()["v"] == 2


def test_a_live_replication_carries_changes_both_ways(pouch: Pouch, remote: str) -> None:
    handle = pouch.call("local", "livesync", remote)
    pouch.call("local", "put", {"_id": "up"})
    requests.put(f"{remote}/down", json={}, timeout=10).raise_for_status()
    wait_until(lambda: requests.get(f"{remote}/up", timeout=10).status_code == 200)
    wait_until(lambda: ids(pouch.call("local", "allDocs")) == ["down", "up"])
    for n in range(20):
        requests.put(f"{remote}/later-{n:02}", json={}, timeout=10).raise_for_status()
    wait_until(lambda: len(ids(pouch.call("local", "allDocs"))) == 22)
    assert pouch.call("local", "state", handle)["errors"] == []
    assert pouch.call("local", "cancel", handle) == "complete"


def test_a_design_document_and_a_filter_by_ids_replicate(pouch: Pouch, remote: str) -> None:
    requests.put(f"{remote}/_design/x", json={"views": {}}, timeout=10).raise_for_status()
    docs = [{"_id": id} for id in "abcdef"]
    requests.post(f"{remote}/_bulk_docs", json={"docs": docs}, timeout=10).raise_for_status()
    pouch.call("some", "replicate.from", remote, {"doc_ids": ["b", "d", "nope"]})
    assert ids(pouch.call("some", "allDocs")) == ["b", "d"]
    pouch.call("all", "replicate.from", remote)
    assert ids(pouch.call("all", "allDocs")) == ["_design/x", *"abcdef"]


def test_a_selector_chooses_what_is_pulled(pouch: Pouch, remote: str) -> None:
    docs = [{"_id": f"d{n}", "type": "order" if n % 2 else "cart"} for n in range(6)]
    requests.post(f"{remote}/_bulk_docs", json={"docs": docs}, timeout=10).raise_for_status()
    pouch.call("some", "replicate.from", remote, {"selector": {"type": "order"}})
    assert ids(pouch.call("some", "allDocs")) == ["d1", "d3", "d5"]


def test_pouchdb_works_on_a_database_of_ours_as_on_its_own(pouch: Pouch, remote: str) -> None:
    rev = pouch.call(remote, "put", {"_id": "a", "v": 1})["rev"]
    with pytest.raises(PouchError) as caught:
        pouch.call(remote, "put", {"_id": "a", "v": 2})
    assert (caught.value.name, caught.value.status) == ("conflict", 409)
    answer = pouch.call(remote, "bulkDocs", [{"_id": "b"}, {"_id": "a", "v": 3}])
    assert [row.get("ok", row.get("name")) for row in answer] == [True, "conflict"]
    assert pouch.call(remote, "bulkGet", {"docs": [{"id": "a", "rev": rev}]})["results"][0]["docs"][0]["ok"]["v"] == 1
    assert ids(pouch.call(remote, "allDocs", {"startkey": "b"})) == ["b"]
    assert ids(pouch.call(remote, "allDocs", {"keys": ["b", "a"]})) == ["b", "a"]
    assert len(pouch.call(remote, "changes", {"since": 0})["results"]) == 2
    assert pouch.call(remote, "info")["doc_count"] == 2
    pouch.call(remote, "remove", "a", rev)
    with pytest.raises(PouchError) as caught:
        pouch.call(remote, "get", "a")
    assert (caught.value.status, caught.value.reason) == (404, "deleted")
