"""A new price from an old one: by so many per cent or so much, and as the shop likes its prices to end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.shop import sound
from app.shop.money import MAX_AMOUNT, MILLION, divide
from app.shop.reason import say
from app.shop.sale import invalid

#: How prices may end: the step in minor units, and what is left of it (12.49 is 49 in steps of 50 less one).
ENDINGS: Mapping[str, tuple[int, int]] = {
    "1": (1, 0),
    "5": (5, 0),
    "10": (10, 0),
    "50": (50, 0),
    "100": (100, 0),
    "9": (10, 9),
    "49": (50, 49),
    "99": (100, 99),
}


def new_price(how: Mapping[str, Any]) -> Callable[[int], int]:
    """`how` is `{"percent": millionths, up or down}` or `{"amount": minor units, up or down}`, and `"ending"`, one of
    `ENDINGS`. Raises SaleError 400."""
    percent, amount, ending = how.get("percent"), how.get("amount"), how.get("ending") or "1"
    if ending not in ENDINGS:
        raise invalid(
            say("The %(field)s must be one of: %(values)s.", field="ending", values=", ".join(ENDINGS)), "how"
        )
    if (percent is None) == (amount is None):
        raise invalid(say("Say by how much the prices change: in per cent, or an amount."), "how")
    if percent is not None and not sound.is_whole(percent, -MILLION, 10 * MILLION):
        raise invalid(say("The percentage must lie between −100 and 1000."), "how")
    if amount is not None and not sound.is_whole(amount, -MAX_AMOUNT, MAX_AMOUNT):
        raise invalid(say("The amount must be a whole number of the smallest unit."), "how")
    step, rest = ENDINGS[ending]

    def changed(price: int) -> int:
        moved = divide(price * (MILLION + percent), MILLION) if percent is not None else price + (amount or 0)
        # The nearest price with that ending; where two are as near, the higher one.
        ended = (2 * (moved - rest) + step) // (2 * step) * step + rest
        return min(max(ended, 0), MAX_AMOUNT)

    return changed
