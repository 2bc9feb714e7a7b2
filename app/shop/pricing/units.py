"""Units of goods, as line promotions take them: which lines a promotion means, and who has units left.

Counted goods are units of 1000 thousandths; measured goods (weighed, poured, cut) are consumed whole, as one unit.
Units are never listed one by one: a line of ten million is one run. Whoever takes, takes a line's units from the first
on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from app.shop.money import WHOLE
from app.shop.pricing.lines import Line

#: A limit that is none: more units than any cart can have.
ENDLESS = 1 << 60


class Run:
    """The units of one line that are left."""

    __slots__ = ("left", "line", "unit", "value")

    def __init__(self, line: Line) -> None:
        self.line = line
        self.unit = line.quantity if line.measured else WHOLE
        self.left = (line.quantity - line.used) // self.unit
        #: What one unit costs, only to be compared.
        self.value = line.amount * WHOLE if line.measured else line.price["amount"] * WHOLE * WHOLE // line.price["per"]


class Piece(NamedTuple):
    """Units of one line that a promotion would take: `start` and `quantity` in thousandths."""

    run: Run
    part: int
    start: int
    units: int

    @property
    def worth(self) -> int:
        return self.run.line.worth(self.start, self.units * self.run.unit)

    def last(self, units: int) -> int:
        """What the last `units` of the piece come to."""
        skipped = (self.units - units) * self.run.unit
        return self.run.line.worth(self.start + skipped, units * self.run.unit)


class Index:
    """The cart's open lines by product (and its variants' template) and by category, so that a promotion finds its own
    without looking at every line."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = [line for line in lines if line.open]
        self.by_product: dict[str, list[Line]] = {}
        self.by_category: dict[str, list[Line]] = {}
        for line in self.lines:
            for id in (line.product, line.family):
                if id is not None:
                    self.by_product.setdefault(id, []).append(line)
            if line.category is not None:
                self.by_category.setdefault(line.category, []).append(line)

    def meant(self, rule: Mapping[str, Any], products: str = "products", categories: str = "categories") -> list[Line]:
        """The lines of the rule's products and categories (of everything where it names none), without those that it
        excludes, in the order of the cart."""
        wanted = self._found(rule.get(products), rule.get(categories))
        lines = self.lines if wanted is None else wanted
        spared = self._found(rule.get("exclude_products"), rule.get("exclude_categories"))
        if spared:
            places = {line.place for line in spared}
            lines = [line for line in lines if line.place not in places]
        return lines

    def _found(self, products: Sequence[str] | None, categories: Sequence[str] | None) -> list[Line] | None:
        if not products and not categories:
            return None
        found: dict[int, Line] = {}
        for ids, index in ((products, self.by_product), (categories, self.by_category)):
            for id in index.keys() & ids if ids else ():
                for line in index[id]:
                    found[line.place] = line
        return [found[place] for place in sorted(found)]


class Runs:
    """The runs of the lines that a promotion means, shared by its parts, so that no unit is taken twice."""

    def __init__(self) -> None:
        self._known: dict[int, Run] = {}

    def of(self, lines: Iterable[Line], *, cheapest: bool = False) -> list[Run]:
        """The runs that have units left, the dearest unit first (or the cheapest), then in the order of the cart."""
        runs = []
        for line in lines:
            if line.used >= line.quantity:
                continue
            run = self._known.get(line.place)
            if run is None:
                run = self._known[line.place] = Run(line)
            if run.left > 0:
                runs.append(run)
        sign = 1 if cheapest else -1
        return sorted(runs, key=lambda run: (sign * run.value, run.line.place))


def gather(parts: Sequence[tuple[list[Run], int]], most: int) -> tuple[int, list[Piece]]:
    """Units for the next sets, each of `count` units from each part's runs, at most `most` sets: `(sets, pieces)`.

    As long as each part's first run alone can fill sets, as many as it can come at once; else one set, whose units are
    gathered across runs. `(0, [])` when there is no further set. Nothing is taken yet: `take` does.
    """
    needed: dict[int, int] = {}
    firsts: list[Run] = []
    for runs, count in parts:
        while runs and not runs[0].left:
            runs.pop(0)
        if not runs:
            return 0, []
        firsts.append(runs[0])
        needed[runs[0].line.place] = needed.get(runs[0].line.place, 0) + count
    sets = min(most, *(run.left // needed[run.line.place] for run in firsts))
    spoken: dict[int, int] = {}
    pieces: list[Piece] = []
    if sets > 0:
        for part, (run, (_, count)) in enumerate(zip(firsts, parts, strict=True)):
            pieces.append(_piece(run, part, sets * count, spoken))
        return sets, pieces
    for part, (runs, count) in enumerate(parts):
        missing = count
        for run in runs:
            units = min(missing, run.left - spoken.get(run.line.place, 0))
            if units > 0:
                pieces.append(_piece(run, part, units, spoken))
                missing -= units
            if not missing:
                break
        if missing:
            return 0, []
    return 1, pieces


def _piece(run: Run, part: int, units: int, spoken: dict[int, int]) -> Piece:
    place = run.line.place
    before = spoken.get(place, 0)
    spoken[place] = before + units
    return Piece(run, part, run.line.used + before * run.unit, units)


def take(pieces: Iterable[Piece]) -> None:
    """Consumes the units: no other line promotion gets them."""
    for piece in pieces:
        piece.run.left -= piece.units
        piece.run.line.used += piece.units * piece.run.unit
