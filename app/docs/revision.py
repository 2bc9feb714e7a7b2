"""Revision ids: `<generation>-<hash>`, made byte for byte as CouchDB makes them.

The hash is the MD5 of the Erlang term `[Deleted, ParentGeneration, ParentHash, Body, Attachments]` in Erlang's external
term format (CouchDB's `couch_db:new_revid/1`, `term_to_binary(…, [{minor_version, 1}])`). So the same edit made at two
tills, or at a till and in CouchDB, is one revision, and no conflict.

    83                              a term
    6C 00000005 … 6A                a list of five
      64 0005 "false"               an atom
      61 00                         an integer (of one byte)
      61 00 | 6D 00000010 <16>      no parent: 0, else its hash as a binary
      68 01 6C … 6A                 an object: {[{Key, Value}, …]}
      6A                            an empty list

Speed matters, a sale waits for it: what repeats comes from a cache, already encoded, and all is appended to one list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import md5
from math import isfinite
from struct import Struct
from typing import Any

from app.docs.errors import BadRequest

Rev = str
"""`"3-917fa2381192822767f010b95b45325b"`: the generation, a dash, the hash (32 hex digits, or any text)."""

_INVALID = "Invalid rev format"
_HEX = frozenset("0123456789abcdef")
_ESCAPED = re.compile(r'["\\\x00-\x1f]')
# A generation has at most 15 digits: it must pass through JavaScript and SQLite unharmed.
_MAX_GENERATION_DIGITS = 15


def parse(rev: str) -> tuple[int, str]:
    """`"3-ABC…"` → `(3, "abc…")`: a hash of 32 hex digits in lower case, any other as it is.

    Raises BadRequest for what CouchDB takes for no revision id: among them 32 bytes that aren't hex digits.
    """
    if not isinstance(rev, str):
        raise BadRequest(_INVALID)
    number, dash, text = rev.partition("-")
    if not (dash and text and number.isdecimal() and number.isascii() and len(number) <= _MAX_GENERATION_DIGITS):
        raise BadRequest(_INVALID)
    return int(number), normal_hash(int(number), text)


def normal_hash(generation: int, text: str) -> str:
    """The hash part as it is stored and compared; raises BadRequest. Local documents (`0-7`) keep theirs as it is.

    Revisions are spliced into answers as they are: what JSON would have to escape is no revision.
    """
    if len(text) == 32 and generation and _HEX.issuperset(text):
        return text
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise BadRequest(_INVALID) from None
    if _ESCAPED.search(text):
        raise BadRequest(_INVALID)
    if size != 32 or not generation:
        return text
    lowered = text.lower()
    if len(text) != 32 or not _HEX.issuperset(lowered):
        raise BadRequest(_INVALID)
    return lowered


def raw_hash(generation: int, text: str) -> bytes:
    """The hash as CouchDB holds and compares it: 16 bytes where it is 32 hex digits, else the text's own bytes."""
    if len(text) == 32 and generation:
        return bytes.fromhex(text)
    return text.encode()


def sort_key(generation: int, hash: str) -> tuple[int, bytes]:
    """Orders revisions as CouchDB does."""
    return generation, raw_hash(generation, hash)


def new_rev(
    parent: str | None,
    deleted: bool,
    body: Mapping[str, Any],
    atts: Sequence[tuple[str, str, bytes]] = (),
) -> str:
    """The id of the revision that this edit makes.

    `body` has no `_` fields, its keys in the order in which they are stored; `atts` are `(name, content type, MD5 as 16
    bytes)` in the order of `_attachments`. Raises BadRequest for a value that JSON lacks (NaN, a date, a key that
    is no string).
    """
    generation, parent_hash = (0, "") if parent is None else parse(parent)
    out = [b"\x83l\x00\x00\x00\x05d\x00\x04true" if deleted else b"\x83l\x00\x00\x00\x05d\x00\x05false"]
    append = out.append
    append(_integer(generation))
    append(b"a\x00" if parent is None else _binary(raw_hash(generation, parent_hash)))
    try:
        _append_object(body, append)
        if atts:
            append(b"l" + _LENGTH.pack(len(atts)))
            for name, content_type, digest in reversed(atts):
                append(b"h\x03" + _string(name) + _string(content_type) + _binary(digest))
    except UnicodeEncodeError:
        raise BadRequest("The document has text that is not valid Unicode.") from None
    except RecursionError:
        raise BadRequest("The document is nested too deeply.") from None
    append(b"jj")  # the end of the attachments (or no attachments), the end of the outer list
    return f"{generation + 1}-{md5(b''.join(out), usedforsecurity=False).hexdigest()}"


_LENGTH = Struct(">I")
_FLOAT = Struct(">cd")
_INT32 = Struct(">ci")
_NULL, _TRUE, _FALSE = b"d\x00\x04null", b"d\x00\x04true", b"d\x00\x05false"
_END = _EMPTY_ARRAY = b"j"
_EMPTY_OBJECT = b"h\x01j"
_OBJECT_HEADS = [b"h\x01l" + _LENGTH.pack(size) for size in range(64)]
_BINARY_HEADS = [b"m" + _LENGTH.pack(size) for size in range(256)]


def _binary(data: bytes) -> bytes:
    size = len(data)
    return (_BINARY_HEADS[size] if size < 256 else b"m" + _LENGTH.pack(size)) + data


def _string(text: str) -> bytes:
    return _binary(text.encode())


def _integer(number: int) -> bytes:
    if 0 <= number < 256:
        return bytes((97, number))
    if -0x80000000 <= number < 0x80000000:
        return _INT32.pack(b"b", number)
    magnitude = abs(number)
    size = (magnitude.bit_length() + 7) // 8
    head = bytes((110, size)) if size < 256 else b"o" + _LENGTH.pack(size)
    return head + (b"\x01" if number < 0 else b"\x00") + magnitude.to_bytes(size, "little")


# Keys, short texts and small integers of a shop's documents are few and repeat, so they are kept in encoded form: half
# of the time of an order is saved. What comes from outside must not fill the memory: a full cache starts again. (Dict
# subclasses, because a lookup that hits is then one instruction. Threads may share them: each entry is always right.)
_CACHED = 8192
_CACHED_TEXT = 48  # characters; longer texts seldom repeat
_CACHED_INTEGER = 100_000


class _Keys(dict[str, bytes]):
    """The start of a pair, `h 2`, and its key as a binary."""

    def __missing__(self, key: str) -> bytes:
        if not isinstance(key, str):
            raise BadRequest(f"A key of a document must be text, not {key!r}.")
        encoded = b"h\x02" + _string(key)
        if len(self) >= _CACHED:
            self.clear()
        if len(key) <= _CACHED_TEXT:
            self[key] = encoded
        return encoded


class _Texts(dict[str, bytes]):
    def __missing__(self, text: str) -> bytes:
        encoded = _string(text)
        if len(text) <= _CACHED_TEXT:
            if len(self) >= _CACHED:
                self.clear()
            self[text] = encoded
        return encoded


class _Integers(dict[int, bytes]):
    def __missing__(self, number: int) -> bytes:
        encoded = _integer(number)
        if 0 <= number <= _CACHED_INTEGER:
            if len(self) >= _CACHED:
                self.clear()
            self[number] = encoded
        return encoded


_keys, _texts, _integers = _Keys(), _Texts(), _Integers()


def _append_object(value: Mapping[str, Any], append: Callable[[bytes], None]) -> None:
    size = len(value)
    if not size:
        append(_EMPTY_OBJECT)
        return
    append(_OBJECT_HEADS[size] if size < 64 else b"h\x01l" + _LENGTH.pack(size))
    keys, texts, integers = _keys, _texts, _integers
    for key, item in value.items():
        append(keys[key])
        kind = type(item)
        # The common kinds stand here: a call for each value would take as long again.
        if kind is str:
            append(texts[item])
        elif kind is int:
            append(integers[item])
        elif item is None:
            append(_NULL)
        elif kind is dict:
            _append_object(item, append)
        elif kind is list:
            _append_array(item, append)
        else:
            _append(item, append)
    append(_END)


def _append_array(value: Sequence[Any], append: Callable[[bytes], None]) -> None:
    size = len(value)
    if not size:
        append(_EMPTY_ARRAY)
        return
    if size <= 0xFFFF and isinstance(value[0], int) and _are_bytes(value):
        append(b"k" + size.to_bytes(2, "big") + bytes(value))
        return
    append(b"l" + _LENGTH.pack(size))
    for item in value:
        if type(item) is dict:
            _append_object(item, append)
        elif type(item) is list:  # no call in between: one level of nesting is one level of recursion
            _append_array(item, append)
        else:
            _append(item, append)
    append(_END)


def _are_bytes(value: Sequence[Any]) -> bool:
    """Erlang writes a list of small integers as a string, as long as its length fits 16 bits."""
    return all(isinstance(item, int) and not isinstance(item, bool) and 0 <= item < 256 for item in value)


def _append(value: Any, append: Callable[[bytes], None]) -> None:
    if isinstance(value, str):
        append(_string(value))
    elif isinstance(value, (list, tuple)):
        _append_array(value, append)
    elif value is None:
        append(_NULL)
    elif isinstance(value, bool):
        append(_TRUE if value else _FALSE)
    elif isinstance(value, int):
        append(_integer(value))
    elif isinstance(value, float):
        if not isfinite(value):
            raise BadRequest("A document can't hold NaN or Infinity.")
        append(_FLOAT.pack(b"F", value))
    elif isinstance(value, Mapping):
        _append_object(value, append)
    else:
        raise BadRequest(f"A document can't hold a {type(value).__name__}: it is not JSON.")
