"""Two tills that refunded the same thing while they were apart: both refunds stand, and somebody is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.docs.database import Database
from app.shop import sound
from app.shop.refunds import known


def scan(store: Database, order_ids: Iterable[str]) -> list[dict[str, Any]]:
    """What the orders that came (or were written) say of things returned twice: one entry for each receipt of which
    more was returned than sold::

        {"kind": "refunded_twice", "about": order id, "lines": [{"line", "name", "sold", "returned"}],
         "orders": [ids of the orders that returned it]}

    The same on every node that has the same orders, so that all of them write the same task.
    """
    originals: set[str] = set()
    for id in order_ids:
        record = store.read(id)
        if record is None or record.deleted or record.type != "order":
            continue
        order = record.doc()
        returns = order.get("returns")
        originals.add(id)  # the receipt itself may be what came last
        if isinstance(returns, list):
            originals.update(of for of in returns if isinstance(of, str))
    found = []
    for id in sorted(originals):
        record = store.read(id)
        if record is None or record.deleted or record.type != "order":
            continue
        order = record.full()
        if not sound.is_order(order):
            continue
        orders = known.returning(store, id)
        if orders and (lines := known.excess(order, orders)):
            about = [each["_id"] for each in orders]
            found.append({"kind": "refunded_twice", "about": id, "lines": lines, "orders": about})
    return found
