"""A tax: `tax:<slug>` in `company`."""

from __future__ import annotations

from app.shop.schemas.base import Flag, ListOf, Mutable, RateField, Ref, Text


class Tax(Mutable):
    """A tax of `rate` millionths (190000 is 19 %). `stores` null: everywhere; else it applies in those stores only, so
    that a product may name the taxes of several places and each store takes its own."""

    doctype = "tax"

    name = Text(60, filled=True, required=True)
    rate = RateField(required=True)
    stores = ListOf(Ref("store"), 5000, unique=True, allow_none=True)
    inactive = Flag()
