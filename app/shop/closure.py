"""A store that head office has closed: its tills finish the day, then they sell nothing more.

    closed ──┬── the business day goes on, or a shift is open ──▶ finishing: sales and refunds as ever
             └── the shift is closed, at the latest the next business day is over ──▶ over: what was sold stays readable

A till that hasn't heard of it sells on: what was really sold is never refused, only what is still to be sold.
"""

from __future__ import annotations

from datetime import date, timedelta

from app.shop import clock as clocks
from app.shop.desk import Desk
from app.shop.reason import say
from app.shop.sale import SaleError

FINISHING, OVER = "finishing", "over"
#: Business days after the closing in which an open shift may still be sold in: a night's shift ends in the morning.
GRACE = timedelta(days=1)


def closure(desk: Desk) -> str | None:
    """None while the store is open; else `finishing` or `over`."""
    facts, known = desk.facts.read()
    if not known or not facts.get("inactive"):
        return None
    told = facts.get("closed_at") or facts.get("updated_at")
    try:
        closed = date.fromisoformat(desk.date(str(told)))
    except ValueError:
        closed = date.min  # nobody knows when: an open shift may be closed, and that is all
    today = date.fromisoformat(desk.date(clocks.stamp(desk.clock())))
    if today <= closed:
        return FINISHING
    return FINISHING if _by_hand(desk) and closed != date.min and today <= closed + GRACE else OVER


def _by_hand(desk: Desk) -> bool:
    """Whether somebody opened the shift that is open: one that opened by itself is closed by nobody."""
    head = desk.journal.head()
    if head is None or head.shift is None:
        return False
    record = desk.store.read(head.shift)
    return record is not None and not record.deleted and not record.doc().get("auto")


def need_open(desk: Desk) -> None:
    """Raises SaleError 409 `store_closed` where nothing may be sold any more."""
    if closure(desk) == OVER:
        reason = say("Head office has closed this store: nothing is sold here any more. Nothing was written.")
        raise SaleError(409, "store_closed", reason)
