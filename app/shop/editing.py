"""Edits of mutable documents by hand: each names the revision that the person saw, and never overwrites a later one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.docs.database import Database
from app.docs.errors import Conflict
from app.shop import clock, ids
from app.shop.pricing import plans
from app.shop.reason import say
from app.shop.sale import SaleError, check_document


class Changed(Exception):
    """The document is no longer the one that the person saw: `current` is what it is now (None: deleted)."""

    def __init__(self, current: dict[str, Any] | None) -> None:
        super().__init__("changed")
        self.current = current


def edit(
    database: Database,
    id: str,
    rev: str,
    changes: Mapping[str, Any],
    *,
    by: str | None,
    on: str,
    moment: clock.Clock = clock.now,
) -> dict[str, Any]:
    """Writes `changes` over the document `id` as it was at `rev`, and who, where and when; the document afterwards.

    An edit that changes nothing writes nothing. Raises Changed, and `SaleError` (400) when the result is no valid
    document.
    """
    if id.partition(":")[0] in ids.IMMUTABLE:
        raise SaleError(
            403, "immutable", say("This document is written once: correct it by another one that names it.")
        )
    with database.transaction():
        record = database.read(id)
        if record is None or record.deleted:
            raise Changed(None)
        current = record.full()
        if record.rev != rev:
            raise Changed(current)
        if all(current.get(key) == value for key, value in changes.items()):
            return current
        at = clock.stamp(moment())
        priced = plans.priced(current, changes, at) if current.get("type") == "product" else {}
        edited = {**current, **changes, **priced, "updated_at": at, "updated_by": by, "updated_on": on}
        check_document(edited)
        try:
            edited["_rev"] = database.put(edited)
        except Conflict:
            raise Changed(current) from None
        return edited
