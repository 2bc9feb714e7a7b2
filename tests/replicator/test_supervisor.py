"""The links of a node: live in both directions, through cuts, with the truth about themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.docs.database import Database
from app.replicator.link import Link, LinkStatus
from app.replicator.replication import Options
from app.replicator.supervisor import MemorySettings, Supervisor
from tests.replicator.conftest import fill, trees
from tests.support.hub import Hub, fresh
from tests.support.process import wait_until
from tests.support.proxy import FaultProxy


class Node:
    """What of a node the supervisor sees."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path / name
        self.path.mkdir(exist_ok=True)
        self.database = Database(self.path / "shop.db")
        self.settings = MemorySettings()
        self.supervisor = self._new()

    def _new(self) -> Supervisor:
        return Supervisor(
            path=self.path,
            state=self.settings,
            immutable=lambda id: id.startswith("order:"),
            options=Options(checkpoint_interval=0.3, idle_check=0.5),
        )

    def link(self, url: str, *, live: bool | None = None) -> Node:
        self.supervisor.add(Link("push shop", self.database, url, "push", "shop", live=live))
        self.supervisor.add(Link("pull shop", url, self.database, "pull", "shop", live=live))
        self.supervisor.start()
        return self

    def status(self, direction: str = "push") -> LinkStatus:
        return next(status for status in self.supervisor.status() if status.direction == direction)

    def restart(self, url: str) -> None:
        self.supervisor.stop()
        self.supervisor = self._new()
        self.link(url)

    def close(self) -> None:
        self.supervisor.stop()
        self.database.close()


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Callable[[str], Node]]:
    made: list[Node] = []

    def node(name: str) -> Node:
        made.append(Node(tmp_path, name))
        return made[-1]

    yield node
    for one in made:
        one.close()


def in_step(*nodes: Node) -> Callable[[], bool]:
    return lambda: all(trees(node.database) == trees(nodes[0].database) for node in nodes)


def arrived(node: Node, count: int) -> Callable[[], bool]:
    return lambda: node.database.doc_count == count


@pytest.mark.parametrize("live", [True, False], ids=["live", "in rounds"])
def test_what_one_till_sells_is_on_the_other(
    till: Callable[[str], Node], central: str, live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.replicator.supervisor.ROUND", 0.2)
    one, two = till("one").link(central, live=live), till("two").link(central, live=live)
    fill(one.database, 5)
    fill(two.database, 5, start=100)
    wait_until(lambda: one.database.doc_count == two.database.doc_count == 10)
    assert in_step(one, two)()
    one.database.put({"_id": "order:late", "n": 1})
    wait_until(arrived(two, 11))


def test_a_link_says_what_is_unsent_and_since_when_and_that_it_waits(
    till: Callable[[str], Node], central: str, proxy: FaultProxy
) -> None:
    node = till("one").link(proxy.url)
    wait_until(lambda: node.status().state == "idle")
    proxy.cut()
    for n in range(3):
        node.database.put({"_id": f"order:{n}", "at": f"2026-01-01T00:00:0{n}.000Z"})
    wait_until(lambda: node.status().state == "waiting")
    status = node.status()
    assert (status.unsent, status.oldest_unsent) == (3, "2026-01-01T00:00:00.000Z")
    assert status.until is not None and status.until.endswith("Z")
    assert status.reason and "127.0.0.1" in status.reason
    assert "s3cret" not in str(node.supervisor.status())
    proxy.restore()
    node.supervisor.sync_now()
    wait_until(lambda: node.status().unsent == 0)
    wait_until(lambda: node.status().state == "idle")
    assert node.status().oldest_unsent is None


def test_the_networks_return_starts_a_pass_before_the_wait_is_over(
    till: Callable[[str], Node], hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.replicator.supervisor.SCOUT", 0.1)
    hub.node.directory.create("shop")
    node = till("one").link(f"{hub.url}/shop")
    wait_until(lambda: node.status().state == "idle")
    hub.stop()
    fill(node.database, 2)
    wait_until(lambda: node.status("pull").state == node.status().state == "waiting")
    for runner in node.supervisor._runners.values():
        runner._judge.backoff.tries = 10  # as after an hour offline: the next try is minutes away
    wait_until(lambda: _far(node.status().until))
    hub.start()
    wait_until(lambda: node.status().unsent == 0 and node.status("pull").state == "idle")


def _far(until: str | None) -> bool:
    from datetime import UTC, datetime

    return until is not None and (datetime.fromisoformat(until) - datetime.now(UTC)).total_seconds() > 20


def test_a_node_that_starts_without_network_knows_what_is_unsent(
    till: Callable[[str], Node], central: str, proxy: FaultProxy
) -> None:
    node = till("one").link(proxy.url)
    fill(node.database, 4)
    wait_until(lambda: node.status().unsent == 0 and node.settings.get("link:push shop") is not None)
    node.supervisor.stop()
    proxy.cut()
    fill(node.database, 2, start=4)
    node.supervisor = node._new()
    node.link(proxy.url)
    assert node.status().unsent == 2
    wait_until(lambda: node.status().state == "waiting")
    assert node.status().unsent == 2
    assert node.status().last_success is not None


def test_stopping_takes_less_than_a_second_and_writes_the_last_checkpoint(
    till: Callable[[str], Node], central: str
) -> None:
    node = till("one")
    node.supervisor._options = Options(checkpoint_interval=600)
    node.link(central)
    wait_until(lambda: node.status().state == "idle" and node.status("pull").state == "idle")
    fill(node.database, 3)
    wait_until(lambda: node.status().unsent == 0)
    assert node.settings.get("link:push shop") is None
    began = time.monotonic()
    node.supervisor.stop()
    assert time.monotonic() - began < 2
    assert node.settings.get("link:push shop")["acknowledged"] == node.database.update_seq
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("replicator push")]


def test_stopping_does_not_wait_for_a_line_that_is_silent(
    till: Callable[[str], Node], central: str, proxy: FaultProxy
) -> None:
    node = till("one").link(proxy.url)
    wait_until(lambda: node.status().state == "idle")
    before = len(proxy.requests)
    proxy.blackhole()
    fill(node.database, 3)
    proxy.wait_for(count=before + 1)
    began = time.monotonic()
    node.supervisor.stop()
    assert time.monotonic() - began < 3
    proxy.clear()


def test_a_wrong_password_is_denied_and_the_others_go_on(
    till: Callable[[str], Node], central: str, caplog: pytest.LogCaptureFixture
) -> None:
    node = till("one").link(central.replace("s3cret%2F%2B%40", "wrong"))
    wait_until(lambda: node.status().state == "denied")
    assert node.status().reason
    assert "wrong" not in str(node.supervisor.status())
    # whoever started it from a shell reads it there, too
    assert [record.getMessage() for record in caplog.records if "denied" in record.getMessage()]
    assert "wrong" not in caplog.text


def test_a_password_that_another_machine_has_changed_is_tried_once_and_locks_nobody_out(
    till: Callable[[str], Node], hub: Hub
) -> None:
    """Five links run when it happens: five wrong passwords would lock the name for the address, and the other out."""
    account, root = f"{hub.url}/_users/org.couchdb.user:one", f"127.0.0.1:{hub.port}"
    user = {"name": "one", "type": "user", "roles": []}
    requests.put(account, json={**user, "password": "first"}, timeout=10).raise_for_status()
    node = till("one")
    names = [fresh() for _ in range(5)]
    for name in names:
        requests.put(f"{hub.url}/{name}", timeout=10).raise_for_status()
        members = {"members": {"names": ["one"], "roles": []}}
        requests.put(f"{hub.url}/{name}/_security", json=members, timeout=10).raise_for_status()
        there = f"http://one:first@{root}/{name}"
        node.supervisor.add(Link(name, there, node.database, "pull", name, live=True))
    node.supervisor.start()
    states = lambda: {status.state for status in node.supervisor.status()}  # noqa: E731
    wait_until(lambda: states() == {"idle"})

    rev = requests.get(account, timeout=10).json()["_rev"]
    changed = {**user, "_rev": rev, "password": "second"}
    requests.put(account, json=changed, timeout=10).raise_for_status()
    for name in names:
        requests.put(f"{hub.url}/{name}/a", json={}, timeout=10).raise_for_status()
    wait_until(lambda: states() == {"denied"})
    assert requests.get(f"http://one:second@{root}/{names[0]}", timeout=10).status_code == 200
    wrong = [requests.get(f"http://one:third@{root}/{names[0]}", timeout=10).status_code for _ in range(4)]
    assert wrong == [401] * 4  # with those of the links the fifth: one of them has been tried, no more
    assert requests.get(f"http://one:second@{root}/{names[0]}", timeout=10).status_code == 403


def test_a_central_that_was_made_anew_is_not_filled_until_a_person_accepts_it(
    till: Callable[[str], Node], hub: Hub
) -> None:
    hub.node.directory.create("shop")
    node = till("one").link(f"{hub.url}/shop")
    fill(node.database, 5)
    wait_until(lambda: node.status().unsent == 0)
    hub.node.directory.delete("shop")
    made = hub.node.directory.create("shop")
    node.supervisor.sync_now()
    wait_until(lambda: node.status().state == node.status("pull").state == "stopped")
    assert "not the one" in str(node.status().reason)
    assert made.doc_count == 0
    node.supervisor.accept("shop")
    wait_until(lambda: made.doc_count == 5)
    wait_until(lambda: node.status().state == "idle")


def test_a_central_that_says_what_it_was_restored_from_is_known(till: Callable[[str], Node], hub: Hub) -> None:
    made = hub.node.directory.create("shop")
    made.security = {"couchtill": {"id": "first"}}
    node = till("one").link(f"{hub.url}/shop")
    wait_until(lambda: node.status().state == "idle")
    made.security = {"couchtill": {"id": "second", "restored_from": "first"}}
    node.supervisor.sync_now()
    wait_until(lambda: (node.settings.get("central:shop") or {}).get("id") == "second")
    made.security = {"couchtill": {"id": "third"}}
    node.supervisor.sync_now()
    wait_until(lambda: node.status().state == "stopped")


def test_a_central_that_gets_its_identity_later_stays_known(till: Callable[[str], Node], hub: Hub) -> None:
    made = hub.node.directory.create("shop")
    node = till("one").link(f"{hub.url}/shop")
    wait_until(lambda: node.status().state == "idle")
    made.security = {"couchtill": {"id": "given"}}
    node.supervisor.sync_now()
    wait_until(lambda: (node.settings.get("central:shop") or {}).get("id") == "given")
    wait_until(lambda: node.status().state == "idle")


def test_many_links_go_round_on_few_threads(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.replicator.supervisor.ROUND", 0.3)
    supervisor = Supervisor(path=tmp_path)
    databases = []
    for number in range(20):
        hub.node.directory.create(f"store-{number}").put({"_id": "from the store"})
        database = Database(tmp_path / f"store-{number}.db")
        databases.append(database)
        url = f"{hub.url}/store-{number}"
        supervisor.add(Link(f"push {number}", database, url, "push", f"store-{number}", live=False))
        supervisor.add(Link(f"pull {number}", url, database, "pull", f"store-{number}", live=False))
    before = threading.active_count()
    supervisor.start()
    assert threading.active_count() - before < 10
    wait_until(lambda: all(database.doc_count == 1 for database in databases))
    databases[7].put({"_id": "from the office"})
    wait_until(lambda: hub.node.directory.get("store-7").doc_count == 2)
    supervisor.stop()
    for database in databases:
        database.close()


def test_a_link_added_while_it_runs_starts_at_once(till: Callable[[str], Node], hub: Hub, central: str) -> None:
    node = till("one").link(central)
    hub.node.directory.create("more").put({"_id": "a"})
    more = Database(node.path / "more.db")
    node.supervisor.add(Link("pull more", f"{hub.url}/more", more, "pull", "more"))
    wait_until(lambda: more.doc_count == 1)
    with pytest.raises(ValueError, match="already"):
        node.supervisor.add(Link("pull more", f"{hub.url}/more", more, "pull", "more"))
    node.supervisor.stop()
    more.close()


def test_status_can_be_read_at_any_time(till: Callable[[str], Node], central: str) -> None:
    node = till("one")
    assert node.supervisor.status() == []
    node.link(central)
    status: Any = node.status()
    assert status.state in ("starting", "active", "idle")
    node.supervisor.stop()
    assert node.status().state == "stopped"
