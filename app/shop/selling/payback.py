"""Money that goes back for returned goods goes the way it came, as far as that is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from app.shop.desk import Desk
from app.shop.reason import Money, say
from app.shop.refunds import known, passing
from app.shop.refunds.figures import payable
from app.shop.sale import SaleError

Doc = Mapping[str, Any]


def check_payback(desk: Desk, lines: Sequence[Doc], tenders: Sequence[Doc]) -> bool:
    """Whether cash is paid out for what was paid otherwise, which a supervisor allows. `lines` and `tenders` are an
    order's. Raises SaleError 409 `over_cap` where more goes to a card or an account than came from it.

    Store credit always may; what comes back without a receipt is a supervisor's matter anyway.
    """
    back = [line for line in lines if line["quantity"] < 0]
    if any(line.get("return_of") is None for line in back):
        return False
    given: dict[tuple[str, Any], int] = defaultdict(int)
    for tender in tenders:
        if tender["amount"] < 0 and tender["kind"] not in ("credit", "coupon"):
            given[_place(tender)] -= tender["amount"]
    if not given:
        return False
    left: dict[tuple[str, Any], int] = defaultdict(int)
    for id in sorted({line["return_of"]["order"] for line in back}):
        for cap in known.caps(desk.store.get(id), known.returning(desk.store, id)):
            left[_place(cap.tender())] += cap.amount
    for (kind, _), amount in given.items():
        if kind != "cash" and amount > left[kind, _]:
            facts, _known = desk.facts.read()
            reason = say("This way no more than %(most)s can go back.", most=Money(left[kind, _], facts["digits"]))
            raise SaleError(409, "over_cap", reason, "tenders")
    # Cash is rounded to its coins.
    step = (desk.settings["cash_rounding"] or {"step": 1})["step"]
    return given["cash", None] > left["cash", None] + step - 1


def passed_on(desk: Desk, lines: Sequence[Doc], tax_mode: str, tenders: Sequence[Doc]) -> list[dict[str, Any]]:
    """The `passed` of an order that exchanges what these lines return; `tenders` are its own, settled. To be asked in
    the transaction that writes it."""
    worths = passing.worth_of(lines, tax_mode)
    caps = {id: known.caps(desk.store.get(id), known.returning(desk.store, id)) for id in worths}
    return passing.pass_on(worths, caps, tenders)


def value_back(desk: Desk, lines: Sequence[Doc], tax_mode: str) -> int:
    """What the returned lines give back, with what their receipts gave back before: a limit holds for a receipt, not
    for each of its parts. Minor units."""
    back = [line for line in lines if line["quantity"] < 0]
    value = -sum(payable(line, tax_mode) for line in back)
    for id in {line["return_of"]["order"] for line in back if line.get("return_of")}:
        for line in known.lines_returned(known.returning(desk.store, id), id):
            value -= payable(line, tax_mode)
    return value


def _place(tender: Doc) -> tuple[str, Any]:
    """A card by its kind alone: a slip may lack its number."""
    return tender["kind"], tender.get({"giftcard": "card", "account": "customer"}.get(tender["kind"], ""))
