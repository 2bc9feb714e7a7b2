"""The request for a price, `POST /api/price`: what a cart would come to, nothing sold and nothing written."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from app.shop.money import MAX_QUANTITY
from app.shop.schemas.base import Choice, Flag, ListOf, Part, Ref, SignedAmount, Strict, Text, Whole, price_field
from app.shop.schemas.order import MAX_LINES, LineDiscount, LineTax
from app.shop.schemas.sale import ByHand


class PriceCustomer(Strict):
    """Whose prices: the id counts, the group is looked up."""

    id = Ref("customer", required=True)
    group = Text(60, allow_none=True)


class FixedFigures(Strict):
    """The figures of a returned line, as its receipt has them."""

    amount = SignedAmount(required=True)
    discounts = ListOf(Part(LineDiscount), 200, load_default=list)
    total = SignedAmount(required=True)
    tax = ListOf(Part(LineTax), 20, load_default=list)
    coupon = SignedAmount(allow_none=True)


class PriceLine(Strict):
    """One line of a cart as the pricing function takes it. What the catalogue knows of the product (its `price`, lists,
    taxes, bundle, deposit) is looked up again; `price` counts where the catalogue lacks the product, `keyed` stands
    over everything, `label` says that it came from the item's own barcode."""

    id = Text(60, filled=True)
    kind = Choice("goods", "giftcard", "topup", "deposit", load_default="goods")
    product = Ref("product", allow_none=True, load_default=None)
    name = Text(200, allow_none=True)
    category = Text(250, allow_none=True)
    quantity = Whole(-MAX_QUANTITY, MAX_QUANTITY, zero=False, required=True)
    price = price_field(allow_none=True)
    keyed = price_field(allow_none=True)
    label = Flag()
    discounts = ListOf(Part(ByHand), 100, load_default=list)
    fixed = Part(FixedFigures, allow_none=True)
    family: Any = fields.Raw(allow_none=True)
    measured: Any = fields.Raw(allow_none=True)
    prices: Any = fields.Raw(allow_none=True)
    taxes: Any = fields.Raw(allow_none=True)
    bundle: Any = fields.Raw(allow_none=True)
    deposit: Any = fields.Raw(allow_none=True)


class PriceCart(Strict):
    """The cart; `customer` decides which lists and promotions hold."""

    customer = Part(PriceCustomer, allow_none=True, load_default=None)
    coupons = ListOf(Text(64, filled=True), 50, load_default=list)
    discounts = ListOf(Part(ByHand), 20, load_default=list)
    lines = ListOf(Part(PriceLine), MAX_LINES, required=True)


class PriceRequest(Strict):
    cart = Part(PriceCart, required=True)


PRICE_REQUEST = PriceRequest()
