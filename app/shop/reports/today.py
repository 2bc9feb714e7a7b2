"""Today so far beside the same weekday of last week, up to the same time of the day: for one store or many.

Each store counts by its own clock: "so far" is up to its own time of now, last week the same time of its wall clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.shop import clock, incidents
from app.shop.reports import days, figures
from app.shop.reports.sums import PATIENCE, DailySums, number

HOURS = 24


@dataclass
class Hours:
    """The sums of one currency, revenue and receipts: of today so far, of last week up to the same time (`then`) and as
    a whole; `now` and `before` revenue by the hour of the day. `open` tells up to which place of `order` today is."""

    currency: str
    digits: int
    stores: list[dict[str, Any]] = field(default_factory=list)
    revenue: int = 0
    receipts: int = 0
    revenue_then: int = 0
    receipts_then: int = 0
    revenue_whole: int = 0
    receipts_whole: int = 0
    now: list[int] = field(default_factory=lambda: [0] * HOURS)
    before: list[int] = field(default_factory=lambda: [0] * HOURS)
    open: int = -1


@dataclass
class Today:
    """`books` by currency, the one of most receipts first; `order` the hours of the day as a business day has
    them, the first one first; `left` days of `of` are not summed yet."""

    at: str
    books: list[Hours]
    order: list[int]
    left: int
    of: int


def today(stores: Sequence[DailySums], moment: datetime | None = None, patience: float = PATIENCE) -> Today:
    """The dashboard at `moment` (now). A store that has sold nothing on either day stands with zeros."""
    moment = moment or clock.now()
    books: dict[str, Hours] = {}
    left = of = 0
    starts = [int(sums.facts.read()[0]["day_start"][:2]) for sums in stores]
    base = min(starts, default=4)
    for sums in stores:
        facts, _ = sums.facts.read()
        zone = clock.zone(facts["timezone"])
        day = clock.business_date(moment, facts["timezone"], facts["day_start"])
        past = (date.fromisoformat(day) - timedelta(days=7)).isoformat()
        missing, stale = sums.ready([(day, day), (past, past)], patience)
        left, of = left + missing, of + stale
        local = moment.astimezone(zone)
        money = days.money_of(facts["currency"], facts["digits"])
        here = {money: dict.fromkeys(_FIGURES, 0)}
        reached = (local.hour - base) % HOURS
        for name, on in (("now", day), ("before", past)):
            for key, hour, receipts, revenue in _cells(sums, on):
                book = _book(books, key)
                sum_of = here.setdefault(key, dict.fromkeys(_FIGURES, 0))
                getattr(book, name)[hour] += revenue
                place = (hour - base) % HOURS
                if name == "now":
                    sum_of["revenue"] += revenue
                    sum_of["receipts"] += receipts
                    continue
                sum_of["revenue_whole"] += revenue
                sum_of["receipts_whole"] += receipts
                if place < reached:
                    sum_of["revenue_then"] += revenue
                    sum_of["receipts_then"] += receipts
        for key, receipts, revenue in _begun(sums, past, local):
            sum_of = here.setdefault(key, dict.fromkeys(_FIGURES, 0))
            sum_of["revenue_then"] += revenue
            sum_of["receipts_then"] += receipts
        for key, sum_of in here.items():
            book = _book(books, key)
            book.open = max(book.open, reached)
            book.stores.append({"store": sums.store, "name": facts["name"], "date": day, **sum_of})
            for name in _FIGURES:
                setattr(book, name, getattr(book, name) + sum_of[name])
    order = [(base + n) % HOURS for n in range(HOURS)]
    most_first = sorted(books.values(), key=lambda book: (-book.receipts_whole - book.receipts, book.currency))
    return Today(clock.stamp(moment), most_first, order, left, of)


_FIGURES = ("revenue", "receipts", "revenue_then", "receipts_then", "revenue_whole", "receipts_whole")


def _book(books: dict[str, Hours], money: str) -> Hours:
    if money not in books:
        currency, _, digits = money.partition("/")
        books[money] = Hours(currency, int(digits))
    return books[money]


def _cells(sums: DailySums, day: str) -> list[tuple[Any, ...]]:
    """`[(money, hour, receipts, revenue)]` of a day."""
    return sums.select(
        "SELECT (SELECT word FROM words WHERE n = money), hour, sum(receipts), sum(total - stored) FROM receipts "
        "WHERE date = ? GROUP BY money, hour",
        (number(day),),
    )


def _begun(sums: DailySums, past: str, local: datetime) -> list[tuple[str, int, int]]:
    """What last week's hour that now is in came to up to the same minute: `[(money, receipts, revenue)]`."""
    then = (local.replace(tzinfo=None) - timedelta(days=7)).replace(tzinfo=local.tzinfo)
    first = then.replace(minute=0, second=0, microsecond=0)
    low, high = clock.stamp(first.astimezone(UTC)), clock.stamp(then.astimezone(UTC))
    found = []
    for record in sums.database.find("order_at", low=low, high=high):
        order = record.doc()
        if order.get("business_date") != past or not figures.counts(order):
            continue
        if incidents.sale_counts(sums.database, record.id, str(order.get("sale"))):
            money = days.money_of(order["currency"], order.get("digits", 2))
            found.append((money, 1, figures.head(order).revenue))
    return found
