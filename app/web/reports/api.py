"""Reports as JSON and as CSV: `/api/reports/sales`, `/api/reports/sales.csv`, `/api/reports/today`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request

from app.shop.reason import say
from app.shop.reports import ask, spreadsheet
from app.shop.reports.sums import asked_again
from app.shop.reports.today import Today, today
from app.shop.sale import SaleError
from app.web.json_api import answer
from app.web.reports import asked, names
from app.web.reports.hall import Hall


def made(hall: Hall, wanted: asked.Asked) -> ask.Report:
    """The report."""
    return asked_again(lambda: ask.report(wanted.stores, wanted.by, wanted.range, wanted.other, wanted.wanted))


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes."""

    @blueprint.get("/api/reports/sales")
    def report_sales() -> Response:
        hall.need()
        wanted = asked.read(hall, request.args)
        report = made(hall, wanted)
        return answer(asked.as_json(report, names.row_names(hall, report)))

    @blueprint.get("/api/reports/sales.csv")
    def report_file() -> Response:
        hall.need()
        wanted = asked.read(hall, request.args)
        report = made(hall, wanted)
        if report.left:
            reason = say("The sums of this report are still being made. Ask again in a moment.")
            raise SaleError(503, "service_unavailable", reason)
        body = spreadsheet.render(*sheet(hall, report))
        store = f"-{wanted.choice['store']}" if wanted.choice["store"] else ""
        return download(body, f"{report.by}{store}-{report.range.low}-{report.range.high}.csv")

    @blueprint.get("/api/reports/today")
    def report_today() -> Response:
        hall.need()
        return answer(today_json(asked_again(lambda: today(hall.stores()))))


def download(body: bytes, name: str) -> Response:
    """A file to be saved, never kept by a browser."""
    response = Response(body, content_type=spreadsheet.TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def sheet(hall: Hall, report: ask.Report) -> tuple[list[str], Iterator[list[str | int]]]:
    """The columns and rows of a report's file. Names of columns are the API's, in every language."""
    figures = ask.figures_of(report.by)
    compared = [f"{name}_before" for name in figures] if report.other is not None else []
    called = names.row_names(hall, report)

    def cell(figure: str, value: int, digits: int) -> str:
        if figure in ("receipts", "count", "refunds", "void_sales", "void_carts", "void_lines"):
            return str(value)
        return spreadsheet.quantity(value) if figure == "quantity" else spreadsheet.decimal(value, digits)

    def rows() -> Iterator[list[str | int]]:
        zero = dict.fromkeys(figures, 0)
        for book in report.books:
            for key in sorted({*book.rows, *book.rows_before}):
                digits = book.digits
                row: list[str | int] = [
                    report.range.low, report.range.high, spreadsheet.text(key), spreadsheet.text(called.get(key, key)),
                    book.currency,
                ]  # fmt: skip
                for of in (book.rows, book.rows_before) if compared else (book.rows,):
                    values = of.get(key, zero)
                    for figure in figures:
                        own = _foreign_digits(report.by, figure, key, digits)
                        row.append(cell(figure, values[figure], own))
                yield row

    return ["from", "to", "key", "name", "currency", *figures, *compared], rows()


def _foreign_digits(by: str, figure: str, key: str, digits: int) -> int:
    """Foreign cash is told in its own currency, but for its worth (`base`)."""
    own = key.partition("/")[2]
    return int(own) if by == "foreign" and figure != "base" and own.isdigit() else digits


def today_json(now: Today) -> dict[str, Any]:
    """The dashboard as the API answers it."""
    return {
        "at": now.at,
        "hours": now.order,
        "currencies": [
            {
                "currency": book.currency,
                "digits": book.digits,
                "revenue": book.revenue,
                "receipts": book.receipts,
                "then": {"revenue": book.revenue_then, "receipts": book.receipts_then},
                "last_week": {"revenue": book.revenue_whole, "receipts": book.receipts_whole},
                "by_hour": [
                    {"hour": hour, "revenue": book.now[hour] if at <= book.open else None, "before": book.before[hour]}
                    for at, hour in enumerate(now.order)
                ],
                "stores": book.stores,
            }
            for book in now.books
        ],
        "unsummed": {"days": now.left, "of": now.of},
    }
