"""Reports over ranges of business dates, from the daily sums of one store or many.

Whatever a report is grouped by, its rows come to the same: what the receipts come to. Currencies are never added up:
each has sums of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.shop.reason import say
from app.shop.reports import days, ranges
from app.shop.reports.ranges import Range
from app.shop.reports.sums import PATIENCE, DailySums, date, number
from app.shop.sale import SaleError

#: What rows are told by. The first ones tell of goods and can be asked of one category; "tender" and those after it are
#: of whole receipts.
GOODS = ("hour", "day", "month", "product", "category", "cashier", "store", "terminal")
PARTS = ("tax", "discount", "tender", "foreign", "sold", "refunds")
BY = (*GOODS, *PARTS)
#: The reports that a filter by category leaves whole.
OF_LINES = (*GOODS, "tax", "discount")

#: The figures of rows, by what they are told by.
HEAD = (*days.RECEIPTS, "revenue", "net")
GOODS_FIGURES = ("receipts", "quantity", "revenue", "tax", "net", "discount", "returned")
PART_FIGURES = {
    "tax": ("base", "amount"),
    "discount": ("count", "amount"),
    "tender": ("count", "ins", "outs", "amount"),
    "foreign": ("count", "ins", "outs", "amount", "base"),
    "sold": ("count", "amount"),
    "refunds": ("refunds", "refunds_amount", "returned", "void_sales", "void_carts", "void_lines"),
}
VOIDS = ("void_sales", "void_carts", "void_lines")


def figures_of(by: str) -> tuple[str, ...]:
    """The names of the figures that rows of this kind have."""
    return PART_FIGURES.get(by, GOODS_FIGURES)


@dataclass(frozen=True)
class Filter:
    """What is asked of: one till, one cashier, some categories (one and those below it); None asks of all."""

    terminal: str | None = None
    cashier: str | None = None
    categories: frozenset[str] | None = None


@dataclass
class Book:
    """The sums of one currency: `head` as `HEAD` (only goods' figures where a category is asked of), `rows` by key, and
    the same of the range that it is compared with."""

    currency: str
    digits: int
    head: dict[str, int] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    rows_before: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass
class Report:
    """`books` by currency, the one of most receipts first; `names` of keys as receipts call them; `left_out` the ids of
    orders that are in no sum; `left` of `of` days are not summed yet."""

    by: str
    range: Range
    other: Range | None
    books: list[Book]
    names: dict[str, str]
    left_out: list[str]
    left: int
    of: int


def report(
    stores: Sequence[DailySums],
    by: str,
    range: Range,
    other: Range | None = None,
    wanted: Filter | None = None,
    patience: float = PATIENCE,
) -> Report:
    """The report over these stores. Raises SaleError 400 for a grouping that there isn't, or that can't be asked of a
    category."""
    wanted = wanted or Filter()
    check(by, wanted)
    books: dict[str, Book] = {}
    names: dict[str, str] = {}
    left_out: list[str] = []
    left = of = 0
    spans = [range] if other is None else [range, other]
    for sums in stores:
        missing, stale = sums.ready([(span.low, span.high) for span in spans], patience)
        left, of = left + missing, of + stale
        left_out += sums.left_out(range.low, range.high)
        for span in spans:
            _read(sums, by, span, wanted, books, names, span is not range and other is not None, range)
    most_first = sorted(books.values(), key=lambda book: (-book.head["receipts"], book.currency, book.digits))
    return Report(by, range, other, most_first, names, sorted(left_out), left, of)


def check(by: str, wanted: Filter) -> None:
    """Raises SaleError 400 where this can't be asked."""
    if by not in BY:
        reason = say("“%(text)s” is no report; there are: %(known)s.", text=by[:40], known=", ".join(BY))
        raise SaleError(400, "invalid", reason, "by")
    if wanted.categories is not None and by not in OF_LINES:
        raise SaleError(400, "invalid", say("A payment has no category: ask of all of them."), "category")


def _read(
    sums: DailySums, by: str, span: Range, wanted: Filter, books: dict[str, Book], names: dict[str, str],
    before: bool, range: Range,
) -> None:  # fmt: skip
    def book(money: str) -> Book:
        if money not in books:
            currency, _, digits = money.partition("/")
            books[money] = Book(currency, int(digits), dict.fromkeys(HEAD, 0), dict.fromkeys(HEAD, 0))
        return books[money]

    for money, values in _head(sums, span, wanted):
        head = book(money).before if before else book(money).head
        for name, value in values.items():
            head[name] += value
    for money, key, values in _rows(sums, by, span, wanted):
        if before and by in ("day", "month"):
            key = ranges.place(range, span, key)
        rows = book(money).rows_before if before else book(money).rows
        row = rows.setdefault(key, dict.fromkeys(figures_of(by), 0))
        for name, value in values.items():
            row[name] += value
    keys = {key for each in books.values() for key in (*each.rows, *each.rows_before)}
    names.update(_names(sums, by, keys - names.keys()))


# -- what the tables are asked ------------------------------------------------------------------------------------

Rows = Iterable[tuple[str, str, dict[str, int]]]
_WORD = "(SELECT word FROM words WHERE n = {})"


def _where(
    sums: DailySums, span: Range, wanted: Filter, *, categories: bool, months: bool = False
) -> tuple[str, list[Any]]:
    """`months`: of the tables that have sums of whole months, which tell no tills and no cashiers apart."""
    values: list[Any]
    if months and wanted.terminal is None and wanted.cashier is None:
        whole, stretches = sums.spans(span.low, span.high)
        dates = [f"date IN ({', '.join('?' * len(whole))})"] if whole else []
        dates += ["(date BETWEEN ? AND ? AND date % 100 > 0)"] * len(stretches)
        clauses, values = [f"({' OR '.join(dates)})"], [*whole, *(end for each in stretches for end in each)]
    else:
        clauses, values = ["date BETWEEN ? AND ?"], [number(span.low), number(span.high)]
        if months or categories:
            clauses.append("date % 100 > 0")
    for name in ("terminal", "cashier"):
        value = getattr(wanted, name)
        if value is not None:
            clauses.append(f"{name} = (SELECT n FROM words WHERE word = ?)")
            values.append(value)
    if categories and wanted.categories is not None:
        chosen = sorted(wanted.categories)
        clauses.append(f"category IN (SELECT n FROM words WHERE word IN ({', '.join('?' * len(chosen))}))")
        values += chosen
    return " AND ".join(clauses), values


def _sums(names: Iterable[str]) -> str:
    return ", ".join(f"sum({name})" for name in names)


def _head(sums: DailySums, span: Range, wanted: Filter) -> list[tuple[str, dict[str, int]]]:
    """The whole of each currency. Of a category, what its goods come to; its receipts are no sum over categories."""
    figures: tuple[str, ...]
    if wanted.categories is None:
        table, figures = "receipts", days.RECEIPTS
    else:
        table, figures = "goods", days.GOODS
    where, values = _where(sums, span, wanted, categories=table == "goods", months=table == "goods")
    found = sums.select(
        f"SELECT {_WORD.format('money')}, {_sums(figures)} FROM {table} WHERE {where} GROUP BY money", values
    )
    made = []
    for money, *row in found:
        head = dict(zip(figures, row, strict=True))
        if table == "receipts":
            head["revenue"] = head["total"] - head["stored"]
        elif len(wanted.categories or ()) > 1:
            head["receipts"] = 0  # one receipt may stand in several of them
        head["net"] = head["revenue"] - head["tax"]
        made.append((money, head))
    return made


def _rows(sums: DailySums, by: str, span: Range, wanted: Filter) -> Rows:
    if by == "refunds":
        yield from _refunds(sums, span, wanted)
    elif by in PARTS:
        yield from _parts(sums, by, span, wanted)
    else:
        yield from _goods(sums, by, span, wanted)


_KEYS = {
    "hour": "hour",
    "day": "date",
    "month": "date / 100",
    "product": _WORD.format("product"),
    "category": _WORD.format("category"),
    "cashier": _WORD.format("cashier"),
    "terminal": _WORD.format("terminal"),
    "store": "'all'",
}
_GROUP = {"day": "date", "month": "date / 100", "store": "'all'"}


def _goods(sums: DailySums, by: str, span: Range, wanted: Filter) -> Rows:
    """Of all goods by their receipts, unless products or categories are told apart."""
    group = _GROUP.get(by, by)
    money, key_of = _WORD.format("money"), _KEYS[by]
    if wanted.categories is None and by not in ("product", "category"):
        where, values = _where(sums, span, wanted, categories=False)
        found = sums.select(
            f"SELECT {money}, {key_of}, sum(receipts), sum(quantity), sum(total - stored), sum(tax), "
            f"sum(total - stored - tax), sum(discount), sum(returned) FROM receipts WHERE {where} "
            f"GROUP BY money, {group}",
            values,
        )
        for of, key, *row in found:
            yield of, _key(sums, by, key), dict(zip(GOODS_FIGURES, row, strict=True))
        return
    table = "products" if by == "product" else "goods"
    where, values = _where(sums, span, wanted, categories=True, months=by in ("product", "category", "store"))
    found = sums.select(
        f"SELECT {money}, {key_of}, {_sums(days.GOODS)} FROM {table} WHERE {where} GROUP BY money, {group}", values
    )
    # One receipt may stand in several of these categories.
    several = len(wanted.categories or ()) > 1 and by not in ("product", "category")
    for of, key, *row in found:
        figures = dict(zip(days.GOODS, row, strict=True))
        figures["net"] = figures["revenue"] - figures["tax"]
        if several:
            figures["receipts"] = 0
        yield of, _key(sums, by, key), figures


def _key(sums: DailySums, by: str, key: Any) -> str:
    if by == "day":
        return date(key)
    if by == "month":
        return f"{key // 100:04d}-{key % 100:02d}"
    return sums.store if by == "store" else str(key)


def _parts(sums: DailySums, by: str, span: Range, wanted: Filter) -> Rows:
    where, values = _where(sums, span, wanted, categories=by in OF_LINES, months=True)
    figures = PART_FIGURES[by]
    found = sums.select(
        f"SELECT {_WORD.format('money')}, {_WORD.format('key')}, {_sums(figures)} FROM parts WHERE {where} "
        "AND kind = (SELECT n FROM words WHERE word = ?) GROUP BY money, key",
        [*values, by],
    )
    for money, key, *row in found:
        yield money, key, dict(zip(figures, row, strict=True))


def _refunds(sums: DailySums, span: Range, wanted: Filter) -> Rows:
    """By cashier: refunds given, what came back of goods (in exchanges too), and what was voided."""
    where, values = _where(sums, span, wanted, categories=False)
    money, cashier = _WORD.format("money"), _WORD.format("cashier")
    names = ("refunds", "refunds_amount", "returned")
    for of, key, *row in sums.select(
        f"SELECT {money}, {cashier}, {_sums(names)} FROM receipts WHERE {where} GROUP BY money, cashier", values
    ):
        if any(row):
            yield of, key, dict(zip(names, row, strict=True))
    found = sums.select(
        f"SELECT {money}, {cashier}, {_WORD.format('key')}, sum(count) FROM parts WHERE {where} AND date % 100 > 0 "
        "AND kind = (SELECT n FROM words WHERE word = 'event') GROUP BY money, cashier, key",
        values,
    )
    for of, key, name, count in found:
        if name in VOIDS:
            yield of, key, {name: count}


def _names(sums: DailySums, by: str, keys: set[str]) -> dict[str, str]:
    """What receipts call these products, taxes and promotions."""
    if by not in ("product", "tax", "discount"):
        return {}
    words = {key.partition("|")[2] if by == "discount" else key: key for key in keys}
    found: dict[str, str] = {}
    listed = sorted(words)
    for start in range(0, len(listed), 500):
        chunk = listed[start : start + 500]
        rows = sums.select(
            "SELECT w.word, names.name FROM words w JOIN names ON names.word = w.n "
            f"WHERE w.word IN ({', '.join('?' * len(chunk))})",
            chunk,
        )
        found.update({words[word]: name for word, name in rows})
    return found


def choices(stores: Sequence[DailySums], span: Range) -> dict[str, list[str]]:
    """`{"terminal", "cashier", "category"}`: what there is to filter by in this range, sorted."""
    found: dict[str, set[str]] = {"terminal": set(), "cashier": set(), "category": set()}
    for sums in stores:
        for name, values in found.items():
            table = "goods" if name == "category" else "receipts"
            rows = sums.select(
                f"SELECT word FROM words WHERE n IN (SELECT DISTINCT {name} FROM {table} WHERE date BETWEEN ? AND ? "
                "AND date % 100 > 0)",
                (number(span.low), number(span.high)),
            )
            values.update(word for (word,) in rows)
    return {name: sorted(values) for name, values in found.items()}
