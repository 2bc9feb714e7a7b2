"""A shift: one drawer's session, from its float to its Z. `shift:<series>:<journal>:<nonce>` in `store-<id>`,
immutable; the Z report that names it closes it."""

from __future__ import annotations

from app.shop.schemas.base import Amount, Flag, ListOf, Part, Strict, Text, Time, Whole
from app.shop.schemas.journalled import ByPerson

MAX_KINDS = 40


class Counted(Strict):
    """So many notes or coins of one value (minor units)."""

    value = Amount(1, required=True)
    count = Whole(0, 1_000_000, required=True)


class ClockReset(Strict):
    """Time went back here: the clock had once been far ahead, and a supervisor opened with it set right."""

    # `from` is a word of Python's, so the attribute has another name than the document's field.
    from_ = Time(required=True, data_key="from")
    to = Time(required=True)


class Shift(ByPerson):
    """`auto`: a sale opened it by itself, with nothing in the drawer."""

    doctype = "shift"

    float = Amount(required=True)
    denominations = ListOf(Part(Counted), MAX_KINDS, required=True, allow_none=True)
    auto = Flag(required=True)
    note = Text(500, required=True)
    clock_reset = Part(ClockReset)
