"""A clock that is wrong is said so, never hides the order of things, and stops no sale."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.shop import clock as clocks
from app.shop.actor import Actor
from app.shop.desk import Contact
from app.shop.sale import SaleError
from app.shop.till import Till
from app.shop.verify import verify_store
from tests.shop.conftest import Shop

CASHIER = Actor("staff:ann", "Ann", frozenset({"shift_open"}))
HOUR = 3_600_000


def ahead(till: Till, milliseconds: int | None) -> None:
    """What the central's clock says beside ours."""
    till.desk.contact = lambda: Contact(ahead=milliseconds)


def clock_events(till: Till) -> list[dict[str, Any]]:
    return [record.doc() for record in till.store.each("event") if record.doc()["kind"] == "clock"]


def test_a_clock_off_the_centrals_is_flagged_once_and_selling_goes_on(shop: Shop, till: Till) -> None:
    till.shifts.open({"request": "open-00000001"})
    ahead(till, 6 * 60_000)
    orders = [shop.sell(till) for _ in range(3)]
    assert [order["clock"]["off"] for order in orders] == [360_000] * 3
    assert len(clock_events(till)) == 1
    ahead(till, 4 * 60_000)
    assert shop.sell(till)["clock"] is None
    assert verify_store(till.store) == []


def test_a_clock_behind_the_last_document_never_turns_time_back(shop: Shop, till: Till) -> None:
    first = shop.sell(till)
    shop.clock.now -= timedelta(days=1)
    second = shop.sell(till)
    assert second["at"] == first["at"]
    assert second["clock"]["behind"] > 86_000_000
    assert second["clock"]["own"] < first["at"]
    assert len(clock_events(till)) == 1


def test_opening_with_a_wrong_clock_needs_a_supervisor(shop: Shop, till: Till) -> None:
    ahead(till, -HOUR)
    assert till.shifts.state()["clock_wrong"]
    with pytest.raises(SaleError) as no:
        till.shifts.open({"request": "open-00000001"}, CASHIER)
    assert (no.value.error, no.value.details["right"], no.value.details["clock"]["off"]) == (
        "needs_approval", "clock", -HOUR,
    )  # fmt: skip
    lent = Actor(CASHIER.staff, CASHIER.name, CASHIER.rights, {"clock": "staff:boss"})
    shift, _ = till.shifts.open({"request": "open-00000001"}, lent)
    assert shift["approvals"] == [{"right": "clock", "by": "staff:boss"}]
    assert len(clock_events(till)) == 1


def test_time_restarts_at_the_present_when_a_clock_once_far_ahead_is_right_again(shop: Shop, till: Till) -> None:
    shop.clock.now += timedelta(days=400)
    future = till.shifts.open({"request": "open-00000001"})[0]
    shop.sell(till)
    shop.clock.now -= timedelta(days=400)
    z, _ = till.shifts.close(future["_id"], {"request": "close-0000001", "counted": {"total": 258}})
    assert z["at"] > "2027"
    # Nobody told what time it is: the times follow the last document.
    assert till.shifts.open({"request": "open-00000002"})[0]["at"] >= z["at"]
    till.shifts.close(till.shifts.current()["_id"], {"request": "close-0000002", "counted": {"total": 0}})  # type: ignore[index]
    ahead(till, 1000)
    shift, _ = till.shifts.open({"request": "open-00000003"})
    assert (shift["at"][:10], shift["business_date"], shift["clock"]) == ("2026-11-22", "2026-11-22", None)
    assert shift["clock_reset"] == {"from": till.shifts.zreports(1)[0]["at"], "to": shift["at"]}
    order = shop.sell(till)
    assert (order["at"][:10], order["clock"]) == ("2026-11-22", None)
    assert verify_store(till.store) == []


def test_a_till_whose_own_clock_is_still_wrong_restarts_nothing(shop: Shop, till: Till) -> None:
    shop.clock.now += timedelta(days=400)
    shop.sell(till)
    shift = till.shifts.current()
    assert shift is not None
    till.shifts.close(shift["_id"], {"request": "close-0000001", "counted": {"total": 258}})
    ahead(till, -400 * 24 * HOUR)
    again, _ = till.shifts.open({"request": "open-00000002"})
    assert "clock_reset" not in again
    assert again["clock"]["off"] == -400 * 24 * HOUR
    assert clocks.OFF == 300_000
