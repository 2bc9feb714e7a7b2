"""What of a business day went to the bookkeeper: `booking:<date>:<node>:<number>` in `store-<id>`, written once.

Number 1 is the day; each later one is a correction, of documents that came after it. The rows stand in it as they were
exported, so that the same days can be exported again, byte for byte, whatever has been set or has arrived since.
"""

from __future__ import annotations

from app.shop.money import MAX_INTEGER
from app.shop.schemas.base import Amount, Document, Flag, ListOf, Part, RateField, Strict, Text, Time, Whole
from app.shop.schemas.journalled import DATE, REQUEST
from app.shop.schemas.settings import ACCOUNT
from app.shop.schemas.store import CURRENCY, STORE_ID

MOST_DOCUMENTS = 200_000


class BookingRow(Strict):
    """One side of the entry: either `debit` or `credit` is zero. `tax` and `rate` where it is about a tax, with its
    `base`; `tender` where it is about a payment."""

    key = Text(200, filled=True, required=True)
    account = Text(40, pattern=ACCOUNT, required=True)
    text = Text(200, required=True)
    tax = Text(250, required=True, allow_none=True)
    rate = RateField(required=True, allow_none=True)
    base = Whole(required=True, allow_none=True)
    tender = Text(32, required=True, allow_none=True)
    debit = Amount(0, MAX_INTEGER, required=True)
    credit = Amount(0, MAX_INTEGER, required=True)
    currency = Text(3, pattern=CURRENCY, required=True)
    digits = Whole(0, 4, required=True)


class Booking(Document):
    """`documents` are the ids of the receipts, cash movements and Z reports in it; `reversed` those of earlier bookings
    that it takes back; `closed` false where the day was booked before its shifts were."""

    doctype = "booking"

    request = Text(64, pattern=REQUEST, required=True)
    store = Text(60, pattern=STORE_ID, required=True)
    business_date = Text(10, pattern=DATE, required=True)
    number = Whole(1, required=True)
    at = Time(required=True)
    by = Text(200, required=True, allow_none=True)
    on = Text(200, required=True)
    closed = Flag(required=True)
    documents = ListOf(Text(250), MOST_DOCUMENTS, required=True)
    reversed = ListOf(Text(250), MOST_DOCUMENTS, required=True)
    rows = ListOf(Part(BookingRow), 10_000, required=True)
