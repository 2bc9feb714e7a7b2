"""A terminal: `terminal:<terminal>` in `store-<id>`."""

from __future__ import annotations

from app.shop.schemas.base import Flag, ListOf, Mutable, Part, Ref, Strict, Text, Time
from app.shop.schemas.store import STORE_ID

INCARNATION = r"[0-9a-hjkmnp-tv-z]{2,3}"  # Crockford's base 32 in small letters: no i, l, o, u
SERIES = rf"{STORE_ID}\.{INCARNATION}"


class Claim(Strict):
    """Which node holds the terminal's name."""

    node = Text(100, filled=True, required=True)
    at = Time(required=True)


class Terminal(Mutable):
    """A terminal and every incarnation it ever had: a set, so that two nodes that added one each can be united."""

    doctype = "terminal"

    terminal = Text(60, pattern=STORE_ID, required=True)
    store = Ref("store", required=True)
    name = Text(100, allow_none=True)
    incarnations = ListOf(Text(3, pattern=INCARNATION), 5000, unique=True, required=True)
    claim = Part(Claim, allow_none=True)
    inactive = Flag()
