"""One movement on a gift card, a store credit or a customer's account: `ledger:<order>:<place>` in `company`,
immutable, a pure function of its order."""

from __future__ import annotations

from app.shop.schemas.base import Document, Ref, SignedAmount, Text, Time, Whole
from app.shop.schemas.store import CURRENCY, STORE_ID


class Ledger(Document):
    """`amount` is added to the `account`'s balance, which is what the shop owes its holder. `place` is the order's line
    or tender."""

    doctype = "ledger"

    account = Text(300, pattern=r"(giftcard|credit|account):.+", required=True)
    amount = SignedAmount(required=True)
    currency = Text(3, pattern=CURRENCY, required=True)
    digits = Whole(0, 4, required=True)
    order = Ref("order", required=True)
    place = Text(80, pattern=r"(line|tender):.+", required=True)
    sale = Text(64, required=True)
    store = Text(60, pattern=STORE_ID, required=True)
    terminal = Text(60, pattern=STORE_ID, required=True)
    at = Time(required=True)
    business_date = Text(10, required=True)
