"""Statements of customers' accounts: the balance is the same on every node, whatever of the movements it has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.docs.database import Database
from app.shop import ids
from app.shop.indexes import indexes_for
from app.shop.ledger import statements
from app.shop.ledger.balances import balance_of
from app.shop.ledger.statements import EVERY, TURN, publish, standing

ACCOUNT = "account:customer:ada"


def movement(series: str, number: int, amount: int, account: str = ACCOUNT, sale: str | None = None) -> dict[str, Any]:
    sale = sale or f"sale-{series}-{number}"
    order = ids.numbered("order", series, number, sale)
    terminal = ids.terminal_of(series)
    return {
        "_id": f"ledger:{order}:tender:0", "type": "ledger", "schema": 1, "account": account, "amount": amount,
        "currency": "EUR", "digits": 2, "order": order, "place": "tender:0", "sale": sale,
        "store": terminal.partition("-")[0], "terminal": terminal, "at": f"2026-11-22T10:{number % 60:02d}:00.000Z",
        "business_date": "2026-11-22",
    }  # fmt: skip


def order_of(doc: dict[str, Any]) -> dict[str, Any]:
    return {"_id": doc["order"], "type": "order", "at": doc["at"]}


class Office:
    """Head office with two stores, and nodes that have part of what it has."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.company = Database(path / "company.db", indexes=indexes_for("company"))
        self.stores = {
            name: Database(path / f"store-{name}.db", indexes=indexes_for(f"store-{name}")) for name in ("s1", "s2")
        }
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def has(self, *docs: dict[str, Any], orders: bool = True) -> None:
        for doc in docs:
            self.company.put(doc)
            if orders:
                self.stores[doc["store"]].put(order_of(doc))

    def publish(self) -> list[dict[str, Any]]:
        return [self.company.get(id) for id in publish(self.company, self.stores, on="office", moment=lambda: self.now)]

    def later(self, minutes: float = 16) -> None:
        self.now += timedelta(minutes=minutes)

    def node(self, name: str, *docs: dict[str, Any]) -> Database:
        made = Database(self.path / f"{name}.db", indexes=indexes_for("company"))
        for doc in docs:
            made.put({key: value for key, value in doc.items() if key != "_rev"})
        return made


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_statement_says_what_it_covers_and_the_rest_is_added(office: Office) -> None:
    moved = [movement("s1-t1.k7", n, -100 * n) for n in (1, 2, 3)] + [movement("s2-t1.m3", 1, 250)]
    office.has(*moved)
    [told] = office.publish()

    assert (told["balance"], told["as_of"], told["on"]) == (-350, "2026-11-22T12:00:00.000Z", "office")
    assert [(row["series"], row["through"], row["count"], row["sum"]) for row in told["covers"]] == [
        ("s1-t1.k7", 3, 3, -600),
        ("s2-t1.m3", 1, 1, 250),
    ]
    later = movement("s1-t1.k7", 4, -50)
    for having in ([], moved[:1], moved, [later], [*moved, later]):
        node = office.node(f"node{len(having)}-{bool(having) and having[-1]['amount']}", told, *having)
        expected = -350 + (-50 if later in having else 0)
        assert standing(node, ACCOUNT).balance == balance_of(node, ACCOUNT) == expected
        assert standing(node, ACCOUNT).moved == (later in having)


def test_the_same_again_is_no_second_statement(office: Office) -> None:
    office.has(movement("s1-t1.k7", 1, -100))
    assert len(office.publish()) == 1
    office.later()
    assert office.publish() == []
    office.has(movement("s1-t1.k7", 2, -100, account="giftcard:abc"))
    assert office.publish() == [], "a gift card is nobody's"


def test_an_account_that_moves_all_day_gets_one_now_and_then(office: Office) -> None:
    office.has(movement("s1-t1.k7", 1, -100))
    assert len(office.publish()) == 1
    office.has(movement("s1-t1.k7", 2, -100))
    office.later(1)
    assert office.publish() == []
    office.later(EVERY.total_seconds() / 60)
    assert [doc["balance"] for doc in office.publish()] == [-200]


def test_a_turn_is_bounded_and_the_next_goes_on(office: Office) -> None:
    office.has(*(movement("s1-t1.k7", n + 1, -1, account=f"account:customer:c{n}") for n in range(TURN + 5)))
    assert len(office.publish()) == TURN
    assert len(office.publish()) == 5
    assert office.publish() == []


def test_what_a_missing_receipt_may_hide_is_not_covered(office: Office) -> None:
    one, two, three = (movement("s1-t1.k7", n, -100) for n in (1, 2, 3))
    office.has(one, three)
    [told] = office.publish()
    assert (told["balance"], told["covers"][0]["through"]) == (-100, 1)
    assert standing(office.company, ACCOUNT).balance == -200
    office.has(two)
    office.later()
    assert [doc["balance"] for doc in office.publish()] == [-300]


def test_a_copied_terminals_movement_that_came_late_counts(office: Office) -> None:
    office.has(movement("s1-t1.k7", 1, -100))
    office.publish()
    office.has(movement("s1-t1.k7", 1, -30, sale="of-the-clone"))
    assert standing(office.company, ACCOUNT).balance == -130
    office.later()
    assert [doc["balance"] for doc in office.publish()] == [-130]


def test_a_movement_that_comes_after_its_receipt_was_covered_is_published_with_the_next(office: Office) -> None:
    one, two, three = (movement("s1-t1.k7", n, -100) for n in (1, 2, 3))
    office.has(one, three)
    office.stores["s1"].put(order_of(two))  # the receipt is here, its movement isn't yet
    [told] = office.publish()
    assert (told["balance"], told["covers"][0]["through"], told["covers"][0]["count"]) == (-200, 3, 2)
    office.has(two, orders=False)
    assert standing(office.company, ACCOUNT).balance == -300
    office.later()
    [again] = office.publish()
    assert (again["balance"], again["covers"][0]["count"]) == (-300, 3)
    alone = office.node("alone", told, again)
    assert standing(alone, ACCOUNT).balance == -300, "who has no movement has the newest statement"
    office.later()
    assert office.publish() == []


def test_movements_in_two_currencies_have_no_statement(office: Office) -> None:
    office.has(movement("s1-t1.k7", 1, -100), {**movement("s2-t1.m3", 1, -100), "currency": "USD"})
    assert office.publish() == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_node_with_any_part_of_it_has_the_balance_of_what_is_known(
    data: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Statement and movements in any mixture: the balance is the sum of all movements that either of them knows."""
    office = Office(tmp_path_factory.mktemp("any"))
    series = ["s1-t1.k7", "s1-t2.b4", "s2-t1.m3"]
    total: dict[str, int] = {}
    moved = []
    for name in series:
        for number in range(1, data.draw(st.integers(0, 5)) + 1):
            moved.append(movement(name, number, data.draw(st.integers(-500, 500).filter(bool))))
            total[moved[-1]["_id"]] = moved[-1]["amount"]
    there = [doc for doc in moved if data.draw(st.booleans())]
    office.has(*there)
    told = office.publish()
    having = [doc for doc in moved if data.draw(st.booleans())]
    node = office.node("node", *told, *having)
    covered = {row["series"]: row["through"] for doc in told for row in doc["covers"]}

    def is_covered(doc: dict[str, Any]) -> bool:
        place = ids.parse(doc["order"])
        assert place is not None
        return place.number <= covered.get(place.series, 0)

    known = {doc["_id"] for doc in having} | {doc["_id"] for doc in there if is_covered(doc)}
    assert standing(node, ACCOUNT).balance == sum(total[id] for id in known)
    assert statements.newest(node, ACCOUNT) == (told[-1] if told else None) or told
    node.close()
