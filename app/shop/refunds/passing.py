"""Exchanges: what returned goods were paid with passes on to the goods that they are exchanged for. Pure.

Goods that a card paid for and that are exchanged evenly are goods that a card paid for. So an order that takes goods of
earlier receipts back, and isn't the refund of one of them, says in `passed` what of their tenders it takes over::

    {"order": the earlier receipt, "kind", "amount" > 0, and the tender's own `reference`, `card`, `hint`, `customer`}

Of that receipt as much can't be paid out any more, and of this order as much can, the same way. It stands in the
document, so that every node that has it works out the same, whether it has the earlier ones or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.shop.refunds.figures import payable
from app.shop.refunds.payout import Cap, cap_of

Doc = Mapping[str, Any]


def worth_of(lines: Iterable[Doc], tax_mode: str) -> dict[str, int]:
    """Order id → what its lines among these give back besides coupons, in minor units; positive."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        if line["quantity"] < 0 and line.get("return_of"):
            sums[line["return_of"]["order"]] += int(line.get("coupon") or 0) - payable(line, tax_mode)
    return dict(sums)


def pass_on(
    worths: Mapping[str, int], caps: Mapping[str, Sequence[Cap]], tenders: Iterable[Doc]
) -> list[dict[str, Any]]:
    """The `passed` of an order that returns goods `worths` of earlier receipts which may still pay out `caps`.

    First what the order's own negative tenders pay out goes to where it came from, then the order of payout counts: so
    cash is passed on last. Never more than is left; where less is left than the goods are worth (cash was rounded, two
    tills gave the same thing back) less is passed on.
    """
    out: dict[tuple[Any, ...], int] = defaultdict(int)
    for tender in tenders:
        if tender["amount"] < 0 and tender["kind"] != "coupon":
            out[cap_of(tender, 0).place] -= tender["amount"]
    passed = []
    for order, value in sorted(worths.items()):
        taken: dict[tuple[Any, ...], int] = defaultdict(int)
        for cap in caps.get(order, ()):
            part = max(0, min(value, cap.amount, out[cap.place]))
            out[cap.place] -= part
            taken[cap.place] += part
            value -= part
        for cap in caps.get(order, ()):
            part = max(0, min(value, cap.amount - taken[cap.place]))
            taken[cap.place] += part
            value -= part
            if taken[cap.place]:
                passed.append({"order": order, **cap.tender(taken[cap.place])})
    return passed
