"""From priced lines to an order's figures. Pure: integers in, integers out, the same on every node.

A line's amount is price × quantity / per, rounded once, half away from zero, and stored; from then on the stored
figure is the authority. Discounts are amounts off that line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.shop.money import line_amount
from app.shop.pricing import tax

ROUNDING = {"scope": "line", "mode": "half_away"}  # how taxes are rounded unless the shop's settings say otherwise


def price_line(line: dict[str, Any], rates: Sequence[tax.Rate], mode: str) -> dict[str, Any]:
    """The line with `amount`, `total` and `tax` set from its `price`, `quantity` (thousandths) and `discounts`."""
    amount = line_amount(line["price"], line["quantity"])
    total = amount - sum(discount["amount"] for discount in line["discounts"])
    return {**line, "amount": amount, "total": total, "tax": tax.line_taxes(total, rates, mode)}


def order_figures(
    lines: Sequence[Mapping[str, Any]],
    mode: str,
    names: Mapping[str, str],
    rounding: Mapping[str, str] = ROUNDING,
) -> dict[str, Any]:
    """`{"tax_mode", "rounding", "subtotal", "discount", "tax", "total"}` of priced lines.

    `subtotal` is the sum of the lines after their discounts, `discount` what the discounts took off, `tax` the taxes
    by id and rate. `total` is what the customer owes: the subtotal, and in mode `added` the taxes on top.
    """
    taxes = tax.summary(lines, names)
    subtotal = sum(line["total"] for line in lines)
    added = sum(entry["amount"] for entry in taxes) if mode == tax.ADDED else 0
    return {
        "tax_mode": mode,
        "rounding": dict(rounding),
        "subtotal": subtotal,
        "discount": sum(line["amount"] - line["total"] for line in lines),
        "tax": taxes,
        "total": subtotal + added,
    }


def paid(tenders: Sequence[Mapping[str, Any]], kind: str | None = None) -> int:
    """What was handed over, of one kind or of all."""
    return sum(tender["amount"] for tender in tenders if kind is None or tender["kind"] == kind)
