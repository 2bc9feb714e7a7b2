"""What a shift's drawer should hold at this moment, and whether as much may be taken out of it unasked."""

from __future__ import annotations

from app.shop.actor import Actor
from app.shop.desk import Desk
from app.shop.reason import Money, say
from app.shop.sale import SaleError
from app.shop.shifts import covers
from app.shop.shifts.report import report


def expected(desk: Desk, shift: str) -> int | None:
    """The cash that the drawer of this open shift should hold, minor units; None where the shift can't be read."""
    record = desk.store.read(shift)
    if record is None or record.deleted or not covers.is_shift(record.doc()):
        return None
    found = covers.Documents(desk.store, record.full())
    part = found.without(found.zreports)
    return int(report(part.shift, part.orders, part.cash, part.events)["cash"]["expected"])


def check(desk: Desk, shift: str, amount: int, actor: Actor) -> None:
    """Raises SaleError 409 `more_than_drawer` for more than the drawer should hold. How much that is (`expected`) is
    told only to whom may see it before the count."""
    held = expected(desk, shift)
    if held is None or amount <= held:
        return
    if desk.settings["count"] == "blind" and not actor.may("count_see"):
        raise SaleError(409, "more_than_drawer", say("This is more than the drawer should hold."), "amount")
    facts, _ = desk.facts.read()
    digits, currency = int(facts["digits"]), str(facts["currency"])
    reason = say(
        "The drawer should hold %(held)s, less than %(amount)s.",
        held=Money(held, digits, currency),
        amount=Money(amount, digits, currency),
    )
    raise SaleError(409, "more_than_drawer", reason, "amount", {"expected": held})
