"""The order in which CouchDB puts JSON values: null < false < true < numbers < texts < arrays < objects.

Arrays and objects compare member by member, the shorter first; an object's members in the order in which they stand,
first the key, then the value. CouchDB compares texts with ICU's root collation. `text_key` does the part of it that a
shop's documents need, without ICU: letters before case and accents ("a" < "A" < "á" < "b"), punctuation before
digits before letters, control and zero-width characters ignored. Scripts stand in the order of their code points.

Source: CouchDB's `couch_ejson_compare` and its documentation of view collation.
"""

from __future__ import annotations

import struct
import unicodedata
from functools import lru_cache
from typing import Any

# ICU's order of what is neither digit nor letter in ASCII; other symbols follow, by code point.
_PUNCTUATION = {char: rank for rank, char in enumerate("\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$")}
_SYMBOL, _DIGIT, _LETTER = range(1, 4)

TextKey = tuple[tuple[tuple[int, int], ...], tuple[int, ...], tuple[bool, ...]]


def text_key(text: str) -> TextKey:
    """Sorts as CouchDB sorts texts: by letters, then by accents, then lower case before upper case."""
    letters: list[tuple[int, int]] = []
    accents: list[int] = []
    upper: list[bool] = []
    for char in unicodedata.normalize("NFD", text):
        category = unicodedata.category(char)
        if char in _PUNCTUATION:
            letters.append((0, _PUNCTUATION[char]))
        elif category[0] == "M":
            accents.append(ord(char))
            continue
        elif category in ("Cc", "Cf"):
            continue
        elif category == "Nd":
            letters.append((_DIGIT, unicodedata.decimal(char)))
        elif category[0] in "LN":
            letters.extend((_LETTER, ord(folded)) for folded in char.casefold())
        else:
            letters.append((_SYMBOL, ord(char)))
        accents.append(0)
        upper.append(char.isupper())
    while accents and not accents[-1]:
        accents.pop()
    while upper and not upper[-1]:
        upper.pop()
    return tuple(letters), tuple(accents), tuple(upper)


def sort_key(value: Any) -> bytes:
    """Bytes that stand in the order of CouchDB's values: of two that it calls equal they are the same."""
    out = bytearray()
    _encode(value, out)
    return bytes(out)


def _encode(value: Any, out: bytearray) -> None:
    # Whatever ends ends with a zero, which is less than what any value begins with.
    rank = _rank(value)
    out.append(rank + 1)
    if rank == _NUMBER:
        try:
            number = float(value) or 0.0  # -0.0 is 0
        except OverflowError:
            number = float("inf") if value > 0 else float("-inf")
        bits = int.from_bytes(struct.pack(">d", number), "big")
        out += (bits ^ (0xFFFFFFFFFFFFFFFF if bits >> 63 else 1 << 63)).to_bytes(8, "big")
    elif rank == _TEXT:
        out += _text_bytes(value)
    elif rank == _ARRAY:
        for item in value:
            _encode(item, out)
        out.append(0)
    elif rank == _OBJECT:
        for name, item in value.items():
            out.append(_TEXT + 1)
            out += _text_bytes(name)
            _encode(item, out)
        out.append(0)


@lru_cache(maxsize=4096)  # keys of views say the same days, products and currencies again and again
def _text_bytes(text: str) -> bytes:
    out = bytearray()
    letters, accents, upper = text_key(text)
    for kind, code in letters:
        out.append(kind + 1)
        out += code.to_bytes(3, "big")
    out.append(0)
    for accent in accents:
        out += (accent + 1).to_bytes(3, "big")
    out += b"\0\0\0"
    out += bytes(2 if capital else 1 for capital in upper)
    out.append(0)
    return bytes(out)


def compare(a: Any, b: Any) -> int:
    """Negative where `a` stands before `b`, 0 where CouchDB calls them equal (1 and 1.0 are), else positive."""
    rank = _rank(a)
    difference = rank - _rank(b)
    if difference or rank < _NUMBER:
        return difference
    if rank == _NUMBER:
        return int(a > b) - int(a < b)
    if rank == _TEXT:
        return _compare_texts(a, b)
    if rank == _ARRAY:
        for item_a, item_b in zip(a, b, strict=False):
            difference = compare(item_a, item_b)
            if difference:
                return difference
        return len(a) - len(b)
    for (key_a, item_a), (key_b, item_b) in zip(a.items(), b.items(), strict=False):
        difference = _compare_texts(key_a, key_b) or compare(item_a, item_b)
        if difference:
            return difference
    return len(a) - len(b)


_NULL, _FALSE, _TRUE, _NUMBER, _TEXT, _ARRAY, _OBJECT = range(7)


def _rank(value: Any) -> int:
    if isinstance(value, str):
        return _TEXT
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, (int, float)):
        return _NUMBER
    return _ARRAY if isinstance(value, list) else _OBJECT


def _compare_texts(a: str, b: str) -> int:
    if a == b:
        return 0
    key_a, key_b = text_key(a), text_key(b)
    return int(key_a > key_b) - int(key_a < key_b)
