"""The store that a terminal stands in, as its documents tell."""

from __future__ import annotations

import logging
from typing import Any

from app.docs.database import Database
from app.shop import schemas, sound
from app.shop.pricing.tax import Rate

log = logging.getLogger("couchtill.shop")


def defaults(store_id: str) -> dict[str, Any]:
    """What holds until the store's document has come: a till must be able to sell on its first day."""
    return {
        "type": "store",
        "schema": 1,
        "id": store_id,
        "name": store_id.upper(),
        "currency": "USD",
        "digits": 2,
        "timezone": "UTC",
        "day_start": "04:00",
        "tax_mode": "included",
        "taxes": [],
        "header": [],
        "footer": [],
        "locations": [],
    }


class StoreFacts:
    """The store's document with its defaults filled in, read again only when its revision is another."""

    def __init__(self, company: Database, store_id: str) -> None:
        self.company = company
        self.store_id = store_id
        self._kept: tuple[str | None, dict[str, Any], bool] | None = None

    def read(self) -> tuple[dict[str, Any], bool]:
        """The store, and whether its document is here (and can be understood)."""
        record = self.company.read(f"store:{self.store_id}")
        rev = None if record is None or record.deleted else record.rev
        kept = self._kept
        if kept is None or kept[0] != rev:
            kept = self._kept = (rev, *self._load(None if rev is None or record is None else record.doc()))
        return kept[1], kept[2]

    def _load(self, doc: dict[str, Any] | None) -> tuple[dict[str, Any], bool]:
        fallback = defaults(self.store_id)
        if doc is None:
            return fallback, False
        try:
            return {**fallback, **schemas.read(doc)}, True
        except schemas.Invalid as wrong:
            # Its own currency above all: a field that another program added must not turn euros into dollars.
            log.warning("store:%s: %s The rest of it is used.", self.store_id, wrong)
            read = schemas.SCHEMAS["store"].readable(doc)
            return {**fallback, **read}, "currency" in read and "digits" in read

    def rates(self, ids: list[str], known: dict[str, Rate | None]) -> list[Rate]:
        """The taxes among `ids` that apply in this store, in that order; `known` is filled along."""
        for id in ids:
            if id not in known:
                known[id] = self._rate(id)
        return [rate for rate in (known[id] for id in ids) if rate is not None]

    def _rate(self, id: str) -> Rate | None:
        record = self.company.read(id)
        if record is None or record.deleted:
            return None
        doc = record.doc()
        stores = doc.get("stores")
        known = (
            sound.is_text(doc.get("name")) and sound.is_whole(doc.get("rate"), 0) and isinstance(stores, list | None)
        )
        if not known:
            log.warning("%s is no tax that can be read: it is not applied.", id)
            return None
        if doc.get("inactive") or (stores is not None and f"store:{self.store_id}" not in stores):
            return None
        return Rate(id, doc["name"], doc["rate"])
