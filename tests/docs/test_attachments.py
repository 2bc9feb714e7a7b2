"""Attachments: kept once, told as stubs, carried by stubs from revision to revision."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest

from app.docs.attachments import digest_of
from app.docs.database import Database
from app.docs.errors import BadRequest, Conflict, MissingStub, NotFound
from tests.docs.conftest import fork, revision


def inline(data: bytes, content_type: str = "text/plain") -> dict[str, Any]:
    return {"data": base64.b64encode(data).decode(), "content_type": content_type}


def test_an_attachment_is_told_as_a_stub_and_sent_on_demand(db: Database) -> None:
    db.put({"_id": "a", "_attachments": {"hi.txt": inline(b"hello")}})
    meta = {"content_type": "text/plain", "revpos": 1, "digest": "md5-XUFAKrxLKna5cZ2REBfFkg=="}
    assert db.get("a")["_attachments"] == {"hi.txt": {**meta, "length": 5, "stub": True}}
    assert db.get("a", attachments=True)["_attachments"] == {"hi.txt": {**meta, "data": "aGVsbG8="}}
    found = db.get_attachment("a", "hi.txt")
    assert (found.data, found.content_type, found.length, found.revpos) == (b"hello", "text/plain", 5, 1)


def test_the_revision_id_with_attachments_is_couchdbs(db: Database) -> None:
    octets = "application/octet-stream"
    atts = {"a.bin": inline(b"one", octets), "b.bin": inline(b"two", octets)}
    assert db.put({"_id": "a", "_attachments": atts}) == "1-19f7d1eff94deaff46ffaa5a449d903d"


def test_a_stub_keeps_an_attachment_and_leaving_it_out_drops_it(db: Database) -> None:
    db.put({"_id": "a", "_attachments": {"x": inline(b"1"), "y": inline(b"2")}})
    db.put({**db.get("a"), "n": 1})
    doc = db.get("a")
    assert {name: meta["revpos"] for name, meta in doc["_attachments"].items()} == {"x": 1, "y": 1}
    del doc["_attachments"]["x"]
    db.put({**doc, "_attachments": {**doc["_attachments"], "z": inline(b"3")}})
    assert {name: meta["revpos"] for name, meta in db.get("a")["_attachments"].items()} == {"y": 1, "z": 3}
    with pytest.raises(NotFound, match="missing attachment"):
        db.get_attachment("a", "x")


def test_a_stub_of_nothing_is_refused_and_nothing_written(db: Database) -> None:
    first = db.put({"_id": "a"})
    for doc in ({"_id": "b"}, {"_id": "a", "_rev": first}):
        with pytest.raises(MissingStub, match=r"Invalid attachment stub in . for x"):
            db.put({**doc, "_attachments": {"x": {"stub": True}}})
        with pytest.raises(MissingStub):
            db.bulk_docs([{"_id": "c"}, {**doc, "_attachments": {"x": {"stub": True}}}])
    assert db.last_n == 1


def test_put_and_delete_by_themselves(db: Database) -> None:
    first = db.put_attachment("a", "x", b"1", "image/png")
    with pytest.raises(Conflict):
        db.put_attachment("a", "y", b"2", "image/png")
    second = db.put_attachment("a", "y", b"2", "image/png", rev=first)
    with pytest.raises(Conflict):
        db.delete_attachment("a", "x", rev=None)
    with pytest.raises(NotFound):
        db.delete_attachment("a", "none", rev=second)
    db.delete_attachment("a", "x", rev=second)
    assert list(db.get("a")["_attachments"]) == ["y"]
    assert db.get_attachment("a", "x", rev=second).data == b"1"
    with pytest.raises(NotFound, match="missing"):
        db.get_attachment("none", "x")


def test_losing_leaves_keep_theirs(db: Database) -> None:
    winner, loser = fork(db)
    edited = db.put_attachment("a", "x", b"1", "text/plain", rev=loser)
    longer = db.put({"_id": "a", "n": 1}, rev=winner)
    top = db.put({"_id": "a", "n": 2}, rev=longer)
    assert db.get("a")["_rev"] == top
    assert db.get_attachment("a", "x", rev=edited).data == b"1"
    db.delete("a", top)
    assert db.get("a")["_attachments"]["x"]["revpos"] == 3


def test_equal_bytes_are_stored_once_and_unnamed_ones_go_at_compaction(db: Database) -> None:
    def blobs() -> int:
        return int(db._connection.execute("SELECT count(*) FROM blobs").fetchone()[0])

    first = db.put_attachment("a", "x", b"same", "text/plain")
    db.put_attachment("b", "y", b"same", "text/html")
    assert blobs() == 1
    db.put({"_id": "a", "_rev": first, "_attachments": {"x": inline(b"other")}})
    db.compact()
    assert blobs() == 2
    db.delete_attachment("a", "x", rev=db.get("a")["_rev"])
    db.compact()
    assert blobs() == 1
    assert db.get_attachment("b", "y").data == b"same"


def test_an_arrivals_revpos_and_packed_bytes_are_kept(db: Database) -> None:
    packed = gzip.compress(b"hello" * 100)
    att = {"data": packed, "encoding": "gzip", "content_type": "text/plain", "revpos": 1, "digest": digest_of(packed)}
    db.bulk_docs([{**revision("a", "2-b", "a"), "_attachments": {"x": att}}], new_edits=False)
    meta = db.get("a")["_attachments"]["x"]
    assert (meta["revpos"], meta["digest"], meta["length"]) == (1, digest_of(packed), 500)
    assert db.get_attachment("a", "x").data == b"hello" * 100
    assert db.get_attachment("a", "x").encoding == "gzip"
    stub = {"x": {"stub": True, "digest": digest_of(packed), "revpos": 1}}
    db.bulk_docs([{**revision("a", "3-c", "b", "a"), "_attachments": stub}], new_edits=False)
    assert db.get("a", attachments=True)["_attachments"]["x"]["data"] == inline(b"hello" * 100)["data"]


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("_x", inline(b"1"), "prohibited character"),
        ("", inline(b"1"), "prohibited character"),
        ("x", "text", "Invalid attachment data"),
        ("x", {"data": "%%%"}, "Invalid attachment data"),
        ("x", {"data": 5}, "Invalid attachment data"),
        ("x", {"data": "aGk=", "content_type": 5}, "Invalid content type"),
        ("x", {"data": b"plain", "encoding": "gzip"}, "says it is gzipped"),
    ],
)
def test_what_is_no_attachment_is_refused(db: Database, name: str, given: Any, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        db.put({"_id": "a", "_attachments": {name: given}})
    assert db.read("a") is None
