"""From what is owed and what was handed over to an order's tenders, rounding and change. Pure: integers in and out.

What is owed is the total and the tip. What isn't settled in cash is settled to the cent; only what is left for cash is
rounded to the coins that there are, and the difference stands in a field of its own (`cash_rounding`, which a Z report
counts). Change comes from cash, foreign cash included, in the book currency. A total below zero is paid out: then every
tender is negative, and nothing changes hands beyond it::

    total + tip + cash_rounding = paid − change
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.shop.money import MAX_AMOUNT, divide
from app.shop.pricing import cash_round
from app.shop.reason import Money, Reason, phrase, say
from app.shop.sale import invalid

Tender = Mapping[str, Any]
#: Kinds that are counted in the drawer: they are rounded, and give change.
CASH = ("cash", "foreign")


class Settled(NamedTuple):
    """`tenders` as an order has them, what they sum to, what was handed back, and the rounding of the cash part."""

    tenders: list[dict[str, Any]]
    paid: int
    change: int
    cash_rounding: int


def paid(tenders: Sequence[Tender], *kinds: str) -> int:
    """What was handed over, of some kinds or of all."""
    return sum(tender["amount"] for tender in tenders if not kinds or tender["kind"] in kinds)


def book_value(foreign: int, num: int, den: int) -> int:
    """What foreign cash is worth in the book currency: foreign × num / den, half away from zero."""
    return divide(foreign * num, den)


def settle(
    total: int, tip: int, tenders: Sequence[Tender], rule: Mapping[str, Any] | None, digits: int, *, coupon: int = 0
) -> Settled:
    """Raises SaleError where the tenders don't pay what is owed, in words.

    `coupon` (zero or less) is what manufacturers' coupons had paid of returned lines: it goes back as a coupon tender
    of its own, since a coupon never pays out.
    """
    given = [dict(tender) for tender in tenders]
    returned = sum(t["amount"] for t in given if t["kind"] == "coupon" and t["amount"] < 0)
    if returned not in (0, coupon):
        reason = say(
            "What coupons had paid of the returned goods is %(amount)s: that goes back as a coupon.",
            amount=Money(-coupon, digits),
        )
        raise invalid(reason, "tenders")
    if coupon and not returned:
        given.insert(0, {"kind": "coupon", "amount": coupon})
    owed = total + tip - coupon
    _check_signs(given, owed, digits)
    others = [t for t in given if t["kind"] not in CASH and not (t["kind"] == "coupon" and t["amount"] < 0)]
    left = owed - paid(others)
    _check_others(others, owed, digits)
    settled = _pay_out(given, left, rule, digits) if owed < 0 else _take(given, left, rule, digits)
    if abs(settled.paid) > MAX_AMOUNT:
        raise invalid(say("The payment is too large."), "tenders")
    return settled


def exact(total: int, tip: int, cash_rounding: int, tenders: Sequence[Tender], digits: int) -> Settled:
    """A refund that was worked out beforehand: tenders and rounding to the cent. Raises SaleError when they differ."""
    sum_of = paid(tenders)
    if total + tip + cash_rounding != sum_of:
        reason = say(
            "The payments are %(paid)s, and %(due)s is due.",
            paid=Money(sum_of, digits),
            due=Money(total + tip + cash_rounding, digits),
        )
        raise invalid(reason, "tenders")
    return Settled([dict(tender) for tender in tenders], sum_of, 0, cash_rounding)


def _check_signs(tenders: Sequence[Tender], owed: int, digits: int) -> None:
    for index, tender in enumerate(tenders):
        amount, kind = tender["amount"], tender["kind"]
        if kind == "coupon" and amount < 0:
            continue
        if owed >= 0 and amount < 0:
            raise invalid(
                say("Payment %(number)s: the amount must be more than zero.", number=index + 1),
                f"tenders.{index}.amount",
            )
        if owed < 0 and amount > 0:
            reason = say(
                "Payment %(number)s: %(due)s is to be paid out, nothing is to be paid.",
                number=index + 1,
                due=Money(-owed, digits),
            )
            raise invalid(reason, f"tenders.{index}.amount")


NAMES = {
    "card": phrase("The card pays %(more)s more than the %(due)s due."),
    "giftcard": phrase("The gift card pays %(more)s more than the %(due)s due."),
    "credit": phrase("The store credit pays %(more)s more than the %(due)s due."),
    "account": phrase("The account pays %(more)s more than the %(due)s due."),
}


def _check_others(others: Sequence[Tender], owed: int, digits: int) -> None:
    """What gives no change must not pay more than is owed."""
    coupons = paid(others, "coupon")
    if coupons and abs(coupons) > abs(owed):
        reason = say(
            "The coupons are worth %(coupons)s, more than the total of %(owed)s.",
            coupons=Money(coupons, digits),
            owed=Money(owed, digits),
        )
        raise invalid(reason, "tenders")
    so_far = 0
    for tender in others:
        so_far += tender["amount"]
        if abs(so_far) > abs(owed):
            message = NAMES.get(tender["kind"], phrase("That is %(more)s more than the %(due)s due."))
            more, due = Money(abs(so_far) - abs(owed), digits), Money(abs(owed), digits)
            raise invalid(Reason(message, {"more": more, "due": due}), "tenders")


def _take(tenders: list[dict[str, Any]], left: int, rule: Mapping[str, Any] | None, digits: int) -> Settled:
    """A sale: `left` is for cash to pay."""
    sum_of, cash = paid(tenders), paid(tenders, *CASH)
    in_cash = cash > 0 or not tenders
    due = cash_round(left, rule) if in_cash else left
    foreign = any(tender["kind"] == "foreign" for tender in tenders)
    # What foreign cash is worth need not be a multiple of any coin: then the change is what is rounded.
    if cash < (min(due, left) if foreign else due):
        missing, whole = due - cash, due + sum_of - cash
        reason = say(
            "Not enough was paid: %(missing)s of %(whole)s is missing.",
            missing=Money(missing, digits),
            whole=Money(whole, digits),
        )
        raise invalid(reason, "tenders")
    change = max(0, cash - due)
    if foreign:
        change = min(cash, cash_round(change, rule))
    return Settled(tenders, sum_of, change, cash - change - left)


def _pay_out(tenders: list[dict[str, Any]], left: int, rule: Mapping[str, Any] | None, digits: int) -> Settled:
    """Money goes back: `left`, below zero, is what cash has to pay out."""
    sum_of, cash = paid(tenders), paid(tenders, *CASH)
    if any(tender["kind"] == "foreign" for tender in tenders):
        raise invalid(say("Money is paid out in the shop's own currency."), "tenders")
    others = [tender for tender in tenders if tender["kind"] not in CASH]
    due = cash_round(left, rule) if cash or not others else left
    if cash != due:
        reason = say(
            "%(due)s is to be paid out in cash, not %(cash)s.", due=Money(-due, digits), cash=Money(-cash, digits)
        )
        raise invalid(reason, "tenders")
    return Settled(tenders, sum_of, 0, cash - left)
