"""Any sequence of sales, retries, copies and restores of terminals, and meetings with a central, in any order.

Promise 3: numbers have no gaps within a series, and no sale ever hides another.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.docs.database import Database
from app.shop.arrivals import scan_incidents
from app.shop.till import Till
from app.shop.totals import totals
from app.shop.verify import verify_store
from tests.shop.conftest import Shop, replicate

MOST_COPIES = 4

KINDS = ["sell"] * 6 + ["retry", "copy", "restore"] + ["meet"] * 2

actions = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, MOST_COPIES), st.integers(0, 30)), min_size=12, max_size=40
)


class World:
    """Terminal `s1-t1` in several lives, one `s1-t2`, and a central."""

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder)
        self.central = self.shop.open("store-s1", folder / "central.db")
        self.tills = [self.shop.till("s1-t1"), self.shop.till("s1-t2")]
        self.backups: dict[int, Path] = {}
        self.requests: list[dict[str, Any]] = []
        self.seen: dict[str, dict[str, Any]] = {}  # what the one window of each terminal saw last
        self.acknowledged: dict[str, set[tuple[str, str]]] = {}
        self.files = 0

    def act(self, action: str, node: int, more: int) -> None:
        index = node % len(self.tills)
        till = self.tills[index]
        if action == "sell":
            request = self.shop.request(seen=self.seen.get(till.terminal) if more % 4 == 0 else None)
            self.requests.append(request)
            self.sell(till, request)
        elif action == "retry" and self.requests:
            self.sell(till, self.requests[more % len(self.requests)])
        elif action == "copy":
            self.backups[index] = self.copy(till)
            if len(self.tills) <= MOST_COPIES:
                self.tills.append(self.open(till.terminal, self.copy(till)))
        elif action == "restore" and index in self.backups:
            self.restore(index)
        elif action == "meet":
            self.meet(till, more % 2 == 0)

    def sell(self, till: Till, request: dict[str, Any]) -> None:
        order, _ = till.sell(request)
        self.seen[till.terminal] = till.told(order)
        self.acknowledged.setdefault(request["sale"], set()).add((order["_id"], order["_rev"]))

    def copy(self, till: Till) -> Path:
        self.files += 1
        path = self.shop.folder / f"copy{self.files}.db"
        source, target = sqlite3.connect(till.store.path), sqlite3.connect(path)
        source.backup(target)
        source.close()
        target.close()
        return path

    def open(self, terminal: str, path: Path) -> Till:
        return self.shop.till(terminal, self.shop.open("store-s1", path))

    def restore(self, index: int) -> None:
        """The disk is gone, and last week's image is back. It meets the central first, so that what it had is there."""
        lost = self.tills[index]
        replicate(lost.store, self.central)
        lost.store.close()
        self.tills[index] = self.open(lost.terminal, self.backups.pop(index))

    def meet(self, till: Till, look: bool) -> None:
        replicate(till.store, self.central)
        replicate(self.central, till.store)
        if look:
            scan_incidents(till.store)

    def close(self) -> None:
        for database in self.shop.databases:
            if not database.closed:
                database.close()


def leaves(database: Database, id: str) -> set[str]:
    return {leaf["ok"]["_rev"] for leaf in database.open_revs(id, "all")}


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(actions)
def test_every_sale_counts_once_and_every_number_given_twice_is_an_incident(plan: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        try:
            for action in [("sell", 0, 1), ("copy", 0, 0), *plan]:
                world.act(*action)
            for _ in range(2):
                for till in world.tills:
                    world.meet(till, look=True)
            scan_incidents(world.central)
            check(world)
        finally:
            world.close()


def check(world: World) -> None:
    central = world.central
    for orders in world.acknowledged.values():
        for id, rev in orders:
            assert rev in leaves(central, id)
    assert totals(central).receipts == len(world.acknowledged)
    # Copies make double numbers, and every one of them is told; gaps, cut chains and wrong sums there are none.
    findings = verify_store(central)
    assert {finding.kind for finding in findings} <= {"number", "sale", "conflict", "incident"}
    assert not any("missing" in finding.message for finding in findings)
    numbers: dict[tuple[str, int], set[str]] = {}
    for record in central.each("order"):
        order = record.doc()
        numbers.setdefault((order["series"], order["number"]), set()).add(record.id)
    doubled = {place for place, found in numbers.items() if len(found) > 1}
    told = {(doc["series"], doc["number"]) for doc in map(lambda r: r.doc(), central.each("incident"))
            if doc["kind"] == "number"}  # fmt: skip
    assert doubled == told
    written_twice = {sale for sale, orders in world.acknowledged.items() if len(orders) > 1}
    assert written_twice <= {doc.get("sale") for doc in map(lambda r: r.doc(), central.each("incident"))}
    # From here on every terminal that met the others sells under a number that nobody has, in a series without doubles.
    for till in world.tills:
        world.meet(till, look=True)
        order = world.shop.sell(till)
        assert (order["series"], order["number"]) not in numbers
        assert order["series"] not in {series for series, _ in told}
        numbers[order["series"], order["number"]] = {order["_id"]}
        world.meet(till, look=True)
