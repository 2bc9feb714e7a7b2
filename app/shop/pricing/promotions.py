"""Promotions: what each takes off which lines.

Line promotions come first, greedy: the one of the highest priority takes all units it can, then the next (of equal
priority the one with the smaller id). A unit is consumed by one line promotion at most, and only where something is
really taken off. The dearest units go first, so a limit is used up in the customer's favour. Then at most one cart
promotion: the first that takes something off.

Kinds (`scope` `line` unless said):

* `percent`, `amount`, `price`: `percent` millionths or `amount` off each unit, or each unit at `price`; of measured
  goods in proportion. With `scope` `cart` off what the meant lines are worth by then, allotted to them.
* `buy`: of `buy` + `get` units, the dearest first, the cheapest `get` are `percent` off (all of it unless said). With
  `get_products` or `get_categories` the ones bought are the dearest of the first kind, the ones given the cheapest of
  these.
* `count`: each `count` units cost `price` together.
* `mix`: one of each of `parts` (`count` units of its products and categories) cost `price` together, or are `percent`
  off.

`limit` is how often in one cart: units of the first three kinds, sets of the others. `spend` is what the meant goods
must come to: at their undiscounted prices for a line promotion (`spend_on` `cart`: all goods), after line promotions
for one of the cart. `excludes` names promotions that don't go together with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.shop.money import MILLION, WHOLE, allot, divide, line_amount
from app.shop.pricing.conditions import Rule, holds, strongest
from app.shop.pricing.discounts import share
from app.shop.pricing.lines import Line
from app.shop.pricing.units import ENDLESS, Index, Piece, Runs, gather, take

Applied = dict[str, tuple[Rule, int]]


def promote(lines: Sequence[Line], cart: Mapping[str, Any], book: Mapping[str, Any]) -> Applied:
    """Takes off the lines what the book's promotions give; `{id: (promotion, amount)}` in the order applied."""
    applied: Applied = {}
    index = Index(lines)
    rules = strongest(rule for rule in book.get("promotions") or () if holds(rule, cart, book["now"]))
    for rule in rules:
        if rule.get("scope") != "cart" and not _excluded(rule, applied):
            given = _KINDS[rule["kind"]](rule, index) if _spent(rule, index) else 0
            if given:
                applied[rule["id"]] = (rule, given)
    for rule in rules:
        if rule.get("scope") == "cart" and not _excluded(rule, applied):
            given = _off_cart(rule, index)
            if given:
                applied[rule["id"]] = (rule, given)
                break
    return applied


def _excluded(rule: Rule, applied: Applied) -> bool:
    own = rule.get("excludes") or ()
    return any(id in own or rule["id"] in (other.get("excludes") or ()) for id, (other, _) in applied.items())


def _spent(rule: Rule, index: Index) -> bool:
    spend = rule.get("spend")
    if not spend:
        return True
    lines = index.lines if rule.get("spend_on") == "cart" else index.meant(rule)
    return sum(line.amount for line in lines) >= spend


def _off_cart(rule: Rule, index: Index) -> int:
    lines = [line for line in index.meant(rule) if line.rest > 0]
    worth = sum(line.rest for line in lines)
    if not worth or worth < (rule.get("spend") or 0):
        return 0
    kind = rule["kind"]
    if kind == "percent":
        off = _share(worth, rule["percent"])
    else:
        off = rule["amount"] if kind == "amount" else worth - rule["price"]["amount"]
    off = min(off, worth)
    if off > 0:
        share(lines, off, "promotion", rule["id"], rule["name"])
    return max(off, 0)


# -- off each unit ---------------------------------------------------------------------------------------------------


def _each(rule: Rule, index: Index) -> int:
    """`percent`, `amount`, `price`: every unit by itself, as many as the limit allows."""
    given, left = 0, rule.get("limit") or ENDLESS
    for run in Runs().of(index.meant(rule)):
        units = min(run.left, left)
        if not units:
            break
        piece = Piece(run, 0, run.line.used, units)
        off = _off_units(rule, piece.worth, units * run.unit)
        if off > 0:
            take([piece])
            left -= units
            given += off
            run.line.take_off(off, "promotion", rule["id"], rule["name"])
    return given


def _off_units(rule: Rule, worth: int, quantity: int) -> int:
    kind = rule["kind"]
    if kind == "percent":
        return _share(worth, rule["percent"])
    if kind == "amount":
        return min(divide(rule["amount"] * quantity, WHOLE), worth)
    return worth - line_amount(rule["price"], quantity)


# -- off sets of units -----------------------------------------------------------------------------------------------


def _buy(rule: Rule, index: Index) -> int:
    percent = rule.get("percent") or MILLION
    runs = Runs()
    if rule.get("get_products") or rule.get("get_categories"):
        given = runs.of(index.meant(rule, "get_products", "get_categories"), cheapest=True)
        parts = [(runs.of(index.meant(rule)), rule["buy"]), (given, rule["get"])]
        return _sets(rule, parts, lambda sets, pieces: [_share(p.worth if p.part else 0, percent) for p in pieces])

    def cheapest(sets: int, pieces: list[Piece]) -> list[int]:
        """The last of a set are the cheapest: pieces come dearest first."""
        left, offs = sets * rule["get"], []
        for piece in reversed(pieces):
            units = min(piece.units, left)
            left -= units
            offs.append(_share(piece.last(units), percent) if units else 0)
        return offs[::-1]

    return _sets(rule, [(runs.of(index.meant(rule)), rule["buy"] + rule["get"])], cheapest)


def _count(rule: Rule, index: Index) -> int:
    return _sets(rule, [(Runs().of(index.meant(rule)), rule["count"])], _for_price(rule["price"]["amount"]))


def _mix(rule: Rule, index: Index) -> int:
    runs = Runs()
    parts = [(runs.of(index.meant({**_spares(rule), **part})), part["count"]) for part in rule["parts"]]
    percent = rule.get("percent")
    if percent is None:
        return _sets(rule, parts, _for_price(rule["price"]["amount"]))
    return _sets(rule, parts, lambda sets, pieces: [_share(piece.worth, percent) for piece in pieces])


def _spares(rule: Rule) -> dict[str, Any]:
    return {key: rule.get(key) for key in ("exclude_products", "exclude_categories")}


def _share(worth: int, percent: int) -> int:
    return min(divide(worth * percent, MILLION), worth)


def _for_price(price: int) -> Callable[[int, list[Piece]], list[int]]:
    def offs(sets: int, pieces: list[Piece]) -> list[int]:
        worths = [piece.worth for piece in pieces]
        return allot(max(sum(worths) - sets * price, 0), worths)

    return offs


def _sets(rule: Rule, parts: list[tuple[list[Any], int]], offs: Callable[[int, list[Piece]], list[int]]) -> int:
    """Takes sets as long as they can be filled, the limit allows, and each takes something off."""
    given, left = 0, rule.get("limit") or ENDLESS
    while left:
        sets, pieces = gather(parts, left)
        taken = offs(sets, pieces) if sets else []
        if not sum(taken):
            break
        for piece, off in zip(pieces, taken, strict=True):
            if off:
                piece.run.line.take_off(off, "promotion", rule["id"], rule["name"])
        take(pieces)
        given += sum(taken)
        left -= sets
    return given


_KINDS: dict[str, Callable[[Rule, Index], int]] = {
    "percent": _each,
    "amount": _each,
    "price": _each,
    "buy": _buy,
    "count": _count,
    "mix": _mix,
}
