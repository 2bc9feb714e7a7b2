"""A till refunds receipts of its store: any of them, in parts, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.docs.database import Database
from app.shop.actor import Actor
from app.shop.refunds.scan import scan
from app.shop.sale import SaleError
from app.shop.till import Till
from app.shop.verify import verify_store
from tests.shop.conftest import Shop

Refund = Callable[..., dict[str, Any]]
Exchange = Callable[[Database, Database], None]


def lines(*given: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"product": f"product:{name}", "quantity": quantity} for name, quantity in given]


def test_a_full_refund_reverses_every_figure(shop: Shop, till: Till, refund: Refund) -> None:
    sold = shop.sell(till, lines=lines(("milk", 3000), ("tea", 1000)), tenders=[{"kind": "cash", "amount": 1000}])

    back = refund(till, sold)

    for name in ("subtotal", "total", "discount"):
        assert back[name] == -sold[name]
    assert (back["kind"], back["refund_of"], back["returns"]) == ("refund", sold["_id"], [sold["_id"]])
    assert [(line["quantity"], line["total"]) for line in back["lines"]] == [(-3000, -387), (-1000, -350)]
    assert back["tenders"] == [{"kind": "cash", "amount": -737}]
    assert (back["paid"], back["change"]) == (-737, 0)
    assert back["number"] == sold["number"] + 1
    assert back["shift"] == sold["shift"]
    assert verify_store(till.store) == []


def test_parts_add_up_and_never_exceed_what_was_sold(shop: Shop, till: Till, refund: Refund) -> None:
    sold = shop.sell(till, lines=lines(("milk", 3000)), tenders=[{"kind": "cash", "amount": 387}])

    refund(till, sold, l1=1000)
    refund(till, sold, l1=1000)
    with pytest.raises(SaleError, match="1 of 3 can still be returned") as refused:
        refund(till, sold, l1=2000)
    assert (refused.value.status, refused.value.error) == (409, "returned_already")
    refund(till, sold, l1=1000)
    with pytest.raises(SaleError, match="Nothing of this receipt is left"):
        refund(till, sold)

    view = till.refunds.view(sold["_id"])
    assert (view["lines"][0]["returned"], view["left"], view["caps"]) == (3000, False, [])
    assert len(view["refunds"]) == 3


def test_a_repeated_refund_is_the_same_order(shop: Shop, till: Till) -> None:
    sold = shop.sell(till)
    request = {"sale": "refund-again-1", "order": sold["_id"], "lines": [{"line": "l1", "quantity": 1000}]}

    first, repeated = till.refunds.refund(request)
    again, second = till.refunds.refund(request)

    assert (repeated, second) == (False, True)
    assert again["_id"] == first["_id"]
    assert till.store.count("order") == 2


def test_a_card_is_paid_back_before_cash_and_each_up_to_what_it_paid(shop: Shop, till: Till, refund: Refund) -> None:
    tenders = [{"kind": "card", "amount": 200, "reference": "4711"}, {"kind": "cash", "amount": 150}]
    sold = shop.sell(till, lines=lines(("tea", 1000)), tenders=tenders)

    back = refund(till, sold)

    assert [(tender["kind"], tender["amount"]) for tender in back["tenders"]] == [("card", -200), ("cash", -150)]
    assert back["tenders"][0]["reference"] == "4711"


def test_coupons_never_pay_out(shop: Shop, till: Till, refund: Refund) -> None:
    tenders = [{"kind": "coupon", "amount": 100}, {"kind": "cash", "amount": 250}]
    sold = shop.sell(till, lines=lines(("tea", 1000)), tenders=tenders)

    back = refund(till, sold)

    assert back["total"] == -350
    assert {tender["kind"]: tender["amount"] for tender in back["tenders"]} == {"coupon": -100, "cash": -250}
    assert back["lines"][0]["coupon"] == -100


def test_cash_is_rounded_in_parts_and_the_whole_comes_out_even(shop: Shop, till: Till, refund: Refund) -> None:
    values = {"cash_rounding": {"step": 5, "mode": "half_away"}}
    shop.company.put({"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values})
    sold = shop.sell(till, lines=lines(("milk", 3000)), tenders=[{"kind": "cash", "amount": 385}])
    assert (sold["total"], sold["cash_rounding"]) == (387, -2)

    parts = [refund(till, sold, l1=1000) for _ in range(3)]

    assert [part["paid"] for part in parts] == [-130, -130, -125]
    assert sum(part["total"] for part in parts) == -387
    assert sum(part["cash_rounding"] for part in parts) == 2


def test_what_a_window_showed_must_be_what_is_refunded(shop: Shop, till: Till, refund: Refund) -> None:
    sold = shop.sell(till)

    with pytest.raises(SaleError, match="the window showed"):
        refund(till, sold, {"total": 999})
    assert till.store.count("order") == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"order": "order:s1-t1.k0:00000009:0123456789"}, "order"),
        ({"lines": [{"line": "l9", "quantity": 1000}]}, "lines.0.line"),
        ({"lines": [{"line": "l1", "quantity": 500}]}, "lines.0.quantity"),
        ({"lines": [{"line": "l1", "quantity": -1000}]}, "lines.0.quantity"),
        ({"lines": []}, "lines"),
        ({"tenders": [{"kind": "cash", "amount": 1}]}, "tenders"),
        ({"tenders": [{"kind": "card", "amount": 258}]}, "tenders.0.amount"),
        ({"tenders": [{"kind": "credit", "amount": 258}]}, "tenders.0.customer"),
    ],
)
def test_what_makes_no_refund_is_refused_in_words(shop: Shop, till: Till, given: dict[str, Any], field: str) -> None:
    sold = shop.sell(till)

    with pytest.raises(SaleError) as refused:
        till.refunds.refund({"sale": "refund-wrong-1", "order": sold["_id"], **given})
    assert refused.value.field == field
    assert till.store.count("order") == 1


def test_a_refund_can_not_be_refunded(shop: Shop, till: Till, refund: Refund) -> None:
    back = refund(till, shop.sell(till))

    with pytest.raises(SaleError, match="is a refund itself"):
        refund(till, back)


def test_above_the_limit_a_supervisor_must_allow_it(shop: Shop, till: Till) -> None:
    cashier = Actor("staff:ann", "Ann", frozenset({"refund"}))
    small = shop.sell(till)
    large = shop.sell(till, lines=lines(("tea", 20_000)), tenders=[{"kind": "cash", "amount": 7000}])

    order, _ = till.refunds.refund({"sale": "refund-small-1", "order": small["_id"]}, cashier)
    assert (order["cashier"], order["approvals"]) == ("staff:ann", [])
    with pytest.raises(SaleError) as refused:
        till.refunds.refund({"sale": "refund-large-1", "order": large["_id"]}, cashier)
    assert (refused.value.error, refused.value.details["right"]) == ("needs_approval", "refund_over")

    lent = Actor("staff:ann", "Ann", frozenset({"refund"}), {"refund_over": "staff:sue"})
    order, _ = till.refunds.refund({"sale": "refund-large-1", "order": large["_id"]}, lent)
    assert order["approvals"] == [{"right": "refund_over", "by": "staff:sue"}]


def test_cash_for_what_a_card_paid_needs_a_supervisor(shop: Shop, till: Till) -> None:
    sold = shop.sell(till, lines=lines(("tea", 1000)), tenders=[{"kind": "card", "amount": 350}])
    cashier = Actor("staff:ann", "Ann", frozenset({"refund"}))
    request = {"sale": "refund-card-01", "order": sold["_id"], "tenders": [{"kind": "cash", "amount": 350}]}

    assert till.refunds.quote(request)["needs"] == ["refund", "refund_over"]
    with pytest.raises(SaleError, match="supervisor"):
        till.refunds.refund(request, cashier)
    order, _ = till.refunds.refund(request)
    assert order["tenders"] == [{"kind": "cash", "amount": -350}]


def test_a_void_takes_the_whole_sale_back_and_leaves_an_event(shop: Shop, till: Till, refund: Refund) -> None:
    sold = shop.sell(till)

    order = refund(till, sold, {"void": True})

    assert order["total"] == -sold["total"]
    [event] = [record.doc() for record in till.store.each("event")]
    assert (event["kind"], event["about"], event["details"]["refund"]) == ("void_sale", sold["_id"], order["_id"])
    with pytest.raises(SaleError, match="returned already"):
        refund(till, sold, {"void": True})


def test_another_tills_receipt_is_refunded_here(shop: Shop, till: Till, refund: Refund, exchange: Exchange) -> None:
    other = shop.till("s1-t2")
    sold = shop.sell(other)
    exchange(till.store, other.store)

    back = refund(till, sold)

    assert (back["terminal"], back["refund_of"]) == ("s1-t1", sold["_id"])


def test_two_tills_that_refund_the_same_while_apart_both_stand_and_somebody_is_told(
    shop: Shop, till: Till, refund: Refund, exchange: Exchange
) -> None:
    other = shop.till("s1-t2")
    sold = shop.sell(other)
    exchange(till.store, other.store)
    here, there = refund(till, sold), refund(other, sold)
    assert scan(till.store, [here["_id"]]) == []
    exchange(till.store, other.store)

    told = scan(till.store, [there["_id"]])

    assert [(task["kind"], task["about"]) for task in told] == [("refunded_twice", sold["_id"])]
    assert told[0]["lines"] == [{"line": "l1", "name": "Whole milk", "sold": 2000, "returned": 4000}]
    assert told[0]["orders"] == sorted([here["_id"], there["_id"]])
    assert scan(other.store, [sold["_id"]]) == told
    with pytest.raises(SaleError, match="Nothing of this receipt is left"):
        refund(till, sold)


def test_what_a_mixed_cart_returned_can_not_be_refunded_again(shop: Shop, till: Till, refund: Refund) -> None:
    sold = shop.sell(till, lines=lines(("milk", 2000)))
    of = {"order": sold["_id"], "line": "l1"}
    swap = shop.sell(
        till,
        lines=[
            {"product": "product:tea", "quantity": 1000},
            {"product": "product:milk", "quantity": -1000, "return_of": of, "restock": "damaged"},
        ],
        tenders=[{"kind": "cash", "amount": 221}],
    )
    assert (swap["total"], swap["returns"]) == (350 - 129, [sold["_id"]])

    assert till.refunds.view(sold["_id"])["lines"][0]["left"] == 1000
    with pytest.raises(SaleError, match="can still be returned"):
        refund(till, sold, l1=2000)
    back = refund(till, swap)
    assert [line["total"] for line in back["lines"]] == [-350]


def test_it_says_as_of_when_it_is_known(shop: Shop, till: Till) -> None:
    sold = shop.sell(till)

    view = till.refunds.view(sold["_id"])

    assert (view["known_as_of"], view["online"]) == (None, False)


def test_a_refund_names_whom_the_sale_was_invoiced_to_unless_they_were_erased(
    shop: Shop, till: Till, refund: Refund
) -> None:
    invoice = {"name": "Mia Ltd", "address": ["2 Low Road"], "tax_number": "DE77"}
    customer = {"_id": "customer:mia", "type": "customer", "schema": 1, "name": "Mia"}
    rev = till.company.put(customer)
    sold = shop.sell(till, lines=lines(("milk", 3000)), invoice=invoice, customer="customer:mia")

    assert refund(till, sold, l1=1000)["invoice"] == invoice
    till.company.put({**customer, "_rev": rev, "name": "", "erased": True})
    assert refund(till, sold, l1=1000)["invoice"] is None
    assert verify_store(till.store) == []
