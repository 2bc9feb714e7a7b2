"""What a person must look at, found by any node that has the documents: `task:<kind>:<about>`.

A task says only what it is about. What there is to say of it (which receipts, how much) is read from the documents when
it is shown, so that nodes that know more and nodes that know less write the same revision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from app.docs.database import Database
from app.docs.errors import Conflict
from app.shop import clock as clocks
from app.shop import editing
from app.shop.actor import ANYBODY, Actor
from app.shop.reason import say
from app.shop.sale import SaleError

MOST = 200
#: Kinds that say only what people said of something else that waits: they stand in no list of their own.
BESIDE: Final = ("conflict", "refused")  # no set: another program's kind may be anything


def task(kind: str, about: str) -> dict[str, Any]:
    """The document of a task. Deterministic: no clock, no finder."""
    return {"_id": f"task:{kind}:{about}", "type": "task", "schema": 1, "kind": kind, "about": about}


def write(database: Database, found: Mapping[str, Any]) -> bool:
    """Writes a task that isn't there, by its `kind` and `about`; one that is done, or that somebody deleted, stays so.
    Whether it was new."""
    doc = task(str(found["kind"]), str(found["about"]))
    if database.read(doc["_id"]) is not None:
        return False
    try:
        database.put(doc)
    except Conflict:  # a pull brought the same one in between
        return False
    return True


def carts_sold_twice(store: Database, orders: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Tasks for the parked carts that two of a store's orders have sold; `orders` are the ids of those that came.

    Two orders with one `sale` are an incident, and two that sold different lines of a cart (a till added to it while it
    was being sold) are as it should be: neither is a task.
    """
    carts = set()
    for record in store.read_many(list(orders)):
        if record is not None and not record.deleted and record.type == "order":
            cart = record.doc().get("cart")
            if isinstance(cart, str):
                carts.add(cart)
    for cart in sorted(carts):
        if len(sellers(store, cart)) > 1:
            yield task("cart_sold_twice", cart)


def sellers(store: Database, cart: str) -> list[dict[str, Any]]:
    """The orders that sold the same lines of a cart, one for each `sale`, by id; all that sold it where none did."""
    orders: dict[Any, dict[str, Any]] = {}
    for record in sorted(store.find("order_cart", cart, limit=MOST), key=lambda record: record.id):
        order = record.full()
        if order.get("kind") == "sale":
            orders.setdefault(order.get("sale"), order)
    found = list(orders.values())
    lines = [_lines(order) for order in found]
    shared = [o for i, o in enumerate(found) if any(lines[i] & other for j, other in enumerate(lines) if j != i)]
    return shared or found[:1]


def _lines(order: Mapping[str, Any]) -> set[str]:
    """The cart's own lines in an order, without those that each sale makes (a bundle's parts, deposits)."""
    given = order.get("lines")
    rows = given if isinstance(given, list) else []
    return {str(line.get("id")) for line in rows if isinstance(line, Mapping) and not line.get("of")}


def tasks(*databases: Database, done: bool = False) -> list[dict[str, Any]]:
    """The open tasks of these databases (with `done` those that are done), each with its `database`'s name: the open
    ones by id, of the others the last done first."""
    found = []
    for database in databases:
        for record in database.find("task_kind"):
            doc = record.full()
            if doc.get("kind") not in BESIDE and bool(doc.get("done_at")) == done:
                found.append({**doc, "database": database.name})
    found.sort(key=lambda doc: str(doc["_id"]))
    if done:
        found.sort(key=lambda doc: str(doc["done_at"]), reverse=True)
    return found


def finish(
    database: Database, id: str, *, on: str, actor: Actor = ANYBODY, moment: clocks.Clock = clocks.now
) -> dict[str, Any]:
    """A person has looked at it. Raises SaleError 403, 404; a task that is done already stays as it is."""
    actor.need("conflicts", say("see to tasks"))
    record = database.read(id)
    if record is None or record.deleted or record.type != "task":
        raise SaleError(404, "not_found", say("This task is not here any more."))
    doc = record.full()
    if doc.get("done_at"):
        return doc
    changes = {"done_at": clocks.stamp(moment()), "done_by": actor.staff}
    try:
        return editing.edit(database, id, record.rev, changes, by=actor.staff, on=on, moment=moment)
    except editing.Changed as changed:
        if changed.current is not None:
            return changed.current
        raise SaleError(404, "not_found", say("This task is not here any more.")) from None
