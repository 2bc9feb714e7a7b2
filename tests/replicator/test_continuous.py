"""A run that goes on: started offline, stopped and resumed, both ways at once, on foreign servers too."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests

from app.docs.database import Database
from app.replicator import Options, ReplicationError, open_peer, replicate
from app.replicator.local import LocalPeer
from app.replicator.remote import RemotePeer
from app.replicator.replication import Hooks, Replication
from tests.contract.test_peer import everything
from tests.replicator.conftest import fill, trees
from tests.replicator.test_feeds import following
from tests.support.hub import Hub, fresh
from tests.support.process import wait_until
from tests.support.proxy import FaultProxy


def test_it_starts_offline_and_goes_on_when_there_is_a_line(db: Database, central: str, proxy: FaultProxy) -> None:
    proxy.cut()
    fill(db, 5)
    with following(db, proxy.url) as states:
        wait_until(lambda: any(state.name == "waiting" for state in states))
        proxy.restore()
        wait_until(lambda: states[-1].name == "idle")
        assert requests.get(central, timeout=10).json()["doc_count"] == 5


def test_what_was_stopped_is_resumed_where_it_was(db: Database, other: Database, central: str) -> None:
    fill(db, 5)
    with following(db, central) as states:
        wait_until(lambda: states[-1:] and states[-1].name == "idle")
        wait_until(lambda: requests.get(f"{central}/_local_docs", timeout=10).json()["rows"])  # its checkpoint
    fill(db, 5, start=5)
    result = replicate(db, central)
    assert (result.stats.docs_read, result.stats.missing_checked) == (5, 5)
    replicate(central, other)
    assert trees(db) == trees(other)


def test_both_directions_at_once_come_to_rest(db: Database, other: Database, central: str) -> None:
    with following(db, central), following(central, db) as a, following(other, central), following(central, other) as b:
        fill(db, 10)
        fill(other, 10, start=100)
        wait_until(lambda: db.doc_count == other.doc_count == 20)
        wait_until(lambda: a[-1].name == b[-1].name == "idle")
    assert trees(db) == trees(other)


def test_a_foreign_server_is_followed_and_fed(db: Database, other: Database, pouchdb_server: str) -> None:
    url = f"{pouchdb_server}/{fresh()}"
    requests.put(url, timeout=10)
    with following(db, url), following(url, other):
        fill(db, 5)
        wait_until(lambda: other.doc_count == 5)
        db.put({"_id": "late"})
        wait_until(lambda: other.doc_count == 6)
    assert trees(db) == trees(other)


def test_between_two_servers(central: str, shared_hub: Hub, db: Database) -> None:
    there = fresh()
    shared_hub.node.directory.create(there)
    url = f"{shared_hub.url}/{there}"
    fill(db, 5)
    with following(central, url):
        replicate(db, central)
        wait_until(lambda: requests.get(url, timeout=10).json()["doc_count"] == 5)
    assert everything(open_peer(url)) == everything(open_peer(central))


def test_a_central_that_goes_away_and_comes_back_changes_nothing(db: Database, hub: Hub) -> None:
    hub.node.directory.create("shop")
    with following(db, f"{hub.url}/shop") as states:
        fill(db, 5)
        wait_until(lambda: hub.node.directory.get("shop").doc_count == 5)
        hub.stop()
        fill(db, 5, start=5)
        wait_until(lambda: states[-1].name == "waiting")
        hub.start()
        wait_until(lambda: hub.node.directory.get("shop").doc_count == 10)


def test_a_wrong_password_ends_it_with_words(db: Database, central: str) -> None:
    with pytest.raises(ReplicationError) as caught:
        replicate(db, central.replace("s3cret%2F%2B%40", "wrong"), continuous=True)
    assert caught.value.state == "denied"


def test_progress_is_told(db: Database, central: str) -> None:
    fill(db, 1200)
    told: list[tuple[int, int | None]] = []
    replicate(db, central, on_progress=lambda result, pending: told.append((result.stats.docs_written, pending)))
    assert told[-1] == (1200, 0)


def test_stop_before_the_start_does_nothing(db: Database, central: str) -> None:
    stop = threading.Event()
    stop.set()
    fill(db, 3)
    result = replicate(db, central, continuous=True, stop=stop)
    assert result.seconds < 30


def test_stop_in_a_backlog_keeps_what_was_done(db: Database, central: str) -> None:
    fill(db, 3000)
    run: Any = None

    def progress(result: Any, pending: int | None) -> None:
        if result.stats.docs_written >= 500:
            threading.Thread(target=run.stop).start()

    run = Replication(LocalPeer(db), RemotePeer(central), Options(), Hooks(progress=progress))
    from app.replicator.retry import Retry

    Retry(run, continuous=False).run()
    again = replicate(db, central)
    assert requests.get(central, timeout=10).json()["doc_count"] == 3000
    assert again.stats.missing_checked <= 3000
