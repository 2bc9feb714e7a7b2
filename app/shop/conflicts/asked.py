"""What is asked for when a document in dispute is decided, or when that is taken back: checked before all else."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from app.shop.reason import phrase
from app.shop.sale import read_request
from app.shop.schemas.base import Choice, ListOf, Strict, Text
from app.shop.schemas.journalled import REQUEST
from app.shop.schemas.resolution import MOST, REV


class Choices(fields.Field[Any]):
    """By field: `{"side": rev}`, or `{"value": …}` for a keyed one. What is in them is checked with the document."""

    wrong = phrase("the %(field)s must be an object, by field")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > MOST:
            raise self.make_error("invalid")
        return value


class Resolve(Strict):
    """`seen` is the case's, as the person saw it; `take` the revision whose values count where `choose` says nothing;
    `keep` decides between a deletion and an edit."""

    request = Text(64, pattern=REQUEST, required=True)
    seen = Text(40, filled=True, required=True)
    side = Text(220, data_key="take", allow_none=True)
    choose = Choices(allow_none=True, metadata={"label": "choices"})
    keep = Choice("deleted", "live", allow_none=True)
    note = Text(500, allow_none=True)
    approvals = ListOf(Text(200), 20)


class Undo(Strict):
    """`resolution` is the id of the decision that is taken back."""

    request = Text(64, pattern=REQUEST, required=True)
    resolution = Text(250, filled=True, required=True)
    approvals = ListOf(Text(200), 20)


class Restore(Strict):
    """`rev` is the version to bring back, `seen` the one that was in use when the person looked."""

    request = Text(64, pattern=REQUEST, required=True)
    rev = Text(220, pattern=REV, required=True, metadata={"label": "version"})
    seen = Text(220, pattern=REV, required=True)
    note = Text(500, allow_none=True)
    approvals = ListOf(Text(200), 20)


def read(schema: Strict, body: dict[str, Any]) -> dict[str, Any]:
    """The request, checked. Raises SaleError 400 with all its faults, in words."""
    return read_request(body, schema)


RESOLVE, UNDO, RESTORE = Resolve(), Undo(), Restore()
