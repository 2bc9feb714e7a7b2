"""A store: `store:<id>` in `company`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields

from app.shop.pricing.tax import MODES
from app.shop.reason import say
from app.shop.schemas.base import Choice, ListOf, Mutable, Ref, Text, Whole

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


class Store(Mutable):
    """A store: its book currency, its clock, its taxes, and what stands on its receipts.

    `day_start` is when a business day begins, `HH:MM` in the store's zone; `tax_mode` tells whether prices contain
    their taxes; `taxes` are those of a product that names none.
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
    locations = fields.List(fields.Dict(), load_default=list)
