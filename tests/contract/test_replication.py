"""What goes through a replication, out of every kind of peer and into it: always the same trees on both sides."""

from __future__ import annotations

import pytest

from app.docs.database import Database
from app.replicator import open_peer, replicate
from app.replicator.peer import Peer
from tests.contract.conftest import Place
from tests.contract.test_peer import A1, A2, B2, C3, doc, everything

FUNNY = [
    "a b",
    "a/b",
    "a+b",
    "a%b",
    "a%2Fb",
    "ü/ß",
    "日本語",
    "😀",
    "a?b=c&d",
    "a#b",
    'quo"te',
    "back\\slash",
    "semi;colon",
    "con:stru:ctor",
    "constructor",
    "a" * 500,
]


@pytest.fixture(params=["push", "pull"])
def way(request: pytest.FixtureRequest, peer: Peer, other: Database) -> tuple[Peer, Peer]:
    """(source, target): the peer is one, a local database the other."""
    local = open_peer(other)
    return (local, peer) if request.param == "push" else (peer, local)


def same(source: Peer, target: Peer) -> None:
    assert everything(source) == everything(target)


def test_an_empty_database_replicates(way: tuple[Peer, Peer]) -> None:
    result = replicate(*way)
    assert result.as_dict()["docs_written"] == 0
    same(*way)


def test_documents_arrive_with_their_revisions(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc(f"d{n}", A1, n=n, text="é€😀") for n in range(20)])
    result = replicate(source, target)
    assert (result.stats.docs_read, result.stats.docs_written, result.stats.doc_write_failures) == (20, 20, 0)
    same(source, target)
    assert target.leaves("d7")[0]["text"] == "é€😀"


def test_more_than_a_page_arrives(way: tuple[Peer, Peer]) -> None:
    source, target = way
    for start in range(0, 1300, 500):
        source.write([doc(f"d{n:05}", A1, n=n) for n in range(start, min(start + 500, 1300))])
    assert replicate(source, target).stats.docs_written == 1300
    assert target.pending(0) in (1300, None)
    assert replicate(source, target).stats.docs_written == 0


def test_ids_with_every_kind_of_character_arrive(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc(id, A1, n=1) for id in FUNNY])
    source.write([doc(id, A2, A1, n=2) for id in FUNNY])
    replicate(source, target)
    same(source, target)
    assert {id for id, _, _ in everything(target)} == set(FUNNY)


def test_conflicts_arrive_on_all_their_branches(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", A2, A1, n=1), doc("a", B2, A1, n=2), doc("a", C3, A2, A1, n=3)])
    replicate(source, target)
    same(source, target)
    assert {row["n"] for row in target.leaves("a")} == {2, 3}


def test_a_document_with_many_leaves_arrives(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", f"2-{n:032x}", A1, n=n) for n in range(60)])
    replicate(source, target)
    same(source, target)
    assert len(target.leaves("a")) == 60


def test_deletions_arrive_with_their_bodies(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", A1), doc("b", A1, _deleted=True, why="born dead")])
    replicate(source, target)
    source.write([doc("a", A2, A1, _deleted=True, why="closed")])
    replicate(source, target)
    same(source, target)
    assert target.leaves("a")[0]["why"] == "closed"
    assert target.leaves("b")[0]["why"] == "born dead"


def test_a_resurrected_document_arrives(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", A2, A1, _deleted=True)])
    replicate(source, target)
    source.write([doc("a", C3, A2, A1, n=3)])
    replicate(source, target)
    same(source, target)
    assert everything(target) == [("a", [C3], False)]


def test_a_branch_that_was_deleted_to_resolve_a_conflict_is_deleted_there_too(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", A2, A1), doc("a", B2, A1)])
    replicate(source, target)
    source.write([doc("a", C3, B2, A1, _deleted=True)])
    replicate(source, target)
    same(source, target)
    assert everything(target) == [("a", [C3, A2], False)]


def test_different_edits_on_both_sides_become_the_same_conflict(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", A2, A1, n="there")])
    target.write([doc("a", B2, A1, n="here")])
    replicate(source, target)
    replicate(target, source)
    same(source, target)
    assert everything(source) == [("a", [B2, A2], False)]


def test_a_long_history_arrives(way: tuple[Peer, Peer]) -> None:
    source, target = way
    revs = [f"{n}-{n:032x}" for n in range(1, 121)]
    source.write([doc("a", *reversed(revs), n=120)])
    replicate(source, target)
    assert len(target.leaves("a")[0]["_revisions"]["ids"]) == 120


def test_design_documents_arrive(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write_one(doc("_design/shop", A1, views={"all": {"map": "function (doc) { emit(doc._id); }"}}))
    replicate(source, target)
    same(source, target)


def test_a_second_pass_finds_nothing_to_do_and_writes_no_log(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc(f"d{n}", A1) for n in range(3)])
    first = replicate(source, target)
    log = target.get_local(first.replication_id)
    again = replicate(source, target)
    assert again.checkpoints == 0
    assert again.stats.missing_checked == 0
    assert target.get_local(first.replication_id) == log


def test_only_named_documents_arrive_and_the_next_run_may_name_others(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc(f"d{n}", A1) for n in range(5)])
    replicate(source, target, doc_ids=["d1"])
    assert [id for id, _, _ in everything(target)] == ["d1"]
    replicate(source, target, doc_ids=["d1", "d4"])
    assert [id for id, _, _ in everything(target)] == ["d1", "d4"]
    replicate(source, target)
    same(source, target)


def test_a_log_lies_on_both_sides_with_couchdbs_fields(way: tuple[Peer, Peer]) -> None:
    source, target = way
    source.write([doc("a", A1)])
    result = replicate(source, target)
    logs = [peer.get_local(result.replication_id) for peer in way]
    assert logs[0] is not None and logs[1] is not None
    assert logs[0]["session_id"] == logs[1]["session_id"]
    entry = logs[0]["history"][0]
    assert {"session_id", "start_time", "end_time", "start_last_seq", "end_last_seq", "recorded_seq"} <= set(entry)
    assert {"missing_checked", "missing_found", "docs_read", "docs_written", "doc_write_failures"} <= set(entry)
    assert logs[0]["replication_id_version"] == 4


def test_between_two_of_the_same_kind(place: Place) -> None:
    source, target = place.peer(), place.peer()
    source.write([doc(f"d{n}", A1, n=n) for n in range(10)])
    source.write([doc("a", A2, A1), doc("a", B2, A1)])
    assert replicate(source, target).stats.docs_written == 12
    same(source, target)


@pytest.mark.parametrize("name", ["with-slash%2Fdb", "with+plus"])
def test_a_database_name_with_a_slash_or_a_plus(place: Place, other: Database, name: str) -> None:
    if place.kind in ("local", "pouchdb_server"):
        return  # a file has no such name; that server makes another database of it
    spec = place.spec().rpartition("/")
    peer = place.peer(f"{spec[0]}/{spec[2]}{name}")
    open_peer(other).write([doc("a", A1)])
    replicate(other, peer)
    assert everything(peer) == [("a", [A1], False)]
