"""The page `/reports`, and the part of a page that shows today beside last week."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from app.shop.reports import ask
from app.shop.reports.sums import asked_again
from app.shop.reports.today import Hours, Today, today
from app.shop.sale import SaleError
from app.web import present
from app.web.reasons import tell
from app.web.reports import asked, names, plot, tables
from app.web.reports.api import made
from app.web.reports.hall import Hall

#: Ids of receipts that can't be read, on the page; there should be none.
LISTED = 20


def refused(hall: Hall, error: SaleError) -> tuple[str, int]:
    """The page for who may not see reports."""
    link = {"href": url_for(".home"), "name": _("Back to the till")}
    text = _("A supervisor may: the reports on what was sold are not for everybody.")
    return render_template("message.html", title=_("You can’t see this"), text=text, link=link), error.status


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes."""

    @blueprint.get("/reports")
    def reports_page() -> str | tuple[str, int]:
        try:
            hall.need()
        except SaleError as error:
            return refused(hall, error)
        status, fault = 200, ""
        try:
            wanted = asked.read(hall, request.args)
        except SaleError as wrong:
            status, fault = wrong.status, tell(wrong.reason)
            wanted = asked.read(hall, {})
        shown = _shown(hall, wanted)
        return hall.page("reports/reports.html", fault=fault, **shown), status

    @blueprint.get("/reports/today")
    def reports_today() -> str | tuple[str, int]:
        """A part of a page: `js/reports/today.js` puts it there, and fetches it again."""
        try:
            hall.need()
        except SaleError as error:
            return refused(hall, error)
        return render_template("reports/today.html", **dashboard(hall))


def link(choice: dict[str, str], **other: str) -> str:
    """The page with another choice."""
    return _url(".reports_page", {**choice, **other})


def _url(endpoint: str, choice: dict[str, str]) -> str:
    words: dict[str, Any] = _query(choice)
    return url_for(endpoint, **words)


def _query(choice: dict[str, str]) -> dict[str, str]:
    """The words of a choice that say something."""
    usual = {"compare": "none", "by": "day"}
    kept = {name: value for name, value in choice.items() if value and value != usual.get(name)}
    for name in ("from", "to") if kept.get("range") else ("range",):
        kept.pop(name, None)
    return kept


def _shown(hall: Hall, wanted: asked.Asked) -> dict[str, Any]:
    report = made(hall, wanted)
    called = names.row_names(hall, report)
    every = hall.stores()
    there = ask.choices(every, wanted.range)
    kinds = {
        by: name
        for by, name in names.kinds().items()
        if not (by == "store" and len(every) < 2) and not (by not in ask.OF_LINES and wanted.wanted.categories)
    }
    start = int(hall.facts(wanted.stores[0].store)["day_start"][:2]) if wanted.stores else 4
    categories = {id: name for id, name in names.category_paths(hall).items() if id in _above(hall, there["category"])}
    cashiers = names.names_of(hall, "cashier", there["cashier"], {})
    return {
        "title": kinds.get(report.by, ""),
        "choice": wanted.choice,
        "kinds": [
            {"by": by, "name": name, "href": link(wanted.choice, by=by), "here": by == report.by}
            for by, name in kinds.items()
        ],
        "presets": names.presets(),
        "comparisons": names.comparisons(),
        "stores": [(sums.store, hall.facts(sums.store)["name"]) for sums in every],
        "terminals": [(name, name.upper()) for name in _with(there["terminal"], wanted.choice["terminal"]) if name],
        "cashiers": sorted(((id or "-", name) for id, name in cashiers.items()), key=lambda each: each[1]),
        "categories": sorted(categories.items(), key=lambda each: each[1]),
        "range": report.range,
        "other": report.other,
        "tables": tables.tables(report, called, start),
        "heads": [_tiles(book, report.other is not None, wanted.wanted.categories) for book in report.books],
        "left_out": report.left_out[:LISTED],
        "left_out_count": len(report.left_out),
        "left": report.left,
        "of": report.of,
        "csv": _url(".report_file", wanted.choice),
        "clear": _url(".reports_page", {**wanted.choice, "terminal": "", "cashier": "", "category": ""}),
        "filtered": any(wanted.choice[name] for name in ("terminal", "cashier", "category")),
        "has_journal": hall.office,
        "by": report.by,
    }


def _with(values: list[str], chosen: str) -> list[str]:
    return values if not chosen or chosen in values else [*values, chosen]


def _above(hall: Hall, categories: list[str]) -> set[str]:
    """These categories and those that they lie in."""
    parents = {record.id: record.doc().get("parent") for record in hall.company.each("category")}
    found: set[str] = set()
    for at in categories:
        here: Any = at
        while isinstance(here, str) and here not in found:
            found.add(here)
            here = parents.get(here)
    return found


def _tiles(book: ask.Book, compared: bool, categories: Any) -> dict[str, Any]:
    """The whole of a currency in a few figures."""

    def money(value: int) -> str:
        return present.money(value, book.currency, book.digits)

    head, before = book.head, book.before
    tiles = [{"name": _("Revenue"), "text": money(head["revenue"]), "main": True,
              "change": tables.change(head["revenue"], before["revenue"]) if compared else ""}]  # fmt: skip
    if head["receipts"]:
        receipts = head["receipts"]
        tiles.append({"name": _("Receipts"), "text": tables.text("receipts", receipts, 0), "main": False,
                      "change": tables.change(receipts, before["receipts"]) if compared else ""})  # fmt: skip
        if categories is None:
            each = (2 * head["revenue"] + receipts) // (2 * receipts)
            tiles.append({"name": _("Each receipt on average"), "text": money(each), "main": False, "change": ""})
    more = [
        (_("Net of tax"), head["net"] if head["tax"] else 0),
        (_("Tax"), head["tax"]),
        (_("Discounts"), head["discount"]),
        (_("Goods returned"), head["returned"]),
        (_("Refund receipts"), head["refunds_amount"]),
        (_("Gift cards and balances sold"), head["stored"]),
        (_("Tips"), head["tips"]),
        (_("Cash rounding"), head["rounding"]),
    ]
    tiles += [{"name": name, "text": money(value), "main": False, "change": ""} for name, value in more if value]
    return {"currency": book.currency, "tiles": tiles}


# -- today ---------------------------------------------------------------------------------------------------------


def dashboard(hall: Hall) -> dict[str, Any]:
    """`{"books": [{"currency", "revenue", "then", "change", "receipts", …, "plot", "hours", "stores"}], "left"}` as
    `reports/today.html` shows it."""
    now = asked_again(lambda: today(hall.stores()))
    return {"books": [_book(book, now) for book in now.books], "left": now.left, "of": now.of}


def _book(book: Hours, now: Today) -> dict[str, Any]:
    def money(value: int) -> str:
        return present.money(value, book.currency, book.digits)

    first, last = _reach(book, now)
    hours = now.order[first : last + 1]
    so_far: list[int | None] = []
    before: list[int] = []
    running = past = 0
    for at, hour in enumerate(hours, first):
        running += book.now[hour]
        past += book.before[hour]
        so_far.append(running if at <= book.open else None)
        before.append(past)
    drawn = plot.lines(so_far, before, [f"{hour:02d}" for hour in hours])
    for tick in drawn["ticks"]:
        tick["text"] = tables.compact(tick["value"], book.digits)
    stores = [
        {**store, "revenue": money(store["revenue"]), "then": money(store["revenue_then"]),
         "change": tables.change(store["revenue"], store["revenue_then"])}
        for store in sorted(book.stores, key=lambda store: -store["revenue"])
    ]  # fmt: skip
    return {
        "currency": book.currency,
        "revenue": money(book.revenue),
        "then": money(book.revenue_then),
        "whole": money(book.revenue_whole),
        "change": tables.change(book.revenue, book.revenue_then),
        "more": book.revenue >= book.revenue_then,
        "receipts": book.receipts,
        "receipts_then": book.receipts_then,
        "plot": drawn,
        "hours": [
            {"name": f"{hour:02d}:00", "now": "" if so_far[at] is None else money(so_far[at] or 0),
             "before": money(before[at])}
            for at, hour in enumerate(hours)
        ],
        "stores": stores if len(stores) > 1 else [],
        "past": bool(book.receipts_whole),
        "any": bool(book.receipts or book.receipts_whole),
    }  # fmt: skip


def _reach(book: Hours, now: Today) -> tuple[int, int]:
    """From the first hour in which anything was sold on either day to the last one, or to now."""
    sold = [at for at, hour in enumerate(now.order) if book.now[hour] or book.before[hour]]
    first = min([*sold, max(book.open, 0)])
    return max(0, first - 1), min(len(now.order) - 1, max([*sold, max(book.open, 0)]))
