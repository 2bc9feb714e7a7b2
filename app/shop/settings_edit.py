"""Setting a value: in the document of one scope, checked by its schema, everything else in it as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.docs.database import Database
from app.docs.errors import Conflict
from app.shop import clock, schemas
from app.shop.reason import say
from app.shop.sale import SaleError
from app.shop.schemas.settings import DEFAULTS, VALUES


class _Unset:
    """Takes a value away, so that the one of the wider scope holds again."""


UNSET: Final = _Unset()


def set_values(
    company: Database,
    scope: str,
    changes: Mapping[str, Any],
    *,
    by: str | None,
    on: str | None,
    moment: clock.Clock = clock.now,
) -> dict[str, Any]:
    """Sets `changes` (name → value, or `UNSET`) in `settings:<scope>`; the document afterwards.

    `scope` is `all`, `store:s1` or `terminal:s1-t1`. What is set already is not written again. Raises SaleError 400
    with the first thing that is wrong, 409 when somebody changed the document at that very moment.
    """
    checked = read_values(changes)
    id = f"settings:{scope}"
    with company.transaction():
        record = company.read(id)
        found = {} if record is None or record.deleted else record.full()
        doc = merged(found, scope, changes, checked, by=by, on=on, at=clock.stamp(moment()))
        if doc is None:
            return found
        try:
            doc["_rev"] = company.put(doc)
        except Conflict:
            reason = say("Somebody else changed the settings at this moment. Nothing was written; try again.")
            raise SaleError(409, "conflict", reason) from None
        return doc


def read_values(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values among `changes`, checked. Raises SaleError 400."""
    unknown = [name for name in changes if name not in DEFAULTS]
    if unknown:
        raise SaleError(400, "invalid", say("There is no setting named “%(name)s”.", name=unknown[0]), unknown[0])
    try:
        return VALUES.read({name: value for name, value in changes.items() if value is not UNSET})
    except schemas.Invalid as wrong:
        first = wrong.problems[0]
        raise SaleError(400, "invalid", first.reason, first.field) from None


def merged(
    found: Mapping[str, Any],
    scope: str,
    changes: Mapping[str, Any],
    checked: Mapping[str, Any],
    *,
    by: str | None,
    on: str | None,
    at: str,
) -> dict[str, Any] | None:
    """The document `found` ({} for none) with the `checked` values of `changes` in it; None when they are there."""
    values = found.get("values")
    before = dict(values) if isinstance(values, dict) else {}
    after = {**{name: value for name, value in before.items() if name not in changes}, **checked}
    if found and before == after:
        return None
    head = {"_id": f"settings:{scope}", "type": "settings", "schema": 1, "scope": scope}
    return {**found, **head, "values": after, "updated_at": at, "updated_by": by, "updated_on": on}
