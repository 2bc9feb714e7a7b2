"""A terminal: `terminal:<terminal>` in `store-<id>`."""

from __future__ import annotations

from app.shop.schemas.base import Flag, ListOf, Mutable, Part, Ref, Strict, Text, Time
from app.shop.schemas.store import STORE_ID

INCARNATION = r"[0-9a-hjkmnp-tv-z]{2,3}"  # Crockford's base 32 in small letters: no i, l, o, u
SERIES = rf"{STORE_ID}\.{INCARNATION}"


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


class Terminal(Mutable):
    """A terminal and every incarnation it ever had: a set, so that two nodes that added one each can be united."""

    doctype = "terminal"

    terminal = Text(60, pattern=STORE_ID, required=True)
    store = Ref("store", required=True)
    name = Text(100, allow_none=True)
    incarnations = ListOf(Text(3, pattern=INCARNATION), 5000, unique=True, required=True)
    claim = Part(Claim, allow_none=True)
    inactive = Flag()
