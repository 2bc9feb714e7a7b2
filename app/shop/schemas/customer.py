"""Who buys: `customer:<ulid>` in `company`, or `customer:<their key>` when imported."""

from __future__ import annotations

from app.shop.schemas.base import Amount, Attributes, Flag, ListOf, Mutable, Text


class Customer(Mutable):
    """A customer. The name may be empty once `erased`; orders hold the id, never the person's data."""

    doctype = "customer"

    name = Text(200, required=True)
    key = Text(100, allow_none=True)
    group = Text(60, allow_none=True)
    email = Text(254, allow_none=True)
    phone = Text(40, allow_none=True)
    address = ListOf(Text(200), 10, allow_none=True)
    tax_number = Text(40, allow_none=True)
    note = Text(2000, allow_none=True)
    account_limit = Amount(allow_none=True)  # how much may stand on account, minor units; null: no limit
    cards = ListOf(Text(64, filled=True), 10, unique=True)
    attributes = Attributes()
    erased = Flag()
    inactive = Flag()
