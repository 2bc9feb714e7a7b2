"""Who works in the sample shop. Their PINs stand on the demo's page: they are no secret."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.shop.people import pins


class Person(NamedTuple):
    """One of the shop's staff, with the PIN in clear."""

    slug: str
    name: str
    role: str
    pin: str

    @property
    def id(self) -> str:
        return f"staff:{self.slug}"


ANA = Person("sample-ana", "Ana", "cashier", "1732")
CLEO = Person("sample-cleo", "Cleo", "cashier", "2645")
BEN = Person("sample-ben", "Ben", "supervisor", "314159")
DORA = Person("sample-dora", "Dora", "manager", "271828")
PEOPLE = (ANA, CLEO, BEN, DORA)

#: Who stands at which till when the demo opens.
AT_WORK = {"t1": ANA, "t2": CLEO}


def documents(pepper: str, mark: dict[str, Any]) -> list[dict[str, Any]]:
    """The staff as documents of the store's database, their PINs hashed with the tills' key."""
    return [
        {
            "_id": person.id,
            "type": "staff",
            "schema": 1,
            "name": person.name,
            "role": person.role,
            "pin": pins.hashed(person.pin, pepper),
            "inactive": False,
            **mark,
        }
        for person in PEOPLE
    ]


def shown(till: str) -> list[dict[str, str]]:
    """Who may sign in at a till, for the page: `[{"name", "role", "pin"}]`, who works there first."""
    first = AT_WORK[till]
    return [{"name": one.name, "role": one.role, "pin": one.pin} for one in (first, BEN, DORA)]
