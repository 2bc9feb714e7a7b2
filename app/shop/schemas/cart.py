"""A parked cart: `cart:<ulid>` in `store-<id>`, taken up on any till of the store.

Its lines are a map by line id, so that two tills that add to it at the same time add two keys. A line is what a sale
asks for, and besides whatever the window needs to show it again: a newer window's members are kept by an older till.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from app.docs import json
from app.shop.money import MAX_INTEGER, MAX_QUANTITY
from app.shop.reason import Reason, phrase, say
from app.shop.schemas.base import Choice, Flag, ListOf, Mutable, Part, Ref, Strict, Text, Time, called, price_field

MAX_LINES = 2000
#: Bytes of one line: with everything a window shows of it, a line takes five hundred.
MAX_LINE = 8000
LINE_ID = r"[A-Za-z0-9][A-Za-z0-9_.~-]{0,39}"


def plain(value: Any) -> bool:
    """Whether this is JSON without floats, its integers within what every program holds exactly."""
    if isinstance(value, dict):
        return all(map(plain, value.values()))
    if isinstance(value, list):
        return all(map(plain, value))
    if type(value) is int:
        return abs(value) <= MAX_INTEGER
    return value is None or isinstance(value, str | bool)


class Loose(fields.Field[Any]):
    """An object of plain JSON, of bounded size."""

    wrong = phrase("the %(field)s must be an object of texts and whole numbers")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or not plain(value):
            raise ValidationError(Reason(self.wrong, {"field": called(self, attr)}))
        if len(json.dumps(value)) > MAX_LINE:
            raise ValidationError(say("the %(field)s is too large", field=called(self, attr)))
        return value


class Lines(fields.Field[Any]):
    """The lines by their ids: each has `name`, `quantity` (thousandths, not zero), `product` (null: an item that the
    catalogue lacks) and, where it was known, `price`; the rest is the window's."""

    wrong = phrase("the %(field)s must be an object of lines by their ids")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > MAX_LINES:
            raise self.make_error("invalid")
        loaded: dict[str, Any] = {}
        for id, line in value.items():
            if not ID._validated(id):
                raise ValidationError({id: [say("the id of the line is not valid")]})
            try:
                if isinstance(line, dict):
                    LINE.take({key: line[key] for key in LINE.fields if key in line})
                loaded[id] = LOOSE._deserialize(line, "line", value)
            except ValidationError as error:
                raise ValidationError({id: error.messages}) from None
        return loaded


class _Id(Text):
    def _validated(self, value: Any) -> bool:
        return isinstance(value, str) and self.pattern is not None and bool(self.pattern.fullmatch(value))


class _Quantity(fields.Field[Any]):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if type(value) is not int or value == 0 or abs(value) > MAX_QUANTITY:
            raise ValidationError(say("the quantity must be a whole number of thousandths, and not zero"))
        return value


class CartLine(Strict):
    product = Ref("product", required=True, allow_none=True)
    name = Text(200, filled=True, required=True)
    quantity = _Quantity(required=True)
    price = price_field(allow_none=True)
    note = Text(500, allow_none=True)
    twice = Flag()


ID = _Id(40, pattern=LINE_ID)
LOOSE = Loose(metadata={"label": "line"})
LINE = CartLine()


class Holder(Strict):
    """The window that has the cart open, and since when."""

    terminal = Text(60, filled=True, required=True)
    window = Text(64, filled=True, required=True)
    at = Time(required=True)


class Cart(Mutable):
    """`parked_*` tell who parked it first; `holder` who has it open now, null while it only waits. `sold` is the order
    that sold a part of it while another till, apart, went on adding: what is left here is the rest.

    Sold or deleted, it is a tombstone, which keeps `lines` as they were, and `sold`.
    """

    doctype = "cart"

    name = Text(60, required=True, allow_none=True)
    state = Choice("parked", required=True)
    lines = Lines(required=True)
    customer = Ref("customer", required=True, allow_none=True)
    coupons = ListOf(Text(64, filled=True), 50, unique=True, required=True)
    discounts = ListOf(Loose(metadata={"label": "discount"}), 20, required=True)
    note = Text(500, required=True, allow_none=True)
    parked_at = Time(required=True)
    parked_by = Text(200, required=True, allow_none=True)
    parked_on = Text(60, required=True)
    holder = Part(Holder, required=True, allow_none=True)
    sold = Ref("order", allow_none=True)


class CartFields(Strict):
    """What a window sends of a cart: all of it, or only what it changes."""

    name = Text(60, allow_none=True)
    lines = Lines()
    customer = Ref("customer", allow_none=True)
    coupons = ListOf(Text(64, filled=True), 50, unique=True)
    discounts = ListOf(Loose(metadata={"label": "discount"}), 20)
    note = Text(500, allow_none=True)


CART_FIELDS = CartFields()
