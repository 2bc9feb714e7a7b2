"""The request to sell: what a till window, or a script with a key, posts to `/api/sales`.

What a till of the first version posts stays valid. The server's own figures count: `total` is what the window showed,
and another figure is refused before anything is written.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from app.shop.money import MAX_QUANTITY
from app.shop.reason import Reason, say
from app.shop.schemas.base import (
    Amount,
    Choice,
    Flag,
    ListOf,
    Part,
    RateField,
    Ref,
    SignedAmount,
    Strict,
    Text,
    Whole,
    price_field,
)
from app.shop.schemas.order import (
    CUSTOMER_ACCOUNTS,
    HASH,
    KIND,
    MAX_LINES,
    RESTOCK,
    SALE_ID,
    Invoice,
    ReturnOf,
)
from app.shop.schemas.store import CURRENCY
from app.shop.schemas.terminal import SERIES

TENDERS = ("cash", "card", "giftcard", "credit", "account", "coupon", "foreign")


class Seen(Strict):
    """The last receipt number that the window was told, as an answer has it in `seen`: how a terminal restored from an
    old copy learns that it is behind. Without the terminal's own `mark` it counts for nothing."""

    series = Text(80, pattern=SERIES, required=True)
    number = Whole(0, 10**12, required=True)
    mark = Text(32)


class ByHand(Strict):
    """A discount that a person or another program gives: an `amount`, or a `percent` in millionths."""

    kind = Text(32, pattern=KIND, load_default="manual")
    amount = Amount(1)
    percent = RateField()
    name = Text(100, allow_none=True)

    def take(self, value: Any) -> dict[str, Any]:
        loaded = super().take(value)
        if ("amount" in loaded) == ("percent" in loaded):
            raise ValidationError({"amount": [say("the discount must have an amount or a percentage")]})
        if loaded.get("percent", 1) > 1_000_000:
            raise ValidationError({"percent": [say("the percentage must not be more than all of it")]})
        return loaded


class SaleLine(Strict):
    """One thing sold. Without `price` the catalogue's counts. `product` null, or one that the catalogue lacks, needs a
    price, and a null one a name.

    A negative quantity is a return, and has to say so: by `return_of`, or without a receipt by `restock`. A gift card
    (`kind` giftcard) has a price and perhaps the `code` printed on it; a topup the `code` of its card, or the
    customer's account it goes `to`.
    """

    id = Text(40, filled=True)
    kind = Choice("goods", *("giftcard", "topup"), load_default="goods")
    product = Ref("product", allow_none=True, load_default=None)
    name = Text(200, filled=True)
    quantity = Whole(-MAX_QUANTITY, MAX_QUANTITY, required=True)
    price = price_field()
    discounts = ListOf(Part(ByHand), 100, load_default=list)
    note = Text(500)
    code = Text(64, filled=True)
    to = Choice(*CUSTOMER_ACCOUNTS)
    return_of = Part(ReturnOf, allow_none=True)
    restock = Choice(*RESTOCK)
    age = Flag()
    barcode = Text(48)

    def take(self, value: Any) -> dict[str, Any]:
        missing = {}
        if isinstance(value, dict) and "product" not in value and value.get("kind", "goods") == "goods":
            missing = {"product": [say("the %(field)s is missing", field=say("product"))]}
        try:
            loaded = super().take(value)
        except ValidationError as error:
            if missing and isinstance(error.messages, dict):
                raise ValidationError({**missing, **error.messages}) from None
            raise
        if missing:
            raise ValidationError(missing)
        if loaded["quantity"] == 0:
            raise ValidationError({"quantity": [say("the %(field)s must be more than zero", field=say("quantity"))]})
        back = loaded.get("return_of") is not None or "restock" in loaded
        if loaded["quantity"] < 0 and not back:
            raise ValidationError({"quantity": [say("the %(field)s must not be negative", field=say("quantity"))]})
        if loaded["quantity"] > 0 and back:
            raise ValidationError({"quantity": [say("the quantity of a return must be negative")]})
        return loaded


class SaleTender(Strict):
    """One payment, negative where it is paid out. A gift card is named by its `code`, one that is paid back by its
    `card`; foreign cash by `currency` and what was handed over, its book value is worked out here."""

    kind = Choice(*TENDERS, required=True)
    amount = Whole(-(10**12) + 1, 10**12 - 1)
    reference = Text(60, allow_none=True)
    payment = Text(64, pattern=SALE_ID)
    tip = Amount()
    code = Text(64, allow_none=True)
    card = Text(64, pattern=HASH)
    hint = Text(4)
    currency = Text(3, pattern=CURRENCY)
    foreign = SignedAmount()

    def take(self, value: Any) -> dict[str, Any]:
        loaded = super().take(value)
        foreign = loaded["kind"] == "foreign"
        for name in ("currency", "foreign") if foreign else ("amount",):
            if name not in loaded:
                raise ValidationError({name: [say("the %(field)s is missing", field=Reason(name))]})
        for name in ("amount", "foreign"):
            if loaded.get(name) == 0:
                raise ValidationError({name: [say("the %(field)s must be more than zero", field=say("amount"))]})
        return loaded


class SaleRequest(Strict):
    sale = Text(64, pattern=SALE_ID, hint=say("it must be 8 to 64 letters, digits, - and _"), required=True)
    kind = Choice("sale", "refund", load_default="sale")
    refund_of = Ref("order", allow_none=True, load_default=None)
    seen = Part(Seen, allow_none=True, load_default=None)
    shift = Ref("shift", allow_none=True, load_default=None)
    cart = Ref("cart", allow_none=True, load_default=None)
    customer = Ref("customer", allow_none=True, load_default=None)
    lines = ListOf(Part(SaleLine), MAX_LINES, required=True)
    discounts = ListOf(Part(ByHand), 20, load_default=list)
    coupons = ListOf(Text(64, filled=True, metadata={"label": "coupon"}), 50, unique=True, load_default=list)
    tenders = ListOf(Part(SaleTender), 50, load_default=list, metadata={"label": "payments"})
    tip = Amount(load_default=0)
    total = SignedAmount(load_default=None, allow_none=True)
    age = Flag(load_default=False)
    note = Text(500, load_default="")
    invoice = Part(Invoice, allow_none=True, load_default=None)
    approvals = ListOf(Text(100), 20, load_default=list)


SALE_REQUEST = SaleRequest()
