"""The request to a card terminal: what a till window posts to `/api/card`."""

from __future__ import annotations

from app.shop.schemas.base import Choice, ListOf, SignedAmount, Strict, Text
from app.shop.schemas.order import SALE_ID


class CardRequest(Strict):
    """`request` is the payment's id, born at the client: asking twice charges once."""

    request = Text(64, pattern=SALE_ID, required=True)
    action = Choice("pay", "reverse", "status", "note", load_default="pay")
    amount = SignedAmount(zero=False)
    approvals = ListOf(Text(100), 20, load_default=list)


CARD_REQUEST = CardRequest()
