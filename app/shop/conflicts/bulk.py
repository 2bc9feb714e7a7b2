"""Many at once: one choice of a side for all of them, each decided by itself, each with its own resolution."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from app.docs.database import Database
from app.shop.actor import Actor
from app.shop.conflicts import case as cases
from app.shop.conflicts.case import Case, Side
from app.shop.conflicts.resolve import resolve
from app.shop.reason import Reason, say
from app.shop.sale import SaleError

#: What can be chosen: head office's side, the till's, the one that was written later, the one that tills show now.
CHOICES: Final = ("office", "till", "newer", "shown")
IsTill = Callable[[str | None], bool]


def side_of(case: Case, choice: str, is_till: IsTill) -> Side | Reason:
    """The side that a choice means in this case; a reason where it means none."""
    if choice == "shown":
        return case.sides[0]
    if choice == "newer":
        if any(side.at is None for side in case.sides):
            return say("It isn’t known which was written later.")
        return max(case.sides, key=Side.written)
    if choice == "till":
        found = [side for side in case.sides if is_till(side.on)]
        missing = say("No till wrote any of it.")
    else:
        found = [side for side in case.sides if side.on and not is_till(side.on)]
        missing = say("Head office wrote none of it.")
    return max(found, key=Side.written) if found else missing


def own_request(request: str, database: Database, id: str) -> str:
    """What one document's part in the request for many is known by."""
    return f"{request}.{hashlib.sha256(f'{database.name}/{id}'.encode()).hexdigest()[:12]}"


def decide(
    database: Database,
    id: str,
    seen: str,
    choice: str,
    *,
    request: str,
    actor: Actor,
    on: str,
    is_till: IsTill,
    note: str | None = None,
    asks: Iterable[str] = (),
) -> dict[str, Any]:
    """Decides one of many; `request` is that of all of them. `resolve`'s answer. Raises SaleError as it does, and 409
    `no_side` where the choice means none of this document's sides."""
    asks = tuple(asks)
    case = cases.read(database, id, asks)
    side = side_of(case, choice, is_till) if case is not None and case.seen == seen else None
    if isinstance(side, Reason):
        raise SaleError(409, "no_side", side)
    return resolve(
        database,
        id,
        request=own_request(request, database, id),
        seen=seen,
        actor=actor,
        on=on,
        take=side.rev if side is not None else None,  # None: it was decided before, or has changed; `resolve` knows
        note=note,
        kind="bulk",
        asks=asks,
    )
