"""A store that head office closes: its till finishes the day, then it sells nothing more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.shop import clock as clocks
from app.shop.sale import SaleError
from app.shop.store_records import StoreRecords
from app.shop.till import Till
from tests.shop.conftest import NOON, Shop


def close(shop: Shop, **more: Any) -> None:
    """As head office writes it, at noon."""
    doc = shop.company.get("store:s1")
    shop.company.put({**doc, "inactive": True, "closed_at": clocks.stamp(NOON), **more})


def refused(shop: Shop, till: Till) -> None:
    before = till.store.last_n
    with pytest.raises(SaleError) as caught:
        shop.sell(till)
    assert (caught.value.status, caught.value.error) == (409, "store_closed")
    with pytest.raises(SaleError) as caught:
        till.shifts.open({"request": "shift-after-the-end", "float": 0})
    assert caught.value.error == "store_closed"
    assert till.store.last_n == before


def test_the_day_is_finished_and_nothing_is_sold_after_it(shop: Shop, till: Till) -> None:
    assert till.status()["closing"] is None
    sold = shop.request()
    order, _ = till.sell(sold)
    close(shop)
    assert till.status()["closing"] == "finishing"
    shop.sell(till)
    shop.clock.now = NOON + timedelta(hours=14, minutes=50)  # 03:50 in Berlin: still that business day
    shop.sell(till)
    shop.clock.now = NOON + timedelta(hours=15, minutes=10)
    assert till.status()["closing"] == "over"
    refused(shop, till)
    assert till.sell(sold) == (order, True), "what was sold is told again"
    assert len(till.receipts()) == 3


def test_a_shift_that_is_open_may_be_ended_the_next_day(shop: Shop, till: Till) -> None:
    shift, _ = till.shifts.open({"request": "shift-of-that-day", "float": 0})
    close(shop)
    shop.clock.now = NOON + timedelta(hours=20)
    assert till.status()["closing"] == "finishing"
    shop.sell(till)
    till.shifts.close(shift["_id"], {"request": "close-of-that-shift", "counted": {"total": 258}})
    assert till.status()["closing"] == "over"
    refused(shop, till)


def test_a_shift_that_nobody_closes_ends_with_the_next_day(shop: Shop, till: Till) -> None:
    till.shifts.open({"request": "shift-of-that-day", "float": 0})
    close(shop)
    shop.clock.now = NOON + timedelta(days=2)
    refused(shop, till)


def test_head_office_says_when_and_opens_it_again(shop: Shop, till: Till) -> None:
    records = StoreRecords(shop.company, "office", lambda id: None)
    shop.company.put({**{k: v for k, v in shop.company.get("store:s1").items() if k != "_rev"}, "_id": "store:s2",
                      "id": "s2"})  # fmt: skip
    rev = shop.company.get("store:s1")["_rev"]
    closed = records.change("s1", {"rev": rev, "inactive": True})
    assert shop.company.get("store:s1")["closed_at"]
    records.change("s1", {"rev": closed["rev"], "inactive": False})
    assert shop.company.get("store:s1")["closed_at"] is None and till.status()["closing"] is None
    shop.sell(till)


def test_a_store_that_was_closed_before_this_was_noted(shop: Shop, till: Till) -> None:
    close(shop, closed_at=None, updated_at=clocks.stamp(NOON))
    assert till.status()["closing"] == "finishing"
    close(shop, closed_at=None, updated_at=None)
    refused(shop, till)
