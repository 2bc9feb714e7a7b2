"""An X or Z report as rows of a fixed width, for a receipt printer. Pure: every text comes in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.shop.receipts.layout import Row, pair, wrap

Doc = Mapping[str, Any]


def report_rows(shown: Doc, columns: int) -> list[Row]:
    """The rows of a report as `report_paper.x_paper` and `z_paper` show it."""
    rule = Row("-" * columns)
    made = [Row(text, "center", bold=True) for text in wrap(shown["store"], columns)]
    made += [Row(text, "center") for each in shown["header"] for text in wrap(each, columns)]
    made += [Row(text, "center", bold=True, big=True) for text in wrap(shown["title"], columns // 2)]
    made += [Row(text, bold=True) for text in pair(shown["label"], shown["total"], columns)]
    made += [Row(text) for name, value in shown["meta"] for text in pair(name, value, columns)]
    for section in shown["sections"]:
        made += [rule, *[Row(text, bold=True) for text in wrap(section["title"], columns)]]
        for row in section["rows"]:
            name = f"{row['name']} {row['note']}".strip()
            made += [Row(text, bold=row["strong"]) for text in pair(name, row["amount"], columns)]
    made.append(rule)
    for each in (*shown["notes"], *shown["chain"], shown["id"]):
        made += [Row(text) for text in wrap(each, columns)]
    return made
