"""A shift is one drawer's session: one at a time, once for every request, closed once, by its Z."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from app.shop import schemas
from app.shop.actor import Actor
from app.shop.sale import SaleError
from app.shop.till import Till
from tests.shop.conftest import Shop

CASHIER = Actor(
    "staff:ann", "Ann", frozenset({"sell", "shift_open", "shift_close", "report_x", "cash_in", "drop", "void"})
)


def opened(till: Till, request: str = "open-00000001", **fields: Any) -> dict[str, Any]:
    return till.shifts.open({"request": request, "float": 10_000, **fields})[0]


def closed(till: Till, shift: dict[str, Any], total: int, **fields: Any) -> dict[str, Any]:
    body = {"request": f"close-{shift['journal']:08}", "counted": {"total": total}, **fields}
    return till.shifts.close(shift["_id"], body)[0]


def settings(shop: Shop, **values: Any) -> None:
    shop.company.put({"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values})


def refused(call: Any, *args: Any, **kwargs: Any) -> SaleError:
    with pytest.raises(SaleError) as caught:
        call(*args, **kwargs)
    return caught.value


def test_a_repeated_request_gives_the_same_document(till: Till) -> None:
    request = {"request": "open-00000001", "float": 500}
    first, repeated = till.shifts.open(request)
    assert (repeated, till.shifts.open(request)) == (False, (first, True))
    for call, body in (
        (till.shifts.move, {"request": "cash-00000001", "kind": "in", "amount": 100}),
        (till.shifts.drawer, {"request": "draw-00000001"}),
        (till.shifts.page_event, {"request": "void-00000001", "kind": "void_cart"}),
    ):
        made, _ = call(body)
        assert call(body) == (made, True)
        assert schemas.check(made) == []
    close = {"request": "close-0000001", "counted": {"total": 600}}
    z, _ = till.shifts.close(first["_id"], close)
    assert till.shifts.close(first["_id"], close) == (z, True)
    assert [till.store.count(type) for type in ("shift", "cash", "event", "zreport")] == [1, 1, 2, 1]


def test_more_than_the_drawer_should_hold_goes_out_only_when_confirmed(shop: Shop, till: Till) -> None:
    opened(till, float=3000)
    shop.sell(till)
    body = {"request": "cash-00000001", "kind": "drop", "amount": 3259}
    settings(shop, count="open")
    error = refused(till.shifts.move, body, CASHIER)
    assert (error.status, error.error, error.details) == (409, "more_than_drawer", {"expected": 3258})
    assert error.reason == "The drawer should hold 32.58, less than 32.59."
    assert till.store.count("cash") == 0
    till.shifts.move({**body, "request": "cash-00000002", "amount": 3258}, CASHIER)
    made, repeated = till.shifts.move({**body, "confirmed": True}, CASHIER)
    assert (repeated, made["amount"], schemas.check(made)) == (False, 3259, [])
    assert till.shifts.move(body, CASHIER) == (made, True)
    assert not till.shifts.move({"request": "cash-00000003", "kind": "in", "amount": 9999}, CASHIER)[1]


def test_a_blind_count_names_no_amount_to_whom_takes_too_much_out(shop: Shop, till: Till) -> None:
    opened(till, float=3000)
    settings(shop, count="blind")
    body = {"request": "cash-00000001", "kind": "drop", "amount": 3001}
    error = refused(till.shifts.move, body, CASHIER)
    assert (error.error, error.details) == ("more_than_drawer", {})
    assert error.reason == "This is more than the drawer should hold."
    sees = Actor("staff:sam", "Sam", CASHIER.rights | {"count_see"})
    assert refused(till.shifts.move, body, sees).details == {"expected": 3000}


def test_closing_twice_is_refused_and_names_the_z(till: Till) -> None:
    shift = opened(till)
    z = closed(till, shift, 10_000)
    again = refused(till.shifts.close, shift["_id"], {"request": "close-again", "counted": {"total": 10_000}})
    assert (again.status, again.error, again.details["zreport"]) == (409, "shift_closed", z["_id"])


def test_a_sale_into_a_closed_shift_is_told_of_the_next_one(shop: Shop, till: Till) -> None:
    first = opened(till)
    closed(till, first, 10_000)
    alone = refused(till.sell, shop.request(shift=first["_id"]))
    assert (alone.status, alone.error, alone.details["shift"]) == (409, "shift_closed", None)
    second = opened(till, "open-00000002")
    told = refused(till.sell, shop.request(shift=first["_id"]))
    assert told.details["shift"] == second["_id"]
    assert shop.sell(till, shift=second["_id"])["shift"] == second["_id"]


def test_a_shift_that_this_till_never_knew_says_nothing(shop: Shop, till: Till) -> None:
    """The window of a terminal that was restored from an older copy still names the shift of the later life."""
    shift = opened(till)
    order = shop.sell(till, shift="shift:s1-t1.zz:00000009:0123456789")
    assert order["shift"] == shift["_id"]


def test_without_automatic_shifts_somebody_must_open_one(shop: Shop, till: Till) -> None:
    settings(shop, shift_auto=False)
    nobody = refused(till.sell, shop.request())
    assert (nobody.status, nobody.error) == (409, "no_shift")
    assert till.store.count("order") == 0
    opened(till)
    shop.sell(till)


def test_a_sale_opens_a_shift_by_itself_where_settings_allow(shop: Shop, till: Till) -> None:
    order = shop.sell(till)
    shift = till.shifts.current()
    assert shift is not None
    assert (shift["auto"], shift["float"], order["shift"], order["journal"]) == (True, 0, shift["_id"], 2)


def test_every_sale_is_in_the_z_or_was_told_of_the_next_shift(shop: Shop, till: Till) -> None:
    """F8: sales and the close at the same moment, from many windows."""
    settings(shop, shift_auto=False)
    shift = opened(till, float=0)
    orders: list[dict[str, Any]] = []
    errors: list[SaleError] = []
    zs: list[dict[str, Any]] = []
    go = threading.Barrier(9)

    def sell(worker: int) -> None:
        go.wait()
        for n in range(10):
            request = shop.request(sale=f"thread-{worker}-{n:04}", shift=shift["_id"])
            try:
                orders.append(till.sell(request)[0])
            except SaleError as error:
                errors.append(error)

    def close() -> None:
        go.wait()
        while len(orders) < 20:
            time.sleep(0.001)
        for _ in range(3):
            body = {"request": "close-000000", "counted": {"total": 0}, "note": "counted while others sold"}
            zs.append(till.shifts.close(shift["_id"], body)[0])

    threads = [*[threading.Thread(target=sell, args=(worker,)) for worker in range(8)], threading.Thread(target=close)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    z = zs[0]
    assert zs == [z, z, z]
    assert z["sums"]["receipts"]["count"] == len(orders)
    assert z["sums"]["total"] == sum(order["total"] for order in orders)
    assert len(orders) + len(errors) == 80
    assert {(error.status, error.error) for error in errors} <= {(409, "shift_closed")}
    assert till.shifts.late(shift["_id"]) == []


def test_a_shift_is_closed_at_its_own_terminal(shop: Shop, till: Till) -> None:
    shift = opened(till)
    other = shop.till("s1-t2", till.store)
    assert refused(closed, other, shift, 10_000).error == "other_terminal"
    assert refused(till.shifts.close, "shift:none", {"request": "close-none", "counted": {"total": 0}}).status == 404


def test_cashiers_share_a_shift_and_each_has_a_subtotal(shop: Shop, till: Till) -> None:
    opened(till)
    ann, bob = (Actor(f"staff:{name}", name, None) for name in ("ann", "bob"))
    till.sell(shop.request(), ann)
    till.sell(shop.request(), bob)
    till.sell(shop.request(), bob)
    till.shifts.page_event({"request": "void-00000001", "kind": "void_line"}, ann)
    rows = till.shifts.x_report()["sums"]["cashiers"]
    assert [(row["by"], row["receipts"], row["total"], row["cash"], row["voids"]) for row in rows] == [
        ("staff:ann", 1, 258, 258, 1),
        ("staff:bob", 2, 516, 516, 0),
    ]


def test_what_a_cashier_may_not_a_supervisor_allows_and_the_document_says_so(till: Till) -> None:
    opened(till)
    body = {"request": "cash-00000001", "kind": "expense", "amount": 100, "category": "Postage"}
    no = refused(till.shifts.move, body, CASHIER)
    assert (no.status, no.error, no.details["right"]) == (403, "needs_approval", "cash_out")
    assert till.store.count("cash") == 0
    lent = Actor(CASHIER.staff, CASHIER.name, CASHIER.rights, {"cash_out": "staff:boss"})
    made, _ = till.shifts.move(body, lent)
    assert (made["by"], made["approvals"]) == ("staff:ann", [{"right": "cash_out", "by": "staff:boss"}])
    assert refused(till.shifts.drawer, {"request": "draw-00000001"}, CASHIER).details["right"] == "drawer"


# -- the count -------------------------------------------------------------------------------------------------------


def test_a_difference_needs_an_explanation(till: Till) -> None:
    shift = opened(till)
    short = refused(closed, till, shift, 9_000)
    assert (short.error, short.field) == ("needs_note", "note")
    assert short.details["differences"][0]["difference"] == -1000
    z = closed(till, shift, 9_000, note="A note fell behind the drawer")
    assert (z["expected"], z["declared"], z["difference"]) == (10_000, 9_000, -1_000)


def test_a_blind_count_tells_nobody_what_is_expected(shop: Shop, till: Till) -> None:
    settings(shop, count="blind")
    shift = opened(till)
    assert not till.shifts.state(CASHIER)["sees"]
    assert refused(till.shifts.x_report, CASHIER).details["right"] == "count_see"
    body = {"request": "close-0000001", "counted": {"total": 9_000, "tenders": {"card": 100}}}
    short = refused(till.shifts.close, shift["_id"], body, CASHIER)
    assert short.details == {"differs": ["cash", "card"]}
    z, _ = till.shifts.close(shift["_id"], {**body, "note": "counted twice"}, CASHIER)
    assert z["difference"] == -1_000


def test_slips_and_foreign_cash_are_counted_beside_the_drawer(shop: Shop, till: Till) -> None:
    settings(shop, foreign=[{"code": "USD", "digits": 2, "num": 9, "den": 10}])
    shift = opened(till)
    shop.sell(till, tenders=[{"kind": "card", "amount": 100}, {"kind": "cash", "amount": 158}])
    counted = {"total": 10_158, "tenders": {"card": 90, "coupon": 0}, "foreign": {"USD": 500}}
    body = {"request": "close-0000001", "counted": counted, "note": "a slip is lost"}
    z, _ = till.shifts.close(shift["_id"], body)
    assert schemas.check(z) == []
    rows = {row["kind"]: row for row in z["sums"]["tenders"]}
    assert [(rows[kind]["expected"], rows[kind]["difference"]) for kind in ("cash", "card", "coupon")] == [
        (10_158, 0), (100, -10), (0, 0),
    ]  # fmt: skip
    assert [(row["currency"], row["declared"], row["difference"]) for row in z["sums"]["foreign"]] == [
        ("USD", 500, 500)
    ]


# -- the business day -------------------------------------------------------------------------------------------------


def test_after_the_day_starts_anew_the_close_is_due_and_may_be_put_off_once(shop: Shop, till: Till) -> None:
    opened(till)
    shop.sell(till)
    assert not till.shifts.state()["due"]
    assert refused(till.shifts.postpone, {"request": "later-0000001"}).error == "not_due"
    shop.clock.now += timedelta(hours=14, minutes=55)  # 03:55 in Berlin
    assert not till.shifts.state()["due"]
    shop.clock.now += timedelta(minutes=10)
    state = till.shifts.state()
    assert (state["due"], state["actions"]) == (True, ["close", "postpone"])
    assert refused(till.shifts.postpone, {"request": "later-0000001"}, CASHIER).details["right"] == "postpone"
    event, _ = till.shifts.postpone({"request": "later-0000001"})
    assert schemas.check(event) == []
    assert till.shifts.postpone({"request": "later-0000001"}) == (event, True)
    assert not till.shifts.state()["due"]
    assert refused(till.shifts.postpone, {"request": "later-0000002"}).error == "postponed"
    # It is still that shift's day, until the next one is over as well.
    assert shop.sell(till)["business_date"] == "2026-11-22"
    shop.clock.now += timedelta(days=1)
    assert till.shifts.state()["due"]


# -- crashes ---------------------------------------------------------------------------------------------------------


def test_a_close_that_fails_half_way_leaves_the_shift_open(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    shift = opened(till)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(till.desk.journal, "save", fail)
        with pytest.raises(RuntimeError):
            closed(till, shift, 10_000)
    assert (till.shifts.current(), till.store.count("zreport")) == (shift, 0)
    assert closed(till, shift, 10_000)["number"] == 1


# -- documents of other programs -------------------------------------------------------------------------------------


def test_an_order_that_cannot_be_read_is_in_no_sum_and_noted(shop: Shop, till: Till) -> None:
    shift = opened(till)
    order = shop.sell(till)
    wrong = {key: value for key, value in order.items() if key not in ("_rev", "total")}
    till.store.put({**wrong, "_id": "order:odd", "sale": "sale-of-another"})
    z = closed(till, shift, 10_258)
    assert (z["unreadable"], z["sums"]["receipts"]["count"]) == (["order:odd"], 1)


def test_what_another_program_wrote_into_a_shift_keeps_it_from_nothing(shop: Shop, till: Till) -> None:
    shop.sell(till)
    shift = till.shifts.current()
    assert shift is not None
    place = {"series": shift["series"], "shift": shift["_id"], "terminal": "s1-t1", "hash": "0" * 64, "prev": None}
    odd: list[dict[str, Any]] = [
        {"type": "cash", "kind": "bogus", "amount": "x"},
        {"type": "cash"},
        {"type": "event", "kind": 5},
        {"type": "event", "kind": "postpone", "details": [1], "by": 7},
        {"type": "zreport", "at": shift["at"], "covers": "all of it", "sums": "none"},
        {"type": "zreport", "at": 7, "covers": [{"series": 1}], "sums": [1]},
    ]
    for number, doc in enumerate(odd):
        till.store.put({"_id": f"{doc['type']}:odd{number}", "journal": 900 + number, **place, **doc})
    till.store.put({"_id": "shift:odd", "type": "shift", "terminal": "s1-t1", "at": shift["at"]})
    assert len(till.shifts.x_report()["unreadable"]) == len(odd)
    shop.clock.now += timedelta(days=1)
    state = till.shifts.state()
    assert (state["due"], state["unfinished"]) == (True, [])
    with pytest.raises(SaleError) as refused:
        till.shifts.close("shift:odd", {"request": "close-odd-1", "counted": {"total": 0}})
    assert refused.value.error == "unreadable"
    z = closed(till, shift, 258)
    assert z["sums"]["total"] == 258 and len(z["unreadable"]) == len(odd)
    assert schemas.check(z) == []
