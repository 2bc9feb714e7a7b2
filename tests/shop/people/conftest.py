"""A store with people: their list, and a clock of the sessions that a test sets."""

from __future__ import annotations

from typing import Any

import pytest

from app.shop.people.people import People
from app.shop.people.pins import MemoryPeppers
from app.shop.people.roster import Roster
from app.shop.people.staff import Person
from tests.shop.conftest import Shop

MANAGER, SUPERVISOR, CASHIER = "739151", "480268", "5093"


class Crew:
    """The people of one till. `later` moves both of its clocks."""

    def __init__(self, shop: Shop, **till: Any) -> None:
        self.shop = shop
        self.now = 0.0
        self.peppers = MemoryPeppers()
        self.till = shop.till(**till)
        self.people = People(self.till.desk, self.peppers, monotonic=lambda: self.now)
        self.roster = Roster(self.people)

    def later(self, **time: float) -> None:
        from datetime import timedelta

        self.now += timedelta(**time).total_seconds()
        self.shop.clock.now += timedelta(**time)

    def add(self, name: str, role: str, pin: str | None, **fields: Any) -> Person:
        given = {"request": f"request-{name}", "name": name, "role": role, "pin": pin, **fields}
        row, _ = self.roster.add(given)
        return self.people.staff.all()[row["id"]]

    def change(self, person: Person, **changes: Any) -> Person:
        rev = self.people.staff.all()[person.id].rev
        self.roster.change(person.id, {"rev": rev, **changes})
        return self.people.staff.all()[person.id]


@pytest.fixture
def crew(shop: Shop) -> Crew:
    """Mia the manager, Sam the supervisor, Cleo the cashier."""
    made = Crew(shop)
    made.add("Mia", "manager", MANAGER)
    made.add("Sam", "supervisor", SUPERVISOR)
    made.add("Cleo", "cashier", CASHIER)
    return made


@pytest.fixture
def who(crew: Crew) -> dict[str, Person]:
    return {person.name: person for person in crew.people.staff.active()}
