"""What a shift comes to: one pure function for the X report, which shows it as it stands, and the Z, which ends it.

The figures agree with one another, whatever was sold::

    total + tips + rounding = paid − change = Σ net of the tenders
    total = revenue + gift cards and balances sold
    cash expected = float + net cash + in − out − expenses − drops
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.shop.reports import figures
from app.shop.reports.figures import Tender

Doc = Mapping[str, Any]
#: `{"receipts", "sales", "refunds", "total", "revenue", "net", "discount", "discounts", "tax", "tenders", "paid",
#: "change", "tips", "rounding", "sold", "deposits", "account", "cash", "expenses", "foreign", "cashiers", "counts"}`;
#: amounts are minor units, signed as they went. Its exact shape is `schemas.zreport.Sums`.
Report = dict[str, Any]

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
        head = figures.head(order)
        kind = self.refunds if head.refund else self.sales
        kind["count"] += 1
        kind["amount"] += head.total
        self.total += head.total
        self.money += head.stored
        self.discount += head.discount
        self.tips += head.tip
        self.rounding += head.rounding
        self.paid += head.paid
        self.change += head.change
        number, series = order["number"], order["series"]
        row = self.series.setdefault(series, {"series": series, "first": number, "last": number, "count": 0})
        row["first"], row["last"] = min(row["first"], number), max(row["last"], number)
        row["count"] += 1
        for line in order["lines"]:
            self._line(line)
        for tax in order["tax"]:
            about = {"id": tax["id"], "name": tax["name"], "rate": tax["rate"]}
            self.tax.add((tax["id"], tax["rate"]), about, base=tax["base"], amount=tax["amount"])
        for tender in figures.tenders(order):
            self._tender(tender)
        if head.change:
            self.tenders.add("cash", {"kind": "cash"}, net=-head.change)
        by = order.get("cashier")
        self.cashiers.add(
            by or "", {"by": by}, receipts=1, sales=0 if head.refund else head.total,
            refunds=head.total if head.refund else 0, total=head.total, discount=head.discount, tips=head.tip,
            cash=head.cash,
        )  # fmt: skip

    def _line(self, line: Doc) -> None:
        kind, total = figures.kind_of(line), line["total"]
        if kind in figures.STORED:
            self.sold.add(kind, {"kind": kind}, count=1, amount=total)
        elif kind == "deposit":
            self.deposits["charged" if total > 0 else "returned"] += total
        self.price_changes += line.get("keyed") is True
        for discount in line["discounts"]:
            name = discount["kind"]
            self.by_hand += discount.get("id") is None  # whatever it is called: no promotion gave it, so a person did
            self.discounts.add(name, {"kind": name}, count=1, amount=discount["amount"])

    def _tender(self, tender: Tender) -> None:
        kind, amount = tender.kind, tender.amount
        self.tenders.add(kind, {"kind": kind}, count=1, net=amount, **{"in" if amount >= 0 else "out": amount})
        if kind == "foreign":
            about = {"currency": tender.currency, "digits": tender.digits}
            way = {"in" if tender.foreign >= 0 else "out": tender.foreign}
            self.foreign.add((tender.currency, tender.digits), about, net=tender.foreign, amount=amount, **way)

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
