"""Taxes of lines: contained in the price, or added to it; any number of them; rounded by line or by tax group.

A line's `tax` is `[{"id", "rate", "base", "amount"}]`, rates in millionths (75000 is 7.5 %). Contained: the base is the
net, round(gross·10⁶ / (10⁶ + Σ rates)), and the amounts are what the price holds above it, split by largest remainder
over the rates, so base plus amounts is the line's total exactly. Added: the base is the total.

Rounded by group (scope `tax`), the lines that are taxed alike are rounded together, what is sold apart from what comes
back, and the group's taxes are allotted to its lines by largest remainder: the lines add up to the group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from app.shop.money import MILLION, allot
from app.shop.pricing.rounding import HALF_AWAY, rounded

INCLUDED = "included"
ADDED = "added"
MODES = (INCLUDED, ADDED)


class Rate(NamedTuple):
    """One tax as it applies to a line: `rate` in millionths (75000 is 7.5 %)."""

    id: str
    name: str
    rate: int


def net_of(gross: int, rates: Sequence[int], mode: str = HALF_AWAY) -> int:
    """What is left of a price that contains taxes of `rates` millionths: round(gross·10⁶ / (10⁶ + Σ rates))."""
    return rounded(gross * MILLION, MILLION + sum(rates), mode)


def line_taxes(total: int, rates: Sequence[Rate], mode: str, rounding: str = HALF_AWAY) -> list[dict[str, Any]]:
    """The `tax` list of a line whose price after discounts is `total`, rounded by itself in the mode `rounding`."""
    if not rates:
        return []
    if mode == INCLUDED:
        base = net_of(total, [tax.rate for tax in rates], rounding)
        amounts = allot(total - base, [tax.rate for tax in rates])
    else:
        base = total
        amounts = [rounded(total * tax.rate, MILLION, rounding) for tax in rates]
    return _entries(rates, base, amounts)


def assess(
    totals: Sequence[int], rates: Sequence[Sequence[Rate]], mode: str, rounding: Mapping[str, str]
) -> list[list[dict[str, Any]]]:
    """The `tax` lists of lines with these `totals` and `rates`, rounded as `{"scope", "mode"}` says."""
    if rounding["scope"] == "line":
        return [line_taxes(total, own, mode, rounding["mode"]) for total, own in zip(totals, rates, strict=True)]
    split = _contained if mode == INCLUDED else _added
    return split(totals, rates, rounding["mode"])


def _contained(totals: Sequence[int], rates: Sequence[Sequence[Rate]], rounding: str) -> list[list[dict[str, Any]]]:
    """Lines with the same taxes are one group. Each tax of it is allotted by what is left of its lines, so that no base
    falls below zero."""
    groups: dict[Any, list[int]] = {}
    for place, own in enumerate(rates):
        key = (totals[place] < 0, *((tax.id, tax.rate) for tax in own))
        groups.setdefault(key, []).append(place)
    found: list[list[dict[str, Any]]] = [[] for _ in totals]
    for places in groups.values():
        own = rates[places[0]]
        if not own:
            continue
        whole = line_taxes(sum(totals[place] for place in places), own, INCLUDED, rounding)
        left = [abs(totals[place]) for place in places]
        parts = []
        for entry in whole:
            part = allot(entry["amount"], left)
            left = [rest - abs(amount) for rest, amount in zip(left, part, strict=True)]
            parts.append(part)
        for row, place in enumerate(places):
            base = left[row] if totals[place] >= 0 else -left[row]
            found[place] = _entries(own, base, [part[row] for part in parts])
    return found


def _added(totals: Sequence[int], rates: Sequence[Sequence[Rate]], rounding: str) -> list[list[dict[str, Any]]]:
    """Each tax is one group, whatever other taxes its lines have."""
    groups: dict[Any, list[tuple[int, int]]] = {}
    amounts = [[0] * len(own) for own in rates]
    for place, own in enumerate(rates):
        for column, tax in enumerate(own):
            groups.setdefault((totals[place] < 0, tax.id, tax.rate), []).append((place, column))
    for (_, _, rate), cells in groups.items():
        whole = rounded(sum(totals[place] for place, _ in cells) * rate, MILLION, rounding)
        parts = allot(whole, [abs(totals[place]) for place, _ in cells])
        for (place, column), part in zip(cells, parts, strict=True):
            amounts[place][column] = part
    return [_entries(own, totals[place], amounts[place]) for place, own in enumerate(rates)]


def _entries(rates: Sequence[Rate], base: int, amounts: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"id": tax.id, "rate": tax.rate, "base": base, "amount": amount}
        for tax, amount in zip(rates, amounts, strict=True)
    ]


def summary(lines: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
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
