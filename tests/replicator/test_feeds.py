"""Waiting for changes: through proxies that cut or hold back idle feeds, and servers that forget a timeout."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from app.docs.database import Database
from app.replicator import Options, replicate
from app.replicator.changes import FINITE, HEARTBEAT, POLLING, ChangesReader
from app.replicator.errors import FeedSilent, Stopped
from app.replicator.peer import NO_FILTER
from app.replicator.policy import USUAL_SPLIT, Bodies
from app.replicator.remote import RemotePeer
from app.replicator.retry import State
from tests.replicator.conftest import fill, trees
from tests.support.hub import fresh
from tests.support.process import wait_until
from tests.support.proxy import FaultProxy


@contextmanager
def following(source: object, target: object) -> Iterator[list[State]]:
    """A continuous replication, in a thread; what it says of itself."""
    stop = threading.Event()
    states: list[State] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            replicate(
                source,  # type: ignore[arg-type]
                target,  # type: ignore[arg-type]
                continuous=True,
                stop=stop,
                on_state=states.append,
                options=Options(checkpoint_interval=0.3),
            )
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield states
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    assert not failed, failed


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ladder with shorter steps."""
    monkeypatch.setattr("app.replicator.remote.HEARTBEAT", 0.8)
    monkeypatch.setattr("app.replicator.remote.FEED_BUFFER", 0.7)
    monkeypatch.setattr("app.replicator.changes.FINITE_WAIT", 0.6)
    monkeypatch.setattr("app.replicator.changes.POLL_EVERY", 0.2)


def test_changes_arrive_as_they_are_written(db: Database, other: Database, central: str) -> None:
    fill(other, 5)
    replicate(other, central)
    with following(central, db) as states:
        wait_until(lambda: db.doc_count == 5)
        wait_until(lambda: states[-1].name == "idle")
        fill(other, 5, start=5)
        replicate(other, central)
        wait_until(lambda: trees(db) == trees(other))


def test_local_changes_leave_as_they_are_written(db: Database, central: str, other: Database) -> None:
    with following(db, central) as states:
        wait_until(lambda: bool(states) and states[-1].name == "idle")
        fill(db, 5)
        wait_until(lambda: replicate(central, other) is not None and trees(db) == trees(other))


def test_a_proxy_that_cuts_idle_feeds_stops_nothing(
    db: Database, other: Database, central: str, proxy: FaultProxy
) -> None:
    proxy.cut_idle(0.2, match="longpoll")
    with following(proxy.url, db):
        wait_until(lambda: proxy.count("longpoll") > 6 or proxy.count("_changes.*limit") > 12)
        fill(other, 5)
        replicate(other, central)
        wait_until(lambda: trees(db) == trees(other))


def test_a_proxy_that_holds_feeds_back_stops_nothing(
    db: Database, other: Database, central: str, proxy: FaultProxy
) -> None:
    proxy.buffer(1 << 20, match="longpoll")
    with following(proxy.url, db):
        proxy.wait_for("longpoll", 2)
        fill(other, 5)
        replicate(other, central)
        wait_until(lambda: trees(db) == trees(other))


def test_a_proxy_that_swallows_feeds_leads_to_polling(
    db: Database, other: Database, central: str, proxy: FaultProxy
) -> None:
    proxy.drop_request(match="longpoll")
    with following(proxy.url, db):
        proxy.wait_for("longpoll", 4)
        fill(other, 5)
        replicate(other, central)
        wait_until(lambda: trees(db) == trees(other))
        before = proxy.count("longpoll")
        wait_until(lambda: proxy.count("_changes") > before + 5)
        assert proxy.count("longpoll") == before


def test_the_ladder_goes_down_step_by_step(proxy: FaultProxy) -> None:
    peer = RemotePeer(proxy.url)
    reader = ChangesReader(peer, NO_FILTER, Bodies(True), USUAL_SPLIT, threading.Event())
    proxy.drop_request(match="longpoll")
    modes = [reader.mode]
    for _ in range(4):
        with pytest.raises(FeedSilent):
            reader.wait(0, None)
        modes.append(reader.mode)
    assert modes == [HEARTBEAT, HEARTBEAT, FINITE, FINITE, POLLING]
    assert reader.wait(0, None).empty
    peer.close()


def test_a_server_that_forgets_its_timeout_is_left_after_a_while(pouchdb_server: str) -> None:
    url = f"{pouchdb_server}/{fresh()}"
    requests.put(url, timeout=10)
    peer = RemotePeer(url)
    assert peer.changes(0, limit=10, bodies=True, filter=NO_FILTER, timeout=0.3).empty
    assert peer.info().empty
    peer.close()


def test_a_cut_ends_the_wait_at_once(central: str) -> None:
    peer = RemotePeer(central)
    threading.Timer(0.2, peer.cut).start()
    with pytest.raises(Stopped):
        peer.changes(0, limit=10, bodies=True, filter=NO_FILTER, timeout=30)
    peer.close()


def test_one_till_to_the_other_takes_three_requests(db: Database, other: Database, proxy: FaultProxy) -> None:
    """The push writes, the other's waiting feed brings the document along: no _revs_diff, no fetch."""
    fill(db, 1)
    replicate(db, proxy.url)
    with following(db, proxy.url) as pushing, following(proxy.url, other) as pulling:
        wait_until(lambda: bool(pushing and pulling) and pushing[-1].name == pulling[-1].name == "idle")
        before = len(proxy.requests)
        db.put({"_id": "order:late"})
        wait_until(lambda: other.read("order:late") is not None)
        between = [seen.line for seen in proxy.requests[before:]]
    assert sum("_bulk_docs" in line for line in between) == 1
    assert not [line for line in between if "_bulk_get" in line]
