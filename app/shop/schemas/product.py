"""What is sold: `product:<sku>` in `company`."""

from __future__ import annotations

from app.shop.schemas.base import Attributes, Choice, Flag, ListOf, Mutable, Ref, Text, Whole, price_field

BARCODE = r"[!-~](?:[ -~]{0,46}[!-~])?"


class Product(Mutable):
    """A product. `price` null means an open price, keyed at the till; `taxes` null means the store's usual ones.

    `sold_by` is `unit` (counted) or `measure` (weighed, poured, cut): then `unit` names the measure ("kg", "gal") and
    `decimals`, 0 to 3, how finely it is shown. `picture` is the id of a document of its own: documents with attachments
    are never merged by rule.
    """

    doctype = "product"

    sku = Text(64, filled=True, required=True, metadata={"label": "SKU"})
    name = Text(200, filled=True, required=True)
    description = Text(4000, allow_none=True)
    barcodes = ListOf(Text(48, pattern=BARCODE, metadata={"label": "barcode"}), 50, unique=True, required=True)
    category = Ref("category", allow_none=True, load_default=None)
    department = Text(100, allow_none=True)
    brand = Text(100, allow_none=True)
    size = Text(100, allow_none=True)
    sold_by = Choice("unit", "measure", required=True, metadata={"label": "way it is sold"})
    unit = Text(20, allow_none=True)
    decimals = Whole(0, 3)
    price = price_field(required=True, allow_none=True)
    taxes = ListOf(Ref("tax"), 20, unique=True, allow_none=True)
    inactive = Flag()
    min_age = Whole(0, 150, allow_none=True, metadata={"label": "age"})
    deposit = Ref("product", allow_none=True)
    variant_of = Ref("product", allow_none=True)
    picture = Text(250, allow_none=True)
    attributes = Attributes()


class Category(Mutable):
    """A place in the catalogue: `category:<slug>` in `company`. `sort` orders tiles, smaller first."""

    doctype = "category"

    name = Text(100, filled=True, required=True)
    parent = Ref("category", allow_none=True)
    sort = Whole(-1_000_000, 1_000_000)
    colour = Text(7, pattern=r"#[0-9a-f]{6}", hint="it must be like #1a2b3c", allow_none=True)
    picture = Text(250, allow_none=True)
    inactive = Flag()
