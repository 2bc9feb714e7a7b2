"""Attachments through a replication, out of every kind of peer and into it."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest

from app.docs.database import Database
from app.replicator import open_peer, replicate
from app.replicator.peer import Peer
from tests.contract.test_peer import A1, A2, B2, C3, doc
from tests.contract.test_replication import same

TEXT = ("the same line again\n" * 200).encode()
BINARY = bytes(range(256)) * 40
LARGE = os.urandom(3 << 20)


@pytest.fixture(params=["push", "pull"])
def way(request: pytest.FixtureRequest, peer: Peer, other: Database) -> tuple[Peer, Peer]:
    local = open_peer(other)
    return (local, peer) if request.param == "push" else (peer, local)


def attached(**contents: bytes) -> dict[str, Any]:
    return {
        name.replace("__", "."): {
            "content_type": "text/plain" if content is TEXT else "application/octet-stream",
            "data": content,
        }
        for name, content in contents.items()
    }


def contents(peer: Peer, id: str) -> dict[str, dict[str, bytes]]:
    """Every leaf's attachments: {rev: {name: bytes}}."""
    found = {}
    for row in peer.leaves(id):
        made = {}
        for name, meta in row.get("_attachments", {}).items():
            data = meta["data"]
            made[name] = base64.b64decode(data) if isinstance(data, str) else data
        found[row["_rev"]] = made
    return found


def test_text_and_binary_attachments_arrive_byte_for_byte(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", A1, n=1, _attachments=attached(text__txt=TEXT, bytes__bin=BINARY, empty__bin=b""))])
    result = replicate(source, target)
    assert result.stats.doc_write_failures == 0
    same(source, target)
    assert contents(target, "a") == {A1: {"text.txt": TEXT, "bytes.bin": BINARY, "empty.bin": b""}}


def test_a_large_attachment_arrives(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", A1, _attachments=attached(photo__jpg=LARGE, small__bin=BINARY)), doc("b", A1)])
    replicate(source, target)
    same(source, target)
    assert contents(target, "a") == {A1: {"photo.jpg": LARGE, "small.bin": BINARY}}


def test_many_documents_with_attachments_arrive(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc(f"d{n:02}", A1, _attachments=attached(n__bin=bytes([n]) * 100)) for n in range(40)])
    assert replicate(source, target).stats.docs_written == 40
    assert contents(target, "d17") == {A1: {"n.bin": bytes([17]) * 100}}


def test_an_edit_keeps_the_attachment_that_is_there_already(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", A1, n=1, _attachments=attached(photo__jpg=BINARY))])
    replicate(source, target)
    source.write([doc("a", A2, A1, n=2, _attachments=attached(photo__jpg=BINARY, more__txt=TEXT))])
    replicate(source, target)
    same(source, target)
    assert contents(target, "a") == {A2: {"photo.jpg": BINARY, "more.txt": TEXT}}


def test_an_attachment_that_was_removed_is_gone_there_too(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", A1, _attachments=attached(photo__jpg=BINARY))])
    replicate(source, target)
    source.write([doc("a", A2, A1)])
    replicate(source, target)
    assert contents(target, "a") == {A2: {}}


def test_each_branch_of_a_conflict_has_its_own_attachments(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write(
        [
            doc("a", A2, A1, _attachments=attached(one__bin=BINARY)),
            doc("a", B2, A1, _attachments=attached(two__bin=BINARY[:10])),
        ]
    )
    replicate(source, target)
    same(source, target)
    assert contents(target, "a") == {A2: {"one.bin": BINARY}, B2: {"two.bin": BINARY[:10]}}
    source.write([doc("a", C3, B2, A1, _deleted=True)])
    replicate(source, target)
    assert contents(target, "a")[A2] == {"one.bin": BINARY}


def test_names_with_slashes_and_spaces_arrive(way: tuple[Peer, Peer]) -> None:
    source, target = way
    names = {"a b/c+d.txt": {"content_type": "text/plain", "data": TEXT}}
    source.write([doc("slash/id", A1, _attachments=names)])
    replicate(source, target)
    assert contents(target, "slash/id") == {A1: {"a b/c+d.txt": TEXT}}


def test_an_attachment_travels_on_to_a_third(way: tuple[Peer, Peer], third: Database) -> None:
    source, target = way
    source.write([doc("a", A1, _attachments=attached(text__txt=TEXT, photo__jpg=LARGE))])
    replicate(source, target)
    replicate(target, third)
    assert contents(open_peer(third), "a") == {A1: {"text.txt": TEXT, "photo.jpg": LARGE}}
