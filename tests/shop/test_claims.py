"""Who goes by a terminal's name: a copy is told from a restart, a restore and a slow line, whatever meets when."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.docs.database import Database
from app.shop import claims, schemas
from app.shop.arrivals import scan_incidents
from app.shop.conflicts import joining
from app.shop.till import Till
from app.shop.totals import totals
from app.shop.verify import verify_store
from tests.shop.conftest import Shop, replicate

TERMINAL = "terminal:s1-t1"
_lives = itertools.count(1)


class Machine:
    """A machine with a till's data on its disk; `life` while it runs."""

    def __init__(self, shop: Shop, till: Till) -> None:
        self.shop, self.till = shop, till
        self.start()

    def start(self) -> None:
        number = next(_lives)
        self.life = claims.Life(
            f"{number:016x}", f"2026-11-22T12:00:{number % 60:02}.000Z", "till", f"10.0.0.{number % 250}"
        )

    def look(self) -> list[str]:
        found = claims.look(self.till.store, self.till.desk.journal, self.life, "2026-11-22T13:00:00.000Z")
        joining.join_waiting(self.till.company, self.till.store, "terminal")
        return found

    def sell(self) -> dict[str, Any]:
        return self.shop.sell(self.till)

    @property
    def claim(self) -> dict[str, Any]:
        claim: dict[str, Any] = self.till.store.get(TERMINAL)["claim"]
        return claim

    def incidents(self, kind: str) -> list[dict[str, Any]]:
        return [record.doc() for record in self.till.store.each("incident") if record.doc()["kind"] == kind]


def meet(central: Database, *machines: Machine) -> None:
    """Each machine in turn sends what it has, hears what there is, and looks: as often as it takes to be still."""
    for _ in range(8):
        before = [store.last_n for store in (central, *(machine.till.store for machine in machines))]
        for machine in machines:
            replicate(machine.till.store, central)
            replicate(central, machine.till.store)
            machine.look()
            replicate(machine.till.store, central)
        if before == [store.last_n for store in (central, *(machine.till.store for machine in machines))]:
            return
    raise AssertionError("they never come to rest")


def central_of(shop: Shop) -> Database:
    return shop.open("store-s1", shop.folder / "central.db")


def test_a_restart_claims_the_name_anew_and_nothing_else_happens(shop: Shop) -> None:
    one = Machine(shop, shop.till())
    assert one.look() == []  # nothing to claim before the terminal has a document
    first = one.sell()
    assert one.look() == [TERMINAL]
    assert one.claim["series"] == first["series"] and one.claim["node"] == one.life.node
    assert one.look() == []
    doc = one.till.store.get(TERMINAL)
    assert schemas.check({name: value for name, value in doc.items() if name not in ("_rev",)}) == []
    before = one.life.node
    for _ in range(3):
        one.start()
        assert one.look() == [TERMINAL]
    assert before in one.claim["after"]
    assert one.sell()["series"] == first["series"]
    assert verify_store(one.till.store) == []


def test_a_copy_that_starts_while_the_original_runs_is_found_by_both_before_a_number_is_given_twice(shop: Shop) -> None:
    central = central_of(shop)
    one = Machine(shop, shop.till())
    sold = [one.sell()]
    one.look()
    meet(central, one)
    two = Machine(shop, shop.copy(one.till, "copy"))
    two.look()
    meet(central, one, two)
    (incident,) = one.incidents("copied")
    assert incident == two.incidents("copied")[0]
    assert schemas.check({name: value for name, value in incident.items() if name != "_rev"}) == []
    assert {life["node"] for life in incident["lives"]} == {one.life.node, two.life.node}
    sold += [one.sell(), two.sell(), one.sell(), two.sell()]
    assert len({(order["series"], order["number"]) for order in sold}) == 5
    # One of them goes on as it was.
    assert sum(order["series"] == sold[0]["series"] for order in sold[1:]) == 2
    meet(central, one, two)
    for store in (one.till.store, two.till.store):
        scan_incidents(store)
        assert totals(store).receipts == 5
        assert {finding.kind for finding in verify_store(store)} == {"incident"}
    assert not one.incidents("number") and not one.incidents("behind")


def test_two_that_start_apart_and_sell_for_a_week_are_found_when_the_line_is_back(shop: Shop) -> None:
    central = central_of(shop)
    one = Machine(shop, shop.till())
    one.sell()
    one.look()
    meet(central, one)
    two = Machine(shop, shop.copy(one.till, "copy"))
    one.start()
    for machine in (one, two):
        machine.look()
        machine.sell()
    for _ in range(7):  # the one without a line is switched off each evening
        two.start()
        two.look()
        two.sell()
    meet(central, one, two)
    assert one.incidents("copied") == two.incidents("copied") and len(one.incidents("copied")) == 1
    assert one.sell()["series"] != two.sell()["series"]
    meet(central, one, two)
    assert totals(one.till.store).receipts == totals(two.till.store).receipts == 1 + 1 + 8 + 2


def test_both_restarted_every_day_afterwards_are_one_incident(shop: Shop) -> None:
    central = central_of(shop)
    one = Machine(shop, shop.till())
    one.sell()
    one.look()
    two = Machine(shop, shop.copy(one.till, "copy"))
    two.look()
    meet(central, one, two)
    for _ in range(5):
        for machine in (one, two):
            machine.start()
            machine.look()
            machine.sell()
        meet(central, one, two)
    assert len(one.incidents("copied")) == 1
    assert totals(one.till.store).receipts == 11
    assert not one.incidents("number")


def test_a_till_put_back_from_an_old_copy_begins_a_new_series_and_nobody_cries_two(shop: Shop) -> None:
    central = central_of(shop)
    one = Machine(shop, shop.till())
    first = one.sell()
    one.look()
    meet(central, one)
    back = shop.copy(one.till, "image")
    one.start()
    one.look()
    meet(central, one)  # it started, and what it sold after that was lost with its disk
    again = Machine(shop, back)
    again.look()
    meet(central, again)
    assert not again.incidents("copied")
    second = again.sell()
    assert (second["series"] != first["series"], second["number"]) == (True, 1)
    assert [incident["series"] for incident in again.incidents("behind")] == [first["series"]]
    meet(central, again)
    assert not again.incidents("copied")


def test_a_machine_in_place_of_a_broken_one_is_no_incident_until_that_one_runs_again(shop: Shop) -> None:
    central = central_of(shop)
    broken = Machine(shop, shop.till())
    broken.sell()
    broken.look()
    meet(central, broken)
    new = Machine(shop, shop.till("s1-t1", shop.open("store-s1", shop.folder / "new.db")))
    meet(central, new)
    new.sell()
    new.look()
    meet(central, new)
    assert not new.incidents("behind") and not new.incidents("copied")
    assert new.claim["node"] == new.life.node
    meet(central, broken, new)
    assert not new.incidents("number")


@contextmanager
def a_shop() -> Iterator[Shop]:
    with TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        try:
            yield shop
        finally:
            for database in shop.databases:
                if not database.closed:
                    database.close()


#: Each example opens a shop's files anew, several times.
fewer = settings(max_examples=(settings.default or settings()).max_examples * 2 // 5)
STEPS = st.lists(
    st.tuples(st.sampled_from(("sell", "restart", "send", "hear", "look")), st.integers(0, 1)), max_size=25
)


@pytest.mark.slow
@given(steps=STEPS, running=st.booleans())
@fewer
def test_two_machines_are_found_whatever_they_did_before_they_met(steps: list[tuple[str, int]], running: bool) -> None:
    with a_shop() as shop:
        central = central_of(shop)
        one = Machine(shop, shop.till())
        one.sell()
        one.look()
        meet(central, one)
        machines = [one, Machine(shop, shop.copy(one.till, "copy"))]
        if not running:
            one.start()
        sold = 1
        for step, which in steps:
            machine = machines[which]
            if step == "sell":
                machine.sell()
                sold += 1
            elif step == "restart":
                machine.start()
                machine.look()
            elif step == "send":
                replicate(machine.till.store, central)
            elif step == "hear":
                replicate(central, machine.till.store)
            else:
                machine.look()
        for machine in machines:
            machine.look()
        meet(central, *machines)
        assert machines[0].incidents("copied") == machines[1].incidents("copied") != []
        after = [machine.sell() for machine in machines]
        assert after[0]["series"] != after[1]["series"]
        meet(central, *machines)
        assert [totals(machine.till.store).receipts for machine in machines] == [sold + 2] * 2


@given(steps=st.lists(st.sampled_from(("sell", "restart", "send", "hear", "look", "save", "back")), max_size=30))
@fewer
def test_one_machine_never_finds_two(steps: list[str]) -> None:
    """However often it restarts, is put back from its copies, or waits for its line."""
    with a_shop() as shop:
        central = central_of(shop)
        one = Machine(shop, shop.till())
        image: Till | None = None
        for number, step in enumerate(steps):
            if step == "sell":
                one.sell()
            elif step == "restart":
                one.start()
            elif step == "send":
                replicate(one.till.store, central)
            elif step == "hear":
                replicate(central, one.till.store)
            elif step == "save":
                image = shop.copy(one.till, f"image{number}")
            elif step == "back" and image is not None:
                one = Machine(shop, image)
                image = None
            one.look()
        replicate(central, one.till.store)
        assert not one.incidents("copied")
