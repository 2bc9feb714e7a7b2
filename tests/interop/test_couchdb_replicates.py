"""Apache CouchDB's own replicator, pulling from our hub and terminal and pushing to them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.couchdb import COUCHDB_URL
from tests.support.hub import terminal_door
from tests.support.process import wait_until
from tests.support.web import running_hub

pytestmark = pytest.mark.couchdb

ODD_IDS = ["a/b", "a b", "a+b", "100%", "ünïcödé", "🍎", 'quote"back\\slash', "?q=1&r#x", "_design/plain"]
TEXT = b"compress me, please, " * 200
BINARY = bytes(range(256)) * 300
A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)


@pytest.fixture(params=["hub", "terminal"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "hub":
        with running_hub(tmp_path) as hub:
            yield hub.url
    else:
        with terminal_door(tmp_path) as (_, url):
            yield url


@pytest.fixture
def ours(root: str) -> str:
    url = f"{root}/t{secrets.token_hex(5)}"
    requests.put(url, timeout=10).raise_for_status()
    return url


@pytest.fixture
def theirs(couchdb_url: str) -> str:
    url = f"{couchdb_url}db"
    requests.put(url, timeout=10).raise_for_status()
    return url


def replicate(source: str, target: str, **options: Any) -> dict[str, Any]:
    job = {"source": source, "target": target, **options}
    answer = requests.post(f"{COUCHDB_URL}/_replicate", json=job, timeout=120)
    assert answer.ok, answer.text
    result: dict[str, Any] = answer.json()
    return result


def fill(url: str) -> None:
    """Documents of every kind: plain, odd ids, deleted, deep histories, conflicts, attachments, design documents."""
    docs: list[dict[str, Any]] = [{"_id": f"d{n:04}", "n": n, "name": f"product {n}"} for n in range(700)]
    docs += [{"_id": id, "views": {}} for id in ODD_IDS]
    assert all(row.get("ok") for row in bulk(url, {"docs": docs}))
    arrivals = [
        {"_id": "x", "_rev": f"2-{B}", "_revisions": {"start": 2, "ids": [B, A]}, "v": "b"},
        {"_id": "x", "_rev": f"3-{C}", "_revisions": {"start": 3, "ids": [C, D, A]}, "v": "c"},
        {"_id": "x", "_rev": f"3-{D}", "_revisions": {"start": 3, "ids": [D, B, A]}, "_deleted": True},
        {"_id": "gone", "_rev": f"2-{B}", "_revisions": {"start": 2, "ids": [B, A]}, "_deleted": True, "why": "test"},
    ]
    assert bulk(url, {"docs": arrivals, "new_edits": False}) == []
    atts = {
        "notes.txt": {"content_type": "text/plain", "data": _base64(TEXT)},
        "image.bin": {"content_type": "image/x-test", "data": _base64(BINARY)},
    }
    put(f"{url}/atts", {"v": 1, "_attachments": atts})
    rev = put(f"{url}/_design/pics", {"language": "javascript", "_attachments": {"i.bin": atts["image.bin"]}})
    put(f"{url}/_design/pics?rev={rev}", {"v": 2, "_attachments": {"i.bin": {"stub": True}}})


def _base64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()


def bulk(url: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = requests.post(f"{url}/_bulk_docs", json=body, timeout=60)
    assert answer.status_code == 201, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


def put(url: str, body: dict[str, Any]) -> str:
    answer = requests.put(url, json=body, timeout=60)
    assert answer.status_code == 201, answer.text
    rev: str = answer.json()["rev"]
    return rev


def leaves(url: str) -> dict[str, list[str]]:
    """Every document with all its leaves, deleted ones too."""
    rows = requests.get(f"{url}/_changes", params={"style": "all_docs"}, timeout=60).json()["results"]
    return {row["id"]: sorted(change["rev"] for change in row["changes"]) for row in rows}


def check_same(one: str, other: str) -> None:
    assert leaves(one) == leaves(other)
    for url in (one, other):
        assert requests.get(f"{url}/atts/notes.txt", timeout=10).content == TEXT
        assert requests.get(f"{url}/atts/image.bin", timeout=10).content == BINARY
        assert requests.get(f"{url}/_design/pics/i.bin", timeout=10).content == BINARY
        everything = {"revs": "true", "open_revs": "all"}
        found = requests.get(f"{url}/x", params=everything, headers={"Accept": "application/json"}, timeout=10)
        assert {entry["ok"]["_rev"] for entry in found.json()} == {f"3-{C}", f"3-{D}"}
    one_x, other_x = (
        requests.get(f"{url}/x", params={"meta": "true", "revs": "true"}, timeout=10).json() for url in (one, other)
    )
    for answer in (one_x, other_x):
        answer.pop("_revs_info")  # bodies of ancestors that one side still has
    assert one_x == other_x


def test_couchdb_pulls_everything_from_us(ours: str, theirs: str) -> None:
    fill(ours)
    result = replicate(ours, theirs)
    assert result["ok"] is True
    assert result["history"][0]["doc_write_failures"] == 0
    check_same(ours, theirs)
    again = replicate(ours, theirs)
    assert again.get("no_changes") is True or again["history"][0]["docs_read"] == 0


def test_couchdb_pushes_everything_to_us(ours: str, theirs: str) -> None:
    fill(theirs)
    result = replicate(theirs, ours)
    assert result["ok"] is True
    assert result["history"][0]["doc_write_failures"] == 0
    check_same(theirs, ours)
    again = replicate(theirs, ours)
    assert again.get("no_changes") is True or again["history"][0]["docs_read"] == 0


def test_documents_that_went_through_us_come_back_unchanged(ours: str, theirs: str, couchdb_url: str) -> None:
    fill(theirs)
    replicate(theirs, ours)
    back = f"{couchdb_url}back"
    replicate(ours, back, create_target=True)
    check_same(theirs, back)
    stubs = [requests.get(f"{url}/atts", timeout=10).json()["_attachments"] for url in (theirs, ours, back)]
    assert stubs[0] == stubs[1] == stubs[2]


def test_couchdb_follows_us_continuously(ours: str, theirs: str) -> None:
    job = {"source": ours, "target": theirs, "continuous": True}
    assert replicate(**job)["ok"] is True
    try:
        for n in range(30):
            put(f"{ours}/live-{n:02}", {"n": n})
        wait_until(lambda: len(leaves(theirs)) == 30, timeout=60)
        assert leaves(ours) == leaves(theirs)
    finally:
        replicate(**job, cancel=True)


def test_couchdb_makes_the_target_and_pulls_chosen_documents(root: str, theirs: str) -> None:
    bulk(theirs, {"docs": [{"_id": f"d{n}", "type": "order" if n % 2 else "cart"} for n in range(10)]})
    ours = f"{root}/t{secrets.token_hex(5)}"
    replicate(theirs, ours, create_target=True, selector={"type": "order"})
    assert sorted(leaves(ours)) == ["d1", "d3", "d5", "d7", "d9"]
    back = f"{theirs}-some"
    requests.put(back, timeout=10).raise_for_status()
    replicate(ours, back, doc_ids=["d1", "d5", "nope"])
    assert sorted(leaves(back)) == ["d1", "d5"]


def test_a_wrong_password_is_an_error_and_writes_nothing(ours: str, theirs: str) -> None:
    fill(theirs)
    wrong = ours.replace("@", "x@")
    answer = requests.post(f"{COUCHDB_URL}/_replicate", json={"source": theirs, "target": wrong}, timeout=60)
    assert answer.status_code >= 400
    assert "unauthorized" in json.dumps(answer.json())
    assert leaves(ours) == {}
