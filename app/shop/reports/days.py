"""The sums of one business day, small enough to keep and fine enough for every report: pure, from its documents.

Each order stands in one place of (currency, till, cashier, hour). What can be told of its lines is summed by category
and hour, and by product; what can be told of taxes, discounts, payments and the rest by kind. Whatever way a report
adds these up, it comes to the same::

    Σ goods.revenue = Σ products.revenue = Σ (receipts.total − receipts.stored)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.shop.reports import figures
from app.shop.shifts.report import COUNTED

Doc = Mapping[str, Any]
Table = dict[tuple[Any, ...], list[int]]

#: The figures of each table, in the order in which they are kept.
RECEIPTS = (
    "receipts", "sales", "sales_amount", "refunds", "refunds_amount", "total", "stored", "tax", "discount", "tips",
    "rounding", "paid", "change", "quantity", "returned",
)  # fmt: skip
GOODS = ("receipts", "quantity", "revenue", "tax", "discount", "returned")
PARTS = ("count", "base", "ins", "outs", "amount")

#: What the keys of each table are, before its figures.
RECEIPTS_KEY = ("money", "terminal", "cashier", "hour")
GOODS_KEY = ("money", "terminal", "cashier", "hour", "category")
PRODUCTS_KEY = ("money", "terminal", "cashier", "category", "product")
PARTS_KEY = ("money", "terminal", "cashier", "category", "kind", "key")

#: What an item without a product is kept by: its name as it was keyed.
NAMED = "name:"
#: A line that another program's receipt lacks.
LACKING = "rest:"


class Day(NamedTuple):
    """The tables of a day, figures by key; `names` are what receipts call things: id → name."""

    receipts: Table
    goods: Table
    products: Table
    parts: Table
    names: dict[str, str]


def money_of(currency: str, digits: int) -> str:
    """How the books of one currency are told apart: `EUR/2`."""
    return f"{currency}/{digits}"


def sum_day(orders: Iterable[Doc], events: Iterable[Doc], zone: ZoneInfo, money: str) -> Day:
    """The sums of these orders, all of which count (`figures.counts`, and of two with one `sale` one); `events` are
    counted under `money`, the store's own, as they have none."""
    day = Day({}, {}, {}, {}, {})
    for order in orders:
        _order(day, order, zone)
    for event in events:
        for name, kinds in COUNTED.items():
            if event.get("kind") in kinds:
                place = (str(event.get("terminal") or ""), str(event.get("by") or ""))
                _add(day.parts, (money, *place, "", "event", name), (1, 0, 0, 0, 0))
    return day


def _add(table: Table, key: tuple[Any, ...], values: Iterable[int]) -> None:
    row = table.get(key)
    if row is None:
        table[key] = list(values)
    else:
        for at, value in enumerate(values):
            row[at] += value


def _order(day: Day, order: Doc, zone: ZoneInfo) -> None:
    head = figures.head(order)
    hour = hour_of(order["at"], zone)
    place = (money_of(order["currency"], order.get("digits", 2)), order["terminal"], order.get("cashier") or "")
    refund = head.refund
    quantity = back = 0
    for tax in order["tax"]:
        day.names[f"{tax['id']}|{tax['rate']}"] = tax["name"]
    categories: set[str] = set()
    products: set[tuple[str, str]] = set()
    for line in figures.lines(order):
        category = line.category or ""
        if line.stored:
            _add(day.parts, (*place, "", "sold", line.kind), (1, 0, 0, 0, line.revenue))
            continue
        if line.product is not None:
            product = line.product
            day.names[product] = line.name
        else:
            product = LACKING if line.kind == figures.REST else NAMED + line.name
        returned = line.revenue if line.quantity < 0 else 0
        quantity += line.quantity
        back += returned
        sums = (line.quantity, line.revenue, line.tax, line.discount, returned)
        _add(day.goods, (*place, hour, category), (category not in categories, *sums))
        _add(day.products, (*place, category, product), ((category, product) not in products, *sums))
        categories.add(category)
        products.add((category, product))
        if line.kind == "deposit":
            charged, paid_back = (line.revenue, 0) if line.revenue > 0 else (0, line.revenue)
            _add(day.parts, (*place, category, "deposit", "deposit"), (1, 0, charged, paid_back, line.revenue))
        for id, rate, base, amount in line.taxes:
            _add(day.parts, (*place, category, "tax", f"{id}|{rate}"), (1, base, 0, 0, amount))
        for kind, promotion, amount in line.discounts:
            _add(day.parts, (*place, category, "discount", f"{kind}|{promotion or ''}"), (1, 0, 0, 0, amount))
    _add(
        day.receipts,
        (*place, hour),
        (
            1, not refund, 0 if refund else head.total, refund, head.total if refund else 0, head.total, head.stored,
            head.tax, head.discount, head.tip, head.rounding, head.paid, head.change, quantity, back,
        ),
    )  # fmt: skip
    for entry in order.get("promotions") or ():
        if isinstance(entry, Mapping) and isinstance(entry.get("id"), str) and isinstance(entry.get("name"), str):
            day.names[entry["id"]] = entry["name"]
    for tender in figures.tenders(order):
        amount = tender.amount
        ins, outs = (amount, 0) if amount >= 0 else (0, amount)
        _add(day.parts, (*place, "", "tender", tender.kind), (1, 0, ins, outs, amount))
        if tender.kind == "foreign":
            key = money_of(tender.currency, tender.digits)
            into, out = (tender.foreign, 0) if tender.foreign >= 0 else (0, tender.foreign)
            _add(day.parts, (*place, "", "foreign", key), (1, amount, into, out, tender.foreign))
    if head.change:
        _add(day.parts, (*place, "", "tender", "cash"), (0, 0, 0, 0, -head.change))


def hour_of(at: str, zone: ZoneInfo) -> int:
    """The hour of the day at the store, 0 to 23; 0 for what is no time."""
    try:
        return datetime.fromisoformat(at).astimezone(zone).hour
    except ValueError:
        return 0
