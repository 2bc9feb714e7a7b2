"""How the shop's document ids are made and read: `order:<series>:<number, 8 digits>:<nonce>`.

The nonce is taken from the sale's client-born id. So a terminal and its clone that both sold number 42 make two
documents, which both count; an id without it would hide one sale as the losing leaf of the other.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

NONCE_DIGITS = 10  # hex: 40 bits, among the few documents that could ever share a series and a number
NUMBER_DIGITS = 8
JOURNALED = frozenset({"order", "shift", "zreport", "cash", "event", "stock", "posting"})
#: Types that are written once and stand in no journal: whoever has the order, or made the decision, writes the same.
LOOSE = frozenset({"ledger", "level", "statement", "resolution", "erasure", "booking"})
IMMUTABLE = JOURNALED | LOOSE

#: Types whose ids hold their place in the journal; receipts and Z reports have numbers of their own.
PLACED = tuple(sorted(JOURNALED - {"order", "zreport"}))

_NUMBERED = re.compile(r"([a-z]+):([a-z][a-z0-9-]*\.[0-9a-z]{2,3}):(\d{8,}):([0-9a-f]{10})")


class NumberedId(NamedTuple):
    type: str
    series: str
    number: int
    nonce: str


def nonce(sale: str) -> str:
    """Ten hex digits of SHA-256 over the sale's id."""
    return hashlib.sha256(sale.encode()).hexdigest()[:NONCE_DIGITS]


def numbered(type: str, series: str, number: int, sale: str) -> str:
    """The id of a document of a series: `numbered("order", "s1-t2.k7", 42, sale)`."""
    return prefix(type, series, number) + nonce(sale)


def prefix(type: str, series: str, number: int) -> str:
    """What the ids of all documents of this type begin with that have the number in the series (several, where a
    terminal was copied): `order:s1-t2.k7:00000042:`."""
    return f"{type}:{series}:{number:0{NUMBER_DIGITS}d}:"


def parse(id: str) -> NumberedId | None:
    """The parts of such an id, or None for any other."""
    found = _NUMBERED.fullmatch(id)
    return NumberedId(found[1], found[2], int(found[3]), found[4]) if found else None


def terminal_of(series: str) -> str:
    """`s1-t2` of `s1-t2.k7`."""
    return series.rpartition(".")[0]


def product_name(id: str) -> str:
    """What to call a product that the catalogue lacks: its SKU."""
    return id.partition(":")[2] or id
