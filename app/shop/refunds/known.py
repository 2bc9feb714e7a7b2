"""What this terminal knows of returns: every order here that gives something of another back, refund or mixed cart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from app.docs.database import Database
from app.shop import incidents, sound
from app.shop.refunds import payout
from app.shop.refunds.figures import NOTHING, Figures, figures_of

Doc = Mapping[str, Any]


def returning(store: Database, order_id: str) -> list[dict[str, Any]]:
    """The orders that give something of `order_id` back, by id. Of two with one `sale` the one that counts."""
    found = []
    for record in store.find("order_returns", order_id):
        order = record.full()
        if sound.is_order(order) and incidents.sale_counts(store, record.id, str(order.get("sale"))):
            found.append(order)
    return sorted(found, key=lambda order: str(order["_id"]))


def lines_returned(orders: list[dict[str, Any]], order_id: str) -> Iterator[Doc]:
    """The lines among `orders` that return one of `order_id`."""
    for order in orders:
        for line in order["lines"]:
            of = line.get("return_of")
            if isinstance(of, Mapping) and of.get("order") == order_id and line["quantity"] < 0:
                yield line


def already(orders: list[dict[str, Any]], order_id: str) -> dict[str, Figures]:
    """Line id → what was given back of it, positive; of `orders` as `returning` gives them."""
    sums: dict[str, Figures] = defaultdict(lambda: NOTHING)
    for line in lines_returned(orders, order_id):
        id = str(line["return_of"].get("line"))
        sums[id] = sums[id].plus(figures_of(line).negative())
    return sums


def refunds_of(orders: list[dict[str, Any]], order_id: str) -> list[dict[str, Any]]:
    """Those that are refunds of this order and nothing else: their tenders went back to where its came from."""
    return [order for order in orders if order.get("refund_of") == order_id]


def caps(order: Doc, orders: list[dict[str, Any]]) -> list[payout.Cap]:
    """What each tender of `order` may still pay out after `orders` (`returning`), refunds and exchanges."""
    id = str(order["_id"])
    gone = [cap for each in orders if each.get("refund_of") != id for cap in payout.passed(each, id)]
    return payout.caps(order, refunds_of(orders, id), gone)


def excess(order: Doc, orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of which more was returned than sold: `[{"line", "name", "sold", "returned"}]` in thousandths. Two
    tills that gave the same thing back while they were apart did that; both refunds stand."""
    back = already(orders, str(order["_id"]))
    return [
        {"line": line["id"], "name": line["name"], "sold": line["quantity"], "returned": back[line["id"]].quantity}
        for line in order["lines"]
        if line["quantity"] > 0 and back[line["id"]].quantity > line["quantity"]
    ]
