"""Tables as CSV that a spreadsheet opens without harm and a program reads without guessing.

UTF-8 with a mark at the beginning (without it some spreadsheets misread other letters), commas, CRLF. Amounts are plain
decimals with a point: `-1234.50`. A text that a spreadsheet would take for a formula gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: What a formula begins with, in one spreadsheet or another.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"
TYPE = "text/csv; charset=utf-8"


def text(value: str) -> str:
    """A text as a cell. What is no text (an amount) is written by `decimal`, and stays a number."""
    return "'" + value if value.lstrip(" ").startswith(FORMULA) else value


def decimal(value: int, digits: int) -> str:
    """Minor units as a plain decimal: (-123450, 2) is `-1234.50`."""
    sign, plain = "-" if value < 0 else "", str(abs(value)).rjust(digits + 1, "0")
    return f"{sign}{plain[:-digits]}.{plain[-digits:]}" if digits else sign + plain


def quantity(value: int) -> str:
    """Thousandths: 1500 is `1.5`."""
    return decimal(value, 3).rstrip("0").rstrip(".")


def render(columns: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """The file. Cells are ready to be written: texts through `text`, amounts through `decimal`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return (BOM + out.getvalue()).encode()
