"""What a request asks of the reports, out of its query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.docs.database import Database
from app.shop import clock
from app.shop.reason import say
from app.shop.reports import ask, ranges
from app.shop.reports.ask import Filter
from app.shop.reports.ranges import Range
from app.shop.reports.sums import DailySums
from app.shop.sale import SaleError
from app.web.reports.hall import Hall

#: Ranges by name.
PRESETS = ("today", "yesterday", "week", "last_week", "month", "last_month", "year", "days28")
USUAL = "week"


@dataclass(frozen=True)
class Asked:
    """A report that is asked for: `stores` are those it is of, `choice` the query's own words, for links and forms."""

    by: str
    range: Range
    other: Range | None
    wanted: Filter
    stores: list[DailySums]
    choice: dict[str, str]


def today(hall: Hall, stores: list[DailySums]) -> str:
    """The business date of this moment: of several stores the latest one."""
    now = clock.now()
    dates = []
    for sums in stores:
        facts = hall.facts(sums.store)
        dates.append(clock.business_date(now, facts["timezone"], facts["day_start"]))
    return max(dates, default=now.date().isoformat())


def read(hall: Hall, args: Mapping[str, str]) -> Asked:
    """Raises SaleError 400 with the field at fault, 404 for a store that isn't here."""
    every = hall.stores()
    store = args.get("store") or ""
    stores = [sums for sums in every if store in ("", sums.store)]
    if store and not stores:
        raise SaleError(404, "not_found", say("The store %(store)s is not here.", store=store[:60]), "store")
    span, preset = _span(args, today(hall, stores))
    compare = args.get("compare") or "none"
    category = args.get("category")
    wanted = Filter(
        terminal=args.get("terminal") or None,
        cashier=_cashier(args.get("cashier")),
        categories=below(hall.company, category) if category else None,
    )
    by = args.get("by") or "day"
    ask.check(by, wanted)
    choice = {
        "by": by,
        "range": preset,
        "from": span.low,
        "to": span.high,
        "compare": compare,
        "store": store,
        "terminal": wanted.terminal or "",
        "cashier": args.get("cashier") or "",
        "category": category or "",
    }
    return Asked(by, span, ranges.compared(span, compare), wanted, stores, choice)


def _cashier(text: str | None) -> str | None:
    """A cashier's id; "-" asks for receipts that nobody signed in for."""
    return "" if text == "-" else text or None


def _span(args: Mapping[str, str], now: str) -> tuple[Range, str]:
    preset = args.get("range") or ""
    if not preset and (args.get("from") or args.get("to")):
        low = args.get("from") or args["to"]
        return ranges.read(low, args.get("to") or low), ""
    preset = preset or USUAL
    if preset not in PRESETS:
        reason = say("“%(text)s” is no range; there are: %(known)s.", text=preset[:40], known=", ".join(PRESETS))
        raise SaleError(400, "invalid", reason, "range")
    return preset_range(preset, date.fromisoformat(now)), preset


def preset_range(name: str, now: date) -> Range:
    """The dates of a range with a name. A week begins on Monday; one that isn't over ends today."""
    monday = now - timedelta(days=now.weekday())
    first = now.replace(day=1)
    before = first - timedelta(days=1)
    low, high = {
        "today": (now, now),
        "yesterday": (now - timedelta(days=1), now - timedelta(days=1)),
        "week": (monday, now),
        "last_week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "month": (first, now),
        "last_month": (before.replace(day=1), before),
        "year": (now.replace(month=1, day=1), now),
        "days28": (now - timedelta(days=27), now),
    }[name]
    return Range(low.isoformat(), high.isoformat())


def below(company: Database, category: str) -> frozenset[str]:
    """A category and all below it."""
    parents = {record.id: record.doc().get("parent") for record in company.each("category")}
    found = {category}
    while True:
        more = {id for id, parent in parents.items() if parent in found} - found
        if not more:
            return frozenset(found)
        found |= more


def as_json(report: ask.Report, names: Mapping[str, str]) -> dict[str, Any]:
    """A report as the API answers it: amounts in minor units, quantities in thousandths."""
    figures = ask.figures_of(report.by)
    return {
        "by": report.by,
        "from": report.range.low,
        "to": report.range.high,
        "compared": None if report.other is None else {"from": report.other.low, "to": report.other.high},
        "figures": list(figures),
        "currencies": [
            {
                "currency": book.currency,
                "digits": book.digits,
                "total": book.head,
                "total_before": None if report.other is None else book.before,
                "rows": [
                    {
                        "key": key,
                        "name": names.get(key, key),
                        "figures": book.rows.get(key) or dict.fromkeys(figures, 0),
                        "before": None
                        if report.other is None
                        else book.rows_before.get(key) or dict.fromkeys(figures, 0),
                    }
                    for key in sorted({*book.rows, *book.rows_before})
                ],
            }
            for book in report.books
        ],
        "left_out": report.left_out,
        "unsummed": {"days": report.left, "of": report.of},
    }
