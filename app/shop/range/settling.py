"""A planned change that has begun everywhere is written into the products: from then on it is history.

Until then, and without head office for ever, the tills hold it by their clocks (`pricing.plans`), so nobody's price is
another one by it. A product whose price somebody set after the plan's moment keeps that. What a crash leaves undone the
next look does: a product that has the price is not written again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.docs.database import Database
from app.docs.errors import Conflict
from app.shop import clock as clocks
from app.shop import schemas, sound
from app.shop.money import WHOLE
from app.shop.pricing import plans
from app.shop.range import moments
from app.shop.range.many import change_many

log = logging.getLogger("couchtill.shop")


def settle(company: Database, *, on: str, clock: clocks.Clock = clocks.now) -> list[str]:
    """Settles what is due; the ids of the plans' documents that are settled now."""
    due = _due(company, clock())
    settled = []
    for _, end, id, rev, rule in due:
        if _settle(company, end, id, rev, rule, on, clock):
            settled.append(id)
    return settled


def _due(company: Database, now: datetime) -> list[tuple[str, datetime, str, str, dict[str, Any]]]:
    zones, found = None, []
    for record in company.each("pricelist"):
        if '"catalogue":true' not in record.body or '"settled_at":"' in record.body:
            continue
        rule = record.doc()
        if rule.get("inactive") or schemas.check(rule):
            continue
        zones = zones if zones is not None else moments.zones(company)
        _, end = moments.span(rule, zones)
        if end <= now:
            found.append((plans.moment(rule), end, record.id, record.rev, rule))
    return sorted(found, key=lambda row: (row[0], row[2]))


def _settle(
    company: Database, end: datetime, id: str, rev: str, rule: Mapping[str, Any], on: str, clock: clocks.Clock
) -> bool:
    at = clocks.stamp(end)
    prices = {
        entry["product"]: {"amount": entry["price"]["amount"], "per": entry["price"].get("per", WHOLE)}
        for entry in rule["prices"]
        if isinstance(entry.get("product"), str) and sound.is_price(entry.get("price"))
    }

    def edit(product: dict[str, Any]) -> dict[str, Any] | None:
        set_at = product.get("priced_at")
        if isinstance(set_at, str) and set_at >= at:
            return None
        price = prices[product["_id"]]
        return None if product.get("price") == price else {"price": price, "priced_at": at}

    by = rule.get("updated_by")
    done = change_many(company, [(product, None) for product in prices], edit, by=by, on=on, clock=clock)
    log.info("%s is settled: %s prices written, %s left out", id, done.written, done.left_out)
    try:
        record = company.read(id)
        if record is None or record.deleted or record.rev != rev:
            return False  # it is another one by now: the next look sees to that
        company.put({**record.full(), "settled_at": clocks.stamp(clock())})
    except Conflict:
        return False
    return True
