"""What people say of something that waits for one of them: who sees to it, what was noted, whether it is done."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from app.shop.reason import say
from app.shop.schemas.base import OBJECT, Mutable, Ref, Strict, Text, Time
from app.shop.schemas.journalled import REQUEST

MOST_NOTES = 500
#: A note is called by the request that wrote it.
NOTE_ID = REQUEST


class Note(Strict):
    """One note: when, by whom (null: nobody is signed in there), on which node."""

    text = Text(2000, filled=True, required=True)
    at = Time(required=True)
    by = Text(200, allow_none=True, load_default=None)
    on = Text(200, allow_none=True, load_default=None)


class Notes(fields.Dict):
    """Notes by id, so that those which two people wrote apart both stay."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=Text(64, pattern=NOTE_ID), **kwargs)
        self._note = Note()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(OBJECT)
        if len(value) > MOST_NOTES:
            raise ValidationError(say("there are too many %(field)s, the most is %(most)s", field="notes",
                                      most=MOST_NOTES))  # fmt: skip
        for id in value:
            self.key_field.deserialize(id)  # type: ignore[union-attr]
        return {id: self._note.take(note) for id, note in value.items()}


class Followed(Mutable):
    """`assigned` is who sees to it, `later_at` when somebody put it aside for now, `done_at` when it was closed."""

    assigned = Ref("staff", allow_none=True)
    notes = Notes()
    later_at = Time(allow_none=True)
    done_at = Time(allow_none=True)
    done_by = Ref("staff", allow_none=True)
