"""Setting a value: in the document of one scope, checked by its schema, everything else in it as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.docs.database import Database
from app.docs.errors import Conflict
from app.shop import clock, schemas
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
    unknown = [name for name in changes if name not in DEFAULTS]
    if unknown:
        raise SaleError(400, "invalid", f"There is no setting named “{unknown[0]}”.", unknown[0])
    given = {name: value for name, value in changes.items() if value is not UNSET}
    try:
        checked = VALUES.read(given)
    except schemas.Invalid as wrong:
        first = wrong.problems[0]
        raise SaleError(400, "invalid", first.reason, first.field) from None
    id = f"settings:{scope}"
    with company.transaction():
        record = company.read(id)
        found = {} if record is None or record.deleted else record.full()
        values = found.get("values")
        before = dict(values) if isinstance(values, dict) else {}
        after = {**{name: value for name, value in before.items() if name not in changes}, **checked}
        if found and before == after:
            return found
        stamp = {"updated_at": clock.stamp(moment()), "updated_by": by, "updated_on": on}
        doc = {**found, "_id": id, "type": "settings", "schema": 1, "scope": scope, "values": after, **stamp}
        try:
            doc["_rev"] = company.put(doc)
        except Conflict:
            reason = "Somebody else changed the settings at this moment. Nothing was written; try again."
            raise SaleError(409, "conflict", reason) from None
        return doc
