"""A node in this process: what it opens, links, tells and keeps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.docs.errors import AlreadyOpen
from app.node import LinkConfig, Node, NodeConfig, NodeError
from app.node import config as node_config
from app.node.accept import accept
from app.replicator.supervisor import Supervisor
from app.web.server import serve
from app.web.users import set_admin
from couch.provision import provision
from tests.support.process import wait_until

ADMIN = ("admin", "secret")


STORE = {"type": "store", "schema": 1, "id": "s1", "name": "One", "currency": "USD", "digits": 2, "timezone": "UTC"}


class Hub:
    """A hub in this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        set_admin(path, *ADMIN, 1000)
        self.port = 0
        self.start()
        users = [{"id": id, "password": f"{id}-password-of-tests"} for id in ("s1-t1", "s2-t1")]
        provision(
            self.admin,
            terminals=users,
            office={"id": "office", "password": "office-password-of-tests"},
            iterations=1000,
        )

    def start(self) -> None:
        self.node = Node(self.path, NodeConfig("hub", "central", port=self.port)).start()
        self.server = serve(self.node, "127.0.0.1", self.port)
        self.port = self.server.port

    def stop(self) -> None:
        self.node.begin_stop()
        self.server.stop()
        self.node.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def admin(self) -> str:
        return f"http://{ADMIN[0]}:{ADMIN[1]}@127.0.0.1:{self.port}"

    def config(self, kind: str, id: str, **more: Any) -> NodeConfig:
        store = id.partition("-")[0] if kind == "terminal" else None
        return NodeConfig(kind, id, store=store, central_url=self.url, central_user=id, **more)

    def made(self, path: Path, kind: str, id: str, **more: Any) -> Node:
        """A node of this central, not started."""
        node_config.write(path, self.config(kind, id, **more))
        node_config.write_secret(path, "central", f"{id}-password-of-tests")
        return Node.load(path)

    def docs(self, path: str) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.admin}/{path}", params={"include_docs": "true"}, timeout=30)
        return [row["doc"] for row in answer.json()["rows"] if not row["id"].startswith("_design/")]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    hub = Hub(tmp_path / "hub")
    yield hub
    hub.stop()


def idle(node: Node) -> bool:
    return all(link["state"] == "idle" for link in node.sync_status()["links"])


def test_a_terminal_and_head_office_are_in_step_both_ways(hub: Hub, tmp_path: Path) -> None:
    terminal, office = hub.made(tmp_path / "t", "terminal", "s1-t1"), hub.made(tmp_path / "o", "office", "office")
    with terminal, office:
        office.company.put({"_id": "store:s1", **STORE})
        terminal.store_db.put({"_id": "hello", "type": "note"})
        wait_until(lambda: terminal.company.read("store:s1"), what="the company's document is at the terminal")
        wait_until(lambda: "s1" in office.stores(), what="head office knows the store")
        store = office.directory.get("store-s1")
        wait_until(lambda: store.read("hello"), what="the store's document is at head office")
        wait_until(lambda: idle(terminal) and idle(office), what="all is still")
        assert terminal.sync_status()["unsent"] == 0


def test_head_office_links_a_store_the_moment_its_document_arrives(hub: Hub, tmp_path: Path) -> None:
    with hub.made(tmp_path / "o", "office", "office", links=(LinkConfig("store-s2"),)) as office:
        assert office.stores() == ["s2"]
        requests.put(f"{hub.admin}/company/store:s1", json=STORE, timeout=30).raise_for_status()
        requests.put(f"{hub.admin}/store-s1/a", json={"type": "note"}, timeout=30).raise_for_status()
        wait_until(lambda: office.stores() == ["s1", "s2"])
        wait_until(lambda: office.directory.get("store-s1").read("a"))
        names = {link["name"] for link in office.sync_status()["links"]}
        assert {"push store-s1", "pull store-s1", "push store-s2", "pull store-s2"} <= names


def test_a_store_whose_id_can_not_be_is_no_store_to_head_office(tmp_path: Path) -> None:
    config = NodeConfig(kind="office", id="office")
    with Node(tmp_path / "o", config) as office:
        office.company.put({"_id": "store:../Bad Id", "type": "store", "schema": 1})
    with Node(tmp_path / "o", config) as office:  # and keeps it from nothing
        office.company.put({"_id": "store:s1", "type": "store", "schema": 1})
        wait_until(lambda: office.stores() == ["s1"])


def test_a_terminal_tells_the_central_how_it_is_and_head_office_reads_it(hub: Hub, tmp_path: Path) -> None:
    terminal, office = hub.made(tmp_path / "t", "terminal", "s1-t1"), hub.made(tmp_path / "o", "office", "office")
    with terminal:
        wait_until(lambda: [doc for doc in hub.docs("company/_local_docs") if doc.get("node") == "s1-t1"])
        report = next(doc for doc in hub.docs("company/_local_docs") if doc.get("node") == "s1-t1")
        assert report["_id"] == "_local/couchtill.node.s1-t1"
        assert (report["kind"], report["store"], report["unsent"], report["refused"]) == ("terminal", "s1", 0, 0)
        assert {link["name"] for link in report["links"]} == {
            "push company",
            "pull company",
            "push store-s1",
            "pull store-s1",
        }
        assert "password" not in str(report)
        with office:
            wait_until(lambda: [r["node"] for r in office.terminal_reports() if r["kind"] == "terminal"] == ["s1-t1"])


def test_a_central_made_anew_stops_the_links_until_a_person_accepts_it(hub: Hub, tmp_path: Path) -> None:
    terminal = hub.made(tmp_path / "t", "terminal", "s1-t1")
    with terminal:
        wait_until(lambda: idle(terminal))
        terminal.store_db.put({"_id": "kept", "type": "note"})
        wait_until(lambda: hub.docs("store-s1/_all_docs"))
    requests.delete(f"{hub.admin}/store-s1", timeout=30).raise_for_status()
    provision(hub.admin, stores=["s1"], iterations=1000)
    with hub.made(tmp_path / "t", "terminal", "s1-t1") as again:
        wait_until(lambda: again.sync_status()["state"] == "stopped", what="the link stops")
        assert "not the one" in again.sync_status()["reason"]
        assert hub.docs("store-s1/_all_docs") == []
        assert "is taken for the right one now" in accept(tmp_path / "t", "store-s1")
        again.sync_now()
        wait_until(lambda: hub.docs("store-s1/_all_docs"), what="the new central is filled")
        wait_until(lambda: idle(again))


def test_accepting_what_is_not_there_is_told_in_words(hub: Hub, tmp_path: Path) -> None:
    hub.made(tmp_path / "t", "terminal", "s1-t1").start().stop()
    with pytest.raises(NodeError, match="has no database other"):
        accept(tmp_path / "t", "other")
    with pytest.raises(NodeError, match="no node's directory"):
        accept(tmp_path, "company")


def test_a_terminal_sells_and_starts_without_its_central(tmp_path: Path) -> None:
    config = NodeConfig("terminal", "s1-t1", store="s1", central_url="http://127.0.0.1:1", central_user="s1-t1")
    with Node(tmp_path / "t", config) as terminal:
        terminal.store_db.put({"_id": "a", "type": "note"})
        wait_until(lambda: terminal.sync_status()["state"] == "waiting")
        status = terminal.sync_status()
        assert status["unsent"] == 1
        assert "127.0.0.1:1" in status["reason"]


def test_links_that_a_full_disk_keeps_from_starting_start_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = NodeConfig("terminal", "s1-t1", store="s1", central_url="http://127.0.0.1:1", central_user="s1-t1")
    node = Node(tmp_path / "t", config)
    node.start(links=False)
    try:
        with monkeypatch.context() as full:

            def refuse(self: Supervisor) -> None:
                raise sqlite3.OperationalError("database or disk is full")

            full.setattr(Supervisor, "start", refuse)
            for _ in range(2):
                with pytest.raises(sqlite3.OperationalError):
                    node.start_links()
        node.start_links()
        assert sorted(link["database"] for link in node.sync_status()["links"]) == [
            *["company"] * 2,
            *["store-s1"] * 2,
        ]
    finally:
        node.stop()


def test_without_a_central_a_terminal_says_so(tmp_path: Path) -> None:
    with Node(tmp_path / "t", NodeConfig("terminal", "s1-t1", store="s1")) as terminal:
        assert terminal.sync_status()["state"] == "off"
        terminal.sync_now()
        assert terminal.sync_status()["links"] == []


def test_a_node_keeps_its_uuid(tmp_path: Path) -> None:
    config = NodeConfig("terminal", "s1-t1", store="s1")
    with Node(tmp_path / "t", config) as first:
        uuid = first.uuid
    with Node(tmp_path / "t", config) as second:
        assert second.uuid == uuid


def test_a_start_that_fails_leaves_the_directory_free(tmp_path: Path) -> None:
    config = NodeConfig("terminal", "s1-t1", store="s1")
    with Node(tmp_path / "t", config), pytest.raises(AlreadyOpen):
        Node(tmp_path / "t", config).start()
    (tmp_path / "t" / "node.db").write_bytes(b"somebody's" * 1000)
    with pytest.raises(NodeError):
        Node(tmp_path / "t", config).start()
    (tmp_path / "t" / "node.db").unlink()
    with Node(tmp_path / "t", config):
        pass


def test_stopping_twice_is_harmless_and_calls_back_once(tmp_path: Path) -> None:
    node = Node(tmp_path / "t", NodeConfig("terminal", "s1-t1", store="s1")).start()
    calls: list[str] = []
    node.on_stop(lambda: calls.append("stopped"))
    node.stop()
    node.stop()
    assert calls == ["stopped"]
    assert node.company.closed
