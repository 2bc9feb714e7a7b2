"""The payments of a request as an order has them: which kinds this till takes, and what each must name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.shop.desk import Desk
from app.shop.payments import card, codes
from app.shop.payments.settle import book_value
from app.shop.reason import Money, say
from app.shop.sale import SaleError, invalid
from app.shop.selling.accounts import check_code, check_customer

Doc = Mapping[str, Any]
#: Tenders that draw on what a shop owes, or lends, a customer.
CUSTOMERS = {"credit": say("store credit"), "account": say("a customer's account")}


def read_tenders(desk: Desk, request: Doc) -> list[dict[str, Any]]:
    """Raises SaleError, with the field of the payment at fault."""
    taken: set[str] = set()
    for index, tender in enumerate(request["tenders"]):
        payment = tender.get("payment")
        if payment in taken:
            raise invalid(
                say("Payment %(number)s: this payment of the card terminal is named twice.", number=index + 1),
                f"tenders.{index}",
            )
        taken |= {payment} if payment else set()
    return [_tender(desk, request, index, tender) for index, tender in enumerate(request["tenders"])]


def _tender(desk: Desk, request: Doc, index: int, tender: Doc) -> dict[str, Any]:
    kind, place, where = tender["kind"], f"tenders.{index}", say("Payment %(number)s", number=index + 1)
    if kind not in desk.settings["tenders"] and tender.get("amount", 0) >= 0:
        raise invalid(say("%(where)s: this till doesn't take that kind of payment.", where=where), f"{place}.kind")
    if kind == "foreign":
        return _foreign(desk, tender, where, place)
    made: dict[str, Any] = {"kind": kind, "amount": tender["amount"]}
    if kind == "card":
        made |= _card(desk, request, tender, where, place)
    elif kind == "giftcard":
        made |= _gift_card(tender, where, place)
    elif kind in CUSTOMERS:
        check_customer(desk, request["customer"], where, CUSTOMERS[kind])
        made["customer"] = request["customer"]
    elif kind == "coupon" and tender.get("code"):
        made["code"] = tender["code"]
    return made


def _card(desk: Desk, request: Doc, tender: Doc, where: str, place: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    reference = tender.get("reference")
    if tender.get("payment"):
        payment = card.CardDesk(desk.store, card.SimulatedTerminal()).approved(tender["payment"], request["sale"])
        if payment is None or payment["amount"] != tender["amount"]:
            reason = say("%(where)s: the card terminal has not approved this payment.", where=where)
            raise SaleError(409, "card_not_approved", reason, f"{place}.payment")
        made["payment"], reference = tender["payment"], payment["reference"]
    elif desk.settings["card"] == "simulated" and tender["amount"] > 0:
        raise invalid(say("%(where)s: the payment of the card terminal is missing.", where=where), f"{place}.payment")
    made["reference"] = reference
    if tender.get("tip"):
        if tender["tip"] > min(request["tip"], tender["amount"]):
            raise invalid(say("%(where)s: its tip is more than the tip of the sale.", where=where), f"{place}.tip")
        made["tip"] = tender["tip"]
    return made


def _gift_card(tender: Doc, where: str, place: str) -> dict[str, Any]:
    code = tender.get("code")
    if code:
        check_code(codes.normal(code), where, f"{place}.code")
        return {"card": codes.hash_of(code), "hint": codes.hint_of(code)}
    # Only who holds the card may pay with it; money may go back to one that an earlier receipt names.
    if tender.get("card") and tender["amount"] < 0:
        return {"card": tender["card"], "hint": tender.get("hint", "")}
    raise invalid(say("%(where)s: the code of the gift card is missing.", where=where), f"{place}.code")


def _foreign(desk: Desk, tender: Doc, where: str, place: str) -> dict[str, Any]:
    rates = {rate["code"]: rate for rate in desk.settings["foreign"]}
    rate = rates.get(tender["currency"])
    if rate is None:
        raise invalid(
            say("%(where)s: this till has no rate for %(currency)s.", where=where, currency=tender["currency"]),
            f"{place}.currency",
        )
    worth = book_value(tender["foreign"], rate["num"], rate["den"])
    if worth == 0:
        raise invalid(say("%(where)s: that is worth nothing here.", where=where), f"{place}.foreign")
    shown = tender.get("amount")
    if shown is not None and shown != worth:
        facts, _ = desk.facts.read()
        digits = facts["digits"]
        reason = say(
            "%(where)s: %(foreign)s %(currency)s are worth %(worth)s now, the window showed %(shown)s.",
            where=where,
            foreign=Money(tender["foreign"], rate["digits"]),
            currency=rate["code"],
            worth=Money(worth, digits),
            shown=Money(shown, digits),
        )
        raise SaleError(409, "rate_differs", reason, f"{place}.amount", {"amount": worth, "shown": shown})
    return {
        "kind": "foreign",
        "amount": worth,
        "currency": rate["code"],
        "foreign": tender["foreign"],
        "digits": rate["digits"],
        "num": rate["num"],
        "den": rate["den"],
    }


def check_tips(desk: Desk, request: Doc) -> None:
    """Raises SaleError where this till takes no tips."""
    if request["tip"] and not desk.settings["tips"]:
        raise invalid(say("This till takes no tips."), "tip")


def kinds(tenders: Sequence[Doc], *names: str) -> list[Doc]:
    """The tenders of these kinds."""
    return [tender for tender in tenders if tender["kind"] in names]
