"""The request for a price, `POST /api/price`: what a cart would come to, nothing sold and nothing written."""

from __future__ import annotations

from app.shop.money import MAX_QUANTITY
from app.shop.schemas.base import Choice, Flag, ListOf, Part, Ref, Strict, Text, Whole, price_field
from app.shop.schemas.sale import MAX_LINES, ByHand


class PriceLine(Strict):
    """One line. Without `price` the lists' and the catalogue's counts; `label` says that a keyed price came from the
    item's own barcode. What the catalogue lacks needs a price."""

    id = Text(40, filled=True)
    kind = Choice("goods", "giftcard", "topup", load_default="goods")
    product = Ref("product", allow_none=True, load_default=None)
    name = Text(200, filled=True)
    quantity = Whole(-MAX_QUANTITY, MAX_QUANTITY, zero=False, required=True)
    price = price_field()
    label = Flag()
    discounts = ListOf(Part(ByHand), 100, load_default=list)


class PriceCart(Strict):
    """The cart; `customer` decides which lists and promotions hold."""

    customer = Ref("customer", allow_none=True, load_default=None)
    coupons = ListOf(Text(64, filled=True), 50, load_default=list)
    discounts = ListOf(Part(ByHand), 20, load_default=list)
    lines = ListOf(Part(PriceLine), MAX_LINES, required=True)


class PriceRequest(Strict):
    cart = Part(PriceCart, required=True)


PRICE_REQUEST = PriceRequest()
