"""What of each business day has been handed to the bookkeeper, and what waits for it.

A day is booked once: an immutable `booking` names the documents that went in, and keeps the rows as they were exported.
What arrives later is another booking, a *correction* with keys of its own. So the same days exported again are the same
rows with the same keys, and a program that skips keys it knows can import the file twice. Two nodes that booked one day
while they were apart booked its documents twice: the next correction takes one of them back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.docs.database import Database
from app.shop import clock, incidents, schemas
from app.shop.reason import Reason, say
from app.shop.reports import spreadsheet
from app.shop.reports.accounts import Accounts
from app.shop.reports.entries import entry, is_bookable
from app.shop.reports.ranges import Range
from app.shop.settings import ShopSettings
from app.shop.shifts import covers
from app.shop.shifts.report import report
from app.shop.stores import StoreFacts

#: Days of one look.
LONGEST = 400
#: What is booked, by the index that finds it.
BOOKED = {"order": "order_date", "cash": "cash_date", "zreport": "zreport_date"}
COLUMNS = (
    "key", "date", "store", "entry", "kind", "account", "text", "tax", "rate", "base", "tender", "debit", "credit",
    "currency",
)  # fmt: skip


@dataclass
class Day:
    """A business day of a store. `docs` count, by id; `new` and `gone` are ids that are not booked yet, and booked but
    to be taken back; `open` says why the day isn't over."""

    store: str
    date: str
    docs: dict[str, dict[str, Any]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    bookings: list[dict[str, Any]] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    open: list[Reason] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`empty`, `open`, `closed` (and not booked yet), `booked`, `late` (something came after it was)."""
        if self.bookings:
            return "late" if self.new or self.gone else "booked"
        if not self.docs:
            return "empty"
        return "open" if self.open else "closed"


class Bookings:
    """The bookings of one store, at the node `on`."""

    def __init__(self, company: Database, database: Database, store: str, on: str) -> None:
        self.database = database
        self.store = store
        self.on = on
        self.facts = StoreFacts(company, store)
        self.settings = ShopSettings(company, store)

    # -- looking -------------------------------------------------------------------------------------------------

    def days(self, range: Range, moment: datetime | None = None) -> list[Day]:
        """The days of a range that have anything to book, or were booked."""
        return [day for date in range.dates() if (day := self.day(date, moment)).state != "empty"]

    def day(self, date: str, moment: datetime | None = None) -> Day:
        day = Day(self.store, date, bookings=self.bookings(date))
        for type, index in BOOKED.items():
            for record in self.database.find(index, date):
                doc = {**record.doc(), "_id": record.id}
                if not is_bookable(doc):
                    day.unreadable.append(record.id)
                elif type != "order" or incidents.sale_counts(self.database, record.id, str(doc.get("sale"))):
                    day.docs[record.id] = doc
        booked = Counter[str]()
        for booking in day.bookings:
            booked.update(booking["documents"])
            booked.subtract(booking["reversed"])
        day.new = sorted(id for id in day.docs if booked[id] < 1)
        day.gone = sorted(
            id for id, count in booked.items() for _ in range(count - (id in day.docs)) if self._there(id)
        )
        day.open = self._open(day, moment or clock.now())
        return day

    def _there(self, id: str) -> bool:
        """Whether the body of a document that was booked can be read: nothing else can be taken back."""
        record = self.database.read(id)
        return record is not None and not record.deleted

    def bookings(self, date: str) -> list[dict[str, Any]]:
        """The bookings of a day, in the order in which they were made."""
        found = [record.full() for record in self.database.find("booking_date", date)]
        return sorted((doc for doc in found if not schemas.check(doc)), key=lambda doc: (doc["at"], doc["_id"]))

    def _open(self, day: Day, moment: datetime) -> list[Reason]:
        """Why the day is not closed: it isn't over, a shift is open, or a Z's receipts are not all here."""
        facts, _ = self.facts.read()
        found: list[Reason] = []
        if day.date >= clock.business_date(moment, facts["timezone"], facts["day_start"]):
            found.append(say("This business day is not over."))
        shifts = {str(doc["shift"]) for doc in day.docs.values() if isinstance(doc.get("shift"), str)}
        shifts |= {record.id for record in self.database.find("shift_date", day.date)}
        open = sorted(id for id in shifts if not self.database.find("zreport_shift", id, limit=1))
        tills = sorted({id.split(":")[1].rpartition(".")[0].upper() for id in open if id.count(":") >= 3})
        if open:
            found.append(say("Not closed yet: %(tills)s.", tills=", ".join(tills) or "?"))
        for doc in day.docs.values():
            if doc.get("type") == "zreport" and not self._complete(doc):
                name = f"{str(doc.get('terminal')).upper()} · Z {doc.get('number')}"
                found.append(say("Not all that %(report)s stands for has arrived here.", report=name))
        return found

    def _complete(self, z: Mapping[str, Any]) -> bool:
        """Whether the documents that a Z covers are here: their sums are its own."""
        record = self.database.read(str(z.get("shift")))
        if record is None or record.deleted or not covers.is_shift(shift := record.full()) or not covers.is_closing(z):
            return False
        part = covers.Documents(self.database, shift).of(z)
        sums, made = z.get("sums"), report(part.shift, part.orders, part.cash, part.events)
        same = ("total", "revenue", "paid", "change")
        return (
            isinstance(sums, Mapping)
            and all(sums.get(name) == made[name] for name in same)
            and isinstance(sums.get("cash"), Mapping)
            and sums["cash"].get("expected") == made["cash"]["expected"]
        )

    # -- booking -------------------------------------------------------------------------------------------------

    def book(
        self, date: str, *, request: str, by: str | None, unclosed: bool = False, moment: datetime | None = None
    ) -> dict[str, Any] | None:
        """Books what waits of a day; None where nothing does, or where the day is open and `unclosed` doesn't say that
        this is meant. Repeating it books nothing twice."""
        now = moment or clock.now()
        with self.database.transaction():
            day = self.day(date, now)
            if not (day.new or day.gone) or (day.open and not unclosed):
                return None
            mine = [booking for booking in day.bookings if booking["on"] == self.on]
            number = 1 + max((booking["number"] for booking in day.bookings), default=0)
            id = f"booking:{date}:{self.on}:{len(mine) + 1:02d}"
            key = f"{self.store}.{date}.{self.on}.{len(mine) + 1:02d}"
            accounts = Accounts(self.settings["accounts"])
            back = [record.full() for gone in day.gone if (record := self.database.read(gone)) is not None]
            doc = {
                "_id": id,
                "type": "booking",
                "schema": 1,
                "request": request,
                "store": self.store,
                "business_date": date,
                "number": number,
                "at": clock.stamp(now),
                "by": by,
                "on": self.on,
                "closed": not day.open,
                "documents": day.new,
                "reversed": day.gone,
                "rows": entry(accounts, [day.docs[new] for new in day.new], back, key),
            }
            doc["_rev"] = self.database.put(doc)
            return doc


# -- the file --------------------------------------------------------------------------------------------------------


def sheet(bookings: Iterable[Mapping[str, Any]]) -> bytes:
    """The rows of these bookings as CSV, as bookkeeping programs take it: the same whoever asks, whenever."""

    def cells() -> Iterable[list[str | int]]:
        text = spreadsheet.text
        for booking in bookings:
            kind = "day" if booking["number"] == 1 else "correction"
            if not booking["closed"]:
                kind += " (open)"
            for row in booking["rows"]:
                digits = row["digits"]
                base = "" if row["base"] is None else spreadsheet.decimal(row["base"], digits)
                rate = "" if row["rate"] is None else spreadsheet.decimal(row["rate"], 4).rstrip("0").rstrip(".")
                yield [
                    text(row["key"]), booking["business_date"], booking["store"], booking["_id"], kind,
                    text(row["account"]), text(row["text"]), text((row["tax"] or "").replace("tax:", "")), rate, base,
                    row["tender"] or "", spreadsheet.decimal(row["debit"], digits),
                    spreadsheet.decimal(row["credit"], digits), row["currency"],
                ]  # fmt: skip

    return spreadsheet.render(COLUMNS, cells())
