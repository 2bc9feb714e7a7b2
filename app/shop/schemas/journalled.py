"""What every link of a terminal's journal begins with, whatever its type (app/shop/journal.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from app.shop.money import MAX_INTEGER
from app.shop.reason import Reason, phrase
from app.shop.schemas.base import Document, ListOf, Part, Ref, Strict, Text, Time, Whole, called
from app.shop.schemas.store import CURRENCY, STORE_ID
from app.shop.schemas.terminal import SERIES

#: The id that a client gave birth to: repeating a request gives the same document.
REQUEST = r"[A-Za-z0-9_.-]{8,64}"
HASH = r"[0-9a-f]{64}"
DATE = r"\d{4}-\d\d-\d\d"
KIND = r"[a-z][a-z0-9_]{0,31}"
DEEPEST = 4


class ClockState(Strict):
    """What was wrong with the terminal's clock: what it said itself, how far it was behind the last document, and by
    how much the central's clock was ahead of it (milliseconds)."""

    own = Time(required=True)
    behind = Whole(0)
    off = Whole()


class Approval(Strict):
    """A right that a supervisor lent for this one action."""

    right = Text(32, pattern=KIND, required=True)
    by = Ref("staff", required=True)


class Details(fields.Field[Any]):
    """A small object of what else there is to say: texts, whole numbers, true and false, null, and lists and objects
    of them. No floats."""

    wrong = phrase("the %(field)s must be an object of texts and whole numbers")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not _plain(value, DEEPEST):
            raise ValidationError(Reason(self.wrong, {"field": called(self, attr)}))
        return dict(value)


def _plain(value: Any, depth: int) -> bool:
    if isinstance(value, Mapping):
        return depth > 0 and len(value) <= 50 and all(len(k) <= 100 and _plain(v, depth - 1) for k, v in value.items())
    if isinstance(value, list):
        return depth > 0 and len(value) <= 200 and all(_plain(entry, depth - 1) for entry in value)
    if isinstance(value, str):
        return len(value) <= 500
    return value is None or type(value) is bool or (type(value) is int and abs(value) <= MAX_INTEGER)


class Journalled(Document):
    """Place, time and chain of a document, and the request that made it."""

    request = Text(64, pattern=REQUEST, required=True)
    store = Text(60, pattern=STORE_ID, required=True)
    terminal = Text(60, pattern=STORE_ID, required=True)
    series = Text(80, pattern=SERIES, required=True)
    at = Time(required=True)
    clock = Part(ClockState, required=True, allow_none=True)
    business_date = Text(10, pattern=DATE, required=True)
    currency = Text(3, pattern=CURRENCY, required=True)
    digits = Whole(0, 4, required=True)
    journal = Whole(1, required=True)
    prev = Text(64, pattern=HASH, required=True, allow_none=True)
    hash_version = Whole(2, required=True)
    hash = Text(64, pattern=HASH, required=True)


class ByPerson(Journalled):
    """What somebody did at a drawer: who, and who allowed it."""

    drawer = Text(60, pattern=STORE_ID, required=True)
    by = Ref("staff", required=True, allow_none=True)
    approvals = ListOf(Part(Approval), 20, required=True)
