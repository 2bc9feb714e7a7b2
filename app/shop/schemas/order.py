"""A finished sale or refund: `order:<series>:<number>:<nonce>` in `store-<id>`, immutable.

An order carries all that its receipt needs (names, prices, taxes with base and amount, the store's header), so that
nothing is looked up again. Amounts are minor units, quantities thousandths, rates millionths.

Version 1 had sales for cash and coupons only. Version 2 is signed: what comes back and what is paid out is negative,
and `total` + `tip` + `cash_rounding` = `paid` − `change`. Orders of both are read, shown, summed and verified.
"""

from __future__ import annotations

from typing import ClassVar

from marshmallow import fields

from app.shop.money import MAX_AMOUNT, MAX_QUANTITY
from app.shop.schemas.base import (
    Amount,
    Choice,
    Document,
    Flag,
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
from app.shop.schemas.journalled import Approval, ClockState
from app.shop.schemas.store import CURRENCY, STORE_ID
from app.shop.schemas.terminal import SERIES

MAX_LINES = 2000
SALE_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}"
KIND = r"[a-z][a-z0-9_]{0,31}"
HASH = r"[0-9a-f]{64}"
#: What a line is: goods, a gift card that is sold, a bottle's deposit, money put on a card or a customer's account.
LINE_KINDS = ("goods", "giftcard", "deposit", "topup")
#: Lines that are no revenue and have no tax: the money is still the customer's.
STORED_VALUE = ("giftcard", "topup")
#: What a returned thing becomes: it goes back on the shelf, it is broken, there is nothing to put back.
TAX_MODES = ("included", "added")
RESTOCK = ("restock", "damaged", "none")
#: The accounts of a customer that money can be put on.
CUSTOMER_ACCOUNTS = ("credit", "account")


class Discount(Strict):
    """An amount off a line: `kind` says why (`retail`, `coupon_match`, `manual`, `promotion` …), `name` what a
    receipt calls it."""

    kind = Text(32, pattern=KIND, required=True)
    amount = Amount(1, required=True)
    name = Text(100, allow_none=True)


class LineDiscount(Strict):
    """One of an order of version 2: negative on a returned line, `id` the promotion's."""

    kind = Text(32, pattern=KIND, required=True)
    id = Text(250, allow_none=True)
    amount = SignedAmount(required=True)
    name = Text(200, allow_none=True)


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


class ReturnOf(Strict):
    """The line of an earlier order that this one returns."""

    order = Ref("order", required=True)
    line = Text(60, filled=True, required=True)


class SignedLine(Line):
    """A line of version 2. What is not said is the usual: `kind` goods, no bundle, nothing returned.

    `of` is the line that a bundle's part or a deposit came from, `bundle` the bundle's product, `list` the price list
    that gave the price; `card` a gift card's hash, `hint` the last characters of its code; `to` the customer's account
    that a topup goes to; `coupon` what manufacturers' coupons had paid of a returned line.
    """

    id = Text(60, filled=True, required=True)
    quantity = Whole(-MAX_QUANTITY, MAX_QUANTITY, zero=False, required=True)
    discounts = ListOf(Part(LineDiscount), 200, required=True)
    kind = Choice(*LINE_KINDS)
    of = Text(60, allow_none=True)
    bundle = Text(250, allow_none=True)
    list = Text(250, allow_none=True)
    return_of = Part(ReturnOf, allow_none=True)
    restock = Choice(*RESTOCK, allow_none=True)
    card = Text(64, pattern=HASH)
    hint = Text(4)
    to = Choice(*CUSTOMER_ACCOUNTS)
    coupon = SignedAmount()
    age = Flag()


class Tender(Strict):
    """What was handed over. `coupon` is a manufacturer's: it pays, and never gives change."""

    kind = Text(32, pattern=KIND, required=True)
    amount = Amount(1, required=True)


class SignedTender(Strict):
    """`amount` is in the book currency, negative where it was paid out. A card has the slip's `reference`, of a
    terminal its `payment`; a gift card its hash; credit and account the customer; foreign cash what was handed over
    and `num`/`den` minor units of the book currency for one of its own."""

    kind = Text(32, pattern=KIND, required=True)
    amount = SignedAmount(required=True)
    reference = Text(60, allow_none=True)
    payment = Text(64)
    tip = Amount()
    card = Text(64, pattern=HASH)
    hint = Text(4)
    customer = Ref("customer")
    code = Text(64, allow_none=True)
    currency = Text(3, pattern=CURRENCY)
    foreign = SignedAmount()
    digits = Whole(0, 4)
    num = Whole(1)
    den = Whole(1)


class Passed(Strict):
    """What an exchange takes over of what an earlier receipt was paid with (app/shop/refunds/passing.py)."""

    order = Ref("order", required=True)
    kind = Text(32, pattern=KIND, required=True)
    amount = Amount(1, required=True)
    reference = Text(60, allow_none=True)
    card = Text(64, pattern=HASH)
    hint = Text(4)
    customer = Ref("customer")


class Header(Strict):
    """The store as the receipt names it."""

    name = Text(100, required=True)
    lines = ListOf(Text(100), 12, required=True)
    footer = ListOf(Text(100), 12, required=True)


class Rounding(Strict):
    scope = Choice("line", "tax", required=True)
    mode = Choice("half_away", "half_even", required=True)


class Promotion(Strict):
    """What one promotion took off the whole order."""

    id = Text(250, required=True)
    name = Text(200, required=True)
    amount = SignedAmount(required=True)


class Invoice(Strict):
    """To whom an invoice was asked for, as they said it then."""

    name = Text(200, filled=True, required=True)
    address = ListOf(Text(200), 10, load_default=list)
    tax_number = Text(40, allow_none=True)


class OrderV1(Document):
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
    tax_mode = Choice(*TAX_MODES, required=True)
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


class Order(OrderV1):
    """Version 2: `shift` and `drawer` are always set; a refund of a receipt names it in `refund_of`; `returns` are all
    the orders that its lines return something of. Where it is not the refund of one, `passed` is how those goods were
    paid."""

    version: ClassVar[int] = 2

    clock = Part(ClockState, required=True, allow_none=True)
    shift = Ref("shift", required=True)
    drawer = Text(60, required=True)
    approvals = ListOf(Part(Approval), 20, required=True)
    lines = ListOf(Part(SignedLine), 2 * MAX_LINES, required=True)
    tenders = ListOf(Part(SignedTender), 60, required=True)
    coupons = ListOf(Text(64, filled=True), 50, required=True)
    promotions = ListOf(Part(Promotion), 200, required=True)
    tip = SignedAmount(required=True)
    cash_rounding = SignedAmount(required=True)
    note = Text(500, required=True)
    invoice = Part(Invoice, required=True, allow_none=True)
    refund_of = Ref("order", required=True, allow_none=True)
    returns = ListOf(Ref("order"), MAX_LINES, required=True)
    passed = ListOf(Part(Passed), 2 * MAX_LINES)
    hash_version = Whole(2, required=True)
