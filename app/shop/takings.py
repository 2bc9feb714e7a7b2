"""What the tills of a store took on one business day: receipts and sums, by terminal."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from app.docs.database import Database
from app.shop import clock, incidents
from app.shop.reports import figures
from app.shop.stores import StoreFacts

PAGE = 1000
EMPTY: dict[str, Any] = {"terminal": "", "receipts": 0, "total": 0, "revenue": 0, "refunds": 0, "last": ""}


class Takings:
    """The takings of one store, worked out from its orders when they have changed. Safe from several threads."""

    def __init__(self, company: Database, database: Database, store_id: str) -> None:
        self.database = database
        self.store_id = store_id
        self._facts = StoreFacts(company, store_id)
        self._lock = threading.Lock()
        self._kept: tuple[int, str, dict[str, Any]] | None = None

    def today(self, now: datetime | None = None) -> dict[str, Any]:
        """`{"store", "name", "date", "currency", "digits", "receipts", "total", "revenue", "refunds", "terminals":
        [{"terminal", "receipts", "total", "revenue", "refunds", "last"}]}` of the business day that `now` belongs to.
        `total` is what was sold less what came back, `revenue` that without gift cards, `refunds` what the refunds gave
        back. Of two orders with one `sale` one counts."""
        moment = now or clock.now()
        facts, _ = self._facts.read()
        date = clock.business_date(moment, facts["timezone"], facts["day_start"])
        with self._lock:
            n = self.database.last_n
            if self._kept is None or self._kept[:2] != (n, date):
                self._kept = (n, date, self._sum(date))
            sums = self._kept[2]
        return {
            "store": self.store_id,
            "name": facts["name"],
            "date": date,
            "currency": facts["currency"],
            "digits": facts["digits"],
            **sums,
        }

    def _sum(self, date: str) -> dict[str, Any]:
        terminals: dict[str, dict[str, Any]] = {}
        sales: set[str] = set()
        after = None
        while page := self.database.find("order_date", date, limit=PAGE, after=after):
            for record in page:
                order = record.doc()
                if not figures.counts(order):
                    continue
                sale = order.get("sale")
                if sale in sales or not incidents.sale_counts(self.database, record.id, str(sale)):
                    continue
                sales.add(str(sale))
                name = str(order.get("terminal"))
                entry = terminals.setdefault(name, dict(EMPTY, terminal=name))
                head = figures.head(order)
                entry["receipts"] += 1
                entry["total"] += head.total
                entry["revenue"] += head.revenue
                entry["refunds"] -= head.total if head.refund else 0
                entry["last"] = max(entry["last"], str(order["at"]))
            after = page[-1]
        rows = [terminals[name] for name in sorted(terminals)]
        return {
            "receipts": sum(row["receipts"] for row in rows),
            "total": sum(row["total"] for row in rows),
            "revenue": sum(row["revenue"] for row in rows),
            "refunds": sum(row["refunds"] for row in rows),
            "terminals": rows,
        }
