"""Erasing a person: what is written of them once, so that every node forgets the rest.

The person's document gets a revision that keeps its id and says `erased: true`; every other branch is closed::

    1-a ── 2-b ── 3-e {"erased": true}     the winner, here and wherever it meets another branch (`conflicts.joining`)
       └── 2-x ── 3-t {"resolved": true}   a tombstone, no leaf of which holds a value any more

Receipts, balances and tasks name a person by the id, and go on working. The older bodies, and the bytes that they were,
each node drops for itself when the revision reaches it (`cleaning`). An immutable `erasure` beside it is the journal.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.docs import merge
from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import schemas
from app.shop.actor import ANYBODY, Actor
from app.shop.ledger.balances import balance_of
from app.shop.reason import say
from app.shop.sale import SaleError
from app.shop.schemas.erasure import KINDS, REASONS
from app.shop.schemas.journalled import REQUEST

#: What stays of a document, by its type: nothing that tells of a person.
BLANK: Final[Mapping[str, Mapping[str, Any]]] = {
    "customer": {"type": "customer", "schema": 1, "name": "", "cards": [], "erased": True},
    "staff": {
        **{"type": "staff", "schema": 1, "name": "", "role": "cashier", "pin": None, "badge": None},
        **{"inactive": True, "erased": True},
    },
}

Found = Mapping[str, Any]
"""What is still open with a person: `{"kind": "owes" | "credit", "amount"}` (minor units) or `{"kind": "carts",
"count"}`."""


def erasure_id(request: str) -> str:
    """The id of the erasure that a request writes."""
    return f"erasure:{hashlib.sha256(request.encode()).hexdigest()[:16]}"


def is_erased(record: Record | None) -> bool:
    """Whether this document says that its person was erased."""
    return record is not None and not record.deleted and record.type in KINDS and record.doc().get("erased") is True


def erase(
    database: Database,
    id: str,
    *,
    request: str,
    reason: str,
    on: str,
    actor: Actor = ANYBODY,
    still_open: Iterable[Found] = (),
    despite: bool = False,
    moment: clocks.Clock = clocks.now,
) -> tuple[dict[str, Any], bool]:
    """Erases the person `id`; the `erasure`, and whether it was written before (by this request, or by another one).

    Raises SaleError: 400, 403 `needs_approval`, 404, 409 `still_open` with `details.open` while something is open with
    them and `despite` isn't said, 409 `still_here` for a member of the staff who may still sign in.
    """
    lender = actor.need("erase", say("erasing a person’s data"))
    if not isinstance(request, str) or not re.fullmatch(REQUEST, request):
        raise SaleError(400, "invalid", say("The request’s id is missing, or not valid."), "request")
    if reason not in REASONS:
        told = say("Say why the data are erased, by one of: %(reasons)s.", reasons=", ".join(REASONS))
        raise SaleError(400, "invalid", told, "reason")
    with database.transaction():
        written = database.read(erasure_id(request))
        if written is not None:
            if written.doc().get("about") != id:
                raise SaleError(409, "conflict", say("This request has erased somebody else."), "request")
            return written.full(), True
        record = database.read(id)
        kind = id.partition(":")[0]
        if record is None or kind not in KINDS or (not record.deleted and record.type != kind):
            raise SaleError(404, "not_found", say("This person is not here any more."))
        if is_erased(record):
            before = erasure_of(database, id)
            if before is not None:
                return before, True
        if kind == "staff" and not record.deleted and not is_erased(record) and not record.doc().get("inactive"):
            raise SaleError(
                409, "still_here", say("This person still works here. Take them off the list of people first.")
            )
        found = list(still_open)
        if found and not despite:
            why = say("Something is still open with this customer. See to it first, or confirm that it may stay open.")
            raise SaleError(409, "still_open", why, "", {"open": found})
        at = clocks.stamp(moment())
        _blank(database, record, {"updated_at": at, "updated_by": actor.staff, "updated_on": on})
        doc = {
            **{"_id": erasure_id(request), "type": "erasure", "schema": 1, "request": request, "about": id},
            **{"kind": kind, "reason": reason, "despite": bool(found), "at": at, "by": actor.staff, "on": on},
            **({"approvals": actor.lent("erase")} if lender else {}),
        }
        schemas.read(doc)
        doc["_rev"] = database.put(doc)
        return doc, False


def _blank(database: Database, record: Record, stamps: Mapping[str, Any]) -> None:
    """The erased revision, on the winner, and the other branches closed."""
    others = [leaf for leaf in merge.leaves(database, record) if leaf.rev != record.rev]
    if not is_erased(record):
        body = {"_id": record.id, **BLANK[record.id.partition(":")[0]], **stamps}
        if not record.deleted:  # one that was deleted comes back, blank: its older bodies must go all the same
            body["_rev"] = record.rev
        database.put(body)
    for leaf in others:
        merge.close(database, record.id, leaf)


def erasure_of(database: Database, id: str) -> dict[str, Any] | None:
    """The first erasure of a person, None where none has come here."""
    found = [record.full() for record in database.find("erasure_about", id, limit=20)]
    return min(found, key=lambda doc: (str(doc.get("at")), doc["_id"])) if found else None


def still_open(id: str, company: Database, stores: Iterable[Database]) -> list[Found]:
    """What is still open with a customer, as far as this node knows; `stores` are the stores' databases here."""
    if not id.startswith("customer:"):
        return []
    found: list[Found] = []
    owed = balance_of(company, f"account:{id}")
    if owed < 0:
        found.append({"kind": "owes", "amount": -owed})
    credit = balance_of(company, f"credit:{id}")
    if credit > 0:
        found.append({"kind": "credit", "amount": credit})
    carts = sum(1 for store in stores for record in store.each("cart") if record.doc().get("customer") == id)
    if carts:
        found.append({"kind": "carts", "count": carts})
    return found
