"""A role gets another name, and the people who have it get it with it.

    the new name is there too ──▶ store by store the people ──▶ the old name goes, once nobody has it

So nobody is ever in a role that isn't there, and a repeat goes on where a crash ended it. Another role of that name
with the very same rights is joined with it. The roles that there are without a setting keep their names: pages say
them in each reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.shop import forms
from app.shop.actor import ANYBODY, Actor
from app.shop.people.office import OfficeStaff
from app.shop.people.rights import ROLES
from app.shop.reason import say
from app.shop.sale import SaleError, invalid
from app.shop.settings_edit import UNSET, set_values

MOST = 40


def rename(
    staff: OfficeStaff, scope: str, role: str, given: Mapping[str, Any], actor: Actor = ANYBODY
) -> dict[str, Any]:
    """`{"rev": of the settings that were seen, "name"}` for a role of `scope` (`all`, `store:s1`): `{"rev", "roles":
    those of the scope, "people": how many have the new name now, "left": names of stores where somebody may still have
    the old one}`. Raises SaleError: 400, 404, 409 `changed`."""
    actor.need("people", say("to change a person"))
    name, company = _name(given.get("name")), staff.company
    record = company.read(f"settings:{scope}")
    doc = record.full() if record is not None and not record.deleted else {}
    values: Any = doc.get("values")
    own: dict[str, Any] = dict((values.get("roles") if isinstance(values, dict) else None) or {})
    by = actor.staff or actor.name
    done = role not in own and name in own
    if role not in own and not done:
        raise SaleError(404, "not_found", say("There is no role “%(name)s” here.", name=role), "role")
    if role in ROLES:
        raise invalid(say("This role keeps its name: it is there without any setting."), "name")
    begun = own.get(name) == own.get(role)
    if not done and not begun:
        if name in own or name in ROLES:
            raise invalid(say("There is a role with this name already."), "name")
        if given.get("rev") != doc.get("_rev"):
            reason = say("Somebody else changed this in the meantime. Nothing was written: choose what shall hold.")
            raise SaleError(409, "changed", reason, "rev")
        own = {**own, name: own[role]}
        set_values(company, scope, {"roles": own}, by=by, on=staff.on, moment=staff.clock)
    people, left = _move(staff, scope, role, name, by)
    if role in own and not left:
        own = {one: rights for one, rights in own.items() if one != role}
        set_values(company, scope, {"roles": own or UNSET}, by=by, on=staff.on, moment=staff.clock)
    return {"rev": company.get(f"settings:{scope}")["_rev"], "roles": own, "people": people, "left": left}


def _name(given: Any) -> str:
    name = " ".join(given.split()) if isinstance(given, str) else ""
    if not name:
        raise invalid(say("The name is missing."), "name")
    if len(name) > MOST:
        raise invalid(say("The name is too long, the most is %(num)s characters.", num=MOST), "name")
    return name


def _move(staff: OfficeStaff, scope: str, role: str, name: str, by: str | None) -> tuple[int, list[str]]:
    """The people of each store that has its roles from `scope`; those stores that aren't here are left."""
    count, left = 0, []
    for record in staff.company.each("store"):
        store = record.id.partition(":")[2]
        if scope not in ("all", f"store:{store}") or (scope == "all" and _has_own(staff, store)):
            continue
        if staff.database(store) is None:
            left.append(str(record.doc().get("name") or store))
            continue
        here = staff.staff(store)
        for person in list(here.all().values()):
            if person.role != role:
                continue
            with here.store.transaction():
                now = here.all()[person.id]
                if now.role == role:
                    forms.change(here.store, now.id, now.rev, {"role": name}, by=by, on=staff.on, moment=staff.clock)
        count += sum(person.role == name for person in here.all().values())
    return count, left


def _has_own(staff: OfficeStaff, store: str) -> bool:
    record = staff.company.read(f"settings:store:{store}")
    values = record.doc().get("values") if record is not None and not record.deleted else None
    return isinstance(values, dict) and values.get("roles") is not None
