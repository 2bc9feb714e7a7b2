"""A terminal that was copied, or restored, while a shift was open: each document stands in one Z at most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.docs.database import Database
from app.shop import schemas
from app.shop.arrivals import scan_incidents
from app.shop.till import Till
from app.shop.verify import verify_store
from tests.shop.conftest import Shop

Exchange = Callable[[Database, Database], None]


def opened(till: Till, request: str = "open-00000001") -> dict[str, Any]:
    return till.shifts.open({"request": request, "float": 10_000})[0]


def close(till: Till, id: str, request: str) -> dict[str, Any]:
    body = {"request": request, "counted": {"total": 0}, "note": "not what this test is about"}
    z = till.shifts.close(id, body)[0]
    assert schemas.check(z) == []
    return z


def test_two_lives_of_one_shift_close_it_each_for_itself(shop: Shop, exchange: Exchange) -> None:
    original = shop.till()
    shift = opened(original)
    shop.sell(original)
    clone = shop.copy(original, "clone")
    mine = [shop.sell(original) for _ in range(2)]
    theirs = [shop.sell(clone) for _ in range(3)]
    z = close(original, shift["_id"], "close-0000001")
    assert z["sums"]["receipts"]["count"] == 3
    exchange(original.store, clone.store)

    # At the original they are late: its Z stays as it is, and tells.
    assert original.shifts.zreport(z["_id"]) == z
    assert original.shifts.late(shift["_id"]) == sorted(order["_id"] for order in theirs)
    # The copy still has the shift open; its Z has what the other one lacks, and nothing of what that has.
    state = clone.shifts.state()
    assert (state["shift"]["_id"], state["closed_elsewhere"]) == (shift["_id"], True)
    other = close(clone, shift["_id"], "close-0000002")
    assert other["series"] != z["series"]
    assert (other["sums"]["receipts"]["count"], other["sums"]["cash"]["float"]) == (len(theirs), 0)
    assert other["sums"]["total"] == sum(order["total"] for order in theirs)
    assert clone.shifts.late(shift["_id"]) == []
    exchange(original.store, clone.store)
    assert original.shifts.late(shift["_id"]) == []
    assert z["sums"]["total"] == sum(order["total"] for order in mine) + 258
    for one in (original, clone):
        assert [finding for finding in verify_store(one.store) if finding.kind in ("z", "hash", "sum")] == []


def test_a_shift_whose_terminal_got_a_new_series_has_all_of_it_in_its_z(shop: Shop, exchange: Exchange) -> None:
    till = shop.till()
    shift = opened(till)
    shop.sell(till)
    restored = shop.copy(till, "restored")
    lost = [shop.sell(till) for _ in range(3)]
    till.shifts.move({"request": "cash-00000001", "kind": "drop", "amount": 5000})
    exchange(till.store, restored.store)  # the dead terminal's documents come home
    new = shop.sell(restored)
    assert new["series"] != lost[0]["series"]
    z = close(restored, shift["_id"], "close-0000001")
    assert z["sums"]["receipts"]["count"] == 5
    assert z["expected"] == 10_000 + 5 * 258 - 5000
    assert {cover["series"] for cover in z["covers"]} == {new["series"], lost[0]["series"]}
    assert restored.shifts.late(shift["_id"]) == []


def test_a_restored_terminal_finds_the_shift_that_its_former_life_left_open(shop: Shop, exchange: Exchange) -> None:
    till = shop.till()
    first = opened(till)
    shop.sell(till)
    close(till, first["_id"], "close-0000001")
    restored = shop.copy(till, "restored")
    second = opened(till, "open-00000002")
    orders = [shop.sell(till) for _ in range(2)]
    exchange(till.store, restored.store)
    state = restored.shifts.state()
    assert state["shift"] is None
    assert [shift["_id"] for shift in state["unfinished"]] == [second["_id"]]
    third = opened(restored, "open-00000003")
    z = close(restored, second["_id"], "close-0000002")
    assert z["sums"]["total"] == sum(order["total"] for order in orders)
    assert (z["grand_before"], z["grand_after"]) == (258, 258 * 3)
    # The shift that is open stays open.
    assert restored.shifts.current() == third
    assert restored.shifts.state()["unfinished"] == []


def test_the_perpetual_total_goes_on_after_a_new_disk(shop: Shop, exchange: Exchange) -> None:
    till = shop.till()
    shift = opened(till)
    shop.sell(till)
    z = close(till, shift["_id"], "close-0000001")
    fresh = shop.till("s1-t1", shop.open("store-s1", shop.folder / "fresh.db"))
    exchange(till.store, fresh.store)
    again = opened(fresh, "open-00000002")
    after = close(fresh, again["_id"], "close-0000002")
    assert after["series"] != z["series"]
    assert (after["number"], after["grand_before"]) == (1, z["grand_after"])


def test_a_place_of_the_journal_given_twice_is_an_incident_and_both_go_their_own_way(
    shop: Shop, exchange: Exchange
) -> None:
    original = shop.till()
    opened(original)
    clone = shop.copy(original, "clone")
    original.shifts.drawer({"request": "draw-00000001"})
    clone.shifts.move({"request": "cash-00000001", "kind": "in", "amount": 100})
    exchange(original.store, clone.store)
    for till in (original, clone):
        assert scan_incidents(till.store) == ["incident:number:s1-t1.k0:journal:00000002"] or till is clone
        assert schemas.check(till.store.get("incident:number:s1-t1.k0:journal:00000002")) == []
        assert shop.sell(till)["series"] != "s1-t1.k0"
    exchange(original.store, clone.store)


def test_a_z_number_given_twice_is_an_incident(shop: Shop, exchange: Exchange) -> None:
    original = shop.till()
    shift = opened(original)
    clone = shop.copy(original, "clone")
    one, two = close(original, shift["_id"], "close-0000001"), close(clone, shift["_id"], "close-0000002")
    assert (one["series"], one["number"]) == (two["series"], two["number"])
    exchange(original.store, clone.store)
    assert "incident:number:s1-t1.k0:zreport:00000001" in scan_incidents(original.store)
    assert opened(original, "open-00000002")["series"] != "s1-t1.k0"


def test_a_sale_written_twice_counts_once_in_the_z_and_is_noted(shop: Shop, exchange: Exchange) -> None:
    till = shop.till()
    shift = opened(till)
    shop.sell(till)
    restored = shop.copy(till, "restored")
    request = shop.request()
    till.sell(request)
    shop.sell(restored)
    restored.sell(request)
    exchange(till.store, restored.store)
    z = close(restored, shift["_id"], "close-0000001")
    assert (z["sums"]["receipts"]["count"], z["doubled"]) == (3, [request["sale"]])
