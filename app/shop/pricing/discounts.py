"""Discounts by hand: after every promotion, first those of lines, then those of the cart, allotted to its lines.

None takes more than is left, and what comes back is discounted towards zero too: of a return of -10.00 ten percent are
-1.00.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.shop.money import MILLION, allot, divide
from app.shop.pricing.lines import Line


def off(rest: int, discount: Mapping[str, Any]) -> int:
    """What a discount of `{"percent": millionths}` or `{"amount": minor units}` takes off `rest`, never more than it;
    with the sign of `rest`."""
    percent = discount.get("percent")
    whole = abs(rest)
    taken = min(divide(whole * percent, MILLION) if percent is not None else abs(discount["amount"]), whole)
    return taken if rest >= 0 else -taken


def line_discounts(lines: Sequence[Line]) -> None:
    """What each line's own discounts take off it, in the order given."""
    for line in lines:
        if not line.goods:
            continue
        for discount in line.source.get("discounts") or ():
            taken = off(line.rest, discount)
            if taken:
                line.take_off(taken, discount["kind"], None, discount.get("name"))


def cart_discounts(lines: Sequence[Line], discounts: Sequence[Mapping[str, Any]]) -> None:
    """What the cart's own discounts take off what is sold in it, allotted by what is left of each line."""
    sold = [line for line in lines if line.goods and line.rest > 0]
    for discount in discounts:
        share(sold, off(sum(line.rest for line in sold), discount), "cart", None, discount.get("name"))


def share(lines: Sequence[Line], amount: int, kind: str, id: str | None, name: str | None) -> None:
    """Takes `amount` off `lines` by largest remainder of what is left of them."""
    if not amount:
        return
    for line, part in zip(lines, allot(amount, [line.rest for line in lines]), strict=True):
        if part:
            line.take_off(part, kind, id, name)
