"""Times as documents hold them, and the day a shop counts them to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

#: Milliseconds that a terminal's clock may differ from the central's before its documents say so.
OFF = 5 * 60 * 1000


def now() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """UTC, ISO 8601 with milliseconds and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def read(text: str) -> datetime:
    return datetime.fromisoformat(text)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def business_date(moment: datetime, timezone: str, day_start: str) -> str:
    """The day a moment belongs to in the store's zone: before `day_start` (`HH:MM`) it is still the day before."""
    hours, minutes = day_start.split(":")
    local = moment.astimezone(zone(timezone))
    early = (local.hour, local.minute) < (int(hours), int(minutes))
    return (local.date() - timedelta(days=1 if early else 0)).isoformat()
