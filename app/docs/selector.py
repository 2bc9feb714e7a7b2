"""Mango selectors: `{"type": "order", "total": {"$gte": 1000}}` → a function that says whether a document matches.

CouchDB's operators, its collation for comparisons (`app.docs.collation`), and its normal form. That form decides
what a missing field means, so it is made here in the same steps:

1. A condition without an operator means `$eq`; several members of an object mean `$and`; `{"a": {"b": 1}}` is `"a.b"`.
2. `$not` and `$nor` move down to the single condition, which is turned round where it has an opposite (`$lt` becomes
   `$gte`). A condition on a field that the document lacks is false, turned round or not; only `{"$exists": false}`
   is true. So `{"$not": {"x": 5}}` doesn't match a document without `x`.
3. Below `$elemMatch`, `$allMatch` and `$keyMapMatch` nothing moves: there `$not` is a plain negation.

Empty `$and`, `$or` and `$nor` match everything, also when negated; an empty selector matches every document. `$regex`
is Python's `re` with ASCII classes, where CouchDB has PCRE.

Source: CouchDB's `mango_selector.erl` and its documentation of `_find`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from app.docs import json
from app.docs.collation import compare
from app.docs.errors import BadRequest

Match = Callable[[Any], bool]

# Levels of a selector, its arguments included: compiling and matching are recursive.
MAX_DEPTH = 100


def compile(selector: Any) -> Callable[[dict[str, Any]], bool]:
    """A predicate on documents (with their `_id` and `_rev`). Raises BadRequest, named as CouchDB names the mistake."""
    if not isinstance(selector, dict):
        raise _refusal("invalid_selector_json", f"Selector must be a JSON object, not: {_words(selector)}")
    _check_depth(selector)
    if not selector:
        return _anything
    node = _parse(selector, ())
    if isinstance(node, _Test) and not node.path:
        raise _refusal("invalid_selector", "One or more conditions is missing a field name.")
    return _build(_push_down(node, negate=False))


# --- from JSON to conditions -----------------------------------------------------------------------------------------


class _Test(NamedTuple):
    """A condition on one field. The empty path is the value itself, inside `$elemMatch` and its like."""

    path: tuple[str, ...]
    operator: str
    argument: Any
    negated: bool = False  # for operators without an opposite


class _Group(NamedTuple):
    operator: str  # $and, $or, $nor
    members: list[_Node]


class _Not(NamedTuple):
    member: _Node


_Node = _Test | _Group | _Not

_OPPOSITES = {"$lt": "$gte", "$gte": "$lt", "$lte": "$gt", "$gt": "$lte", "$eq": "$ne", "$ne": "$eq", "$in": "$nin"}
_OPPOSITES["$nin"] = "$in"
_NOT_SUPPORTED = frozenset({"$text", "$where", "$geoWithin", "$geoIntersects", "$near", "$nearSphere"})


def _parse(selector: Any, path: tuple[str, ...]) -> _Node:
    if not isinstance(selector, dict) or not selector:
        return _Test(path, "$eq", selector)
    if len(selector) > 1:
        return _Group("$and", [_parse_member(name, argument, path) for name, argument in selector.items()])
    ((name, argument),) = selector.items()
    return _parse_member(name, argument, path)


def _parse_member(name: str, argument: Any, path: tuple[str, ...]) -> _Node:
    if not name.startswith("$"):
        return _parse(argument, path + _field(name))
    if name in ("$and", "$or", "$nor"):
        if not isinstance(argument, list):
            raise _bad_argument(name, argument)
        return _Group(name, [_parse(member, path) for member in argument])
    if name == "$not":
        if not isinstance(argument, dict):
            raise _bad_argument(name, argument)
        return _Not(_parse(argument, path))
    if name in _NOT_SUPPORTED:
        raise _refusal("not_supported", f"Unsupported operator: {name}")
    if name not in _OPERATORS:
        raise _refusal("invalid_operator", f"Invalid operator: {name}")
    valid, _ = _OPERATORS[name]
    if not valid(argument):
        raise _bad_argument(name, argument)
    return _Test(path, name, argument)


def _field(name: str) -> tuple[str, ...]:
    """`"a.b\\\\.c"` → `("a", "b.c")`: a backslash keeps a dot from dividing."""
    parts = re.split(r"(?<!\\)\.", name)
    if "" in parts:
        raise _refusal("invalid_field_name", f"Invalid field name: {name}")
    return tuple(part.replace("\\", "") for part in parts)


def _push_down(node: _Node, *, negate: bool) -> _Node:
    """The same condition without `$not` and `$nor` above a single test (De Morgan)."""
    if isinstance(node, _Not):
        return _push_down(node.member, negate=not negate)
    if isinstance(node, _Group):
        members = [_push_down(member, negate=negate != (node.operator == "$nor")) for member in node.members]
        # A $nor is an $and of what is turned round; turned round itself, it is the $or of what stood there.
        is_or = (node.operator == "$or") != negate
        return _Group("$or" if is_or else "$and", members)
    if not negate:
        return node
    if node.operator in _OPPOSITES:
        return node._replace(operator=_OPPOSITES[node.operator])
    if node.operator == "$exists":
        return node._replace(argument=not node.argument)
    return node._replace(negated=not node.negated)


# --- from conditions to a predicate ----------------------------------------------------------------------------------


def _build(node: _Node) -> Match:
    if isinstance(node, _Not):
        member = _build(node.member)
        return lambda value: not member(value)
    if isinstance(node, _Group):
        members = [_build(member) for member in node.members]
        if not members:
            return _anything
        if node.operator == "$or":
            return lambda value: any(matches(value) for matches in members)
        if node.operator == "$nor":
            return lambda value: not any(matches(value) for matches in members)
        return lambda value: all(matches(value) for matches in members)
    _, make = _OPERATORS[node.operator]
    holds = make(node.argument)
    if node.negated:
        holds = partial(_fails, holds)
    if not node.path:
        return holds
    return partial(_match_field, node.path, holds, node.operator == "$exists" and node.argument is False)


def _fails(holds: Match, value: Any) -> bool:
    return not holds(value)


def _match_field(path: tuple[str, ...], holds: Match, if_missing: bool, value: Any) -> bool:
    for name in path:
        if isinstance(value, dict):
            if name not in value:
                return if_missing
            value = value[name]
        elif isinstance(value, list) and _is_index(name) and int(name) < len(value):
            value = value[int(name)]
        else:
            return False  # the path leads through something that has no members: not even $exists can tell
    return holds(value)


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 10


def _anything(_: Any) -> bool:
    return True


def _equal(a: Any, b: Any) -> bool:
    return compare(a, b) == 0


def _in(arguments: list[Any]) -> Match:
    """An array matches where one of its members is among the arguments, never as a whole."""

    def holds(value: Any) -> bool:
        values = value if isinstance(value, list) else [value]
        return any(_equal(item, argument) for argument in arguments for item in values)

    return holds


def _all(arguments: list[Any]) -> Match:
    """Every argument stands in the array, exactly (1 isn't 1.0); `[[…]]` may also be the whole array."""
    wanted = {json.dumps(argument) for argument in arguments}

    def holds(value: Any) -> bool:
        if not arguments or not isinstance(value, list):
            return False
        if wanted <= {json.dumps(item) for item in value}:
            return True
        return len(arguments) == 1 and isinstance(arguments[0], list) and json.dumps(value) in wanted

    return holds


def _element(of: Callable[[Any, Match], bool], argument: Any) -> Match:
    return partial(_apply, of, _build(_parse(argument, ())))


def _apply(of: Callable[[Any, Match], bool], matches: Match, value: Any) -> bool:
    return of(value, matches)


def _elem_match(value: Any, matches: Match) -> bool:
    return isinstance(value, list) and any(matches(item) for item in value)


def _all_match(value: Any, matches: Match) -> bool:
    return isinstance(value, list) and bool(value) and all(matches(item) for item in value)


def _key_map_match(value: Any, matches: Match) -> bool:
    return isinstance(value, dict) and any(matches(key) for key in value)


def _type(name: str) -> Match:
    kinds: dict[str, Match] = {
        "null": lambda value: value is None,
        "boolean": lambda value: isinstance(value, bool),
        "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
        "string": lambda value: isinstance(value, str),
        "array": lambda value: isinstance(value, list),
        "object": lambda value: isinstance(value, dict),
    }
    return kinds.get(name, lambda value: False)


def _mod(argument: list[int]) -> Match:
    divisor, remainder = argument

    def holds(value: Any) -> bool:
        if not _is_integer(value):
            return False
        # Erlang's `rem` has the sign of the dividend, Python's % that of the divisor.
        rest = abs(value) % abs(divisor)
        return bool((-rest if value < 0 else rest) == remainder)

    return holds


def _regex(pattern: str) -> Match:
    found = re.compile(pattern, re.ASCII).search
    return lambda value: isinstance(value, str) and found(value) is not None


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_regex(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        re.compile(value, re.ASCII)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _is_array(value: Any) -> bool:
    return isinstance(value, list)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_divisor_and_remainder(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_integer, value)) and value[0] != 0


# Each operator: whether its argument is valid, and the test that it makes of it.
_OPERATORS: Mapping[str, tuple[Callable[[Any], bool], Callable[[Any], Match]]] = {
    "$eq": (_anything, lambda argument: lambda value: compare(value, argument) == 0),
    "$ne": (_anything, lambda argument: lambda value: compare(value, argument) != 0),
    "$lt": (_anything, lambda argument: lambda value: compare(value, argument) < 0),
    "$lte": (_anything, lambda argument: lambda value: compare(value, argument) <= 0),
    "$gt": (_anything, lambda argument: lambda value: compare(value, argument) > 0),
    "$gte": (_anything, lambda argument: lambda value: compare(value, argument) >= 0),
    "$in": (_is_array, _in),
    "$nin": (_is_array, lambda argument: partial(_fails, _in(argument))),
    "$all": (_is_array, _all),
    "$exists": (lambda argument: isinstance(argument, bool), lambda argument: lambda value: bool(argument)),
    "$type": (_is_text, _type),
    "$size": (
        lambda argument: _is_integer(argument) and argument >= 0,
        lambda argument: lambda value: isinstance(value, list) and len(value) == argument,
    ),
    "$mod": (_is_divisor_and_remainder, _mod),
    "$regex": (_is_regex, _regex),
    "$beginsWith": (_is_text, lambda argument: lambda value: isinstance(value, str) and value.startswith(argument)),
    "$elemMatch": (_is_object, partial(_element, _elem_match)),
    "$allMatch": (_is_object, partial(_element, _all_match)),
    "$keyMapMatch": (_is_object, partial(_element, _key_map_match)),
}


# --- refusals --------------------------------------------------------------------------------------------------------


def _refusal(error: str, reason: str) -> BadRequest:
    refusal = BadRequest(reason)
    refusal.error = error
    return refusal


def _bad_argument(operator: str, argument: Any) -> BadRequest:
    return _refusal("bad_arg", f"Bad argument for operator {operator}: {_words(argument)}")


def _words(value: Any) -> str:
    text = json.dumps(value).decode()
    return text if len(text) <= 200 else text[:200] + "…"


def _check_depth(selector: dict[str, Any]) -> None:
    level: list[Any] = [selector]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise _refusal("invalid_selector", f"The selector is nested too deeply: more than {MAX_DEPTH} levels.")
