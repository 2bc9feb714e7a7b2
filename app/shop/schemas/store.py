"""A store: `store:<id>` in `company`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from marshmallow import ValidationError

from app.shop.pricing.tax import MODES
from app.shop.reason import say
from app.shop.schemas.base import Choice, Flag, ListOf, Mutable, Part, Ref, Strict, Text, Time, Whole

STORE_ID = r"[a-z][a-z0-9-]*"  # CouchDB refuses capitals in a database name
CURRENCY = r"[A-Z]{3}"


class ZoneName(Text):
    """A name of the IANA time zone database."""

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            raise ValidationError(
                say("the time zone “%(zone)s” is not known, it must be like Europe/Berlin", zone=text)
            ) from None
        return text


class Location(Strict):
    """A place in a store where goods are: the sales floor, the store room; `within` names the place that it is in."""

    id = Text(40, pattern=STORE_ID, hint=say("it must be small letters, digits and hyphens"), required=True)
    name = Text(100, filled=True, required=True)
    within = Text(40, allow_none=True)
    inactive = Flag()


class Locations(ListOf):
    """The places of a store: no id twice, each within one that is there, and none within itself."""

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> list[object]:
        places = super()._deserialize(value, attr, data, **kwargs)
        within = {place["id"]: place.get("within") for place in places}
        if len(within) != len(places):
            raise ValidationError(say("two places have the same short name"))
        for place in places:
            above, steps = place.get("within"), 0
            while above is not None and steps <= len(places):
                if above not in within:
                    raise ValidationError(say("the place “%(name)s” is not among the places of this store", name=above))
                above, steps = within[above], steps + 1
            if above is not None:
                raise ValidationError(say("the place “%(name)s” is within itself", name=place["id"]))
        return places


class Store(Mutable):
    """A store: its book currency, its clock, its taxes, and what stands on its receipts.

    `day_start` is when a business day begins, `HH:MM` in the store's zone; `tax_mode` tells whether prices contain
    their taxes; `taxes` are those of a product that names none. `languages` are those of its pages, the first the
    usual one; a store that is `inactive` is closed, since `closed_at`: its tills finish the day (`app.shop.closure`),
    and still send what they have.
    """

    doctype = "store"

    id = Text(60, pattern=STORE_ID, hint=say("it must be small letters, digits and hyphens"), required=True)
    name = Text(100, filled=True, required=True)
    currency = Text(3, pattern=CURRENCY, hint=say("it must be like %(example)s", example="USD"), required=True)
    digits = Whole(0, 4, required=True)
    timezone = ZoneName(60, required=True, metadata={"label": "time zone"})
    day_start = Text(
        5,
        pattern=r"([01]\d|2[0-3]):[0-5]\d",
        hint=say("it must be like %(example)s", example="04:00"),
        load_default="04:00",
    )
    tax_mode = Choice(*MODES, load_default="included")
    taxes = ListOf(Ref("tax"), 20, unique=True, load_default=list)
    header = ListOf(Text(100), 12, load_default=list)
    footer = ListOf(Text(100), 12, load_default=list)
    locale = Text(20, allow_none=True)
    address = ListOf(Text(200), 10, load_default=list)
    phone = Text(40, allow_none=True)
    languages = ListOf(Text(10, filled=True), 10, unique=True, load_default=list)
    locations = Locations(Part(Location), 200, load_default=list)
    inactive = Flag()
    closed_at = Time(allow_none=True)
