"""Whose money it is: the gift card or the customer that a line or a payment names."""

from __future__ import annotations

from app.shop.desk import Desk
from app.shop.payments import codes
from app.shop.reason import say
from app.shop.sale import invalid


def check_customer(desk: Desk, id: str | None, where: str, what: str) -> None:
    """Raises SaleError unless the cart has a customer, and one that is known here. `what`, at `where`, needs one."""
    if id is None:
        raise invalid(say("%(where)s: %(what)s needs a customer on the cart.", where=where, what=what), "customer")
    record = desk.company.read(id)
    if record is None or record.deleted:
        raise invalid(
            say("%(where)s: %(what)s needs a customer, and this one is not here any more.", where=where, what=what),
            "customer",
        )


def check_code(plain: str, where: str, field: str) -> None:
    """Raises SaleError for what can be no gift card's code, or one of ours with a slip of the finger."""
    if len(plain) < codes.SHORTEST:
        raise invalid(say("%(where)s: the code of the gift card is too short.", where=where), field)
    if codes.mistyped(plain):
        raise invalid(
            say("%(where)s: the code of the gift card has a wrong character; read it again.", where=where), field
        )
