"""What an order moves on gift cards and customers' accounts. Pure: the same order gives the same documents everywhere.

An account's balance is what the shop owes its holder: selling a gift card raises it, paying with one lowers it. A
customer's `account` (pay later) goes below zero, which is what the customer owes. The accounts are
`giftcard:<hash>`, `credit:<customer's id>`, `account:<customer's id>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.shop import sound
from app.shop.schemas.order import STORED_VALUE

Doc = Mapping[str, Any]


def movements(order: Doc) -> list[dict[str, Any]]:
    """The `ledger` documents of an order, and before them the `giftcard` documents of the cards that it sells."""
    if not sound.is_order(order) or not isinstance(order.get("_id"), str):
        return []
    cards: dict[str, dict[str, Any]] = {}
    moved = []
    for line in order["lines"]:
        if line.get("kind") not in STORED_VALUE:
            continue
        account = _line_account(order, line)
        if account is None:
            continue
        if line["kind"] == "giftcard" and line["quantity"] > 0:
            cards[account] = {
                "_id": account,
                "type": "giftcard",
                "schema": 1,
                "hint": str(line.get("hint") or ""),
                "currency": order["currency"],
                "digits": order.get("digits", 2),
            }
        moved.append(_movement(order, f"line:{line.get('id')}", account, line["amount"]))
    for index, tender in enumerate(order["tenders"]):
        account = _tender_account(tender)
        if account is not None:
            moved.append(_movement(order, f"tender:{index}", account, -tender["amount"]))
    return [*cards.values(), *moved]


def has_movements(order: Doc) -> bool:
    """Whether an order moves anything."""
    return next(_places(order), None) is not None


def _places(order: Doc) -> Iterator[str]:
    for line in order["lines"]:
        if line.get("kind") in STORED_VALUE:
            yield str(line.get("id"))
    for tender in order["tenders"]:
        if _tender_account(tender) is not None:
            yield str(tender["kind"])


def _line_account(order: Doc, line: Doc) -> str | None:
    if isinstance(line.get("card"), str):
        return f"giftcard:{line['card']}"
    if line.get("to") in ("credit", "account") and isinstance(order.get("customer"), str):
        return f"{line['to']}:{order['customer']}"
    return None


def _tender_account(tender: Doc) -> str | None:
    kind = tender["kind"]
    if kind == "giftcard" and isinstance(tender.get("card"), str):
        return f"giftcard:{tender['card']}"
    if kind in ("credit", "account") and isinstance(tender.get("customer"), str):
        return f"{kind}:{tender['customer']}"
    return None


def _movement(order: Doc, place: str, account: str, amount: int) -> dict[str, Any]:
    return {
        "_id": f"ledger:{order['_id']}:{place}",
        "type": "ledger",
        "schema": 1,
        "account": account,
        "amount": amount,
        "currency": order["currency"],
        "digits": order.get("digits", 2),
        "order": order["_id"],
        "place": place,
        "sale": str(order.get("sale") or ""),
        "store": order["store"],
        "terminal": order["terminal"],
        "at": order["at"],
        "business_date": str(order.get("business_date") or ""),
    }
