"""Which documents a TinyDB query can be true of, as far as an index tells.

A TinyDB query is an opaque callable, but its hash is a readable expression::

    (where("category") == "milk") & (where("price") > 100)
    ("and", frozenset({("==", ("category",), "milk"), (">", ("price",), 100)}))

From it a plan is made: look-ups in indexes that together find *at least* every document for which the query is true.
The query itself is asked again of each, so a plan may find too much, and where nothing is understood there is no plan
and every document is read. The hash is TinyDB's private affair: whatever is odd about it means no plan, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from app.docs.indexes import Index

_MOST_LOOKUPS = 200  # beyond that (a long `one_of`) reading everything once is quicker
_MOST_EXACT = 2**53  # SQLite's numbers and Python's agree on integers up to here
# SQLite's JSON functions used to cut text at a NUL; half of a surrogate pair is no text for it.
_ODD_TEXT = re.compile("[\0\ud800-\udfff]")


class Lookup(NamedTuple):
    """One use of `Database.find`: the documents whose value in the index `name` is `value`, or from `low` to `high`."""

    name: str
    value: Any = None
    low: Any = None
    high: Any = None

    def options(self) -> dict[str, Any]:
        return {key: given for key, given in self._asdict().items() if key != "name" and given is not None}


Plan = list[Lookup]


def plan(query: object, type: str, indexes: Mapping[str, Index]) -> Plan | None:
    """Look-ups that find every document of `type` for which `query` can be true; None where no index helps."""
    usable = {
        (tuple(index.path.split(".")), index.multi): index.name for index in indexes.values() if index.type == type
    }
    if not usable:
        return None
    found = _plan(getattr(query, "_hash", None), usable)
    return None if found is None or len(found) > _MOST_LOOKUPS else found


def _plan(hashed: object, usable: Mapping[tuple[Any, bool], str]) -> Plan | None:
    match hashed:
        case ("and", frozenset() as parts):
            plans = [each for each in (_plan(part, usable) for part in parts) if each is not None]
            return min(plans, key=_cost, default=None)
        case ("or", frozenset() as parts):
            every = [_plan(part, usable) for part in parts]
            return [lookup for each in every for lookup in each or ()] if None not in every else None
        case (("==" | "<" | "<=" | ">" | ">=" | "one_of") as test, tuple() as path, given):
            index = usable.get((path, False))
            return None if index is None else _scalar(index, test, given)
        case (("any" | "all") as test, tuple() as path, tuple() as given):
            index = usable.get((path, True))
            if index is None:
                return None
            # Of `all` one element is enough to look for.
            return _each(index, given if test == "any" else given[:1]) if given else None
    return None


def _scalar(index: str, test: str, given: Any) -> Plan | None:
    if test == "one_of":
        return _each(index, given) if isinstance(given, tuple | frozenset) else None
    if not _is_exact(given):
        return None
    if test == "==":
        return [Lookup(index, value=given)]
    # The bound itself is let in also where the query wants more or less: it is asked again.
    return [Lookup(index, high=given) if test[0] == "<" else Lookup(index, low=given)]


def _each(index: str, values: Iterable[Any]) -> Plan | None:
    wanted = list(values)
    return [Lookup(index, value=value) for value in wanted] if all(map(_is_exact, wanted)) else None


def _is_exact(value: Any) -> bool:
    """Whether SQLite compares it as Python does. (``1 == True`` is true for both.)"""
    if type(value) is str:
        return not _ODD_TEXT.search(value)
    return type(value) in (int, float, bool) and -_MOST_EXACT <= value <= _MOST_EXACT


def _cost(plan: Plan) -> tuple[bool, int]:
    """Equal values before ranges, few look-ups before many."""
    return any(lookup.value is None for lookup in plan), len(plan)
