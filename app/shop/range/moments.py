"""When a planned change begins: at one time of day in every store, which is another moment in each time zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.docs.database import Database
from app.shop import schemas
from app.shop.pricing import plans


def zones(company: Database) -> list[ZoneInfo]:
    """The time zones of the stores that are open; UTC where there is none."""
    found: dict[str, ZoneInfo] = {}
    for record in company.each("store"):
        doc = schemas.SCHEMAS["store"].readable(record.doc())
        name = doc.get("timezone")
        if isinstance(name, str) and not doc.get("inactive"):
            found.setdefault(name, ZoneInfo(name))
    return list(found.values()) or [ZoneInfo("UTC")]


def span(rule: Mapping[str, Any], zones: list[ZoneInfo]) -> tuple[datetime, datetime]:
    """The first and the last moment (UTC) at which a plan begins in a store."""
    wall = datetime.fromisoformat(plans.moment(rule))
    moments = [wall.replace(tzinfo=zone).astimezone(UTC) for zone in zones]
    return min(moments), max(moments)
