"""A terminal: `terminal:<terminal>` in `store-<id>`."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from app.shop.reason import say
from app.shop.schemas.base import OBJECT, Choice, Flag, ListOf, Mutable, Part, Ref, Strict, Text, Time, Whole
from app.shop.schemas.store import STORE_ID

INCARNATION = r"[0-9a-hjkmnp-tv-z]{2,3}"  # Crockford's base 32 in small letters: no i, l, o, u
SERIES = rf"{STORE_ID}\.{INCARNATION}"
ENROLMENT = r"[0-9a-f]{8}"

#: What a terminal's log tells. `code` and `replaced` made a code: for a machine, or for another machine in its place.
#: `certificate`: head office says by which names browsers call it, and so that it is to have one for HTTPS.
EVENTS = ("planned", "code", "replaced", "withdrawn", "expired", "enrolled", "revoked", "certificate")
MOST_EVENTS = 1000


class Claim(Strict):
    """Which running node goes by the terminal's name: `node` is one run of it, a random word that is on no disk image,
    `at` since when it runs, `host` and `address` where. `series` is the one that it writes, null where it must begin a
    new one; `left` the one that it gave up for another life's sake. `after` are the runs that it knew of: its own
    earlier ones and others'. (`app.shop.claims`)"""

    node = Text(100, filled=True, required=True)
    at = Time(required=True)
    host = Text(100, allow_none=True)
    address = Text(100, allow_none=True)
    series = Text(80, pattern=SERIES, allow_none=True)
    left = Text(80, pattern=SERIES, allow_none=True)
    after = ListOf(Text(100, filled=True), 200, unique=True)


class Event(Strict):
    """What happened to the terminal, when, by whom (null: nobody is signed in there), on which node; `enrolment` is
    which code it was about, `until` how long that one was good; `stolen` where the machine was; `names` those of a
    certificate, none where it is to be renewed no more."""

    what = Choice(*EVENTS, required=True)
    at = Time(required=True)
    by = Text(200, allow_none=True, load_default=None)
    on = Text(200, allow_none=True, load_default=None)
    enrolment = Text(8, pattern=ENROLMENT, allow_none=True)
    until = Time(allow_none=True)
    stolen = Flag()
    names = ListOf(Text(255, filled=True), 20)


class Log(fields.Dict):
    """Events by the request that made each: so a repeat adds none, and those of two nodes both stay."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=Text(80, pattern=r"[A-Za-z0-9_.-]{8,80}"), **kwargs)
        self._event = Event()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(OBJECT)
        if len(value) > MOST_EVENTS:
            raise ValidationError(say("there are too many %(field)s, the most is %(most)s", field=say("events"),
                                      most=MOST_EVENTS))  # fmt: skip
        for id in value:
            self.key_field.deserialize(id)  # type: ignore[union-attr]
        return {id: self._event.take(event) for id, event in value.items()}


class Terminal(Mutable):
    """A terminal and every incarnation it ever had: a set, so that two nodes that added one each can be united."""

    doctype = "terminal"

    terminal = Text(60, pattern=STORE_ID, required=True)
    store = Ref("store", required=True)
    number = Whole(1, 9999, allow_none=True)
    name = Text(100, allow_none=True)
    incarnations = ListOf(Text(3, pattern=INCARNATION), 5000, unique=True, required=True)
    claim = Part(Claim, allow_none=True)
    log = Log()
    inactive = Flag()
