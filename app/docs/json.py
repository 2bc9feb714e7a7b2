"""The only door through which JSON enters and leaves: exact numbers, real Unicode, nothing that breaks later.

orjson does the work. It can't be trusted with two things, so the standard library takes those: integers beyond 64 bits
(orjson turns them into floats; CouchDB, and a revision's hash, keep every digit) and nesting beyond its 254 levels.

Refused, as CouchDB refuses it or because it couldn't be written out again: NaN, Infinity, numbers too large for a
float, lone surrogates, and more than `MAX_DEPTH` levels.
"""

from __future__ import annotations

import json as stdlib
import math
import re
from typing import Any, NoReturn

import orjson

from app.docs.errors import BadRequest

# Levels of arrays and objects in one text. SQLite's JSON functions stop at 1,000 levels, Python's recursion (which the
# standard library's reader and writer, and the revision hash, need) at 1,000 calls, of which the caller has some.
MAX_DEPTH = 400
# Levels that orjson writes. What has fewer brackets isn't deeper; what has more, orjson writes once as a test, which
# takes a twelfth of a walk through the value.
_ORJSON_DEPTH = 254
# 18 digits always fit 64 bits. Every digit becomes a 0, so that a run of digits is found by one search of bytes, which
# takes a third of a regular expression's time.
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_LONG_RUN = b"0" * 19
# What stands before an integer, besides its sign. Before a run of digits within a text stands something else: every
# thousandth revision hash has 19 digits in a row, and must not slow its whole batch down.
_BEFORE_NUMBER = b"[:, \n\r\t"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

_INVALID = "invalid UTF-8 JSON"
_TOO_DEEP = f"The JSON is nested too deeply: more than {MAX_DEPTH} levels."


def loads(text: bytes | str) -> Any:
    """The value of a JSON text; of several equal keys in an object the last one wins.

    Raises BadRequest for whatever isn't JSON that every peer could read.
    """
    if isinstance(text, str):
        try:
            text = text.encode()
        except UnicodeEncodeError:
            raise BadRequest(_INVALID) from None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        # An integer of 400 digits is no float for orjson; anything else that it refuses is refused here too.
        return _loads_exact(text)
    digits = text.translate(_DIGITS_TO_ZERO)
    if _LONG_RUN in digits and _has_long_integer(digits):
        return _loads_exact(text)
    if text.count(b"[") + text.count(b"{") > _ORJSON_DEPTH:
        try:
            orjson.dumps(value)
        except TypeError:
            _check_depth(value)
    return value


def _has_long_integer(digits: bytes) -> bool:
    """Whether one of the long runs of digits begins a number. `digits` is the text with every digit a 0."""
    at = digits.find(_LONG_RUN)
    while at >= 0:
        before = at - 1 if digits[at - 1 : at] == b"-" else at
        if before == 0 or digits[before - 1] in _BEFORE_NUMBER:
            return True
        end = at + len(_LONG_RUN)
        while digits[end : end + 1] == b"0":
            end += 1
        at = digits.find(_LONG_RUN, end)
    return False


def dumps(value: Any) -> bytes:
    """Compact JSON as UTF-8, keys in their order. `value` comes from `loads` or holds the same types.

    Raises BadRequest for what JSON can't hold. (A float NaN becomes null: `revision.new_rev`, which sees every
    document that is made here, refuses it first.)
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError:
        return _dumps_exact(value, sort_keys=False)


def canonical(value: Any) -> bytes:
    """Compact JSON as UTF-8 with the keys sorted by code point: equal values give equal bytes, so hashes use this."""
    try:
        return orjson.dumps(
            value,
            option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS,
        )
    except TypeError:
        return _dumps_exact(value, sort_keys=True)


def _loads_exact(text: bytes) -> Any:
    try:
        value = stdlib.loads(text.decode(), parse_float=_finite, parse_constant=_refuse)
    except RecursionError:
        raise BadRequest(_TOO_DEEP) from None
    except ValueError:  # also UnicodeDecodeError, and an integer beyond the digits that Python converts
        raise BadRequest(_INVALID) from None
    _check_depth(value)
    _check_text(value)
    return value


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise BadRequest(f"{_INVALID}: a number is too large")
    return number


def _refuse(name: str) -> NoReturn:
    raise BadRequest(f"{_INVALID}: {name} is not JSON")


def _dumps_exact(value: Any, *, sort_keys: bool) -> bytes:
    try:
        text = stdlib.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=sort_keys)
        return text.encode()
    except RecursionError:
        raise BadRequest(_TOO_DEEP) from None
    except (TypeError, ValueError) as exc:  # an object that JSON lacks; NaN, a lone surrogate, a circle
        raise BadRequest(f"The value can't be written as JSON: {exc}") from None


def _check_depth(value: Any) -> None:
    """Level by level, so that the check itself needs no recursion. Children are gathered, never copied."""
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(child for child in item.values() if isinstance(child, (dict, list)))
            elif isinstance(item, list):
                below.extend(child for child in item if isinstance(child, (dict, list)))
        if not below:
            return
        level = below
    raise BadRequest(_TOO_DEEP)


def _check_text(value: Any) -> None:
    """The standard library lets half of a surrogate pair pass (`"\\ud800"`); no UTF-8 can hold it."""
    if _LONE_SURROGATE.search(stdlib.dumps(value, ensure_ascii=False)):
        raise BadRequest(f"{_INVALID}: half of a surrogate pair")
