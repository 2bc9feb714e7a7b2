"""Two people apart decided one dispute: where they differ, a task says so, the same one at every node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import tasks
from app.shop.actor import Actor
from app.shop.conflicts import twice
from app.shop.conflicts.case import read
from app.shop.conflicts.resolve import resolve, undo
from app.shop.follow import follow
from app.shop.indexes import indexes_for
from tests.shop.conftest import FakeClock
from tests.support.forks import fork, on

TEA = "product:tea"
Exchange = Callable[[Database, Database], None]


@pytest.fixture
def nodes(tmp_path: Path, exchange: Exchange) -> Iterator[tuple[Database, Database]]:
    """Two nodes that both know of one dispute: 12.90 or 13.50."""
    made = [Database(tmp_path / f"{name}.ctdb", name="company", indexes=indexes_for("company")) for name in "ab"]
    made[0].put({"_id": TEA, "type": "product", "schema": 1, "name": "Tea", "price": {"amount": 1200, "per": 1000}})
    fork(
        made[0], TEA, *(on(where, price={"amount": n, "per": 1000}) for where, n in (("s1-t1", 1290), ("s1-t2", 1350)))
    )
    exchange(*made)
    yield made[0], made[1]
    for each in made:
        each.close()


def decide(node: Database, amount: int, who: str) -> dict[str, Any]:
    case = read(node, TEA)
    assert case is not None
    side = next(side.rev for side in case.sides if side.body["price"]["amount"] == amount)
    asked = {"request": f"request-{who}", "seen": case.seen, "take": side, "on": who, "moment": FakeClock()}
    return resolve(node, TEA, actor=Actor(f"staff:{who}", who), **asked)


def told(node: Database) -> list[dict[str, Any]]:
    return [doc for doc in tasks.tasks(node) if doc["kind"] == "decided_twice"]


def test_decisions_that_differ_are_one_task_at_both_nodes(nodes: tuple[Database, Database], exchange: Exchange) -> None:
    a, b = nodes
    first = decide(a, 1290, "ann")["resolution"]["_id"]
    second = decide(b, 1350, "bob")["resolution"]["_id"]
    exchange(a, b)
    for node in nodes:
        follow(node, node, kind="office")
    exchange(a, b)
    for node in nodes:
        follow(node, node, kind="office")

    revs = [node.get(doc["_id"])["_rev"] for node in nodes for doc in told(node)]
    assert len(revs) == 2 and len(set(revs)) == 1
    (task,) = told(a)
    assert task["about"] == min(first, second)
    assert {doc["_id"] for doc in twice.contradicting(a, TEA, task["about"])} == {first, second}


def test_decisions_that_agree_are_none(nodes: tuple[Database, Database], exchange: Exchange) -> None:
    a, b = nodes
    decide(a, 1350, "ann")
    decide(b, 1350, "bob")
    exchange(a, b)
    follow(a, a, kind="office")
    assert told(a) == []


def test_one_that_was_taken_back_contradicts_nothing(nodes: tuple[Database, Database], exchange: Exchange) -> None:
    a, b = nodes
    mine = decide(a, 1290, "ann")["resolution"]["_id"]
    undo(a, TEA, request="request-u", resolution=mine, actor=Actor("staff:ann"), on="s1-t1", moment=FakeClock())
    decide(b, 1350, "bob")
    exchange(a, b)
    follow(a, a, kind="office")
    assert told(a) == []


def test_deciding_again_after_taking_back_is_no_second_opinion(nodes: tuple[Database, Database]) -> None:
    a, _ = nodes
    mine = decide(a, 1290, "ann")["resolution"]["_id"]
    undo(a, TEA, request="request-u", resolution=mine, actor=Actor("staff:ann"), on="s1-t1", moment=FakeClock())
    decide(a, 1350, "cleo")
    follow(a, a, kind="office")
    assert told(a) == []
