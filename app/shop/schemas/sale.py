"""The request to sell: what a till window, or a script with a key, posts to `/api/sales`.

A later till may offer more; what it posts today stays valid. The server's own figures count: `total` is what the window
showed, and another figure is refused before anything is written.
"""

from __future__ import annotations

from app.shop.schemas.base import Amount, Choice, ListOf, Part, Quantity, Ref, Strict, Text, Whole, price_field
from app.shop.schemas.order import MAX_LINES, SALE_ID, Discount
from app.shop.schemas.terminal import SERIES

TENDERS = ("cash", "coupon")


class Seen(Strict):
    """The last receipt number that the window saw: how a terminal restored from an old copy learns that it is
    behind."""

    series = Text(80, pattern=SERIES, required=True)
    number = Whole(0, 10**12, required=True)


class SaleLine(Strict):
    """One thing sold. Without `price` the catalogue's counts. `product` null, or one that the catalogue lacks, needs a
    price, and a null one a name."""

    id = Text(40, filled=True)
    product = Ref("product", required=True, allow_none=True)
    name = Text(200, filled=True)
    quantity = Quantity(1, required=True)
    price = price_field()
    discounts = ListOf(Part(Discount), 100, load_default=list)
    note = Text(500)


class SaleTender(Strict):
    kind = Choice(*TENDERS, required=True)
    amount = Amount(1, required=True)


class SaleRequest(Strict):
    sale = Text(64, pattern=SALE_ID, hint="it must be 8 to 64 letters, digits, - and _", required=True)
    seen = Part(Seen, allow_none=True, load_default=None)
    cart = Ref("cart", allow_none=True, load_default=None)
    customer = Ref("customer", allow_none=True, load_default=None)
    lines = ListOf(Part(SaleLine), MAX_LINES, required=True)
    tenders = ListOf(Part(SaleTender), 50, load_default=list, metadata={"label": "payments"})
    total = Amount(load_default=None, allow_none=True)


SALE_REQUEST = SaleRequest()
