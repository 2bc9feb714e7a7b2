"""A price list: `pricelist:<slug>` in `company`; and the conditions that promotions have in common with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import ValidationError

from app.shop.money import MILLION
from app.shop.reason import say
from app.shop.schemas.base import (
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
    called,
    price_field,
)
from app.shop.schemas.store import CURRENCY

MOST_PRICES = 20_000
CLOCK = r"([01]\d|2[0-3]):[0-5]\d"


class Day(Text):
    """A calendar date: `2026-11-22`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            10, pattern=r"\d{4}-\d\d-\d\d", hint=say("it must be like %(example)s", example="2026-11-22"), **kwargs
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValidationError(say("the %(field)s is not a date that exists", field=called(self, attr))) from None
        return text


class Clock(Text):
    """A time of the day: `06:00`."""

    def __init__(self, pattern: str = CLOCK, **kwargs: Any) -> None:
        super().__init__(5, pattern=pattern, hint=say("it must be like %(example)s", example="17:00"), **kwargs)


class Percent(Whole):
    """Millionths, more than nothing and at most all of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, MILLION, **kwargs)


class Hours(Strict):
    """A span of the week in the store's time, its end excluded; one that ends before it begins goes past midnight."""

    weekdays = ListOf(Whole(1, 7), 7, unique=True, allow_none=True, load_default=None)
    begins = Text(5, pattern=CLOCK, hint=say("it must be like %(example)s", example="17:00"), load_default="00:00")
    ends = Text(
        5, pattern=CLOCK + "|24:00", hint=say("it must be like %(example)s", example="19:00"), load_default="24:00"
    )

    def take(self, value: Any) -> dict[str, Any]:
        taken = super().take(value)
        if taken["begins"] == taken["ends"]:
            raise ValidationError({"ends": [say("the span ends when it begins")]})
        return taken


class Rule(Mutable):
    """What price lists and promotions share: `priority` (the higher goes first, then the smaller id), and when they
    hold: for customers of `groups`, in `stores`, from `starts` to `ends` (both days included; on the first from
    `starts_at` on, on the last until `ends_at`), in one of the `hours`. Days and times are the store's own."""

    name = Text(100, filled=True, required=True)
    priority = Whole(-1_000_000, 1_000_000, load_default=0)
    groups = ListOf(Text(60, filled=True), 100, unique=True, allow_none=True)
    stores = ListOf(Ref("store"), 5000, unique=True, allow_none=True)
    starts = Day(allow_none=True, metadata={"label": "first day"})
    starts_at = Clock(allow_none=True, metadata={"label": "time of the first day"})
    ends = Day(allow_none=True, metadata={"label": "last day"})
    ends_at = Clock(CLOCK + "|24:00", allow_none=True, metadata={"label": "time of the last day"})
    hours = ListOf(Part(Hours), 50, allow_none=True)
    inactive = Flag()

    def take(self, value: Any) -> dict[str, Any]:
        taken = super().take(value)
        starts, ends = taken.get("starts"), taken.get("ends")
        begins, stops = taken.get("starts_at"), taken.get("ends_at")
        if begins and not starts:
            raise ValidationError({"starts": [say("a time of the first day needs its date")]})
        if stops and not ends:
            raise ValidationError({"ends": [say("a time of the last day needs its date")]})
        if starts and ends and ends < starts:
            raise ValidationError({"ends": [say("the last day is before the first")]})
        if starts and starts == ends and (stops or "24:00") <= (begins or "00:00"):
            raise ValidationError({"ends_at": [say("it ends before it begins")]})
        return taken


class ListPrice(Strict):
    """One price: of a product (or of all its variants), else of a category and those below it, else of everything; a
    `price`, or `percent` millionths off the catalogue's. `least` is the quantity, in thousandths, from which it
    holds."""

    product = Ref("product", allow_none=True, load_default=None)
    category = Ref("category", allow_none=True, load_default=None)
    least = Quantity(0, load_default=0, metadata={"label": "least quantity"})
    price = price_field(allow_none=True, load_default=None)
    percent = Percent(allow_none=True, load_default=None)
    was = price_field(allow_none=True)

    def take(self, value: Any) -> dict[str, Any]:
        taken = super().take(value)
        if taken["product"] is not None and taken["category"] is not None:
            raise ValidationError({"category": [say("a price is for a product or for a category, not for both")]})
        if (taken["price"] is None) == (taken["percent"] is None):
            raise ValidationError({"price": [say("either a price or a percentage must be given")]})
        if taken["price"] is not None and taken["product"] is None:
            raise ValidationError({"product": [say("a price must name its product")]})
        return taken


class PriceList(Rule):
    """Prices that stand over the catalogue's where the list holds. Of several lists the one of the highest priority
    that has a price counts; within a list a product's own price before its category's, the larger `least` first.

    `catalogue` marks a planned change: from `starts` on (and `starts_at`) its prices take the place of the catalogue's
    own, for everybody and for good, until a product's price is set after that moment (its `priced_at`). `was` of such
    an entry is the price that was seen when it was planned. `plan` joins the documents of one large change;
    `settled_at` says that head office has written the prices into the products."""

    doctype = "pricelist"

    currency = Text(3, pattern=CURRENCY, hint=say("it must be like %(example)s", example="USD"), required=True)
    digits = Whole(0, 4, required=True)
    prices = ListOf(Part(ListPrice), MOST_PRICES, required=True)
    catalogue = Flag()
    plan = Text(60, allow_none=True)
    note = Text(500, allow_none=True)
    settled_at = Time(allow_none=True)

    def take(self, value: Any) -> dict[str, Any]:
        taken = super().take(value)
        if not taken.get("catalogue"):
            return taken
        errors: dict[str, list[str]] = {}
        if not taken.get("starts"):
            errors["starts"] = [say("a planned change must say from which day on")]
        for name in ("groups", "stores", "hours", "ends"):
            if taken.get(name):
                errors[name] = [say("a planned change holds for everybody and for good: make it a price list instead")]
        if any(entry["price"] is None or entry["least"] for entry in taken["prices"]):
            errors["prices"] = [say("a planned change names each product with its price")]
        if errors:
            raise ValidationError(errors)
        return taken
