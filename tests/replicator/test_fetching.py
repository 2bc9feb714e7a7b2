"""`_bulk_get` and what replaces it: servers without it, with holes in it, with answers of another shape."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from app.docs import json
from app.docs.database import Database
from app.replicator import multipart, open_peer, replicate
from app.replicator.errors import DocsUnavailable, TransportError
from app.replicator.peer import NO_FILTER, Want
from tests.contract.test_peer import A1, A2, B2, doc
from tests.replicator.conftest import fill, trees
from tests.support.proxy import FaultProxy


@pytest.fixture
def edited(db: Database, central: str) -> Database:
    """Thirty documents of two generations at the central, which no feed brings along."""
    fill(db, 30)
    for row in list(db.all_docs()["rows"]):
        db.put({"_id": row["id"], "edited": True}, rev=row["value"]["rev"])
    db.put_attachment("order:000003", "photo.jpg", b"\xff\xd8" * 100, "image/jpeg", rev=db.read("order:000003").rev)  # type: ignore[union-attr]
    replicate(db, central)
    return db


@pytest.mark.parametrize("status", [400, 404, 405, 500, 501])
def test_a_server_without_bulk_get_is_asked_one_by_one(
    edited: Database, other: Database, proxy: FaultProxy, status: int
) -> None:
    proxy.answer(status, '{"error":"unknown","reason":"no such call"}', match="_bulk_get")
    replicate(proxy.url, other)
    assert trees(other) == trees(edited)
    assert other.get_attachment("order:000003", "photo.jpg").data == b"\xff\xd8" * 100


def test_holes_in_the_answer_are_filled_one_by_one(edited: Database, other: Database, proxy: FaultProxy) -> None:
    proxy.answer(200, '{"results":[]}', match="_bulk_get")
    replicate(proxy.url, other)
    assert trees(other) == trees(edited)


def test_a_revision_that_is_nowhere_fails_the_batch(central: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.replicator.fetch.RETRY_WAIT", 0.01)
    peer = open_peer(central)
    peer.write([doc("a", A1)])
    with pytest.raises(DocsUnavailable) as caught:
        peer.fetch([Want("a", A1), Want("a", B2), Want("none", A1)])
    assert set(caught.value.revisions) == {("a", B2), ("none", A1)}
    peer.close()


def test_flat_errors_and_grouped_results_are_understood(central: str, proxy: FaultProxy) -> None:
    """As PouchDB Server nests them: one result for all revisions of an id, errors without a wrapper."""
    peer = open_peer(proxy.url)
    peer.write([doc("a", A2, A1), doc("a", B2, A1), doc("b", A1)])
    found = {row["_rev"]: row for row in peer.fetch([Want("a", A2), Want("a", B2), Want("b", A1)])}
    docs = [{"ok": found[A2]}, {"ok": found[B2]}]
    answer = {"results": [{"id": "a", "docs": docs}, {"id": "b", "docs": [{"missing": A1}, {}]}]}
    proxy.answer(200, json.dumps(answer), match="_bulk_get")
    again = peer.fetch([Want("a", A2), Want("a", B2), Want("b", A1)])
    assert sorted((row["_id"], row["_rev"]) for row in again) == [("a", A2), ("a", B2), ("b", A1)]
    peer.close()


def multiparted(*parts: tuple[str, bytes], mark: str = "frontier") -> bytes:
    made = b"".join(
        b"--" + mark.encode() + b"\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n" for head, body in parts
    )
    return made + b"--" + mark.encode() + b"--"


def test_multipart_answers_are_taken_apart() -> None:
    inner = multiparted(
        (
            "Content-Type: application/json",
            json.dumps({"_id": "a", "_rev": A1, "_attachments": {"x": {"follows": True, "length": 6}}}),
        ),
        ('Content-Disposition: attachment; filename="x"\r\nContent-Type: text/plain', b"\r\n--ab"),
        mark="inner",
    )
    body = multiparted(
        ('Content-Type: multipart/related; boundary="inner"', inner),
        ("Content-Type: application/json", json.dumps({"_id": "a", "_rev": B2})),
        ('Content-Type: application/json; error="true"', json.dumps({"missing": "3-x"})),
    )
    rows: list[dict[str, Any]] = multipart.documents('multipart/mixed; boundary="frontier"', body)
    assert rows[0]["ok"]["_attachments"]["x"] == {"length": 6, "data": b"\r\n--ab"}
    assert rows[1]["ok"]["_rev"] == B2
    assert rows[2] == {"missing": "3-x"}


def test_a_multipart_answer_cut_short_is_no_answer() -> None:
    body = multiparted(("Content-Type: application/json", b"{}"))[:-8]
    with pytest.raises(TransportError):
        multipart.documents("multipart/mixed; boundary=frontier", body)


def test_what_is_encoded_as_multipart_is_read_back() -> None:
    whole = {"_id": "a", "_rev": A1, "_attachments": {"ü/x": {"content_type": "text/plain", "data": b"one\r\n--two"}}}
    kind, body = multipart.encode(whole)
    mark = multipart.boundary(kind)
    assert mark is not None
    read = multipart.related(body, mark)
    assert read["_attachments"]["ü/x"]["data"] == b"one\r\n--two"


def test_gzipped_attachments_are_unpacked(central: str, proxy: FaultProxy) -> None:
    peer = open_peer(proxy.url)
    packed = gzip.compress(b"text " * 50)
    meta = {"content_type": "text/plain", "revpos": 1, "encoding": "gzip", "follows": True, "length": 250}
    revisions = {"start": 1, "ids": ["a1" * 16]}
    inner = multiparted(
        (
            "Content-Type: application/json",
            json.dumps({"_id": "a", "_rev": A1, "_revisions": revisions, "_attachments": {"x": meta}}),
        ),
        ("Content-Encoding: gzip", packed),
        mark="inner",
    )
    body = multiparted(('Content-Type: multipart/related; boundary="inner"', inner))
    proxy.answer(404, "{}", match="_bulk_get")
    proxy.answer(200, body, {"Content-Type": "multipart/mixed; boundary=frontier"}, match="open_revs")
    found = peer.fetch([Want("a", A1)])
    assert found[0]["_attachments"]["x"]["data"] == b"text " * 50
    peer.close()


@pytest.mark.parametrize("after", [30, 500, 20_000, 40_000])
def test_a_page_of_the_feed_that_breaks_off_within_its_chunks_is_no_page(
    db: Database, central: str, proxy: FaultProxy, after: int
) -> None:
    fill(db, 500)
    replicate(db, central)
    peer = open_peer(proxy.url)
    proxy.truncate(after, match="_changes")
    with pytest.raises(TransportError):
        peer.changes(0, limit=500, bodies=True, filter=NO_FILTER).rows()
    peer.close()


def test_the_connection_of_a_feed_is_used_again(db: Database, central: str, proxy: FaultProxy) -> None:
    fill(db, 1600)
    replicate(db, central)
    peer = open_peer(proxy.url)
    since: Any = 0
    for _ in range(4):
        page = peer.changes(since, limit=500, bodies=True, filter=NO_FILTER)
        since = page.last_seq
    assert len(page.rows()) == 100
    assert proxy.connections == 1
    peer.close()
