"""Whether the figures of a stored order agree with one another, whatever version it is of: each that can be worked out
from others is worked out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.shop import pricing
from app.shop.money import line_amount
from app.shop.payments.settle import CASH, book_value, paid
from app.shop.pricing import tax
from app.shop.reason import Money, Reason, phrase, say
from app.shop.refunds.passing import worth_of
from app.shop.schemas.order import STORED_VALUE

Doc = Mapping[str, Any]


#: The figures of an order that are worked out again, by name.
NAMES = {
    "subtotal": phrase("the subtotal"),
    "discount": phrase("the discount"),
    "total": phrase("the total"),
}


def sums(order: Doc) -> Iterator[Reason]:
    """The sums of an order that don't add up, in words."""
    digits, mode = order["digits"], order["tax_mode"]

    def differs(what: Reason, stands: int, should: int) -> Iterator[Reason]:
        if stands != should:
            yield _differs(what, stands, should, digits)

    for number, line in enumerate(order["lines"], 1):
        # A returned line has its share of what was rounded once for all that was sold.
        if not line.get("return_of"):
            amount = line_amount(line["price"], line["quantity"])
            yield from differs(say("line %(number)s: the amount", number=number), line["amount"], amount)
        off = sum(discount["amount"] for discount in line["discounts"])
        yield from differs(say("line %(number)s: the total", number=number), line["total"], line["amount"] - off)
        if line.get("kind") in STORED_VALUE and (line["tax"] or line["discounts"]):
            yield say("line %(number)s: a gift card has no taxes and no discounts.", number=number)
    for number, line in _wrongly_taxed(order["lines"], mode, order["rounding"]):
        total = Money(line["total"], digits)
        yield say("line %(number)s: the taxes are not those of %(total)s.", number=number, total=total)
    names = {entry["id"]: entry["name"] for entry in order["tax"]}
    figures = pricing.order_figures(order["lines"], mode, names, order["rounding"])
    for name in NAMES:
        yield from differs(say(NAMES[name]), order[name], figures[name])
    if order["tax"] != figures["tax"]:
        yield say("the taxes are not the sums of the lines' taxes.")
    yield from differs(say("what was paid"), order["paid"], paid(order["tenders"]))
    payable = order["total"] + (order.get("tip") or 0) + (order.get("cash_rounding") or 0)
    yield from differs(say("the change"), order["change"], order["paid"] - payable)
    cash = paid(order["tenders"], *CASH)
    if order["change"] > max(0, cash):
        yield say(
            "the change of %(amount)s is more than the cash that was paid.", amount=Money(order["change"], digits)
        )
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


def _differs(what: Reason, stands: int, should: int, digits: int) -> Reason:
    values = {"what": what, "stands": Money(stands, digits), "should": Money(should, digits)}
    return say("%(what)s is %(stands)s and should be %(should)s.", **values)


def _of_payment(order: Doc, digits: int) -> Iterator[Reason]:
    tenders = order["tenders"]
    for number, tender in enumerate(tenders, 1):
        if tender["kind"] == "foreign":
            worth = book_value(tender["foreign"], tender["num"], tender["den"])
            if tender["amount"] != worth:
                yield _differs(say("payment %(number)s", number=number), tender["amount"], worth, digits)
    in_cash = any(t["kind"] in CASH for t in tenders) or not any(t["amount"] > 0 for t in tenders)
    if order["cash_rounding"] and not order["refund_of"] and not in_cash:
        yield say("something is rounded, and nothing was paid in cash.")
    worths = worth_of(order["lines"], order["tax_mode"])
    for id in sorted({entry["order"] for entry in order.get("passed") or ()}):
        passed = sum(entry["amount"] for entry in order["passed"] if entry["order"] == id)
        if passed > worths.get(id, 0):
            values = {"passed": Money(passed, digits), "worth": Money(worths.get(id, 0), digits), "of": id}
            yield say("%(passed)s of %(of)s is passed on, and the goods returned are worth %(worth)s.", **values)
    returned = sum(line.get("coupon") or 0 for line in order["lines"])
    back = sum(min(0, tender["amount"]) for tender in tenders if tender["kind"] == "coupon")
    if returned != back:
        yield say(
            "coupons of %(returned)s were returned, and %(back)s of coupons went back.",
            returned=Money(-returned, digits),
            back=Money(-back, digits),
        )
