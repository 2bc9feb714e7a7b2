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

Speed matters, a sale waits for it: keys come from a cache, already encoded, and everything is appended to one list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import md5
from math import isfinite
from struct import Struct
from typing import Any

from app.docs.errors import BadRequest

Rev = str
"""`"3-917fa2381192822767f010b95b45325b"`: the generation, a dash, the hash (32 hex digits, or any text)."""

_INVALID = "Invalid rev format"
_HEX = frozenset("0123456789abcdef")
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
    """The hash part as it is stored and compared; raises BadRequest. Local documents (`0-7`) keep theirs as it is."""
    if len(text) == 32 and generation and _HEX.issuperset(text):
        return text
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise BadRequest(_INVALID) from None
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
    out.append(_integer(generation))
    out.append(b"a\x00" if parent is None else _binary(raw_hash(generation, parent_hash)))
    try:
        _append_object(body, out)
        if atts:
            out.append(b"l" + _LENGTH.pack(len(atts)))
            for name, content_type, digest in reversed(atts):
                out.append(b"h\x03" + _string(name) + _string(content_type) + _binary(digest))
    except UnicodeEncodeError:
        raise BadRequest("The document has text that is not valid Unicode.") from None
    except RecursionError:
        raise BadRequest("The document is nested too deeply.") from None
    out.append(b"jj")  # the end of the attachments (or no attachments), the end of the outer list
    return f"{generation + 1}-{md5(b''.join(out), usedforsecurity=False).hexdigest()}"


_LENGTH = Struct(">I")
_FLOAT = Struct(">cd")
_INT32 = Struct(">ci")
_ATOMS: dict[object, bytes] = {True: b"d\x00\x04true", False: b"d\x00\x05false", None: b"d\x00\x04null"}
_NO_ITEMS = b"j"
_END = b"j"
_EMPTY_OBJECT = b"h\x01j"
_BYTES = [bytes((97, n)) for n in range(256)]
_HEADS = [b"m" + _LENGTH.pack(n) for n in range(256)]

# Keys of documents are few and repeat; data used as keys must not fill the memory, so a full cache starts again.
_KEYS_CACHED = 4096
_keys: dict[str, bytes] = {}


def _key(key: object) -> bytes:
    """The start of a pair, `h 2 <binary>`, and its key."""
    if not isinstance(key, str):
        raise BadRequest(f"A key of a document must be text, not {key!r}.")
    encoded = b"h\x02" + _string(key)
    if len(_keys) >= _KEYS_CACHED:
        _keys.clear()
    _keys[key] = encoded
    return encoded


def _string(text: str) -> bytes:
    return _binary(text.encode())


def _binary(data: bytes) -> bytes:
    size = len(data)
    return (_HEADS[size] if size < 256 else b"m" + _LENGTH.pack(size)) + data


def _integer(number: int) -> bytes:
    if 0 <= number < 256:
        return _BYTES[number]
    if -0x80000000 <= number < 0x80000000:
        return _INT32.pack(b"b", number)
    magnitude = abs(number)
    size = (magnitude.bit_length() + 7) // 8
    head = bytes((110, size)) if size < 256 else b"o" + _LENGTH.pack(size)
    return head + (b"\x01" if number < 0 else b"\x00") + magnitude.to_bytes(size, "little")


def _append_object(value: Mapping[str, Any], out: list[bytes]) -> None:
    if not value:
        out.append(_EMPTY_OBJECT)
        return
    append = out.append
    append(b"h\x01l" + _LENGTH.pack(len(value)))
    keys = _keys
    for key, item in value.items():
        try:
            append(keys[key])
        except KeyError:
            append(_key(key))
        kind = type(item)
        # The common kinds stand here: a call for each value would take as long again.
        if kind is str:
            data = item.encode()
            size = len(data)
            append(_HEADS[size] if size < 256 else b"m" + _LENGTH.pack(size))
            append(data)
        elif kind is int:
            append(_BYTES[item] if 0 <= item < 256 else _integer(item))
        else:
            _append(item, out)
    append(_END)


def _append_array(value: Sequence[Any], out: list[bytes]) -> None:
    size = len(value)
    if not size:
        out.append(_NO_ITEMS)
        return
    # Erlang writes a list of bytes as a string, as long as its length fits 16 bits.
    if size <= 0xFFFF and type(value[0]) is int and all(type(item) is int and 0 <= item < 256 for item in value):
        out.append(b"k" + size.to_bytes(2, "big") + bytes(value))
        return
    out.append(b"l" + _LENGTH.pack(size))
    for item in value:
        _append(item, out)
    out.append(_END)


def _append(value: Any, out: list[bytes]) -> None:
    if isinstance(value, str):
        out.append(_string(value))
    elif value is None or isinstance(value, bool):
        out.append(_ATOMS[value])
    elif isinstance(value, int):
        out.append(_integer(value))
    elif isinstance(value, float):
        if not isfinite(value):
            raise BadRequest("A document can't hold NaN or Infinity.")
        out.append(_FLOAT.pack(b"F", value))
    elif isinstance(value, Mapping):
        _append_object(value, out)
    elif isinstance(value, (list, tuple)):
        _append_array(value, out)
    else:
        raise BadRequest(f"A document can't hold a {type(value).__name__}: it is not JSON.")
