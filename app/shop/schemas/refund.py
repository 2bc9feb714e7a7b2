"""The request to refund a receipt: what a till window, or a script with a key, posts to `/api/refunds`."""

from __future__ import annotations

from app.shop.reason import say
from app.shop.schemas.base import Amount, Choice, Flag, ListOf, Part, Quantity, Ref, Strict, Text
from app.shop.schemas.order import HASH, MAX_LINES, RESTOCK, SALE_ID
from app.shop.schemas.sale import Seen

PAYOUTS = ("card", "giftcard", "account", "credit", "cash")


class RefundLine(Strict):
    """How much (thousandths) of a line comes back, and what becomes of it."""

    line = Text(60, filled=True, required=True)
    quantity = Quantity(1, required=True)
    restock = Choice(*RESTOCK)


class RefundTender(Strict):
    """A way of paying out that a person chose: minor units, more than zero. `credit` and `account` name a customer (the
    receipt's, if none), a gift card its hash as the receipt has it."""

    kind = Choice(*PAYOUTS, required=True)
    amount = Amount(1, required=True)
    reference = Text(60, allow_none=True)
    card = Text(64, pattern=HASH)
    hint = Text(4)
    customer = Ref("customer")


class RefundRequest(Strict):
    """`lines` null: all that is left. `tenders` null: the way that `way` says: as it was paid, or all of it as store
    credit or in cash. `total` (minor units, positive) is what the
    window showed; another figure is refused before anything is written. `void`: the whole sale, taken back."""

    sale = Text(64, pattern=SALE_ID, hint=say("it must be 8 to 64 letters, digits, - and _"), required=True)
    seen = Part(Seen, allow_none=True, load_default=None)
    shift = Ref("shift", allow_none=True, load_default=None)
    order = Ref("order", required=True)
    lines = ListOf(Part(RefundLine), MAX_LINES, allow_none=True, load_default=None)
    tenders = ListOf(Part(RefundTender), 50, allow_none=True, load_default=None, metadata={"label": "payments"})
    way = Choice("paid", "credit", "cash", load_default="paid")
    total = Amount(load_default=None, allow_none=True)
    void = Flag(load_default=False)
    note = Text(500, load_default="")
    approvals = ListOf(Text(100), 20, load_default=list)


REFUND_REQUEST = RefundRequest()
