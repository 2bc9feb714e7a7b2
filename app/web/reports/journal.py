"""For the bookkeeper: which days are closed, booked, or waiting; the daily journal as a file. Head office's.

`GET /api/journal` (the days of a range), `POST /api/journal` (books what is closed), `GET /api/journal.csv` (what was
booked, again and again the same).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from app.shop.reason import say
from app.shop.reports import bookings
from app.shop.reports.bookings import Bookings, Day
from app.shop.reports.ranges import Range
from app.shop.sale import SaleError
from app.shop.schemas.base import Flag, Invalid, Strict, Text
from app.shop.schemas.journalled import DATE, REQUEST
from app.shop.schemas.store import STORE_ID
from app.web import present
from app.web.json_api import answer, read_json
from app.web.reasons import tell
from app.web.reports import asked, names
from app.web.reports.api import download
from app.web.reports.hall import Hall

#: Days of one request.
LONGEST = 100
#: Bookings of a page are told of so many days.
USUAL = "days28"


class BookRequest(Strict):
    """Books the closed days among `from` to `to`, of all stores or of `store`; with `open` also those that are not
    closed, which are marked so."""

    request = Text(64, pattern=REQUEST, required=True)
    # `from` is a word of Python's.
    from_ = Text(10, pattern=DATE, required=True, data_key="from")
    to = Text(10, pattern=DATE, required=True)
    store = Text(60, pattern=STORE_ID, allow_none=True, load_default=None)
    open = Flag(load_default=False)


BOOK = BookRequest()


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes, at head office."""
    if not hall.office:
        return

    def books(wanted: asked.Asked) -> list[Bookings]:
        return [Bookings(hall.company, sums.database, sums.store, hall.on) for sums in wanted.stores]

    def read() -> asked.Asked:
        wanted = asked.read(hall, {"range": "" if request.args.get("from") else USUAL, **request.args})
        limit(wanted.range)
        return wanted

    @blueprint.get("/api/journal")
    def journal() -> Response:
        hall.need()
        wanted = read()
        days = [day for each in books(wanted) for day in each.days(wanted.range)]
        days.sort(key=lambda day: (day.date, day.store))
        return answer({"from": wanted.range.low, "to": wanted.range.high, "days": [as_json(day) for day in days]})

    @blueprint.post("/api/journal")
    def book() -> Response:
        hall.need()
        try:
            body = BOOK.read(read_json())
        except Invalid as wrong:
            raise SaleError(400, "invalid", wrong.problems[0].reason, wrong.problems[0].field) from None
        query = {"from": body["from_"], "to": body["to"], "store": body["store"] or ""}
        wanted = asked.read(hall, query)
        limit(wanted.range)
        made, refused = [], []
        for each in books(wanted):
            for date in wanted.range.dates():
                booking = each.book(date, request=body["request"], by=None, unclosed=body["open"])
                if booking is not None:
                    made.append(booking["_id"])
                    continue
                day = each.day(date)
                if day.state in ("open", "late"):
                    refused.append(as_json(day))
        return answer({"booked": made, "refused": refused}, 201 if made else 200)

    @blueprint.get("/api/journal.csv")
    def journal_file() -> Response:
        hall.need()
        wanted = asked.read(hall, {"range": "" if request.args.get("from") else USUAL, **request.args})
        found = [booking for each in books(wanted) for date in wanted.range.dates() for booking in each.bookings(date)]
        found.sort(key=lambda booking: (booking["business_date"], booking["store"], booking["at"], booking["_id"]))
        store = f"-{wanted.choice['store']}" if wanted.choice["store"] else ""
        return download(bookings.sheet(found), f"journal{store}-{wanted.range.low}-{wanted.range.high}.csv")

    @blueprint.get("/journal")
    def journal_page() -> tuple[str, int]:
        fault, status = "", 200
        try:
            wanted = read()
        except SaleError as wrong:
            fault, status = tell(wrong.reason), wrong.status
            wanted = asked.read(hall, {"range": USUAL})
        days = [day for each in books(wanted) for day in each.days(wanted.range)]
        days.sort(key=lambda day: (day.date, day.store), reverse=True)
        query = {"from": wanted.range.low, "to": wanted.range.high, "store": wanted.choice["store"]}
        shown = hall.page(
            "reports/journal.html",
            boot={"journal": query},
            rows=[_row(hall, day) for day in days],
            closed=sum(day.state == "closed" or (day.state == "late" and not day.open) for day in days),
            booked=any(day.bookings for day in days),
            query={name: value for name, value in query.items() if value},
            fault=fault,
            choice=wanted.choice,
            presets=names.presets(),
            stores=[(sums.store, hall.facts(sums.store)["name"]) for sums in hall.stores()],
        )
        return shown, status


def limit(range: Range) -> None:
    """Raises SaleError 400 for more days than one request looks through."""
    if range.days > LONGEST:
        raise SaleError(400, "invalid", say("That is too long: %(days)s days at most.", days=LONGEST), "to")


def as_json(day: Day) -> dict[str, Any]:
    """A day as the API answers it; `waiting` are documents that no booking has yet, `open` why it isn't closed."""
    return {
        "store": day.store,
        "date": day.date,
        "state": day.state,
        "open": [tell(reason) for reason in day.open],
        "documents": len(day.docs),
        "waiting": len(day.new) + len(day.gone),
        "unreadable": day.unreadable,
        "bookings": [
            {"id": booking["_id"], "number": booking["number"], "at": booking["at"], "rows": len(booking["rows"])}
            for booking in day.bookings
        ],
    }


def _row(hall: Hall, day: Day) -> dict[str, Any]:
    words = {
        "open": _("Open"),
        "closed": _("To be booked"),
        "booked": _("Booked"),
        "late": _("Booked; something came later"),
    }
    sums: dict[tuple[str, int], int] = {}
    for booking in day.bookings:
        for row in booking["rows"]:
            money = (row["currency"], row["digits"])
            sums[money] = sums.get(money, 0) + row["debit"]
    return {
        "date": day.date,
        "store": hall.facts(day.store)["name"],
        "id": day.store,
        "state": day.state,
        "word": words[day.state],
        "open": [tell(reason) for reason in day.open],
        "waiting": len(day.new) + len(day.gone),
        "unreadable": len(day.unreadable),
        "entries": len(day.bookings),
        "sums": [present.money(value, *money) for money, value in sorted(sums.items())],
    }
