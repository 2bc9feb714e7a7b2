"""What head office sets: `settings:<scope>` in `company` (`settings:all`, `settings:store:s1`)."""

from __future__ import annotations

from marshmallow import fields

from app.shop.schemas.base import Mutable, Text


class Settings(Mutable):
    """Values by name for one scope; a store's stand over those for all. The values are JSON without floats."""

    doctype = "settings"

    scope = Text(80, filled=True, required=True)
    values = fields.Dict(keys=Text(100, filled=True), required=True)
