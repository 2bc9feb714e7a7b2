"""A gift card that was sold: `giftcard:<hash of its code>` in `company`; what is on it are its `ledger` movements."""

from __future__ import annotations

from app.shop.schemas.base import Document, Text, Whole
from app.shop.schemas.store import CURRENCY


class GiftCard(Document):
    """Made from the order that sold it, the same on every node; `hint` is the end of its code."""

    doctype = "giftcard"

    hint = Text(4, required=True)
    currency = Text(3, pattern=CURRENCY, required=True)
    digits = Whole(0, 4, required=True)
