"""What reports need of the node that shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.docs.database import Database
from app.shop.actor import Actor
from app.shop.reason import say
from app.shop.reports.shelf import Shelf
from app.shop.reports.sums import DailySums
from app.shop.stores import StoreFacts


@dataclass(frozen=True)
class Hall:
    """`shelf` has the sums of the stores that this node shows; `actor()` is who asks; `page(template, **given)` renders
    a page in this node's frame; `office` tells whether this is head office, `on` what the node calls itself."""

    company: Database
    shelf: Shelf
    actor: Callable[[], Actor]
    page: Callable[..., str]
    office: bool
    on: str

    def need(self) -> None:
        """Raises SaleError 403 where who asks may not see reports, 401 where nobody is signed in."""
        self.actor().need("reports", say("seeing the reports"))

    def stores(self) -> list[DailySums]:
        return self.shelf.stores()

    def facts(self, store: str) -> dict[str, Any]:
        return StoreFacts(self.company, store).read()[0]
