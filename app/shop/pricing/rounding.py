"""How figures are rounded: taxes by the store's mode, cash by the coins there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.shop.money import divide

HALF_AWAY = "half_away"
HALF_EVEN = "half_even"


def rounded(numerator: int, denominator: int, mode: str) -> int:
    """`numerator / denominator` to the nearest integer; halves away from zero, or to the even neighbour."""
    quotient = divide(numerator, denominator)
    if mode == HALF_EVEN and 2 * abs(numerator) % (2 * denominator) == denominator and quotient % 2:
        return quotient - 1 if quotient > 0 else quotient + 1
    return quotient


def cash_round(amount: int, rule: Mapping[str, Any] | None) -> int:
    """What of `amount` minor units is settled in cash: the multiple of `rule["step"]` that `rule["mode"]` picks.

    `half_away` and `half_even` take the nearest, `up` the one away from zero, `down` the one towards it; so a refund
    of an amount rounds as its sale did. No rule, no rounding.
    """
    if rule is None:
        return amount
    step, mode = rule["step"], rule.get("mode", HALF_AWAY)
    if mode in (HALF_AWAY, HALF_EVEN):
        return rounded(amount, step, mode) * step
    steps = abs(amount) // step + (1 if mode == "up" and amount % step else 0)
    return steps * step if amount >= 0 else -steps * step
