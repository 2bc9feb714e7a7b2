"""What a shift comes to: one pure function for the X report, which shows it as it stands, and the Z, which ends it.

The figures agree with one another, whatever was sold::

    total + tips + rounding = paid − change = Σ net of the tenders
    total = revenue + gift cards and balances sold
    cash expected = float + net cash + in − out − expenses − drops
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Doc = Mapping[str, Any]
#: `{"receipts", "sales", "refunds", "total", "revenue", "net", "discount", "discounts", "tax", "tenders", "paid",
#: "change", "tips", "rounding", "sold", "deposits", "account", "cash", "expenses", "foreign", "cashiers", "counts"}`;
#: amounts are minor units, signed as they went. Its exact shape is `schemas.zreport.Sums`.
Report = dict[str, Any]

#: Lines that sell no goods but money to be spent later, or settle a debt (a topup `to` the customer's account, a
#: "payment" in the report): no revenue, no tax.
MONEY_LINES = ("giftcard", "topup")
#: What is counted of events: name in the report → kinds of event. Prices and discounts by hand are counted where they
#: were charged: in the orders.
COUNTED = {
    "void_lines": ("void_line",),
    "void_carts": ("void_cart",),
    "void_sales": ("void_sale",),
    "reprints": ("reprint",),
    "gift_receipts": ("gift_receipt",),
    "drawer_openings": ("drawer",),
    "total_differs": ("total_differs",),
    "x_reports": ("x_report",),
    "postponed": ("postpone",),
    "clock": ("clock",),
}


def report(shift: Doc | None, orders: Iterable[Doc], cash: Iterable[Doc], events: Iterable[Doc]) -> Report:
    """The report over a shift's documents. `shift` is null when its float stands in another Z already; `orders` are
    those that count (of two with one `sale` only one does)."""
    book = _Book()
    for order in orders:
        book.order(order)
    for move in cash:
        book.move(move)
    for event in events:
        book.event(event)
    return book.report(0 if shift is None else shift["float"])


class _Tally(dict[Any, dict[str, Any]]):
    """Rows by key, each begun with what it is about and zeros for its figures."""

    def __init__(self, *figures: str) -> None:
        super().__init__()
        self.figures = figures

    def add(self, key: Any, about: Mapping[str, Any], **figures: int) -> dict[str, Any]:
        row = self.get(key)
        if row is None:
            row = self[key] = {**about, **dict.fromkeys(self.figures, 0)}
        for name, value in figures.items():
            row[name] += value
        return row

    def rows(self) -> list[dict[str, Any]]:
        return [self[key] for key in sorted(self)]


class _Book:
    """The sums while they are added up."""

    def __init__(self) -> None:
        self.series: dict[str, dict[str, Any]] = {}
        self.sales = {"count": 0, "amount": 0}
        self.refunds = {"count": 0, "amount": 0}
        self.total = self.money = self.discount = self.paid = self.change = self.tips = self.rounding = 0
        self.discounts = _Tally("count", "amount")
        self.tax = _Tally("base", "amount")
        self.tenders = _Tally("count", "in", "out", "net")
        self.foreign = _Tally("in", "out", "net", "amount")
        self.sold = _Tally("count", "amount")
        self.deposits = {"charged": 0, "returned": 0}
        self.moves = {"in": 0, "out": 0, "expense": 0, "drop": 0}
        self.expenses = _Tally("count", "amount")
        self.cashiers = _Tally("receipts", "sales", "refunds", "total", "discount", "tips", "cash", "voids")
        self.counts = dict.fromkeys(COUNTED, 0)
        self.price_changes = self.by_hand = 0

    def order(self, order: Doc) -> None:
        total = order["total"]
        kind = self.refunds if order.get("kind") == "refund" else self.sales
        kind["count"] += 1
        kind["amount"] += total
        self.total += total
        self.discount += order["discount"]
        tip, change = order.get("tip") or 0, order["change"]
        self.tips += tip
        self.rounding += order.get("cash_rounding") or 0
        self.paid += order["paid"]
        self.change += change
        number, series = order["number"], order["series"]
        row = self.series.setdefault(series, {"series": series, "first": number, "last": number, "count": 0})
        row["first"], row["last"] = min(row["first"], number), max(row["last"], number)
        row["count"] += 1
        for line in order["lines"]:
            self._line(line)
        for tax in order["tax"]:
            about = {"id": tax["id"], "name": tax["name"], "rate": tax["rate"]}
            self.tax.add((tax["id"], tax["rate"]), about, base=tax["base"], amount=tax["amount"])
        cash = -change + sum(self._tender(tender) for tender in order["tenders"])
        if change:
            self.tenders.add("cash", {"kind": "cash"}, net=-change)
        by = order.get("cashier")
        self.cashiers.add(
            by or "", {"by": by}, receipts=1, sales=total if kind is self.sales else 0,
            refunds=total if kind is self.refunds else 0, total=total, discount=order["discount"], tips=tip, cash=cash,
        )  # fmt: skip

    def _line(self, line: Doc) -> None:
        kind, total = line.get("kind", "goods"), line["total"]
        if kind in MONEY_LINES:
            self.money += total
            name = "payment" if line.get("to") == "account" else kind
            self.sold.add(name, {"kind": name}, count=1, amount=total)
        elif kind == "deposit":
            self.deposits["charged" if total > 0 else "returned"] += total
        self.price_changes += line.get("keyed") is True
        for discount in line["discounts"]:
            name = discount["kind"]
            self.by_hand += discount.get("id") is None  # whatever it is called: no promotion gave it, so a person did
            self.discounts.add(name, {"kind": name}, count=1, amount=discount["amount"])

    def _tender(self, tender: Doc) -> int:
        """Adds what was handed over; what of it was cash of the book's own currency."""
        kind, amount = tender["kind"], tender["amount"]
        way = "in" if amount >= 0 else "out"
        self.tenders.add(kind, {"kind": kind}, count=1, net=amount, **{way: amount})
        if kind == "foreign":
            about = {"currency": tender["currency"], "digits": tender["digits"]}
            given = tender["foreign"]
            key = (tender["currency"], tender["digits"])
            self.foreign.add(key, about, net=given, amount=amount, **{"in" if given >= 0 else "out": given})
        return amount if kind == "cash" else 0

    def move(self, move: Doc) -> None:
        kind, amount = move["kind"], move["amount"]
        self.moves[kind] += amount
        if kind == "expense":
            category = move.get("category") or ""
            self.expenses.add(category, {"category": category}, count=1, amount=amount)

    def event(self, event: Doc) -> None:
        kind = event["kind"]
        for name, kinds in COUNTED.items():
            self.counts[name] += kind in kinds
        if kind.startswith("void_"):
            self.cashiers.add(event.get("by") or "", {"by": event.get("by")}, voids=1)

    def report(self, float: int) -> Report:
        tenders = {row["kind"]: row for row in self.tenders.rows()}
        cash = tenders.get("cash", {"net": 0})["net"]
        moves = self.moves
        expected = float + cash + moves["in"] - moves["out"] - moves["expense"] - moves["drop"]
        revenue = self.total - self.money
        account = tenders.get("account", {"in": 0, "out": 0})
        paid_off = self.sold.get("payment", {"amount": 0})["amount"]
        return {
            "receipts": {
                "count": self.sales["count"] + self.refunds["count"],
                "series": [self.series[name] for name in sorted(self.series)],
            },
            "sales": self.sales,
            "refunds": self.refunds,
            "total": self.total,
            "revenue": revenue,
            "net": revenue - sum(row["amount"] for row in self.tax.values()),
            "discount": self.discount,
            "discounts": self.discounts.rows(),
            "tax": self.tax.rows(),
            "tenders": list(tenders.values()),
            "paid": self.paid,
            "change": self.change,
            "tips": self.tips,
            "rounding": self.rounding,
            "sold": self.sold.rows(),
            "deposits": self.deposits,
            "account": {"sales": account["in"], "refunds": account["out"], "payments": paid_off},
            "cash": {
                "float": float,
                "sales": cash,
                "in": moves["in"],
                "out": moves["out"],
                "expenses": moves["expense"],
                "drops": moves["drop"],
                "expected": expected,
            },
            "expenses": self.expenses.rows(),
            "foreign": self.foreign.rows(),
            "cashiers": self.cashiers.rows(),
            "counts": {
                "voids": self.counts["void_lines"] + self.counts["void_carts"] + self.counts["void_sales"],
                "refunds": self.refunds["count"],
                "price_changes": self.price_changes,
                "discounts": self.by_hand,
                **self.counts,
            },
        }
