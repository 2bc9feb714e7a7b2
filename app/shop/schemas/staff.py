"""Who works in a store: `staff:<ulid>` in the store's database, written at any of its tills.

Of a PIN and a badge only hashes stand here, made with a secret that the tills of the store share and that is in no
document (`app.shop.people.pins`): whoever reads the database still has to guess at a till.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from app.shop.reason import say
from app.shop.schemas.base import Flag, Mutable, Part, Strict, Text, Time, Whole

_HEX = r"[0-9a-f]+"


class Pin(Strict):
    """scrypt of a peppered PIN; `pepper` names the secret by the first 8 hex digits of its SHA-256."""

    salt = Text(64, pattern=_HEX, required=True)
    hash = Text(128, pattern=_HEX, required=True)
    n = Whole(2**10, 2**16, required=True)
    r = Whole(1, 8, required=True)
    p = Whole(1, 4, required=True)
    pepper = Text(8, pattern=r"[0-9a-f]{8}", required=True)


class Badge(Strict):
    """A code on a card, as HMAC-SHA256 under the same secret."""

    hash = Text(64, pattern=r"[0-9a-f]{64}", required=True)
    pepper = Text(8, pattern=r"[0-9a-f]{8}", required=True)


class Code(Strict):
    """scrypt of a code that head office gave out: good once, at a till, until `until`, to choose a PIN with. It has no
    pepper, which head office lacks; twelve random digits take the place of it for as long as the code lives."""

    salt = Text(64, pattern=_HEX, required=True)
    hash = Text(128, pattern=_HEX, required=True)
    n = Whole(2**10, 2**16, required=True)
    r = Whole(1, 8, required=True)
    p = Whole(1, 4, required=True)
    until = Time(required=True)


class Staff(Mutable):
    """One person. Without a PIN, a badge and a code (`onetime`) nobody can sign in as them. `moved` is the store that
    they went to. The name is empty once `erased`."""

    doctype = "staff"

    name = Text(60, required=True)
    role = Text(40, filled=True, required=True)
    pin = Part(Pin, allow_none=True)
    badge = Part(Badge, allow_none=True)
    onetime = Part(Code, allow_none=True)
    moved = Text(60, allow_none=True)
    inactive = Flag()
    language = Text(10, allow_none=True)
    #: Since when a new PIN is to be chosen (a till was stolen), and the last such time after which one was.
    renew = Time(allow_none=True)
    renewed = Time(allow_none=True)
    erased = Flag()

    def take(self, value: Any) -> dict[str, Any]:
        loaded = super().take(value)
        if not loaded["name"].strip() and not loaded.get("erased"):
            raise ValidationError({"name": [say("the %(field)s is missing", field=say("name"))]})
        return loaded
