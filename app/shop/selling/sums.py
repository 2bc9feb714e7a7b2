"""Whether the figures of a stored order agree with one another, whatever version it is of: each that can be worked out
from others is worked out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.shop import pricing
from app.shop.money import line_amount, show
from app.shop.payments.settle import CASH, book_value, paid
from app.shop.pricing import tax
from app.shop.schemas.order import STORED_VALUE

Doc = Mapping[str, Any]


def sums(order: Doc) -> Iterator[str]:
    """The sums of an order that don't add up, in words."""
    digits, mode = order["digits"], order["tax_mode"]

    def differs(what: str, stands: int, should: int) -> Iterator[str]:
        if stands != should:
            yield f"{what} is {show(stands, digits)} and should be {show(should, digits)}."

    for number, line in enumerate(order["lines"], 1):
        # A returned line has its share of what was rounded once for all that was sold.
        if not line.get("return_of"):
            amount = line_amount(line["price"], line["quantity"])
            yield from differs(f"line {number}: the amount", line["amount"], amount)
        off = sum(discount["amount"] for discount in line["discounts"])
        yield from differs(f"line {number}: the total", line["total"], line["amount"] - off)
        if line.get("kind") in STORED_VALUE and (line["tax"] or line["discounts"]):
            yield f"line {number}: a gift card has no taxes and no discounts."
    for number, line in _wrongly_taxed(order["lines"], mode, order["rounding"]):
        yield f"line {number}: the taxes are not those of {show(line['total'], digits)}."
    names = {entry["id"]: entry["name"] for entry in order["tax"]}
    figures = pricing.order_figures(order["lines"], mode, names, order["rounding"])
    for name in ("subtotal", "discount", "total"):
        yield from differs(f"the {name}", order[name], figures[name])
    if order["tax"] != figures["tax"]:
        yield "the taxes are not the sums of the lines' taxes."
    yield from differs("what was paid", order["paid"], paid(order["tenders"]))
    payable = order["total"] + (order.get("tip") or 0) + (order.get("cash_rounding") or 0)
    yield from differs("the change", order["change"], order["paid"] - payable)
    cash = paid(order["tenders"], *CASH)
    if order["change"] > max(0, cash):
        yield f"the change of {show(order['change'], digits)} is more than the cash that was paid."
    if order["schema"] > 1:
        yield from _of_payment(order, digits)


def _wrongly_taxed(lines: Sequence[Doc], mode: str, rounding: Mapping[str, str]) -> Iterator[tuple[int, Doc]]:
    """The lines whose taxes are not those of their totals, by number; a returned line has its share of the sale's."""
    sold = [(number, line) for number, line in enumerate(lines, 1) if not line.get("return_of")]
    rates = [[tax.Rate(entry["id"], "", entry["rate"]) for entry in line["tax"]] for _, line in sold]
    right = tax.assess([line["total"] for _, line in sold], rates, mode, rounding)
    for (number, line), taxes in zip(sold, right, strict=True):
        if line["tax"] != taxes:
            yield number, line


def _of_payment(order: Doc, digits: int) -> Iterator[str]:
    tenders = order["tenders"]
    for number, tender in enumerate(tenders, 1):
        if tender["kind"] == "foreign":
            worth = book_value(tender["foreign"], tender["num"], tender["den"])
            if tender["amount"] != worth:
                yield f"payment {number} is {show(tender['amount'], digits)} and should be {show(worth, digits)}."
    in_cash = any(t["kind"] in CASH for t in tenders) or not any(t["amount"] > 0 for t in tenders)
    if order["cash_rounding"] and not order["refund_of"] and not in_cash:
        yield "something is rounded, and nothing was paid in cash."
    returned = sum(line.get("coupon") or 0 for line in order["lines"])
    back = sum(min(0, tender["amount"]) for tender in tenders if tender["kind"] == "coupon")
    if returned != back:
        yield f"coupons of {show(-returned, digits)} were returned, and {show(-back, digits)} of coupons went back."
