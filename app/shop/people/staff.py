"""The people of a store, as its documents tell: those that can be read, with the rights that their roles have now."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.docs.database import Database
from app.shop import clock as clocks
from app.shop import schemas
from app.shop.people import rights
from app.shop.reason import say
from app.shop.sale import SaleError
from app.shop.settings import ShopSettings

log = logging.getLogger("couchtill.shop")


@dataclass(frozen=True)
class Person:
    """One staff document. `pin`, `badge` and `onetime` are as `schemas.staff` has them, or null; a code whose time is
    over is null."""

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
    #: A code of head office, and the store that they were moved to.
    onetime: dict[str, Any] | None = None
    moved: str | None = None

    @property
    def active(self) -> bool:
        """Whether they can sign in."""
        return not self.inactive and any(one is not None for one in (self.pin, self.badge, self.onetime))

    @property
    def stamp(self) -> str:
        """Another one after each change of how they sign in."""
        return f"{(self.pin or {}).get('hash')}/{(self.badge or {}).get('hash')}"


class Staff:
    """Everybody in the store's database, read again only when something in it has changed, or a code's time is over."""

    def __init__(self, store: Database, settings: ShopSettings, clock: clocks.Clock = clocks.now) -> None:
        self.store, self.settings, self.clock = store, settings, clock
        self._kept: tuple[int, dict[str, Person]] = (-1, {})
        self._until: str | None = None  # when the first of the codes that live ends

    def all(self) -> dict[str, Person]:
        """Every person by id, by name; those who left too."""
        at, now = self.store.last_n, clocks.stamp(self.clock())
        if self._kept[0] != at or (self._until is not None and now >= self._until):
            found = [one for record in self.store.each("staff") if (one := person_of(record.full(), now)) is not None]
            self._until = min((one.onetime["until"] for one in found if one.onetime), default=None)
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

    def manages(self, role: str) -> bool:
        """Whether a role may manage people."""
        return "people" in self.roles().get(role, frozenset())

    def keep_a_manager(self, person: Person, changes: Mapping[str, Any]) -> None:
        """Raises SaleError 409 `last_manager` when these changes would leave nobody who can sign in and manage people,
        though somebody is left."""
        others = [one for one in self.active() if one.id != person.id]
        proof = [changes.get(name, getattr(person, name)) for name in ("pin", "badge", "onetime")]
        stays = not changes.get("inactive", person.inactive) and any(one is not None for one in proof)
        if stays and self.manages(changes.get("role", person.role)):
            return
        if (others or stays) and not any("people" in self.rights(one) for one in others):
            reason = say("Nobody could manage people then: make somebody else a manager first.")
            raise SaleError(409, "last_manager", reason, "role")

    def lends(self, role: str) -> bool:
        """Whether a role lends rights that a cashier lacks: then its PINs are longer."""
        known = self.roles()
        return role in rights.LENDING or bool(known.get(role, frozenset()) - known["cashier"])


def person_of(doc: dict[str, Any], now: str = "") -> Person | None:
    """The person of a staff document; None for one that can't be read, or that tells of nobody any more. `now`: codes
    that ended before are left out."""
    try:
        body = schemas.read(doc)
    except schemas.Invalid as wrong:
        log.warning("%s: %s This person can’t sign in here.", doc["_id"], wrong)
        return None
    get = body.get
    if get("erased"):
        return None
    onetime = get("onetime")
    if onetime is not None and onetime["until"] <= now:
        onetime = None
    return Person(
        doc["_id"], doc["_rev"], body["name"], body["role"], get("pin"), get("badge"), bool(get("inactive")),
        get("language"), get("renew"), get("renewed"), onetime, get("moved"),
    )  # fmt: skip
