"""What a client may ask of shifts, checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from app.shop.money import MAX_AMOUNT
from app.shop.reason import say
from app.shop.sale import SaleError, invalid, read_request
from app.shop.schemas.base import Amount, Choice, Flag, ListOf, Part, Strict, Text
from app.shop.schemas.cash import KINDS
from app.shop.schemas.journalled import REQUEST, Details
from app.shop.schemas.shift import MAX_KINDS, Counted

#: Events that a page may write by itself; the others are written by what they are about.
PAGE_EVENTS = ("void_line", "void_cart", "price", "discount", "total_differs")


class Request(Strict):
    """Every request that writes: its id, and the approvals of a supervisor (redeemed where it came in)."""

    request = Text(64, pattern=REQUEST, required=True)
    approvals = ListOf(Text(200), 20)
    note = Text(500, load_default="")


class Open(Request):
    float = Amount(allow_none=True, load_default=None)
    denominations = ListOf(Part(Counted), MAX_KINDS, allow_none=True, load_default=None)


class Move(Request):
    kind = Choice(*KINDS, required=True)
    amount = Amount(1, required=True)
    category = Text(60, allow_none=True, load_default=None)
    reason = Text(500, load_default="")
    confirmed = Flag(load_default=False)


class PageEvent(Request):
    kind = Choice(*PAGE_EVENTS, required=True)
    about = Text(250, allow_none=True, load_default=None)
    details = Details(load_default=dict)


class Counting(Strict):
    """What was counted: the cash by notes and coins or as a sum, slips and coupons by kind, foreign cash by
    currency."""

    denominations = ListOf(Part(Counted), MAX_KINDS, allow_none=True, load_default=None)
    total = Amount(allow_none=True, load_default=None)
    tenders = fields.Dict(keys=Text(32), values=Amount(-MAX_AMOUNT), load_default=dict)
    foreign = fields.Dict(keys=Text(3), values=Amount(-MAX_AMOUNT), load_default=dict)


class Close(Request):
    counted = Part(Counting, required=True, metadata={"label": "count"})


OPEN, MOVE, PAGE_EVENT, CLOSE, PLAIN = Open(), Move(), PageEvent(), Close(), Request()


def read(schema: Strict, request: Any) -> dict[str, Any]:
    """The request, checked. Raises SaleError with every fault."""
    return read_request(request, schema)


def cash_of(given: Mapping[str, Any], name: str, field: str) -> int | None:
    """The sum of what was counted: the notes and coins, or the amount `name`; null when neither was given. Raises
    SaleError when they disagree."""
    counted, total = given["denominations"], given[name]
    if counted is None:
        return None if total is None else int(total)
    values = [row["value"] for row in counted]
    if len(set(values)) < len(values):
        raise invalid(say("A note or coin is counted twice."), f"{field}denominations")
    summed = sum(row["value"] * row["count"] for row in counted)
    if total is not None and total != summed:
        raise invalid(say("The notes and coins don’t add up to the sum."), f"{field}{name}")
    if summed > MAX_AMOUNT:
        raise invalid(say("The sum is too large."), f"{field}denominations")
    return summed


__all__ = ["CLOSE", "MOVE", "OPEN", "PAGE_EVENT", "PLAIN", "SaleError", "cash_of", "read"]
