"""Who is on the list: people are added, change their role or PIN, leave, and come back.

The first person of a store becomes its manager, and needs a PIN: from then on everybody signs in. One who may manage
people stays while anybody is left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.docs.errors import Conflict
from app.shop import clock as clocks
from app.shop import editing
from app.shop.actor import ANYBODY, Actor
from app.shop.people import pins, renewing
from app.shop.people.people import People
from app.shop.people.rights import MANAGER, RIGHTS
from app.shop.people.staff import Person
from app.shop.reason import say
from app.shop.sale import SaleError, check_document
from app.shop.schemas.journalled import REQUEST

_REQUEST = re.compile(REQUEST)
_FIELDS = frozenset({"name", "role", "pin", "badge", "inactive", "language"})


class Roster:
    """The list of people, and the one place that writes it."""

    def __init__(self, people: People) -> None:
        self.people = people

    def rows(self, actor: Actor = ANYBODY) -> list[dict[str, Any]]:
        """`[{"id", "rev", "name", "role", "inactive", "pin", "badge", "code", "language", "wait"}]`: `pin`, `badge` and
        `code` (of head office) say whether there is one, `wait` is in seconds."""
        actor.need("people", say("to see the list of people"))
        return [self._row(person) for person in self.people.staff.all().values()]

    def roles(self) -> list[dict[str, Any]]:
        """`[{"name", "rights", "lends"}]`, the fewest rights first."""
        staff = self.people.staff
        known = sorted(staff.roles().items(), key=lambda role: (len(role[1]), role[0]))
        return [
            {"name": name, "rights": [right for right in RIGHTS if right in rights], "lends": staff.lends(name)}
            for name, rights in known
        ]

    def add(self, given: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[dict[str, Any], bool]:
        """`{"request", "name", "role", "pin", "badge"?, "language"?}` to a row, and whether it was there already.

        Raises SaleError: 400 with the field, 403 `needs_approval`, 409 where the key of the PINs is missing.
        """
        actor.need("people", say("to add a person"))
        request = given.get("request")
        if not isinstance(request, str) or not _REQUEST.fullmatch(request):
            raise SaleError(400, "invalid", say("The request’s id is missing, or not valid."), "request")
        id = f"staff:{request}"
        store = self.people.desk.store
        with store.transaction():
            known = self.people.staff.all().get(id)
            if known is not None:
                return self._row(known), True
            first = not self.people.needed
            role = MANAGER if first else given.get("role")
            if first and not given.get("pin"):
                raise SaleError(400, "invalid", say("The first person needs a PIN: they become the manager."), "pin")
            changes = self._changes({**given, "role": role}, None)
            doc = {"_id": id, "type": "staff", "schema": 1, "inactive": False, **changes, **self._mark(actor)}
            check_document(doc)
            try:
                store.put(doc)
            except Conflict:
                raise SaleError(409, "conflict", say("This person was removed before."), "request") from None
        return self._row(self._person(id)), False

    def change(self, id: str, given: Mapping[str, Any], actor: Actor = ANYBODY) -> dict[str, Any]:
        """`{"rev", …}` with the fields to change (`pin` and `badge` in clear, null takes them away) to the row.

        Raises SaleError as `add`; 404; 409 `changed` with `{"current"}` when `rev` is no longer the person's.
        """
        actor.need("people", say("to change a person"))
        rev = given.get("rev")
        if not isinstance(rev, str):
            raise SaleError(400, "invalid", say("The revision of the person is missing."), "rev")
        desk = self.people.desk
        with desk.store.transaction():
            person = self._person(id)
            changes = self._changes({key: value for key, value in given.items() if key in _FIELDS}, person)
            self.people.staff.keep_a_manager(person, changes)
            try:
                editing.edit(
                    desk.store, id, rev, changes, by=actor.staff or actor.name, on=desk.terminal, moment=desk.clock
                )
            except editing.Changed:
                reason = say("Somebody changed this person meanwhile. Look again.")
                raise SaleError(409, "changed", reason, "rev", {"current": self._row(person)}) from None
        if "pin" in changes:
            self.people.guesses.forget(id)
        return self._row(self._person(id))

    def own_pin(self, given: Mapping[str, Any], actor: Actor) -> None:
        """`{"old", "pin"}`: another PIN of one's own, which needs no right but the old PIN. Raises SaleError: 400
        `weak_pin`, 403 `wrong_pin`, 404 for who is no person here, 429 `pin_locked`."""
        if actor.staff is None:
            raise SaleError(404, "not_found", say("Nobody is signed in whose PIN this could be."))
        only_badge = self._person(actor.staff).pin is None
        old = {"badge": given.get("old")} if only_badge else {"staff": actor.staff, "pin": given.get("old")}
        if self.people.prove(old).id != actor.staff:
            raise SaleError(403, "wrong_badge", say("This is another person’s badge."), "old")
        desk = self.people.desk
        with desk.store.transaction():
            person = self._person(actor.staff)
            pin = pins.allowed(given.get("pin"), lending=self.people.staff.lends(person.role))
            if person.renew is not None and pin == given.get("old"):
                raise SaleError(400, "weak_pin", renewing.SAME, "pin")
            changes = {"pin": pins.hashed(pin, self.people.pin_key()), **renewing.done(person)}
            editing.edit(
                desk.store, person.id, person.rev, changes, by=actor.staff, on=desk.terminal, moment=desk.clock
            )

    # -- the parts -----------------------------------------------------------------------------------------------

    def _person(self, id: str) -> Person:
        person = self.people.staff.all().get(id)
        if person is None:
            raise SaleError(404, "not_found", say("This person is not on the list."))
        return person

    def _row(self, person: Person) -> dict[str, Any]:
        return {
            "id": person.id,
            "rev": person.rev,
            "name": person.name,
            "role": person.role,
            "inactive": person.inactive,
            "pin": person.pin is not None,
            "badge": person.badge is not None,
            "code": person.onetime is not None,
            "language": person.language,
            "wait": self.people.guesses.wait(person.id),
        }

    def _changes(self, given: Mapping[str, Any], person: Person | None) -> dict[str, Any]:
        """The fields of the document; PIN and badge hashed."""
        role = given.get("role", person.role if person else None)
        if not isinstance(role, str) or role not in self.people.staff.roles():
            raise SaleError(400, "invalid", say("The role is missing, or none of this shop’s."), "role")
        lends = self.people.staff.lends(role)
        made: dict[str, Any] = {key: given[key] for key in ("name", "language", "inactive") if key in given}
        made["role"] = role
        if isinstance(made.get("name"), str):
            made["name"] = " ".join(made["name"].split())
        if given.get("pin") is not None:
            made["onetime"] = None  # what head office gave out is done with
            made["pin"] = pins.hashed(pins.allowed(given["pin"], lending=lends), self.people.pin_key())
        elif "pin" in given:
            made["pin"] = None
        elif person is not None and person.pin is not None and lends and not self.people.staff.lends(person.role):
            reason = say("With this role a new PIN is needed: %(num)s digits at least.", num=pins.LEAST_LENDING)
            raise SaleError(400, "weak_pin", reason, "pin")
        if person is not None and made.get("pin") is not None:
            made |= renewing.done(person)
        if given.get("badge") is not None:
            code = pins.badge_allowed(given["badge"])
            owner = self.people.by_badge(code)
            if owner is not None and (person is None or owner.id != person.id):
                raise SaleError(400, "invalid", say("This badge is %(name)s’s.", name=owner.name), "badge")
            made["badge"] = pins.badge_hashed(code, self.people.pin_key())
        elif "badge" in given:
            made["badge"] = None
        return made

    def _mark(self, actor: Actor) -> dict[str, Any]:
        desk = self.people.desk
        return {
            "updated_at": clocks.stamp(desk.clock()),
            "updated_by": actor.staff or actor.name,
            "updated_on": desk.terminal,
        }
