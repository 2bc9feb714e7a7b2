"""What every part of a till works with: two databases, a clock, the journal, and the one way to write a link of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.docs.database import Database
from app.shop import clock as clocks
from app.shop import ids, incidents, products
from app.shop.journal import Behind, Head, Journal, random_incarnation
from app.shop.settings import ShopSettings
from app.shop.stores import StoreFacts


@dataclass(frozen=True)
class Contact:
    """What this terminal knows of its central: when it was last heard (UTC), by how much its clock is ahead of ours
    (milliseconds, null when nobody told), and whether the line is there now."""

    last: datetime | None = None
    ahead: int | None = None
    online: bool = False


@dataclass
class Desk:
    """The common ground of a till's parts. `contact` is asked for the state of the line whenever it matters."""

    company: Database
    store: Database
    terminal: str
    store_id: str
    clock: clocks.Clock = clocks.now
    mint: Callable[[], str] = random_incarnation
    contact: Callable[[], Contact] = Contact
    facts: StoreFacts = field(init=False)
    settings: ShopSettings = field(init=False)
    catalogue: products.Catalogue = field(init=False)
    journal: Journal = field(init=False)
    _said_clock: str | None = field(init=False, default=None)  # the shift that is known to have its event

    def __post_init__(self) -> None:
        self.facts = StoreFacts(self.company, self.store_id)
        self.settings = ShopSettings(self.company, self.store_id, self.terminal)
        self.catalogue = products.Catalogue(self.company)
        self.journal = Journal(self.store, self.terminal, self.mint)

    def written(self, type: str, request: str) -> dict[str, Any] | None:
        """The document of this type that a client's `request` id made already. Each such type has a unique local index
        `<type>_request` (an order's is `order_sale`)."""
        found = self.store.find(f"{type}_request", request, limit=10)
        return min(found, key=lambda record: record.id).full() if found else None

    def stamp(self, head: Head) -> tuple[str, dict[str, Any] | None]:
        """The time for the next document, and what is wrong with this terminal's clock: times never run backwards.

        The second is null, or `{"own": what the clock says, "behind": ms behind the last document, "off": ms that the
        central's clock is ahead of ours}`; `behind` and `off` only where they apply.
        """
        moment = self.clock()
        at = own = clocks.stamp(moment)
        wrong: dict[str, Any] = {}
        if head.at is not None and at < head.at:
            at = head.at
            wrong["behind"] = int((clocks.read(head.at) - moment).total_seconds() * 1000)
        ahead = self.contact().ahead
        if ahead is not None and abs(ahead) > clocks.OFF:
            wrong["off"] = ahead
        return at, {"own": own, **wrong} if wrong else None

    def date(self, at: str) -> str:
        """The business date of a time."""
        facts, _ = self.facts.read()
        return clocks.business_date(clocks.read(at), facts["timezone"], facts["day_start"])

    def business_date(self, head: Head, at: str) -> str:
        """The day that a document of this time counts to: its shift's, however late it gets. A shift that a sale opened
        by itself, and that nobody may ever close, has no day of its own."""
        record = self.store.read(head.shift) if head.shift is not None else None
        if record is not None and not record.deleted:
            shift = record.doc()
            if not shift.get("auto") and isinstance(shift.get("business_date"), str):
                return str(shift["business_date"])
        return self.date(at)

    def append(
        self,
        type: str,
        request: str,
        body: Mapping[str, Any],
        *,
        head: Head | None = None,
        number: int | None = None,
        behind: Behind | None = None,
        at: str | None = None,
        **heads: Any,
    ) -> dict[str, Any]:
        """Writes one journalled document and the journal's head; inside a transaction of the store.

        `request` is the id that the client gave birth to (its nonce goes into the id); `number` is the document's own
        number (receipts, Z reports), else the journal's. `heads` are further fields of the head to set (`shift`, `z`,
        `grand`). `terminal`, `store`, `series`, `at`, `clock`, `business_date`, `currency` and `digits` are filled in.
        `head` may be older than what this transaction wrote since; `at` sets the time back (a shift opened after the
        clock was put right), which nothing else does.
        """
        if head is None:
            head, behind = self.journal.ready()
        head = self.journal.newest(head)
        facts, _ = self.facts.read()
        wrong = None
        if at is None:
            at, wrong = self.stamp(head)
        own = {
            "type": type,
            "schema": 1,
            "sale" if type == "order" else "request": request,
            "store": self.store_id,
            "terminal": self.terminal,
            "series": head.series,
            "at": at,
            "clock": wrong,
            "business_date": self.business_date(head, at) if type != "shift" else self.date(at),
            "currency": facts["currency"],
            "digits": facts["digits"],
        }
        if number is not None:
            own["number"] = number
        link = self.journal.chained(head, {**own, **body})
        place = link["journal"] if number is None else number
        link = {"_id": ids.numbered(type, head.series, place, request), **link}
        link["_rev"] = self.store.put(link)
        self.journal.advance(head, link, **heads)
        if behind is not None and not behind.told:
            incidents.write(self.store, incidents.behind_incident(behind.series, behind.number, head.series))
        if wrong is not None and type != "event":
            self._clock_event(wrong)
        return link

    def _clock_event(self, wrong: Mapping[str, Any]) -> None:
        """Once in a shift, an event says that the clock was wrong; every document in it says so of itself."""
        head = self.journal.head()
        if head is None or head.shift is None or head.shift == self._said_clock:
            return
        if any(record.doc().get("kind") == "clock" for record in self.store.find("event_shift", head.shift)):
            self._said_clock = head.shift
            return
        body = {"kind": "clock", "about": None, "details": dict(wrong), "shift": head.shift}
        request = f"clock.{secrets.token_hex(8)}"  # nobody repeats it; a clone's must be another
        self.append("event", request, {**body, "drawer": self.terminal, "by": None, "approvals": []}, head=head)
