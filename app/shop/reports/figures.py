"""What one order comes to: the one place where Z reports, takings, reports and the journal take their figures from.

Pure. Amounts are minor units, signed as they went::

    total + tip + rounding = paid − change = Σ tenders (the change taken off cash)
    total = revenue + stored          stored: gift cards and balances sold, which is no revenue
    revenue = net + tax = Σ revenue of the lines

A document of another program may say in its head what its lines don't come to. The head counts, as on its receipt;
what the lines lack of it is a line of the kind "rest", so that every sum over lines is the sum over receipts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from app.shop.sound import is_whole

Doc = Mapping[str, Any]

#: Lines that sell no goods but money to be spent later, or settle a debt (a topup `to` the customer's account, a
#: "payment" in a report): no revenue, no tax.
MONEY_LINES = ("giftcard", "topup")
REST = "rest"


class Head(NamedTuple):
    """The figures of an order as a whole. `cash` is what of it stayed in the drawer in the book's own currency."""

    refund: bool
    total: int
    stored: int
    tax: int
    discount: int
    tip: int
    rounding: int
    paid: int
    change: int
    cash: int

    @property
    def revenue(self) -> int:
        return self.total - self.stored

    @property
    def net(self) -> int:
        return self.revenue - self.tax


class Line(NamedTuple):
    """The figures of one line. `revenue` is what it asked of the customer, taxes included or on top; `taxes` as
    `(id, rate, base, amount)`; `discounts` as `(kind, id or None, amount)`."""

    kind: str
    product: str | None
    category: str | None
    name: str
    quantity: int
    discount: int
    tax: int
    revenue: int
    taxes: tuple[tuple[str, int, int, int], ...]
    discounts: tuple[tuple[str, str | None, int], ...]

    @property
    def stored(self) -> bool:
        return self.kind in STORED


#: The kinds of `Line` that are no revenue.
STORED = (*MONEY_LINES, "payment")


class Tender(NamedTuple):
    """What was handed over, or paid out. `currency`, `digits` and `foreign` (its minor units) of foreign cash."""

    kind: str
    amount: int
    currency: str = ""
    digits: int = 0
    foreign: int = 0


def kind_of(line: Doc) -> str:
    """What a line is in a report: goods, deposit, giftcard, topup, payment."""
    kind = str(line.get("kind") or "goods")
    return "payment" if kind in MONEY_LINES and line.get("to") == "account" else kind


def stored_value(order: Doc) -> int:
    """What an order put on gift cards and customers' accounts: money taken that is no revenue yet."""
    return sum(line["total"] for line in order["lines"] if line.get("kind") in MONEY_LINES)


def head(order: Doc) -> Head:
    """The figures of an order that `is_summable`."""
    change = order.get("change") or 0
    return Head(
        order.get("kind") == "refund",
        order["total"],
        stored_value(order),
        sum(tax["amount"] for tax in order["tax"]),
        order["discount"],
        order.get("tip") or 0,
        order.get("cash_rounding") or 0,
        order["paid"],
        change,
        sum(tender["amount"] for tender in order["tenders"] if tender["kind"] == "cash") - change,
    )


def lines(order: Doc) -> list[Line]:
    """The lines of an order that `is_summable`; one of the kind `REST` at the end where they lack something."""
    added = order.get("tax_mode") == "added"
    made = [_line(line, added) for line in order["lines"]]
    whole = head(order)
    revenue = whole.revenue - sum(line.revenue for line in made if not line.stored)
    discount = whole.discount - sum(line.discount for line in made)
    taxes = _taxes_left(order, made)
    tax = sum(amount for _, _, _, amount in taxes)
    if revenue or discount or taxes:
        made.append(Line(REST, None, None, "", 0, discount, tax, revenue, tuple(taxes), ()))
    return made


def _line(line: Doc, added: bool) -> Line:
    taxes, tax = [], 0
    for each in line.get("tax") or ():
        if _is_tax(each):
            taxes.append((each["id"], each["rate"], each["base"], each["amount"]))
            tax += each["amount"]
    discounts, discount = [], 0
    for each in line["discounts"]:
        discounts.append((each["kind"], _text(each.get("id")), each["amount"]))
        discount += each["amount"]
    return Line(
        kind_of(line),
        _text(line.get("product")),
        _text(line.get("category")),
        _text(line.get("name")) or "",
        line.get("quantity") or 0,
        discount,
        tax,
        line["total"] + (tax if added else 0),
        tuple(taxes),
        tuple(discounts),
    )


def _taxes_left(order: Doc, made: list[Line]) -> list[tuple[str, int, int, int]]:
    """The order's taxes that its lines don't tell, `[(id, rate, base, amount)]`."""
    left: dict[tuple[str, int], list[int]] = {}
    for tax in order["tax"]:
        sums = left.setdefault((tax["id"], tax["rate"]), [0, 0])
        sums[0] += tax["base"]
        sums[1] += tax["amount"]
    for line in made:
        for id, rate, base, amount in line.taxes:
            sums = left.setdefault((id, rate), [0, 0])
            sums[0] -= base
            sums[1] -= amount
    return [(id, rate, base, amount) for (id, rate), (base, amount) in sorted(left.items()) if base or amount]


def tenders(order: Doc) -> Iterator[Tender]:
    """What was handed over, one by one; the change isn't among them."""
    for tender in order["tenders"]:
        if tender["kind"] == "foreign":
            yield Tender("foreign", tender["amount"], tender["currency"], tender["digits"], tender["foreign"])
        else:
            yield Tender(tender["kind"], tender["amount"])


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _is_tax(tax: Any) -> bool:
    return (
        isinstance(tax, Mapping)
        and isinstance(tax.get("id"), str)
        and is_whole(tax.get("rate"))
        and is_whole(tax.get("base"))
        and is_whole(tax.get("amount"))
    )


_FIGURES = ("number", "total", "discount", "paid", "change")


def is_summable(order: Doc) -> bool:
    """Whether every figure that a report takes from an order is there and a whole number."""
    try:
        return (
            all(is_whole(order[name]) for name in _FIGURES)
            and all(is_whole(order.get(name) or 0) for name in ("tip", "cash_rounding"))
            and isinstance(order["series"], str)
            and isinstance(order.get("cashier") or "", str)
            and all(
                is_whole(line["total"])
                and is_whole(line.get("quantity") or 0)
                and all(is_whole(off["amount"]) and isinstance(off["kind"], str) for off in line["discounts"])
                for line in order["lines"]
            )
            and all(
                isinstance(tender["kind"], str)
                and is_whole(tender["amount"])
                and (
                    tender["kind"] != "foreign"
                    or (is_whole(tender["foreign"]) and isinstance(tender["currency"], str)
                        and is_whole(tender["digits"]))
                )
                for tender in order["tenders"]
            )
            and all(
                isinstance(tax["id"], str) and isinstance(tax["name"], str)
                and all(is_whole(tax[name]) for name in ("rate", "base", "amount"))
                for tax in order["tax"]
            )
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError):
        return False


def counts(order: Doc) -> bool:
    """Whether an order stands in sums: what can't be read is left out of them, and listed."""
    return is_placed(order) and is_summable(order)


def is_placed(order: Doc) -> bool:
    """Whether an order says when, where and in which currency it was made, so that a report can put it somewhere."""
    return (
        isinstance(order.get("terminal"), str)
        and isinstance(order.get("currency"), str)
        and is_whole(order.get("digits", 2), 0, 4)
        and isinstance(order.get("at"), str)
        and isinstance(order.get("business_date"), str)
    )
