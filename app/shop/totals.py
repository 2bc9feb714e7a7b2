"""What a store took: the sums that any node with the same orders must agree on."""

from __future__ import annotations

from typing import Any, NamedTuple

from app.docs.database import Database
from app.shop.payments.settle import paid
from app.shop.reports.figures import stored_value


class Totals(NamedTuple):
    """Receipts (refunds are receipts too), lines, the revenue that the lines came to after their discounts, what came
    back taken off and gift cards left out, and what of it manufacturers' coupons paid."""

    receipts: int = 0
    lines: int = 0
    sales_cents: int = 0
    coupon_cents: int = 0

    def plus(self, order: dict[str, Any]) -> Totals:
        return Totals(
            self.receipts + 1,
            self.lines + len(order["lines"]),
            self.sales_cents + order["subtotal"] - stored_value(order),
            self.coupon_cents + paid(order["tenders"], "coupon"),
        )


def totals(database: Database) -> Totals:
    """The sums over a store's orders. Of several orders with one `sale`, the one with the smallest id counts."""
    incidents = (record for record in database.each("incident") if record.id.startswith("incident:sale:"))
    doubled = {record.doc().get("sale") for record in incidents}
    counting: dict[str, tuple[str, dict[str, Any]]] = {}
    result = Totals()
    for record in database.each("order"):
        order = record.doc()
        sale = order["sale"]
        if sale not in doubled:
            result = result.plus(order)
        elif sale not in counting or record.id < counting[sale][0]:
            counting[sale] = (record.id, order)
    for _, order in counting.values():
        result = result.plus(order)
    return result
