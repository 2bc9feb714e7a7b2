"""The books of a store read from a node's files, and summed by hand: what the shop itself reckons is compared with it.

Nothing here calls `app.shop` for a figure. A sum that both got wrong in the same way would prove nothing.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.docs.database import Database
from app.shop.indexes import indexes_for

#: What a store's day is written in.
JOURNALLED = ("order", "shift", "cash", "event", "zreport")
#: Documents of the company that a till writes.
OF_THE_COMPANY = ("customer", "giftcard", "ledger")


@contextmanager
def opened(path: Path, name: str) -> Iterator[Database]:
    """A node's database, to be read; the node may be running."""
    database = Database(path / f"{name}.db", read_only=True, indexes=indexes_for(name))
    try:
        yield database
    finally:
        database.close()


def raw(path: Path, name: str, *types: str) -> dict[str, bytes]:
    """The documents of some types in a node's database as they lie on its disk, by id, with their revisions. The node
    may be running; a database that is not there yet has none."""
    if not (path / f"{name}.db").exists():
        return {}
    with opened(path, name) as database:
        return {record.id: record.json() for type in types for record in database.each(type)}


def read(path: Path, type: str, store: str = "s1") -> list[dict[str, Any]]:
    """A store's journalled documents of a type, in the order of the journal."""
    with opened(path, f"store-{store}") as database:
        return sorted(
            (record.full() for record in database.each(type)), key=lambda doc: (doc["series"], doc["journal"])
        )


def gapless(orders: list[dict[str, Any]]) -> bool:
    """Whether the receipts of each series are numbered 1, 2, 3 … in the order of the journal, each sale once."""
    by_series: dict[str, list[int]] = {}
    for order in orders:
        by_series.setdefault(order["series"], []).append(order["number"])
    once = len({order["sale"] for order in orders}) == len(orders)
    return once and all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_series.values())


def half_away(numerator: int, denominator: int) -> int:
    """numerator / denominator, half away from zero."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def adds_up(order: dict[str, Any]) -> bool:
    """Whether every figure of an order follows from its lines and tenders."""
    lines = order["lines"]
    worth = all(
        line["amount"] == half_away(line["price"]["amount"] * line["quantity"], line["price"].get("per", 1000))
        and line["total"] == line["amount"] - sum(discount["amount"] for discount in line["discounts"])
        for line in lines
    )
    added = sum(tax["amount"] for tax in order["tax"]) if order["tax_mode"] == "added" else 0
    paid = sum(tender["amount"] for tender in order["tenders"])
    return bool(
        worth
        and order["total"] == sum(line["total"] for line in lines) + added
        and order["paid"] == paid
        and order["total"] + order["tip"] + order["cash_rounding"] == paid - order["change"]
    )


def drawer(float: int, orders: list[dict[str, Any]], moves: list[dict[str, Any]]) -> int:
    """The cash that must lie in the drawer: what was there, came in and went out."""
    sold = sum(tender["amount"] for order in orders for tender in order["tenders"] if tender["kind"] == "cash")
    change = sum(order["change"] for order in orders)
    moved = sum(move["amount"] if move["kind"] == "in" else -move["amount"] for move in moves)
    return float + sold - change + moved


def figures(orders: list[dict[str, Any]]) -> dict[str, Any]:
    """What a Z says of these orders, added up from them: signed minor units."""
    add = functools.partial(sum, start=0)
    lines = [line for order in orders for line in order["lines"]]
    money = add(line["total"] for line in lines if line.get("kind") in ("giftcard", "topup"))
    total = add(order["total"] for order in orders)
    tax = add(tax["amount"] for order in orders for tax in order["tax"])
    kinds: Counter[str] = Counter()
    for order in orders:
        for tender in order["tenders"]:
            kinds[tender["kind"]] += tender["amount"]
        if order["change"]:
            kinds["cash"] -= order["change"]
    refunds = [order for order in orders if order["kind"] == "refund"]
    return {
        "receipts": len(orders),
        "sales": total - add(order["total"] for order in refunds),
        "refunds": add(order["total"] for order in refunds),
        "total": total,
        "revenue": total - money,
        "net": total - money - tax,
        "tax": tax,
        "discount": add(discount["amount"] for line in lines for discount in line["discounts"]),
        "tips": add(order["tip"] for order in orders),
        "rounding": add(order["cash_rounding"] for order in orders),
        "tenders": dict(sorted(kinds.items())),
    }


def figures_of(z: dict[str, Any]) -> dict[str, Any]:
    """The same figures as a Z report (or an X's `sums`) has them."""
    sums = z.get("sums", z)
    return {
        "receipts": sums["receipts"]["count"],
        "sales": sums["sales"]["amount"],
        "refunds": sums["refunds"]["amount"],
        "total": sums["total"],
        "revenue": sums["revenue"],
        "net": sums["net"],
        "tax": sum(tax["amount"] for tax in sums["tax"]),
        "discount": sums["discount"],
        "tips": sums["tips"],
        "rounding": sums["rounding"],
        "tenders": {row["kind"]: row["net"] for row in sums["tenders"]},
    }
