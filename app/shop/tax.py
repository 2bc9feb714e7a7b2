"""Taxes of one line: contained in its price, or added to it; any number of them; to the minor unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.shop.money import MILLION, allot, divide

INCLUDED = "included"
ADDED = "added"
MODES = (INCLUDED, ADDED)


class Rate(NamedTuple):
    """One tax as it applies to a line: `rate` in millionths (75000 is 7.5 %)."""

    id: str
    name: str
    rate: int


def net_of(gross: int, rates: Sequence[int]) -> int:
    """What is left of a price that contains taxes of `rates` millionths: round(gross·10⁶ / (10⁶ + Σ rates))."""
    return divide(gross * MILLION, MILLION + sum(rates))


def line_taxes(total: int, rates: Sequence[Rate], mode: str) -> list[dict[str, Any]]:
    """The `tax` list of a line whose price after discounts is `total`: `[{"id", "rate", "base", "amount"}]`.

    `included`: the base is net, and the amounts are what the price holds above it, split by largest remainder over the
    rates, so base plus amounts is the total exactly. `added`: the base is the total, each amount rounded for itself.
    """
    if not rates:
        return []
    if mode == INCLUDED:
        base = net_of(total, [tax.rate for tax in rates])
        amounts = allot(total - base, [tax.rate for tax in rates])
    else:
        base = total
        amounts = [divide(total * tax.rate, MILLION) for tax in rates]
    return [
        {"id": tax.id, "rate": tax.rate, "base": base, "amount": amount}
        for tax, amount in zip(rates, amounts, strict=True)
    ]


def summary(lines: Sequence[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    """The taxes of a whole order, one entry for each tax and rate in the order met:
    `[{"id","name","rate","base","amount"}]`."""
    groups: dict[tuple[str, int], dict[str, Any]] = {}
    for line in lines:
        for tax in line["tax"]:
            key = (tax["id"], tax["rate"])
            group = groups.get(key)
            if group is None:
                name = names.get(tax["id"], tax["id"])
                group = groups[key] = {"id": tax["id"], "name": name, "rate": tax["rate"], "base": 0, "amount": 0}
            group["base"] += tax["base"]
            group["amount"] += tax["amount"]
    return list(groups.values())
