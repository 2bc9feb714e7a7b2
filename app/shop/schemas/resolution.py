"""What was decided about a document in dispute: `resolution:<ulid>`, in the document's own database. Never changed.

It names revisions, and whose value was taken of which member; the values themselves too, but never those of a person
(a customer, somebody of the staff): what is erased must be gone from here as well.
"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from app.docs import json
from app.shop.reason import phrase
from app.shop.schemas.base import Choice, Document, ListOf, Part, Ref, Strict, Text, Time
from app.shop.schemas.cart import plain
from app.shop.schemas.journalled import Approval

#: `resolved`: a person joined the branches. `undone`: a person took that back. `restored`: an older revision was
#: written anew. `bulk`: one of many that were decided at once.
KINDS = ("resolved", "undone", "restored", "bulk")
#: Open leaves of one document: a tree with more is somebody's program gone wild.
MOST = 2000
#: Members of one document that a resolution tells of.
CHOICES = 1000
#: Whose value was taken, where it was no side's: one that a person keyed, one that a rule made.
OTHER, JOINED = "other", "joined"
#: Bytes of one value.
LARGEST = 20_000
REV = r"\d{1,15}-.{1,200}"


class Plain(fields.Field[Any]):
    """Any JSON without floats, of bounded size."""

    wrong = phrase("the %(field)s must be plain JSON, with whole numbers only")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not plain(value) or len(json.dumps(value)) > LARGEST:
            raise self.make_error("invalid")
        return value


class Named(fields.Field[Any]):
    """What another document is called, or one of its members: any text, since ids and keys may be any text."""

    wrong = phrase("the %(field)s must be text")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if type(value) is not str or len(value) > LARGEST:
            raise self.make_error("invalid")
        return value


def Rev(**kwargs: Any) -> Text:
    """A revision's id; `kwargs` as a field's."""
    return Text(220, pattern=REV, **kwargs)


class Values(fields.Field[Any]):
    """Values by revision."""

    wrong = phrase("the %(field)s must be an object of values by revision")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > MOST or not all(map(plain, value.values())):
            raise self.make_error("invalid")
        return value


class Picked(Strict):
    """One member: `side` is the revision whose value was taken, OTHER (keyed by the person) or JOINED (by a rule).
    `value` is what it became, `aside` what the other revisions said; neither for a person's data."""

    path = Named(required=True)
    side = Text(220, filled=True, required=True)
    value = Plain(allow_none=True)
    aside = Values()


class Resolution(Document):
    """`leaves` are the open leaves before, the winner first; `base` their common ancestor; `result` what was written on
    the winner's branch; `closed` the tombstones. `kept` tells, where one side had deleted the document, which of both
    stood. An undone one names in `undoes` the resolution that it took back."""

    doctype = "resolution"

    request = Text(64, filled=True, required=True)
    about = Named(required=True)
    doctype_ = Named(data_key="doctype", allow_none=True)
    kind = Choice(*KINDS, required=True)
    leaves = ListOf(Rev(), MOST, required=True)
    base = Rev(allow_none=True)
    result = Rev(allow_none=True)
    closed = ListOf(Rev(), MOST, required=True)
    choices = ListOf(Part(Picked), CHOICES, required=True)
    kept = Choice("deleted", "live", allow_none=True)
    undoes = Ref("resolution", allow_none=True)
    note = Text(500, allow_none=True)
    approvals = ListOf(Part(Approval), 20)
    at = Time(required=True)
    by = Text(200, allow_none=True)
    on = Text(200, allow_none=True)
