"""What head office knows of a customer's account: `statement:<account>:<digest>` in `company`, immutable.

A statement says what it covers, series by series: all movements of the account whose receipts are numbered up to
`through`, `count` of them, which add up to `sum`. `balance` is the sum of these sums. Whoever has movements that it
doesn't cover adds them. A newer one takes its place; older ones stay as they were.
"""

from __future__ import annotations

from app.shop.schemas.base import Document, ListOf, Part, SignedAmount, Strict, Text, Time, Whole
from app.shop.schemas.store import CURRENCY
from app.shop.schemas.terminal import SERIES

DIGEST = r"[0-9a-f]{16}"


class Covered(Strict):
    """The movements of one series up to a receipt's number."""

    series = Text(80, pattern=SERIES, required=True)
    through = Whole(0, required=True)
    count = Whole(0, required=True)
    sum = SignedAmount(required=True)


class Statement(Document):
    """The balance of one account, *as of* when head office had seen what it covers."""

    doctype = "statement"

    account = Text(300, pattern=r"(credit|account):.+", required=True)
    balance = SignedAmount(required=True)
    currency = Text(3, pattern=CURRENCY, required=True)
    digits = Whole(0, 4, required=True)
    covers = ListOf(Part(Covered), 10_000, required=True)
    as_of = Time(required=True)
    on = Text(200, required=True)  # the head office that says so
