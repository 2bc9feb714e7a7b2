"""Head office with a hundred stores: each is linked without being named, on few threads and few connections."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.node import Node, NodeConfig
from app.node import config as node_config
from tests.support.hub import ADMIN, PASSWORD, Hub
from tests.support.process import wait_until
from tests.web.till.shopfront import STORE

STORES = 100
#: Live links and the rounds, hints, the scout, reactions, report, erasing and what the first pages of a pull take.
THREADS = 40
#: Connections: a thread holds one or two; both ends of each are in this process.
SOCKETS = 2 * 2 * THREADS


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as running:
        yield running


def stores(hub: Hub, numbers: range) -> None:
    company = hub.node.directory.ensure("company")
    for number in numbers:
        hub.node.directory.ensure(f"store-n{number}").put({"_id": "cart:first", "type": "cart"})
    company.bulk_docs([{**STORE, "_id": f"store:n{n}", "id": f"n{n}", "name": f"Store {n}"} for n in numbers])


def sockets() -> int:
    """Open sockets of this process; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return 0
    found = 0
    for name in os.listdir(folder):
        try:
            found += os.readlink(folder / name).startswith("socket:")
        except OSError:
            continue
    return found


def ours() -> int:
    """Threads of head office's side."""
    names = ("replicator", "react", "report", "erasing", "schedule")
    return sum(thread.name.startswith(names) for thread in threading.enumerate())


@pytest.mark.slow
def test_a_hundred_stores_are_linked_by_their_documents_on_few_threads(tmp_path: Path, hub: Hub) -> None:
    stores(hub, range(STORES))
    config = NodeConfig(kind="office", id="office", central_url=f"http://127.0.0.1:{hub.port}", central_user=ADMIN)
    node_config.write_secret(tmp_path / "office", "central", PASSWORD)
    most_threads = most_sockets = 0
    with Node(tmp_path / "office", config) as office:

        def arrived() -> bool:
            nonlocal most_threads, most_sockets
            most_threads, most_sockets = max(most_threads, ours()), max(most_sockets, sockets())
            names = office.stores()
            return len(names) == STORES and all(office.directory.get(f"store-{name}").doc_count for name in names)

        wait_until(arrived, 240, "every store's first document")
        assert most_threads <= THREADS
        assert most_sockets <= SOCKETS

        stores(hub, range(STORES, STORES + 1))  # made just now, while everything runs
        wait_until(lambda: f"n{STORES}" in office.stores(), 60)
        wait_until(lambda: office.directory.get(f"store-n{STORES}").doc_count == 1, 60)

        office.directory.get("store-n50").put({"_id": "from:office"})
        hub.node.directory.get("store-n63").put({"_id": "from:till"})
        wait_until(lambda: hub.node.directory.get("store-n50").doc_count == 2, 90)
        wait_until(lambda: office.directory.get("store-n63").doc_count == 2, 90)
        assert ours() <= THREADS
