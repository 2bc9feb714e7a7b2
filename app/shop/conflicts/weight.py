"""What hangs on a dispute: how much was sold, at which price, since each side was written.

Read from the orders of the stores that are here: all of a page's documents in one go, the newest orders first, and no
more than `MOST` of them. What lies further back is said to be more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from app.docs.database import Database
from app.shop import sound

MOST = 1000  # orders looked at for one page: 10 ms


class _Sold(NamedTuple):
    at: str
    quantity: int
    price: tuple[int, int]  # amount and per


class Weight:
    """`since`: product or customer id → the moment from which on to look (UTC, as documents hold it)."""

    def __init__(self, stores: Iterable[Database], since: Mapping[str, str], most: int = MOST) -> None:
        self._sold: dict[str, list[_Sold]] = {id: [] for id in since}
        self._bought: dict[str, list[str]] = {id: [] for id in since}
        self._whole = True
        if since:
            self._read(stores, min(since.values()), most)

    def _read(self, stores: Iterable[Database], low: str, most: int) -> None:
        for store in stores:
            if most <= 0:
                self._whole = False
                return
            records = store.find("order_at", low=low, descending=True, limit=most)
            most -= len(records)
            self._whole = self._whole and most > 0
            for record in records:
                self._count(record.doc())

    def _count(self, order: Mapping[str, Any]) -> None:
        at = order.get("at")
        if not isinstance(at, str) or order.get("kind", "sale") != "sale":
            return
        if isinstance(order.get("customer"), str) and order["customer"] in self._bought:
            self._bought[order["customer"]].append(at)
        lines = order.get("lines")
        for line in lines if isinstance(lines, list) else ():
            known = self._sold.get(str(line.get("product"))) if isinstance(line, Mapping) else None
            if known is None or not sound.is_whole(line.get("quantity"), 1):
                continue
            price = line.get("price")
            told = (price["amount"], price.get("per", 1000)) if sound.is_price(price) else (-1, 1000)
            known.append(_Sold(at, line["quantity"], told))

    @property
    def more(self) -> bool:
        """Whether there are older orders that weren't looked at: the figures are then the least that it was."""
        return not self._whole

    def sold(self, product: str, since: str) -> int:
        """Thousandths of a product that were sold since then, at whatever price."""
        return sum(one.quantity for one in self._sold.get(product, ()) if one.at >= since)

    def sold_at(self, product: str, since: str, price: Any) -> int:
        """Thousandths of it that were sold since then at this price, `{"amount", "per"}`; none at an open one."""
        if not sound.is_price(price):
            return 0
        wanted = (price["amount"], price.get("per", 1000))
        return sum(one.quantity for one in self._sold.get(product, ()) if one.at >= since and one.price == wanted)

    def receipts(self, customer: str, since: str) -> int:
        """How many receipts a customer has had since then."""
        return sum(1 for at in self._bought.get(customer, ()) if at >= since)
