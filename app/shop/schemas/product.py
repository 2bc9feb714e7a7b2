"""What is sold: `product:<sku>` in `company`."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from app.shop.reason import say
from app.shop.schemas.base import (
    Attributes,
    Choice,
    Flag,
    ListOf,
    Mutable,
    Part,
    Quantity,
    Ref,
    Strict,
    Text,
    Time,
    Whole,
    price_field,
)

BARCODE = r"[!-~](?:[ -~]{0,46}[!-~])?"


class Barcodes(ListOf):
    """Codes of one product, none of them twice."""

    def __init__(self, **kwargs: Any) -> None:
        code = Text(48, pattern=BARCODE, metadata={"label": "barcode"})
        super().__init__(code, 50, unique=True, **kwargs)


class Unit(Strict):
    """A packing that is sold as one thing: "box" of `quantity` thousandths of the product, with codes of its own.
    `price` is that of one such unit; without it, that many times the product's."""

    name = Text(40, filled=True, required=True, metadata={"label": "name of the unit"})
    quantity = Quantity(1, required=True, metadata={"label": "quantity of the unit"})
    barcodes = Barcodes(load_default=list)
    price = price_field(allow_none=True, load_default=None)

    def take(self, value: Any) -> dict[str, Any]:
        taken = super().take(value)
        price = taken.get("price")
        if price is not None and price["per"] != 1000:
            raise ValidationError({"price": [say("the price of a unit is for one of it: its “per” must be 1000")]})
        return taken


class BundlePart(Strict):
    """What is in a bundle: `quantity` thousandths of a product in one of it."""

    product = Ref("product", required=True)
    quantity = Quantity(1, required=True)


class Product(Mutable):
    """A product. `price` null means an open price, keyed at the till; `taxes` null means the store's usual ones.

    `sold_by` is `unit` (counted) or `measure` (weighed, poured, cut): then `unit` names the measure ("kg", "gal") and
    `decimals`, 0 to 3, how finely it is shown. `picture` is the id of a document of its own: documents with attachments
    are never merged by rule.

    `units` are packings ("box of 12"); `variant_of` names the product whose tile offers this one among its kind (a
    shirt's sizes), `variant` what tells it from them ("M, blue"), `sort` its place among them, smaller first; `bundle`
    what a product consists of that is sold for one price; `deposit` the product that is charged with each one (a
    bottle); `min_age` the years of age that the customer must have.
    """

    doctype = "product"

    sku = Text(64, filled=True, required=True, metadata={"label": "SKU"})
    name = Text(200, filled=True, required=True)
    description = Text(4000, allow_none=True)
    barcodes = Barcodes(required=True)
    category = Ref("category", allow_none=True, load_default=None)
    department = Text(100, allow_none=True)
    brand = Text(100, allow_none=True)
    size = Text(100, allow_none=True)
    sold_by = Choice("unit", "measure", required=True, metadata={"label": "way it is sold"})
    unit = Text(20, allow_none=True)
    decimals = Whole(0, 3)
    price = price_field(required=True, allow_none=True)
    priced_at = Time(allow_none=True, metadata={"label": "time of the price"})
    taxes = ListOf(Ref("tax"), 20, unique=True, allow_none=True)
    inactive = Flag()
    stores = ListOf(Ref("store"), 5000, unique=True, allow_none=True)
    min_age = Whole(0, 150, allow_none=True, metadata={"label": "age"})
    deposit = Ref("product", allow_none=True)
    variant_of = Ref("product", allow_none=True)
    variant = Text(100, allow_none=True)
    sort = Whole(-1_000_000, 1_000_000, allow_none=True)
    units = ListOf(Part(Unit), 20)
    bundle = ListOf(Part(BundlePart), 50, allow_none=True)
    picture = Text(250, allow_none=True)
    attributes = Attributes()


class Category(Mutable):
    """A place in the catalogue: `category:<slug>` in `company`. `sort` orders tiles, smaller first; `stores` are those
    that sell what is in it and below, null all of them."""

    doctype = "category"

    name = Text(100, filled=True, required=True)
    parent = Ref("category", allow_none=True)
    sort = Whole(-1_000_000, 1_000_000)
    colour = Text(
        7, pattern=r"#[0-9a-f]{6}", hint=say("it must be like %(example)s", example="#1a2b3c"), allow_none=True
    )
    picture = Text(250, allow_none=True)
    stores = ListOf(Ref("store"), 5000, unique=True, allow_none=True)
    inactive = Flag()
