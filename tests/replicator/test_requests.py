"""How many requests a run makes: the figures that make it fast, told by a proxy that counts."""

from __future__ import annotations

import requests as http

from app.docs.database import Database
from app.replicator import replicate
from app.replicator.peer import Row
from app.replicator.policy import PROBE_EVERY, Bodies, Diff
from app.replicator.remote import RemotePeer
from tests.replicator.conftest import fill, trees
from tests.support.proxy import FaultProxy


def row(local: bool | None) -> Row:
    return Row("a", ["1-a"], False, local, b"{}")


def test_a_pass_with_nothing_to_do_is_two_requests_at_most(db: Database, proxy: FaultProxy) -> None:
    fill(db, 700)
    replicate(db, proxy.url)
    replicate(proxy.url, db)
    before = len(proxy.requests)
    assert replicate(db, proxy.url).stats.missing_checked == 0
    pushed = len(proxy.requests) - before
    assert replicate(proxy.url, db).stats.missing_checked == 0
    pulled = len(proxy.requests) - before - pushed
    assert (pushed, pulled) <= (2, 2)


def test_a_push_to_an_empty_target_asks_for_nothing(db: Database, proxy: FaultProxy) -> None:
    fill(db, 3000)
    replicate(db, proxy.url)
    assert proxy.count("_bulk_docs") == 6
    assert proxy.count("_revs_diff") <= 2  # a probe of a batch, and the look before the checkpoint


def test_a_pull_takes_the_documents_from_the_feed(db: Database, other: Database, proxy: FaultProxy) -> None:
    fill(db, 1200)
    replicate(db, proxy.url)
    replicate(proxy.url, other)
    assert proxy.count("_bulk_get") == 0
    assert trees(other) == trees(db)


def test_a_pull_of_what_is_there_already_leaves_the_bodies_behind(
    db: Database, central: str, proxy: FaultProxy
) -> None:
    fill(db, 3000)
    replicate(db, central)
    replicate(proxy.url, db)
    pages = [seen.line for seen in proxy.seen("_changes")]
    assert "include_docs" in pages[0]
    assert "include_docs" not in pages[-1]


def test_losing_the_log_costs_a_look_at_every_revision_but_sends_none_again(db: Database, central: str) -> None:
    fill(db, 1500)
    result = replicate(db, central)
    db.delete_local(result.replication_id)
    again = replicate(db, central)
    assert (again.stats.missing_checked, again.stats.missing_found, again.stats.docs_read) == (1500, 0, 0)


def test_own_edits_are_sent_unasked_and_pulled_ones_never() -> None:
    diff = Diff(target_empty=False, resumed=True)
    ask, take = diff.skips([row(True), row(False), row(None)])
    assert [one.local for one in ask] == [False, None]
    assert [one.local for one in take] == [True]


def test_after_a_failure_own_edits_are_asked_about_too() -> None:
    assert Diff(target_empty=False, resumed=False).skips([row(True)])[0]


def test_asking_stops_when_nothing_was_found_lately_and_every_tenth_batch_is_a_probe() -> None:
    diff = Diff(target_empty=False, resumed=False)
    asked = []
    for _ in range(3 * PROBE_EVERY):
        ask, _ = diff.skips([row(None), row(None)])
        asked.append(bool(ask))
        diff.learn(len(ask), len(ask))
    assert asked[:2] == [True, True]
    assert asked.count(True) == 2 + 3
    assert asked[PROBE_EVERY - 1]


def test_asking_begins_again_when_a_probe_finds_something() -> None:
    diff = Diff(target_empty=True, resumed=False)
    diff.learn(10, 4)
    assert diff.skips([row(None)])[0]


def test_bodies_come_and_go_with_their_use() -> None:
    bodies = Bodies(wanted=True)
    bodies.learn(100, 40, 40)
    assert not bodies.wanted
    bodies.learn(100, 0, 95)
    assert bodies.wanted


def test_a_body_is_compressed_only_for_a_server_that_takes_it(db: Database, central: str, proxy: FaultProxy) -> None:
    fill(db, 200)
    peer = RemotePeer(proxy.url, compress=True)
    replicate(db, peer)
    assert http.get(central, timeout=10).json()["doc_count"] == 200
    peer.close()
