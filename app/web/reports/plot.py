"""The geometry of plots: bars and lines as whole numbers, which a template draws as SVG. Pure.

A plot is 720 wide and 220 high, whatever its size on the screen. Zero is a line; what is below it hangs from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 64, 8, 10, 26
#: Labels along the axis, at most.
LABELS = 8
TICKS = 4


def bars(points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """`points` are `{"label", "short", "value", "before" or None, "text"}` in their order; the plot is `{"width",
    "height", "bars": [{"x", "y", "width", "height", "text", "below"}], "before": [the same], "ticks": [{"y",
    "value"}], "labels": [{"x", "text"}], "zero"}`. Values are minor units."""
    values = [point["value"] for point in points]
    befores = [point["before"] for point in points if point["before"] is not None]
    y, frame = _frame([0, *values, *befores])
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(points))
    gap = 1 if slot < 6 else max(2, slot // 5)

    def bar(at: int, value: int, wide: float, shift: float, text: str) -> dict[str, Any]:
        top, bottom = sorted((y(value), y(0)))
        return {
            "x": round(LEFT + at * slot + shift, 1),
            "y": top,
            "width": round(max(1.0, wide), 1),
            "height": max(1 if value else 0, bottom - top),
            "below": value < 0,
            "text": text,
        }

    wide = slot - gap
    every = -(-len(points) // LABELS) if points else 1
    return {
        **frame,
        "bars": [bar(at, point["value"], wide, gap / 2, point["text"]) for at, point in enumerate(points)],
        "before": [
            {"x1": round(LEFT + at * slot + gap / 2, 1), "x2": round(LEFT + at * slot + gap / 2 + wide, 1),
             "y": y(point["before"])}
            for at, point in enumerate(points) if point["before"]
        ],
        "labels": [
            {"x": round(LEFT + (at + 0.5) * slot), "text": point["short"]}
            for at, point in enumerate(points) if at % every == 0
        ],
    }  # fmt: skip


def lines(now: Sequence[int | None], before: Sequence[int], labels: Sequence[str]) -> dict[str, Any]:
    """Two lines over the same hours, `now` up to where it is known: `{"now": "x,y x,y", "before", "ticks", "labels",
    …}`; the points are for SVG's polyline."""
    known = [value for value in now if value is not None]
    y, frame = _frame([0, *known, *before])
    count = max(1, len(labels) - 1)

    def x(at: int) -> int:
        return LEFT + (WIDTH - LEFT - RIGHT) * at // count

    def points(values: Sequence[int | None]) -> str:
        return " ".join(f"{x(at)},{y(value)}" for at, value in enumerate(values) if value is not None)

    every = -(-len(labels) // LABELS) if labels else 1
    return {
        **frame,
        "now": points(now),
        "before": points(before),
        "last": {"x": x(len(known) - 1), "y": y(known[-1])} if known else None,
        "labels": [{"x": x(at), "text": text} for at, text in enumerate(labels) if at % every == 0],
    }


def _frame(values: Sequence[int]) -> tuple[Callable[[int], int], dict[str, Any]]:
    """How high a value stands, and what a plot of such values is drawn in."""
    low, high, step = scale(min(values), max(values))

    def y(value: int) -> int:
        return TOP + (high - value) * (HEIGHT - TOP - BOTTOM) // (high - low)

    ticks = [{"y": y(value), "value": value} for value in range(low, high + 1, step)]
    return y, {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "zero": y(0), "ticks": ticks}


def scale(low: int, high: int) -> tuple[int, int, int]:
    """The ends of an axis that holds both, and the step between its ticks: 1, 2 or 5 times a power of ten."""
    span = max(1, high - low)
    step = 1
    while step * TICKS < span:
        for factor in (2, 5, 10):
            if step * factor * TICKS >= span:
                step *= factor
                break
        else:
            step *= 10
    return low // step * step, max(-(-high // step) * step, low // step * step + step), step
