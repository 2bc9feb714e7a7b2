"""CouchDB's built-in reduce functions: ``_sum``, ``_count``, ``_stats``, ``_approx_count_distinct``.

Source: CouchDB's `couch_query_servers.erl`, its documentation, and trying.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from app.docs import json

SUM_REASON: Final = (
    "The _sum function requires that map values be numbers, arrays of numbers, or objects. Objects cannot be mixed "
    "with other data structures. Objects can be arbitrarily nested, provided that the values for all fields are "
    "themselves numbers, arrays of numbers, or objects."
)
STATS_FIELDS: Final = ("sum", "count", "min", "max", "sumsqr")


class InvalidValue(Exception):
    """A value that ``_stats`` cannot take; the message is CouchDB's reason."""


class _Wrong(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


Reduce = Callable[[Sequence[str], Sequence[Any]], Any]
"""Of keys, as JSON, and values."""


def count(keys: Sequence[str], values: Sequence[Any]) -> int:
    return len(values)


def distinct(keys: Sequence[str], values: Sequence[Any]) -> int:
    """CouchDB estimates (within 2 %); counted here."""
    return len(set(keys))


def total(keys: Sequence[str], values: Sequence[Any]) -> Any:
    """The sum; where a value can't be added, what CouchDB says of that in its place."""
    result: Any = 0
    try:
        for value in values:
            result = _add(value, result)
    except _Wrong as wrong:
        return {"error": "builtin_reduce_error", "reason": SUM_REASON, "caused_by": wrong.value}
    return result


def _add(value: Any, so_far: Any) -> Any:
    if isinstance(value, Mapping):
        if so_far == 0 and not isinstance(so_far, list | Mapping):
            so_far = {}
        if not isinstance(so_far, Mapping):
            raise _Wrong(value)
        return _sorted({**so_far, **{name: _add(each, so_far.get(name, 0)) for name, each in value.items()}})
    if isinstance(so_far, Mapping):
        raise _Wrong(value)
    if isinstance(value, list):
        return _add_lists(value, so_far if isinstance(so_far, list) else [so_far] if so_far else [])
    if not _is_number(value):
        raise _Wrong(value)
    if isinstance(so_far, list):
        return _add_lists([value], so_far)
    return value + so_far


def _sorted(value: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(value.items()))


def _add_lists(a: list[Any], b: list[Any]) -> list[Any]:
    if not all(map(_is_number, a)):
        raise _Wrong(a)
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    return [each + (shorter[at] if at < len(shorter) else 0) for at, each in enumerate(longer)]


def stats(keys: Sequence[str], values: Sequence[Any]) -> Any:
    """``{"sum", "count", "min", "max", "sumsqr"}``; of lists, one for each place. Raises InvalidValue."""
    first = values[0]
    if isinstance(first, list):
        columns = []
        for value in values:
            if not isinstance(value, list) or len(value) != len(first):
                raise InvalidValue("non-numeric _stats input: " + json.dumps(value).decode())
        for at in range(len(first)):
            columns.append(_stats([value[at] for value in values]))
        return columns
    return _stats(values)


def _stats(values: Iterable[Any]) -> dict[str, Any]:
    made: dict[str, Any] | None = None
    for value in values:
        if isinstance(value, Mapping):
            one = {name: value.get(name) for name in STATS_FIELDS}
            if not all(map(_is_number, one.values())):
                raise InvalidValue("user _stats input missing required field or field is not a number")
        elif _is_number(value):
            one = {"sum": value, "count": 1, "min": value, "max": value, "sumsqr": value * value}
        else:
            raise InvalidValue("non-numeric _stats input: " + json.dumps(value).decode())
        if made is None:
            made = one
        else:
            made = {
                "sum": made["sum"] + one["sum"],
                "count": made["count"] + one["count"],
                "min": min(made["min"], one["min"]),
                "max": max(made["max"], one["max"]),
                "sumsqr": made["sumsqr"] + one["sumsqr"],
            }
    return made or {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


BUILT_IN: Final[Mapping[str, Reduce]] = {
    "_sum": total,
    "_count": count,
    "_stats": stats,
    "_approx_count_distinct": distinct,
}
