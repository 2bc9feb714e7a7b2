"""The watchers of a node: few threads look at many databases, and none is forgotten."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.node import Node, NodeConfig
from app.node import reactions as module
from tests.support.process import wait_until
from tests.web.till.shopfront import STORE


def test_two_hundred_stores_are_looked_at_by_few_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: set[str] = set()
    monkeypatch.setattr(
        module.Reactions, "_react", lambda self, name, *, news, first: looked.add(name) if news or first else None
    )
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        before = threading.active_count()
        for number in range(200):
            node.database(f"store-s{number}")
            node._reactions.watch(f"store-s{number}")  # type: ignore[union-attr]
        wait_until(lambda: len(looked) == 201)
        assert threading.active_count() - before <= module.WORKERS
        looked.clear()
        node.directory.get("store-s77").put({"_id": "news"})
        wait_until(lambda: looked == {"store-s77"})


def test_what_is_written_while_a_watcher_looks_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = threading.Event(), threading.Event()
    turns: list[int] = []

    def react(self: module.Reactions, name: str, *, news: bool, first: bool) -> None:
        if name == "store-s1" and news:
            turns.append(node.directory.get(name).doc_count)
            inside.set()
            go_on.wait(10)

    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        monkeypatch.setattr(module.Reactions, "_react", react)
        store = node.database("store-s1")
        store.put({"_id": "one"})
        node._reactions.watch("store-s1")  # type: ignore[union-attr]
        assert inside.wait(10)
        store.put({"_id": "two"})
        go_on.set()
        wait_until(lambda: turns == [1, 2])


def test_a_store_document_that_comes_opens_its_database_and_watches_it(tmp_path: Path) -> None:
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        node.company.put(STORE)
        wait_until(lambda: node.stores() == ["s1"])
