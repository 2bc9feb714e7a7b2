"""A terminal's life as its document tells it: planned, given a code, enrolled, replaced, revoked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.docs.database import Database
from app.shop import terminals
from app.shop.sale import SaleError
from app.shop.terminals import Standing, standing

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Clock:
    """A minute later at each look."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        self.moment += timedelta(minutes=1)
        return self.moment


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "store-s1.db", name="store-s1")
    yield database
    database.close()


def plan(store: Database, clock: Clock, number: int = 1, request: str = "plan-0001", **more: object) -> str:
    asked = {"request": request, "store": "store:s1", "number": number, **more}
    doc, _ = terminals.plan(store, asked, on="office", moment=clock)
    return str(doc["terminal"])


def happens(store: Database, clock: Clock, what: str, enrolment: str | None = None, on: str = "office") -> Standing:
    key = f"{what}-{clock.moment:%H%M}-key"
    doc = terminals.note(store, "s1-t1", key, what, on=on, moment=clock, enrolment=enrolment)
    return standing(doc)


def states(*found: Standing) -> list[tuple[str, str | None]]:
    return [(one.state, one.code) for one in found]


def test_a_terminals_life(store: Database) -> None:
    clock = Clock()
    plan(store, clock, name="  At   the door ")
    doc = terminals.read(store, "s1-t1")
    assert (doc["name"], doc["number"], doc["incarnations"], standing(doc).state) == ("At the door", 1, [], "planned")

    assert states(
        happens(store, clock, "code", "aaaaaaaa"),
        happens(store, clock, "expired", "aaaaaaaa"),
        happens(store, clock, "code", "bbbbbbbb"),
        happens(store, clock, "withdrawn", "bbbbbbbb"),
        happens(store, clock, "code", "cccccccc"),
        happens(store, clock, "enrolled", "cccccccc", on="s1-t1"),
        happens(store, clock, "replaced", "dddddddd"),
        happens(store, clock, "expired", "dddddddd"),
        happens(store, clock, "replaced", "eeeeeeee"),
        happens(store, clock, "enrolled", "eeeeeeee", on="s1-t1"),
        happens(store, clock, "revoked", "eeeeeeee"),
        happens(store, clock, "replaced", "ffffffff"),
        happens(store, clock, "enrolled", "ffffffff", on="s1-t1"),
    ) == [
        ("waiting", "waiting"),
        ("planned", "expired"),
        ("waiting", "waiting"),
        ("planned", "withdrawn"),
        ("waiting", "waiting"),
        ("enrolled", None),
        ("replaced", "waiting"),
        ("replaced", "expired"),
        ("replaced", "waiting"),
        ("enrolled", None),
        ("revoked", None),
        ("replaced", "waiting"),
        ("enrolled", None),
    ]
    assert terminals.enrolments(terminals.read(store, "s1-t1"))[:2] == ["ffffffff", "eeeeeeee"]


def test_a_machine_whose_clock_is_wrong_counts_for_its_code(store: Database) -> None:
    clock = Clock()
    plan(store, clock)
    happens(store, clock, "code", "aaaaaaaa")
    wrong = Clock()
    wrong.moment = START - timedelta(days=400)
    assert happens(store, wrong, "enrolled", "aaaaaaaa", on="s1-t1").state == "enrolled"
    assert happens(store, clock, "replaced", "bbbbbbbb").state == "replaced"


def test_a_repeated_request_makes_nothing_twice(store: Database) -> None:
    clock = Clock()
    plan(store, clock)
    again, repeated = terminals.plan(
        store, {"request": "plan-0001", "store": "store:s1", "number": 1}, on="office", moment=clock
    )
    assert repeated and again["_rev"].startswith("1-")
    once = terminals.note(store, "s1-t1", "code-request", "code", on="office", moment=clock, enrolment="aaaaaaaa")
    twice = terminals.note(store, "s1-t1", "code-request", "code", on="office", moment=clock, enrolment="bbbbbbbb")
    assert once["_rev"] == twice["_rev"]


def test_a_number_is_given_once_and_the_next_free_one_is_offered(store: Database) -> None:
    clock = Clock()
    assert terminals.next_number(store, "s1") == 1
    plan(store, clock, number=7)
    assert terminals.next_number(store, "s1") == 8
    with pytest.raises(SaleError, match="There is a terminal S1-T7 already") as refused:
        plan(store, clock, number=7, request="plan-0002")
    assert (refused.value.status, refused.value.field) == (409, "number")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"request": "short", "store": "store:s1", "number": 1}, "request"),
        ({"request": "plan-0001", "store": "s1", "number": 1}, "store"),
        ({"request": "plan-0001", "store": "store:s1", "number": 0}, "number"),
        ({"request": "plan-0001", "store": "store:s1", "number": "1"}, "number"),
        ({"request": "plan-0001", "store": "store:s1", "number": 1, "name": "x" * 101}, "name"),
        ({"request": "plan-0001", "store": "store:s1", "number": 1, "roles": ["_admin"]}, "roles"),
    ],
)
def test_what_can_not_be_planned_is_told_with_its_field(store: Database, asked: dict[str, object], field: str) -> None:
    with pytest.raises(SaleError) as refused:
        terminals.plan(store, asked, on="office")
    assert (refused.value.status, refused.value.field) == (400, field)
    assert list(terminals.all_of(store)) == []


def test_a_name_that_somebody_changed_meanwhile_is_not_overwritten(store: Database) -> None:
    clock = Clock()
    plan(store, clock, name="One")
    seen = terminals.read(store, "s1-t1")["_rev"]
    terminals.rename(store, "s1-t1", {"rev": seen, "name": "Two"}, on="office", moment=clock)
    with pytest.raises(SaleError) as refused:
        terminals.rename(store, "s1-t1", {"rev": seen, "name": "Three"}, on="office", moment=clock)
    assert refused.value.details["current"]["name"] == "Two"
    assert terminals.read(store, "s1-t1")["name"] == "Two"


def test_a_terminal_made_without_a_code_is_enrolled_once_it_sells(store: Database) -> None:
    store.put({"_id": "terminal:s1-t1", "type": "terminal", "schema": 1, "terminal": "s1-t1", "store": "store:s1",
               "incarnations": ["k7"]})  # fmt: skip
    assert standing(terminals.read(store, "s1-t1")).state == "enrolled"
    assert happens(store, Clock(), "replaced", "aaaaaaaa").state == "replaced"
    assert terminals.read(store, "s1-t1")["incarnations"] == ["k7"]


def test_a_till_that_runs_and_has_not_sold_yet_keeps_its_number(store: Database) -> None:
    """One that was made by `central apply` has no document before its first sale: only its report tells of it."""
    assert terminals.next_number(store, "s1", ["s1-t1", "s1-t4"]) == 5
    asked = {"request": "plan-0001", "store": "store:s1", "number": 1}
    with pytest.raises(SaleError) as refused:
        terminals.plan(store, asked, on="office", seen=["s1-t1"])
    assert (refused.value.status, refused.value.field) == (409, "number")
    # Where it was planned all the same, apart: who claims the name runs, and isn't shut out by a code.
    doc, _ = terminals.plan(store, asked, on="office")
    assert standing(doc).state == "planned"
    assert standing({**doc, "claim": {"node": "b3f0"}}).state == "enrolled"
