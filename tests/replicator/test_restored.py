"""A central, or a till, that was put back to an older copy of its files, beneath a live link or between two runs.

CouchDB's `instance_start_time` and uuid stay the same through that, so only the logs, and what is still there, tell.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.replicator import Options, replicate
from app.replicator.errors import StartOver
from app.replicator.local import LocalPeer
from app.replicator.remote import RemotePeer
from app.replicator.replication import Replication
from tests.replicator.conftest import fill, trees
from tests.replicator.test_supervisor import Node
from tests.support.hub import Hub
from tests.support.process import wait_until


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Callable[[str], Node]]:
    made: list[Node] = []

    def node(name: str) -> Node:
        made.append(Node(tmp_path, name))
        return made[-1]

    yield node
    for one in made:
        one.close()


def save(hub: Hub, copy: Path) -> None:
    hub.stop()
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(hub.path, copy)
    hub.start()


def restore(hub: Hub, copy: Path) -> None:
    hub.stop()
    shutil.rmtree(hub.path)
    shutil.copytree(copy, hub.path)
    hub.start()


def test_what_a_restored_central_lost_is_sent_again_by_the_next_run(db: Database, hub: Hub, tmp_path: Path) -> None:
    hub.node.directory.create("shop")
    url = f"{hub.url}/shop"
    fill(db, 10)
    replicate(db, url)
    save(hub, tmp_path / "copy")
    fill(db, 10, start=10)
    replicate(db, url)
    restore(hub, tmp_path / "copy")
    fill(db, 1, start=20)
    replicate(db, url)
    assert trees(hub.node.directory.get("shop")) == trees(db)


def test_what_a_restored_central_lost_is_sent_again_by_a_live_link(
    till: Callable[[str], Node], hub: Hub, tmp_path: Path
) -> None:
    hub.node.directory.create("shop")
    node = till("one").link(f"{hub.url}/shop")
    fill(node.database, 10)
    wait_until(lambda: node.status().unsent == 0 and node.settings.get("link:push shop") is not None)
    save(hub, tmp_path / "copy")
    wait_until(lambda: node.status().state == "idle")
    fill(node.database, 10, start=10)
    wait_until(lambda: node.status().unsent == 0)
    restore(hub, tmp_path / "copy")
    wait_until(lambda: trees(hub.node.directory.get("shop")) == trees(node.database))


def test_what_is_written_to_a_restored_central_under_used_sequences_arrives(
    till: Callable[[str], Node], hub: Hub, tmp_path: Path
) -> None:
    hub.node.directory.create("shop")
    one, two = till("one").link(f"{hub.url}/shop"), till("two").link(f"{hub.url}/shop")
    fill(one.database, 10)
    wait_until(lambda: trees(one.database) == trees(two.database))
    save(hub, tmp_path / "copy")
    fill(one.database, 10, start=10)
    wait_until(lambda: trees(one.database) == trees(two.database))
    restore(hub, tmp_path / "copy")
    fill(two.database, 10, start=100)
    wait_until(lambda: one.database.doc_count == two.database.doc_count == 30)
    wait_until(lambda: hub.node.directory.get("shop").doc_count == 30)


def test_a_central_restored_between_a_write_and_its_checkpoint_gets_no_checkpoint(
    db: Database, hub: Hub, tmp_path: Path
) -> None:
    hub.node.directory.create("shop")
    url = f"{hub.url}/shop"
    fill(db, 5)
    replicate(db, url)
    save(hub, tmp_path / "copy")
    run = Replication(LocalPeer(db), RemotePeer(url))
    run.open()
    fill(db, 5, start=5)
    run.catch_up()
    restore(hub, tmp_path / "copy")  # with the very log that the run knows: only the documents are missing
    run.target.client.close()  # type: ignore[attr-defined]
    with pytest.raises(StartOver, match="older copy"):
        run.checkpoint()
    run.reset()
    run.once()
    assert trees(hub.node.directory.get("shop")) == trees(db)


def test_a_central_that_sold_on_after_its_restore_gives_all_of_it(db: Database, hub: Hub, tmp_path: Path) -> None:
    central = hub.node.directory.create("shop")
    url = f"{hub.url}/shop"
    fill(central, 10)
    replicate(url, db)
    save(hub, tmp_path / "copy")
    fill(hub.node.directory.get("shop"), 10, start=10)
    replicate(url, db)
    restore(hub, tmp_path / "copy")
    fill(hub.node.directory.get("shop"), 10, start=500)
    replicate(url, db)
    assert db.doc_count == 30
    replicate(db, url)
    assert trees(hub.node.directory.get("shop")) == trees(db)


@pytest.mark.parametrize("direction", ["push", "pull"])
def test_a_till_restored_from_an_old_copy_gets_and_gives_everything(direction: str, tmp_path: Path, hub: Hub) -> None:
    central = hub.node.directory.create("shop")
    url = f"{hub.url}/shop"
    path = tmp_path / "till.db"
    with Database(path) as till:
        fill(till, 10)
        replicate(till, url)
        replicate(url, till)
    shutil.copy(path, tmp_path / "copy.db")
    with Database(path) as till:
        fill(till, 10, start=10)
        fill(central, 10, start=500)
        replicate(till, url)
        replicate(url, till)
    for end in ("", "-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy.db", path)
    with Database(path) as till:
        fill(till, 5, start=200)
        first, second = ((till, url), (url, till)) if direction == "push" else ((url, till), (till, url))
        replicate(*first)
        replicate(*second)
        assert till.doc_count == 35
        assert trees(till) == trees(central)


def test_a_source_made_anew_in_the_middle_starts_over(hub: Hub, db: Database) -> None:
    hub.node.directory.create("shop")
    url = f"{hub.url}/shop"
    fill(hub.node.directory.get("shop"), 5)
    run = Replication(RemotePeer(url), LocalPeer(db))
    run.open()
    run.catch_up()
    hub.node.directory.delete("shop")
    fill(hub.node.directory.create("shop"), 3, start=50)
    with pytest.raises(StartOver, match="anew"):
        run.checkpoint()
    run.reset()
    run.once()
    assert db.doc_count == 8


def test_a_target_deleted_in_the_middle_is_told_and_nothing_is_remembered(hub: Hub, db: Database) -> None:
    hub.node.directory.create("shop")
    fill(db, 5)
    run = Replication(LocalPeer(db), RemotePeer(f"{hub.url}/shop"), Options())
    run.open()
    run.catch_up()
    hub.node.directory.delete("shop")
    from app.replicator.errors import PeerError

    with pytest.raises((PeerError, StartOver)):
        run.checkpoint()
    assert db.get_local(run.id) is None


def test_an_idle_link_notices_that_its_log_is_an_older_one(till: Callable[[str], Node], hub: Hub) -> None:
    shop: Any = hub.node.directory.create("shop")
    node = till("one").link(f"{hub.url}/shop")
    fill(node.database, 5)
    wait_until(lambda: node.settings.get("link:push shop") is not None)
    run = node.supervisor._runners["push shop"]._run
    purged = {record["id"]: [record["value"]["rev"]] for record in shop.all_docs()["rows"]}
    with shop.transaction():  # what a restore under a running server looks like: documents and log of an hour ago
        shop.purge(purged)
        shop.put_local(run.id, {"session_id": "older", "history": []})
    wait_until(lambda: trees(shop) == trees(node.database))
