"""One line of the table that `make bench` prints, and the table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`reached` against `goal`, both in `unit` ("×" for ratios to a peer). `detail` gives the absolute figures."""

    what: str
    goal: float
    reached: float
    unit: str = "×"
    detail: str = ""
    at_most: bool = False

    @property
    def ok(self) -> bool:
        return self.reached <= self.goal if self.at_most else self.reached >= self.goal


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios, round by round: a machine that drifts drifts for both."""
    return median([a / b for a, b in zip(ours, theirs, strict=True)])


def show(rows: Sequence[Row]) -> str:
    """The table, one row a line."""
    width = max(len(row.what) for row in rows)
    lines = []
    for row in rows:
        sign = "≤" if row.at_most else "≥"
        reached = f"{row.reached:,.2f} {row.unit}" if row.reached < 100 else f"{row.reached:,.0f} {row.unit}"
        goal = f"{sign} {row.goal:g} {row.unit}"
        lines.append(f"{'ok ' if row.ok else 'NOT'}  {row.what:<{width}}  {reached:>12}  goal {goal:<10}  {row.detail}")
    return "\n".join(lines)
