"""The people of all stores, as head office keeps them: added, changed, moved to another store, given a code.

Head office lacks the secret that a store's PINs are hashed with, and is to lack it. So it sets no PIN: it gives out a
code of twelve random digits, good once and for three days. At a till the person keys it in the place of the PIN, and
chooses one; what stands in the document is the code's hash, and from then on the PIN's, as if it had been set there.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from app.docs.database import Database
from app.shop import clock as clocks
from app.shop import forms
from app.shop.actor import ANYBODY, Actor
from app.shop.people import pins
from app.shop.people.rights import MANAGER, RIGHTS
from app.shop.people.staff import Person, Staff, person_of
from app.shop.reason import say
from app.shop.sale import SaleError
from app.shop.settings import ShopSettings

#: How long a code is good: over a weekend, not longer.
LASTS: Final = timedelta(days=3)

Row = dict[str, Any]
"""`{"id", "rev", "store", "name", "role", "inactive", "pin", "badge", "code": null | {"until"}, "language", "moved",
"renew": whether a new PIN is asked of them, "updated_at", "updated_by", "updated_on"}`: `pin` and `badge` say whether
there is one."""


class OfficeStaff:
    """`database(store)` is a store's own, None where this node has none; `on` is what this node is called."""

    def __init__(
        self,
        company: Database,
        database: Callable[[str], Database | None],
        on: str,
        clock: clocks.Clock = clocks.now,
    ) -> None:
        self.company, self.database, self.on, self.clock = company, database, on, clock
        self._secret = secrets.token_bytes(32)
        self._staff: dict[str, Staff] = {}

    # -- showing -------------------------------------------------------------------------------------------------

    def rows(self, store: str, actor: Actor = ANYBODY) -> list[Row]:
        """Everybody of a store, who works there first, by name. Raises SaleError 404."""
        actor.need("people", say("to see the list of people"))
        staff = self.staff(store)
        rows = [self._row(store, person) for person in staff.all().values()]
        return sorted(rows, key=lambda row: row["inactive"])

    def roles(self, store: str | None) -> list[dict[str, Any]]:
        """`[{"name", "rights", "lends"}]` as they hold in a store (None: in all that have no own), the fewest first."""
        if store is not None:
            staff = self.staff(store)
        else:
            staff = Staff(self.company, ShopSettings(self.company, ""), self.clock)
        known = sorted(staff.roles().items(), key=lambda role: (len(role[1]), role[0]))
        return [
            {"name": name, "rights": [right for right in RIGHTS if right in given], "lends": staff.lends(name)}
            for name, given in known
        ]

    def staff(self, store: str) -> Staff:
        """The people of a store. Raises SaleError 404."""
        database = self.database(store)
        if database is None:
            raise SaleError(404, "not_found", say("There is no store “%(id)s” here.", id=store), "store")
        known = self._staff.get(store)
        if known is None or known.store is not database:
            known = self._staff[store] = Staff(database, ShopSettings(self.company, store), self.clock)
        return known

    # -- changing ------------------------------------------------------------------------------------------------

    def add(self, store: str, given: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[Row, str | None, bool]:
        """`{"request", "name", "role", "language"?}` to a row, their code (told this once), and whether they were
        there already. The first one of a store must be a manager. Raises SaleError."""
        actor.need("people", say("to add a person"))
        request = forms.request_id(given.get("request"))
        staff, id = self.staff(store), f"staff:{request}"
        fields = self._fields(staff, {k: v for k, v in given.items() if k not in ("request", "store")})
        if fields.get("role") is None:
            raise SaleError(400, "invalid", say("The role is missing, or none of this shop’s."), "role")
        if not staff.active() and not staff.manages(fields["role"]):
            reason = say("The first person of a store must be one who manages people.")
            raise SaleError(400, "invalid", reason, "role")
        code = self._code(request)
        with staff.store.transaction():
            known = staff.all().get(id)
            if known is not None:
                return self._row(store, known), self._still(known, code), True
            doc = {"_id": id, "type": "staff", "schema": 1, "inactive": False, "pin": None, "badge": None, **fields}
            doc["onetime"] = pins.code_hashed(code, self._until())
            taken = say("This person was removed before.")
            forms.make(staff.store, doc, by=self._by(actor), on=self.on, taken=taken, field="", moment=self.clock)
        return self._row(store, self._person(staff, id)), code, False

    def change(self, store: str, id: str, given: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[Row, str | None]:
        """`{"rev", "request", …}` with the fields to change (`badge` null takes it away) to the row, and a code where
        the new role needs a longer PIN than the one of before may be. Raises SaleError: as `forms.change`; 409
        `last_manager`."""
        actor.need("people", say("to change a person"))
        staff = self.staff(store)
        code: str | None = None
        with staff.store.transaction():
            person = self._person(staff, id)
            changes = self._fields(staff, {k: v for k, v in given.items() if k not in ("request", "rev")})
            longer = staff.lends(changes.get("role", person.role)) and not staff.lends(person.role)
            if longer and person.pin is not None:
                code = self._code(forms.request_id(given.get("request")))
                changes |= {"pin": None, "onetime": pins.code_hashed(code, self._until())}
            if changes.get("inactive"):
                changes["onetime"] = None
            elif changes.get("inactive") is False:
                changes["moved"] = None
            staff.keep_a_manager(person, changes)
            self._write(staff, store, id, given, changes, actor)
        return self._row(store, self._person(staff, id)), code

    def give_code(self, store: str, id: str, given: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[Row, str]:
        """`{"rev", "request", "end"?}`: a code for a new PIN; with `end` the PIN of now ends at once. Raises SaleError
        as `change`; 409 `inactive`."""
        actor.need("people", say("to change a person"))
        request = forms.request_id(given.get("request"))
        staff, code = self.staff(store), self._code(request)
        with staff.store.transaction():
            person = self._person(staff, id)
            if self._still(person, code) is not None:
                return self._row(store, person), code  # the answer was lost, and it was asked for again
            if person.inactive:
                raise SaleError(409, "inactive", say("This person no longer works here."), "")
            changes: dict[str, Any] = {"onetime": pins.code_hashed(code, self._until())}
            if given.get("end") is True:
                changes["pin"] = None
                # A code may be lost, or too late: it alone must not be what the last manager has.
                staff.keep_a_manager(person, {**changes, "onetime": None})
            self._write(staff, store, id, given, changes, actor)
        return self._row(store, self._person(staff, id)), code

    def move(self, store: str, id: str, given: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[Row, str | None]:
        """`{"rev", "request", "to"}`: they work in the store `to` from now on, with a code for a PIN there: the secret
        of PINs is each store's own. The row there, and the code. Raises SaleError as `change`.

        Two databases are no one transaction: they are written there first, then here; a repeat makes up for what a
        crash left out.
        """
        actor.need("people", say("to change a person"))
        request, to = forms.request_id(given.get("request")), str(given.get("to") or "")
        if to == store:
            raise SaleError(400, "invalid", say("They work in this store already."), "to")
        here = self.staff(store)
        if self.database(to) is None:
            raise SaleError(404, "not_found", say("There is no store “%(id)s” here.", id=to), "to")
        there, code = self.staff(to), self._code(request)
        person = self._person(here, id)
        gone = {"inactive": True, "onetime": None, "moved": to}
        if person.moved != to or not person.inactive:
            if given.get("rev") != person.rev:
                forms.change(
                    here.store, id, given.get("rev"), gone, by=self._by(actor), on=self.on, show=self._show(store),
                    moment=self.clock,
                )  # fmt: skip
            here.keep_a_manager(person, gone)
        role = person.role if person.role in there.roles() else "cashier"
        if not there.active() and not there.manages(role):
            role = MANAGER  # the first one of a store
        with there.store.transaction():
            known = there.all().get(id)
            fields: dict[str, Any] = {
                "name": person.name,
                "role": role,
                "language": person.language,
                "inactive": False,
                "moved": None,
            }
            if known is None:
                hashed = pins.code_hashed(code, self._until())
                doc = {"_id": id, "type": "staff", "schema": 1, "pin": None, "badge": None, **fields, "onetime": hashed}
                taken = say("This person was removed before.")
                forms.make(there.store, doc, by=self._by(actor), on=self.on, taken=taken, field="to", moment=self.clock)
            elif self._still(known, code) is None:
                fields["onetime"] = pins.code_hashed(code, self._until())
                forms.change(there.store, id, known.rev, fields, by=self._by(actor), on=self.on, moment=self.clock)
        if not person.inactive:
            forms.change(here.store, id, person.rev, gone, by=self._by(actor), on=self.on, moment=self.clock)
        now = self._person(there, id)
        return self._row(to, now), self._still(now, code)

    def keep_managers(self, scope: str, roles: Mapping[str, Any] | None) -> None:
        """Raises SaleError 409 `last_manager` when the setting `roles` of a scope (`all`, `store:s1`; None: taken away)
        would leave a store without anybody who manages people, though it has one now."""
        for record in self.company.each("store"):
            store = record.id.partition(":")[2]
            if self.database(store) is None or scope not in ("all", f"store:{store}"):
                continue
            staff = self.staff(store)
            if not any("people" in staff.rights(person) for person in staff.active()):
                continue
            after = Staff(staff.store, _Roles(self.company, store, scope, roles), self.clock)
            if not any("people" in after.rights(person) for person in after.active()):
                name = str(record.doc().get("name") or store)
                reason = say("In %(store)s nobody could manage people then: make somebody a manager first.", store=name)
                raise SaleError(409, "last_manager", reason, "roles")

    # -- the parts -----------------------------------------------------------------------------------------------

    def _write(
        self, staff: Staff, store: str, id: str, given: Mapping[str, Any], changes: Mapping[str, Any], actor: Actor
    ) -> None:
        forms.change(
            staff.store, id, given.get("rev"), changes, by=self._by(actor), on=self.on, show=self._show(store),
            moment=self.clock,
        )  # fmt: skip

    def _fields(self, staff: Staff, given: Mapping[str, Any]) -> dict[str, Any]:
        known = {"name": "", "role": None, "language": None, "inactive": False, "badge": None}
        fields = forms.known_fields(given, known)
        if fields.get("badge") is not None:
            raise SaleError(
                400, "invalid", say("A badge is given at a till of the store, where it is scanned."), "badge"
            )
        if "role" in fields and fields["role"] not in staff.roles():
            raise SaleError(400, "invalid", say("The role is missing, or none of this shop’s."), "role")
        if isinstance(fields.get("name"), str):
            fields["name"] = " ".join(fields["name"].split())
        return fields

    def _person(self, staff: Staff, id: str) -> Person:
        person = staff.all().get(id)
        if person is None:
            raise SaleError(404, "not_found", say("This person is not on the list."))
        return person

    def _row(self, store: str, person: Person) -> Row:
        database = self.database(store)
        record = None if database is None else database.read(person.id)
        doc = {} if record is None else record.doc()
        return {
            "id": person.id,
            "rev": person.rev,
            "store": store,
            "name": person.name,
            "role": person.role,
            "inactive": person.inactive,
            "pin": person.pin is not None,
            "badge": person.badge is not None,
            "code": None if person.onetime is None else {"until": person.onetime["until"]},
            "language": person.language,
            "moved": person.moved,
            "renew": person.renew is not None,
            **{name: doc.get(name) for name in ("updated_at", "updated_by", "updated_on")},
        }

    def _show(self, store: str) -> Callable[[dict[str, Any]], Row | None]:
        def show(doc: dict[str, Any]) -> Row | None:
            person = person_of(doc, clocks.stamp(self.clock()))
            return None if person is None else self._row(store, person)

        return show

    def _code(self, request: str) -> str:
        """The code of a request: the same for a repeat, as long as this process lives."""
        digest = hmac.digest(self._secret, request.encode(), hashlib.sha256)
        return f"{int.from_bytes(digest, 'big') % 10**pins.CODE_DIGITS:0{pins.CODE_DIGITS}d}"

    def _still(self, person: Person, code: str) -> str | None:
        """The code, if it is the person's."""
        return code if person.onetime is not None and pins.code_holds(code, person.onetime) else None

    def _until(self) -> str:
        return clocks.stamp(self.clock() + LASTS)

    def _by(self, actor: Actor) -> str | None:
        return actor.staff or actor.name


class _Roles(ShopSettings):
    """The settings of a store as they would be with other roles in one scope."""

    def __init__(self, company: Database, store: str, scope: str, roles: Mapping[str, Any] | None) -> None:
        super().__init__(company, store)
        self._scope, self._roles = f"settings:{scope}", roles

    def read(self) -> dict[str, Any]:
        values = dict(super().read())
        roles: Any = {}
        for id in self.ids:
            record = self.company.read(id)
            doc = {} if record is None or record.deleted else record.doc()
            own = self._roles if id == self._scope else self._values(id, doc.get("values")).get("roles")
            roles = roles if own is None else own
        return {**values, "roles": roles if isinstance(roles, Mapping) else {}}
