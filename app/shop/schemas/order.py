"""A finished sale: `order:<series>:<number>:<nonce>` in `store-<id>`, immutable.

An order carries all that its receipt needs (names, prices, taxes with base and amount, the store's header), so that
nothing is looked up again. Amounts are minor units, quantities thousandths, rates millionths.
"""

from __future__ import annotations

from marshmallow import fields

from app.shop.money import MAX_AMOUNT
from app.shop.schemas.base import (
    Amount,
    Choice,
    Document,
    ListOf,
    Part,
    Quantity,
    RateField,
    Ref,
    SignedAmount,
    Strict,
    Text,
    Time,
    Whole,
    price_field,
)
from app.shop.schemas.store import CURRENCY, STORE_ID
from app.shop.schemas.terminal import SERIES
from app.shop.tax import MODES

MAX_LINES = 2000
SALE_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}"
KIND = r"[a-z][a-z0-9_]{0,31}"
HASH = r"[0-9a-f]{64}"


class Discount(Strict):
    """An amount off a line: `kind` says why (`retail`, `coupon_match`, `manual`, `promotion` …), `name` what a
    receipt calls it."""

    kind = Text(32, pattern=KIND, required=True)
    amount = Amount(1, required=True)
    name = Text(100, allow_none=True)


class LineTax(Strict):
    id = Ref("tax", required=True)
    rate = RateField(required=True)
    base = SignedAmount(required=True)
    amount = SignedAmount(required=True)


class OrderTax(LineTax):
    name = Text(60, required=True)


class Line(Strict):
    """`amount` = price × quantity / per, half away from zero; `total` = amount less the discounts. Both are stored."""

    id = Text(40, filled=True, required=True)
    product = Ref("product", required=True, allow_none=True)
    sku = Text(64, required=True, allow_none=True)
    name = Text(200, filled=True, required=True)
    category = Ref("category", allow_none=True)
    unit = Text(20, allow_none=True)
    decimals = Whole(0, 3)
    quantity = Quantity(1, required=True)
    price = price_field(required=True)
    keyed = fields.Boolean()
    amount = SignedAmount(required=True)
    discounts = ListOf(Part(Discount), 100, required=True)
    total = SignedAmount(required=True)
    tax = ListOf(Part(LineTax), 20, required=True)
    note = Text(500)


class Tender(Strict):
    """What was handed over. `coupon` is a manufacturer's: it pays, and never gives change."""

    kind = Text(32, pattern=KIND, required=True)
    amount = Amount(1, required=True)


class Header(Strict):
    """The store as the receipt names it."""

    name = Text(100, required=True)
    lines = ListOf(Text(100), 12, required=True)
    footer = ListOf(Text(100), 12, required=True)


class Rounding(Strict):
    scope = Choice("line", "tax", required=True)
    mode = Choice("half_away", "half_even", required=True)


class Order(Document):
    """The only write of a sale. `journal`, `prev` and `hash` make it a link of its series' chain
    (app/shop/journal.py)."""

    doctype = "order"

    kind = Choice("sale", "refund", required=True)
    sale = Text(64, pattern=SALE_ID, required=True)
    store = Text(60, pattern=STORE_ID, required=True)
    terminal = Text(60, pattern=STORE_ID, required=True)
    series = Text(80, pattern=SERIES, required=True)
    number = Whole(1, required=True)
    at = Time(required=True)
    business_date = Text(10, pattern=r"\d{4}-\d\d-\d\d", required=True)
    currency = Text(3, pattern=CURRENCY, required=True)
    digits = Whole(0, 4, required=True)
    cart = Ref("cart", required=True, allow_none=True)
    customer = Ref("customer", required=True, allow_none=True)
    shift = Ref("shift", required=True, allow_none=True)
    drawer = Text(60, required=True, allow_none=True)
    cashier = Ref("staff", required=True, allow_none=True)
    header = Part(Header, required=True)
    lines = ListOf(Part(Line), MAX_LINES, required=True)
    tax_mode = Choice(*MODES, required=True)
    rounding = Part(Rounding, required=True)
    subtotal = SignedAmount(required=True)
    discount = SignedAmount(required=True)
    tax = ListOf(Part(OrderTax), 100, required=True)
    total = SignedAmount(required=True)
    tenders = ListOf(Part(Tender), 50, required=True)
    paid = SignedAmount(required=True)
    change = Amount(0, MAX_AMOUNT, required=True)
    journal = Whole(1, required=True)
    prev = Text(64, pattern=HASH, required=True, allow_none=True)
    hash_version = Whole(1, required=True)
    hash = Text(64, pattern=HASH, required=True)
