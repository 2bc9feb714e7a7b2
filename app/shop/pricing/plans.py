"""Planned changes of the catalogue's prices: price lists marked `catalogue`, whose prices take the products' own place.

A plan replicates beforehand and holds by the clock of each store, with a line or without. Which price is the last word
on a product is a matter of time: a plan counts unless the product's price was set after the plan's moment
(`priced_at`). So whoever sets a price after it has the last word, and so has a plan over all that was set before.

    priced_at        plan A        plan B          now
    ───┼───────────────┼─────────────┼──────────────┼──   plan B's price
                       │          priced_at             the product's own
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.shop import sound
from app.shop.money import WHOLE

Entry = dict[str, Any]
Plans = Mapping[str, list[Entry]]

#: Days for which a plan that head office has written into the products still counts at the tills: a product's own
#: document may come later than its plan's.
KEPT_DAYS = 30


def is_plan(rule: Mapping[str, Any]) -> bool:
    return bool(rule.get("catalogue"))


def moment(rule: Mapping[str, Any]) -> str:
    """When a plan begins, in each store's time: `2026-11-23T06:00`."""
    return f"{rule['starts']}T{rule.get('starts_at') or '00:00'}"


def planned_prices(rules: Iterable[Mapping[str, Any]]) -> dict[str, list[Entry]]:
    """Product → `[{"at", "list", "price"}]`, the earliest first; of the same moment the later planned (by id) last."""
    found: dict[str, list[Entry]] = {}
    for rule in sorted(rules, key=lambda rule: (moment(rule), rule["id"])):
        for entry in rule["prices"]:
            if entry["product"] is not None and entry["price"] is not None:
                price = {"amount": entry["price"]["amount"], "per": entry["price"].get("per", WHOLE)}
                entries = found.setdefault(entry["product"], [])
                entries.append({"at": moment(rule), "list": rule["id"], "price": price})
    return found


def counting(product: Mapping[str, Any], plans: Plans, zone: ZoneInfo) -> list[Entry]:
    """The plans for a product that its own price doesn't come after: `[{"at", "list", "price"}]`, the earliest
    first."""
    entries = plans.get(str(product.get("_id")), [])
    if not entries:
        return []
    set_at = local(product.get("priced_at"), zone)
    return [entry for entry in entries if set_at is None or entry["at"] > set_at]


def local(at: Any, zone: ZoneInfo) -> str | None:
    """A time of a document as the store's clock shows it, to the minute: `2026-11-23T06:00`."""
    if not sound.is_text(at):
        return None
    try:
        told = datetime.fromisoformat(at)
    except ValueError:
        return None
    return f"{told.astimezone(zone):%Y-%m-%dT%H:%M}" if told.tzinfo is not None else None


def priced(before: Mapping[str, Any] | None, changes: Mapping[str, Any], at: str) -> dict[str, Any]:
    """What an edit of a product sets besides `changes`: when its price was set, where that is another one."""
    if "price" not in changes or "priced_at" in changes:
        return {}
    if before is not None and before.get("price") == changes["price"]:
        return {}
    return {"priced_at": at} if before is not None else {}
