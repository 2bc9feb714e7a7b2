"""The people of a store, as its documents tell: those that can be read, with the rights that their roles have now."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from app.docs.database import Database
from app.shop import schemas
from app.shop.people import rights
from app.shop.settings import ShopSettings

log = logging.getLogger("couchtill.shop")


@dataclass(frozen=True)
class Person:
    """One staff document. `pin` and `badge` are as `schemas.staff` has them, or null."""

    id: str
    rev: str
    name: str
    role: str
    pin: dict[str, Any] | None
    badge: dict[str, Any] | None
    inactive: bool
    language: str | None
    #: Since when they must choose a new PIN, and the last such time after which they did (`people.renewing`).
    renew: str | None = None
    renewed: str | None = None

    @property
    def active(self) -> bool:
        """Whether they can sign in."""
        return not self.inactive and (self.pin is not None or self.badge is not None)

    @property
    def stamp(self) -> str:
        """Another one after each change of how they sign in."""
        return f"{(self.pin or {}).get('hash')}/{(self.badge or {}).get('hash')}"


class Staff:
    """Everybody in the store's database, read again only when something in it has changed."""

    def __init__(self, store: Database, settings: ShopSettings) -> None:
        self.store, self.settings = store, settings
        self._kept: tuple[int, dict[str, Person]] = (-1, {})

    def all(self) -> dict[str, Person]:
        """Every person by id, by name; those who left too."""
        at = self.store.last_n
        if self._kept[0] != at:
            found = [one for record in self.store.each("staff") if (one := person_of(record.full())) is not None]
            found.sort(key=lambda person: (person.name.casefold(), person.id))
            self._kept = (at, {person.id: person for person in found})
        return self._kept[1]

    def active(self) -> list[Person]:
        """Who can sign in, by name. None: a shop without staff, where everybody may do everything."""
        return [person for person in self.all().values() if person.active]

    def roles(self) -> dict[str, frozenset[str]]:
        """Every role with its rights."""
        return rights.roles(self.settings["roles"])

    def rights(self, person: Person) -> frozenset[str]:
        """What a person may do; nothing in a role that nobody knows."""
        return self.roles().get(person.role, frozenset())

    def lends(self, role: str) -> bool:
        """Whether a role lends rights that a cashier lacks: then its PINs are longer."""
        known = self.roles()
        return role in rights.LENDING or bool(known.get(role, frozenset()) - known["cashier"])


def person_of(doc: dict[str, Any]) -> Person | None:
    """The person of a staff document; None for one that can't be read, or that tells of nobody any more."""
    try:
        body = schemas.read(doc)
    except schemas.Invalid as wrong:
        log.warning("%s: %s This person can’t sign in here.", doc["_id"], wrong)
        return None
    get = body.get
    if get("erased"):
        return None
    return Person(
        doc["_id"], doc["_rev"], body["name"], body["role"], get("pin"), get("badge"), bool(get("inactive")),
        get("language"), get("renew"), get("renewed"),
    )  # fmt: skip
