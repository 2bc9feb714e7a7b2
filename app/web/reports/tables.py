"""Reports as tables and plots: every cell a text in the reader's language, beside the number that it is sorted by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.shop.reports import ask
from app.web import present, words
from app.web.reports import names, plot

#: Rows of a table on a page; the file has all of them.
MOST = 500
#: Points of a plot.
PLOTTED = 400
#: The figure that a report is about: it is plotted, compared, and sorted by.
MAIN = {"refunds": "refunds_amount"}
#: Figures that are no amounts of money.
COUNTS = ("receipts", "count", "refunds", "void_sales", "void_carts", "void_lines")
#: Reports whose rows come in an order of their own.
IN_TIME = ("hour", "day", "month")

Figures = Mapping[str, int]


def main_of(by: str) -> str:
    return MAIN.get(by) or ("revenue" if by in ask.GOODS else "amount")


def text(figure: str, value: int, digits: int) -> str:
    """A figure as a reader sees it."""
    if figure in COUNTS:
        return f"{value:,}".replace(",", " ")
    return present.quantity(value) if figure == "quantity" else present.signed(value, digits)


def change(now: int, before: int) -> str:
    """By how much a figure differs from the one before, in percent; "" where there was nothing."""
    if before <= 0:
        return ""
    tenths = (2000 * (now - before) + before) // (2 * before) if now >= before else -(
        (2000 * (before - now) + before) // (2 * before)
    )  # fmt: skip
    return f"{'+' if tenths > 0 else '−' if tenths < 0 else '±'}{abs(tenths) // 10}.{abs(tenths) % 10} %"


def tables(report: ask.Report, called: Mapping[str, str], day_start: int) -> list[dict[str, Any]]:
    """One of each currency: `{"currency", "digits", "columns": [{"key", "label", "main"}], "rows": [{"key", "name",
    "cells": [{"text", "value"}]}], "more": how many rows are not shown, "foot": cells or None, "plot": `plot.bars` or
    None}`."""
    figures = [name for name in ask.figures_of(report.by) if _shown(report, name)]
    return [_table(report, book, figures, called, day_start) for book in report.books]


def _shown(report: ask.Report, figure: str) -> bool:
    """Columns of nothing are left out where they would be nothing in every row."""
    if figure not in ("tax", "net", "discount", "returned", "outs"):
        return True
    told_by = "tax" if figure == "net" else figure
    return any(row[told_by] for book in report.books for row in (*book.rows.values(), *book.rows_before.values()))


def _table(
    report: ask.Report, book: ask.Book, figures: list[str], called: Mapping[str, str], day_start: int
) -> dict[str, Any]:
    by, main, compared = report.by, main_of(report.by), report.other is not None
    keys = _ordered(report, book, main, day_start)
    zero = dict.fromkeys(ask.figures_of(by), 0)
    if by == "foreign":
        rows = [_row(key, called, book.rows.get(key, zero), None, figures, main, _digits(key, book)) for key in keys]
    else:
        rows = [
            _row(key, called, book.rows.get(key, zero), book.rows_before.get(key, zero) if compared else None,
                 figures, main, book.digits)
            for key in keys
        ]  # fmt: skip
    labels = names.columns()
    columns = [{"key": name, "label": labels[name], "main": name == main} for name in figures]
    if compared and by != "foreign":
        columns += [{"key": "before", "label": _("Before"), "main": False},
                    {"key": "change", "label": _("Difference"), "main": False}]  # fmt: skip
    foot = None
    if by != "foreign":  # several currencies are never added up
        whole = _sum(book.rows, figures, book.head, by)
        before = _sum(book.rows_before, figures, book.before, by) if compared else None
        foot = _cells(whole, before, figures, main, book.digits)
    return {
        "currency": book.currency,
        "digits": book.digits,
        "columns": columns,
        "rows": rows[:MOST],
        "more": max(0, len(rows) - MOST),
        "foot": foot,
        "plot": _plot(report, book, keys, called, main) if by in IN_TIME and keys else None,
    }


def _digits(key: str, book: ask.Book) -> int:
    digits = key.partition("/")[2]
    return int(digits) if digits.isdigit() else book.digits


def _row(
    key: str, called: Mapping[str, str], row: Figures, before: Figures | None, figures: list[str], main: str,
    digits: int,
) -> dict[str, Any]:  # fmt: skip
    return {"key": key, "name": called.get(key, key), "cells": _cells(row, before, figures, main, digits)}


def _cells(row: Figures, before: Figures | None, figures: list[str], main: str, digits: int) -> list[dict[str, Any]]:
    cells = [
        {"text": "" if row[name] is None else text(name, row[name], digits), "value": row[name]} for name in figures
    ]
    if before is not None:
        cells.append({"text": text(main, before[main], digits), "value": before[main]})
        cells.append({"text": change(row[main], before[main]), "value": row[main] - before[main]})
    return cells


def _sum(rows: Mapping[str, Figures], figures: list[str], head: Figures, by: str) -> dict[str, Any]:
    """The sums of the rows. A receipt may stand in several rows of products, so these are counted by the whole."""
    made: dict[str, Any] = {name: sum(row[name] for row in rows.values()) for name in figures}
    if "receipts" in made and by in ("product", "category"):
        made["receipts"] = head.get("receipts", 0)
    return made


def _ordered(report: ask.Report, book: ask.Book, main: str, day_start: int) -> list[str]:
    """The keys of the rows: times in their order, each there is; others by what they came to."""
    there = {*book.rows, *book.rows_before}
    if report.by == "hour":
        hours = sorted(int(key) for key in there)
        places = [(hour - day_start) % 24 for hour in hours]
        return [str((day_start + at) % 24) for at in range(min(places), max(places) + 1)] if places else []
    if report.by == "day" and there:
        return report.range.dates() if report.range.days <= PLOTTED else sorted(there)
    if report.by == "month":
        return sorted(there)
    return sorted(there, key=lambda key: (-abs(book.rows[key][main]) if key in book.rows else 0, key))


def _plot(
    report: ask.Report, book: ask.Book, keys: list[str], called: Mapping[str, str], main: str
) -> dict[str, Any] | None:
    if len(keys) > PLOTTED:
        return None
    points = []
    for key in keys:
        value = book.rows[key][main] if key in book.rows else 0
        before = None
        if report.other is not None:
            before = book.rows_before[key][main] if key in book.rows_before else 0
        shown = f"{called.get(key, key)}: {present.money(value, book.currency, book.digits)}"
        if before is not None:
            shown += " · " + _("before: %(amount)s", amount=present.money(before, book.currency, book.digits))
        points.append({"short": _short(report.by, key), "value": value, "before": before, "text": shown})
    made = plot.bars(points)
    for tick in made["ticks"]:
        tick["text"] = compact(tick["value"], book.digits)
    return made


def _short(by: str, key: str) -> str:
    if by == "hour":
        return f"{int(key):02d}"
    return words.day_name(key, "MMMd") if by == "day" else words.day_name(f"{key}-01", "yMMM")


def compact(value: int, digits: int) -> str:
    """An amount beside an axis: whole units, thousands as k, millions as M."""
    unit = 10**digits
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size * unit:
            return f"{value / (size * unit):g}{letter}".replace("-", "−")
    return f"{value / unit:g}".replace("-", "−")
