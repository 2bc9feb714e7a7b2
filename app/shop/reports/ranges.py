"""Ranges of business dates, and what one compares them with. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from app.shop.reason import say
from app.shop.sale import SaleError

#: Days of the longest range.
LONGEST = 3660
COMPARISONS = ("none", "before", "week", "year")


class Range(NamedTuple):
    """Business dates from `low` to `high`, both included, as documents have them: `2026-11-22`."""

    low: str
    high: str

    @property
    def days(self) -> int:
        return (date.fromisoformat(self.high) - date.fromisoformat(self.low)).days + 1

    def dates(self) -> list[str]:
        first = date.fromisoformat(self.low)
        return [(first + timedelta(days=n)).isoformat() for n in range(self.days)]


def read(low: str, high: str) -> Range:
    """The range of two dates that somebody gave. Raises SaleError 400 with the field."""
    first, last = _date(low, "from"), _date(high, "to")
    if last < first:
        raise SaleError(400, "invalid", say("The last day comes before the first."), "to")
    made = Range(first.isoformat(), last.isoformat())
    if made.days > LONGEST:
        raise SaleError(400, "invalid", say("That is too long: %(days)s days at most.", days=LONGEST), "to")
    return made


def _date(text: str, field: str) -> date:
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        reason = say("“%(text)s” is no date: it must be like %(example)s.", text=text[:40], example="2026-11-22")
        raise SaleError(400, "invalid", reason, field) from None


def compared(range: Range, with_: str) -> Range | None:
    """What a range is compared with: as many days right before it, the same weekdays of last week, the same dates a
    year ago (29 February becomes the 28th); None for "none". Raises SaleError 400."""
    if with_ == "none":
        return None
    low, high = date.fromisoformat(range.low), date.fromisoformat(range.high)
    try:
        if with_ == "before":
            back = timedelta(days=range.days)
            return Range((low - back).isoformat(), (high - back).isoformat())
        if with_ == "week":
            return Range((low - timedelta(days=7)).isoformat(), (high - timedelta(days=7)).isoformat())
        if with_ == "year":
            return Range(_year_before(low).isoformat(), _year_before(high).isoformat())
    except (OverflowError, ValueError):
        raise SaleError(400, "invalid", say("There is nothing to compare these days with."), "compare") from None
    reason = say("“%(text)s” is no comparison; there are: %(known)s.", text=with_[:40], known=", ".join(COMPARISONS))
    raise SaleError(400, "invalid", reason, "compare")


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def place(range: Range, other: Range, key: str) -> str:
    """Where a day or a month (`2026-11`) of `other`, which `range` is compared with, stands in `range`: the first on
    the first."""
    if len(key) == 7:
        months = _months(range.low) - _months(other.low) + _months(key)
        return f"{months // 12:04d}-{months % 12 + 1:02d}"
    distance = date.fromisoformat(key) - date.fromisoformat(other.low)
    return (date.fromisoformat(range.low) + distance).isoformat()


def _months(day: str) -> int:
    return int(day[:4]) * 12 + int(day[5:7]) - 1
