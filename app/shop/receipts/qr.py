"""The QR code of a receipt: its id, for a scanner that brings it back."""

from __future__ import annotations

from collections.abc import Iterator

import segno

#: Choosing the best of the eight masks takes longer than all else of a receipt; any of them is a code by the standard.
MASK = 0
#: Modules of white around the code.
BORDER = 2


def rows(text: str) -> Iterator[bytearray]:
    """The code as rows of modules, 1 where it is dark, with the border around it."""
    for row in segno.make(text, error="m", micro=False, mask=MASK).matrix_iter(border=BORDER):
        yield bytearray(row)


def path(text: str) -> tuple[int, str]:
    """How many modules wide the code is, and its dark ones as the path of an SVG, a stroke of width 1."""
    parts, side = [], 0
    for y, row in enumerate(rows(text)):
        side = len(row)
        strokes = bytes(row).split(b"\0")
        x = 0
        for stroke in strokes:
            if stroke:
                parts.append(f"M{x} {y}.5h{len(stroke)}")
            x += len(stroke) + 1
    return side, "".join(parts)
