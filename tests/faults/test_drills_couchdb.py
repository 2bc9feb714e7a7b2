"""Drills A and B at an Apache CouchDB: a store's database is lost, found to be another one, and put back."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app import cli
from couch.provision import provision
from tests.faults import rig
from tests.faults.rig import Terminal, in_step, prove
from tests.support.couchdb import COUCHDB_URL
from tests.support.process import wait_until

SOON = 90.0
pytestmark = pytest.mark.couchdb


class Central:
    """A CouchDB, and a store of the test's own there."""

    def __init__(self) -> None:
        self.url = COUCHDB_URL
        self.store = f"t{secrets.token_hex(4)}"
        self.database = f"store-{self.store}"
        self.users = [{"id": f"{self.store}-t{n}", "password": secrets.token_hex(12)} for n in (1, 2)]

    def prepare(self) -> None:
        provision(self.url, stores=[self.store], terminals=self.users, iterations=rig.ITERATIONS)

    def orders(self, store: str) -> dict[str, dict[str, Any]]:
        return rig.all_orders(f"{self.url}/store-{store}")

    def address(self, user: dict[str, str]) -> str:
        return f"http://{user['id']}:{user['password']}@{self.url.rpartition('@')[2]}"

    def close(self) -> None:
        requests.delete(f"{self.url}/{self.database}", timeout=30)
        for user in self.users:
            there = f"{self.url}/_users/org.couchdb.user:{user['id']}"
            rev = requests.get(there, timeout=30).json().get("_rev")
            requests.delete(there, params={"rev": rev}, timeout=30)


@pytest.fixture
def central() -> Iterator[Central]:
    made = Central()
    made.prepare()
    yield made
    made.close()


def test_a_stores_database_that_was_made_anew_waits_and_one_that_was_put_back_gets_what_it_had_lost(
    central: Central, tmp_path: Path
) -> None:
    sold: dict[str, dict[str, Any]] = {}
    ids = [user["id"] for user in central.users]
    with (
        Terminal(tmp_path / ids[0], ids[0], central.address(central.users[0])) as one,
        Terminal(tmp_path / ids[1], ids[1], central.address(central.users[1])) as two,
    ):
        sold["one"], sold["two"] = one.sell("one"), two.sell("two")
        in_step(central, one, two, store=central.store, timeout=SOON)  # type: ignore[arg-type]
        backup = tmp_path / "last-night.zip"
        assert cli.main(["central", "backup", central.url, str(backup), "--database", central.database]) == 0
        sold["three"], sold["four"] = one.sell("three"), two.sell("four")
        in_step(central, one, two, store=central.store, timeout=SOON)  # type: ignore[arg-type]

        requests.delete(f"{central.url}/{central.database}", timeout=30).raise_for_status()
        central.prepare()
        for till in (one, two):
            till.sync_now()
            wait_until(
                lambda till=till: central.database in {each["database"] for each in till.get("/api/sync")["asks"]},
                SOON,
                f"{till.id} asks",
            )
        sold["five"] = one.sell("five")
        assert central.orders(central.store) == {}

        assert cli.main(["central", "restore", str(backup), central.url]) == 0
        for till in (one, two):
            till.sync_now()
        orders = in_step(central, one, two, store=central.store, timeout=SOON)  # type: ignore[arg-type]
        prove(orders, sold, set(sold))
        assert one.get("/api/sync")["asks"] == [] and one.get("/api/sync")["refused"] == []
