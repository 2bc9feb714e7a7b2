"""What rows and columns of reports are called, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from app.shop.reports import ask, days
from app.web import present, report_paper
from app.web.reports.hall import Hall
from app.web.words import day_name


def row_names(hall: Hall, report: ask.Report) -> dict[str, str]:
    """Key → name, of all rows of a report."""
    keys = {key for book in report.books for key in (*book.rows, *book.rows_before)}
    if report.by == "day":  # a table has the days on which nothing was sold, too
        keys.update(report.range.dates())
    elif report.by == "hour":
        keys.update(str(hour) for hour in range(24))
    return names_of(hall, report.by, keys, report.names)


def names_of(hall: Hall, by: str, keys: Iterable[str], known: dict[str, str]) -> dict[str, str]:
    """The names of keys of one kind; `known` as receipts have them."""
    if by in ("cashier", "refunds"):
        people = _people(hall)
        return {key: people.get(key) or (key.partition(":")[2] if key else _("Without a name")) for key in keys}
    if by == "category":
        paths = category_paths(hall)
        return {key: paths.get(key) or (key.partition(":")[2] or key if key else _("No category")) for key in keys}
    if by == "store":
        return {key: str(hall.facts(key)["name"]) for key in keys}
    return {key: _name(by, key, known) for key in keys}


def _name(by: str, key: str, known: dict[str, str]) -> str:
    if by == "hour":
        return f"{int(key):02d}:00"
    if by == "day":
        return day_name(key, "yMMMEd")
    if by == "month":
        return day_name(f"{key}-01", "yMMMM")
    if by == "terminal":
        return key.upper()
    if by == "tender":
        return present.tender_name(key)
    if by == "foreign":
        return key.partition("/")[0]
    if by == "sold":
        return report_paper.sold_name(key)
    if by == "tax":
        name, rate = known.get(key, key.partition("|")[0]), int(key.rpartition("|")[2])
        percent = present.quantity(rate // 10) if rate % 10 == 0 else str(rate / 10_000)
        return f"{name} · {percent} %"
    if by == "discount":
        kind = report_paper.discount_name(key.partition("|")[0])
        return f"{kind}: {known[key]}" if key in known else kind
    if key == days.LACKING:
        return _("Not told by its lines")
    return known.get(key) or key.removeprefix(days.NAMED) or _("Without a name")


def _people(hall: Hall) -> dict[str, str]:
    return {
        record.id: present.person_name(record.doc()) for sums in hall.stores() for record in sums.database.each("staff")
    }


def category_paths(hall: Hall) -> dict[str, str]:
    """Category → its name with those that it lies in before it: `Food › Dairy`."""
    docs = {record.id: record.doc() for record in hall.company.each("category")}
    found: dict[str, str] = {}
    for id in docs:
        path: list[str] = []
        at: Any = id
        while isinstance(at, str) and at in docs and len(path) < 20:
            path.insert(0, str(docs[at].get("name") or at.partition(":")[2]))
            at = docs[at].get("parent")
        found[id] = " › ".join(path)
    return found


def kinds() -> dict[str, str]:
    """What a report tells its rows by."""
    return {
        "day": _("Days"),
        "hour": _("Hours"),
        "month": _("Months"),
        "product": _("Products"),
        "category": _("Categories"),
        "cashier": _("Cashiers"),
        "store": _("Stores"),
        "terminal": _("Tills"),
        "tender": _("Payments"),
        "tax": _("Taxes"),
        "discount": _("Discounts"),
        "refunds": _("Refunds and voids"),
        "sold": _("Gift cards and balances sold"),
        "foreign": _("Foreign cash"),
    }


def columns() -> dict[str, str]:
    """What the figures are called."""
    return {
        "receipts": _("Receipts"),
        "quantity": _("Quantity"),
        "revenue": _("Revenue"),
        "tax": _("Tax"),
        "net": _("Net of tax"),
        "discount": _("Discounts"),
        "returned": _("Returned"),
        "base": _("Taxed amount"),
        "amount": _("Amount"),
        "count": _("Count"),
        "ins": _("Taken"),
        "outs": _("Paid out"),
        "refunds": _("Refunds"),
        "refunds_amount": _("Refunded"),
        "void_sales": _("Sales voided"),
        "void_carts": _("Carts voided"),
        "void_lines": _("Lines voided"),
    }


def presets() -> dict[str, str]:
    """The ranges with a name."""
    return {
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "week": _("This week"),
        "last_week": _("Last week"),
        "days28": _("The last 28 days"),
        "month": _("This month"),
        "last_month": _("Last month"),
        "year": _("This year"),
        "": _("These days"),
    }


def comparisons() -> dict[str, str]:
    """What a range is compared with."""
    return {
        "none": _("Nothing"),
        "before": _("The days before"),
        "week": _("A week before"),
        "year": _("A year before"),
    }
