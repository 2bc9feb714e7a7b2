"""A sale of today: its shift, its rights, returns in the same cart, foreign cash, cards, and orders of the first
version that stay readable."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as runs
from hypothesis import strategies as st

from app.shop import ids, journal, schemas
from app.shop.actor import Actor
from app.shop.arrivals import scan_incidents
from app.shop.desk import Contact
from app.shop.payments.card import CardDesk, SimulatedTerminal
from app.shop.sale import SaleError
from app.shop.selling.sums import sums
from app.shop.till import Till
from app.shop.totals import totals
from app.shop.verify import verify_store
from tests.shop.conftest import NOON, Shop
from tests.shop.selling.conftest import Settings, cashier, on_line
from tests.shop.test_journal import GOLDEN

MILK = {"product": "product:milk", "quantity": 2000}
#: The hash of an order of version 1, as that version wrote it.
FROZEN = "78ca38c2c49b836f51e7bc1e3b7aa39c386909040f4105bbff048c679573c010"


def refused(till: Till, request: dict[str, Any], actor: Actor | None = None) -> SaleError:
    """The sale is refused, and nothing was written."""
    before = till.store.last_n
    with pytest.raises(SaleError) as caught:
        till.sell(request, actor) if actor else till.sell(request)
    assert till.store.last_n == before
    return caught.value


# -- orders of the first version ---------------------------------------------------------------------------------


def test_an_order_of_the_first_version_is_read_shown_summed_and_verified(shop: Shop, till: Till) -> None:
    old = {
        **GOLDEN, "store": "s1", "terminal": "s1-t9", "series": "s1-t9.aa", "number": 1, "journal": 1, "prev": None,
    }  # fmt: skip
    old["hash"] = FROZEN
    id = ids.numbered("order", "s1-t9.aa", 1, old["sale"])
    till.store.bulk_docs([{**old, "_id": id, "_rev": "1-" + "a" * 32}], new_edits=False)
    assert schemas.known(old)
    assert schemas.check({**old, "_id": id}) == []
    assert [finding.message for finding in verify_store(till.store)] == []
    assert totals(till.store).sales_cents == 249
    assert till.receipts()[0]["_id"] == id
    wrong = {**old, "total": 250}
    till.store.bulk_docs(
        [{**wrong, "hash": journal.digest(wrong), "_id": id, "_rev": "1-" + "f" * 32}], new_edits=False
    )
    assert "sum" in {finding.kind for finding in verify_store(till.store)}


# -- shifts ------------------------------------------------------------------------------------------------------


def test_a_sale_that_names_a_closed_shift_is_told_of_the_open_one(shop: Shop, till: Till) -> None:
    first = shop.sell(till)["shift"]
    till.shifts.close(first, {"request": "close-0001", "counted": {"total": 258, "tenders": {}}, "note": ""})
    error = refused(till, shop.request(shift=first))
    assert (error.status, error.error, error.details) == (409, "shift_closed", {"shift": None})
    second = shop.sell(till)["shift"]
    assert second != first
    assert refused(till, shop.request(shift=first)).details == {"shift": second}
    assert shop.sell(till, shift=second)["shift"] == second
    assert verify_store(till.store) == []


def test_where_somebody_must_open_the_shift_nothing_is_sold_before(shop: Shop, till: Till, settings: Settings) -> None:
    settings(shift_auto=False)
    error = refused(till, shop.request())
    assert (error.status, error.error) == (409, "no_shift")


def test_a_till_that_was_alone_too_long_does_not_sell_where_that_is_forbidden(
    shop: Shop, till: Till, settings: Settings
) -> None:
    settings(offline_hours=8)
    till.desk.contact = Contact
    assert refused(till, shop.request()).error == "central_not_seen"
    till.desk.contact = lambda: Contact(NOON - timedelta(hours=9))
    assert refused(till, shop.request()).details["hours"] == 8
    till.desk.contact = lambda: Contact(NOON - timedelta(hours=7))
    assert shop.sell(till)["number"] == 1


# -- rights ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({"lines": [{**MILK, "price": {"amount": 100}}]}, "price"),
        ({"lines": [{**MILK, "discounts": [{"kind": "manual", "percent": 200_000}]}]}, "discount_over"),
        ({"lines": [MILK], "discounts": [{"kind": "manual", "amount": 100}]}, "discount_over"),
        ({"lines": [{**MILK, "quantity": -2000, "restock": "damaged"}],
          "tenders": [{"kind": "cash", "amount": -258}]}, "refund_over"),
    ],
)  # fmt: skip
def test_what_a_cashier_may_not_a_supervisor_lends_once(
    shop: Shop, till: Till, fields: dict[str, Any], right: str
) -> None:
    request = shop.request(**fields)
    error = refused(till, request, cashier())
    assert (error.status, error.error, error.details["right"]) == (403, "needs_approval", right)
    order, _ = till.sell(request, cashier(**{right: "staff:sue"}))
    assert order["approvals"] == [{"right": right, "by": "staff:sue"}]
    assert order["cashier"] == "staff:ann"
    assert verify_store(till.store) == []


def test_a_cashier_may_take_off_up_to_the_limit_and_sell_what_has_no_code(shop: Shop, till: Till) -> None:
    lines = [
        {**MILK, "discounts": [{"kind": "manual", "percent": 100_000}]},
        {"product": None, "name": "Bag", "quantity": 1000, "price": {"amount": 10}},
    ]
    order, _ = till.sell(shop.request(lines=lines), cashier())
    assert (order["lines"][0]["discounts"][0]["amount"], order["approvals"]) == (26, [])


def test_somebody_confirms_the_age_of_who_buys_spirits(shop: Shop, till: Till) -> None:
    gin = {"_id": "product:gin", "type": "product", "schema": 1, "sku": "gin", "name": "Gin", "barcodes": [],
           "sold_by": "unit", "price": {"amount": 300}, "min_age": 18}  # fmt: skip
    shop.company.put(gin)
    lines = [{"product": "product:gin", "quantity": 1000}]
    error = refused(till, shop.request(lines=lines))
    assert (error.status, error.error, error.details, error.field) == (409, "age_check", {"age": 18}, "lines.0.age")
    assert shop.sell(till, lines=lines, age=True)["lines"][0]["age"] is True


# -- returns -----------------------------------------------------------------------------------------------------


def test_a_negative_quantity_must_say_that_it_is_a_return(shop: Shop, till: Till) -> None:
    error = refused(till, shop.request(lines=[{**MILK, "quantity": -1000}]))
    assert (error.field, error.reason) == ("lines.0.quantity", "Line 1: the quantity must not be negative.")
    error = refused(till, shop.request(lines=[{**MILK, "restock": "restock"}]))
    assert error.reason == "Line 1: the quantity of a return must be negative."


def test_goods_come_back_in_the_cart_that_sells_others(shop: Shop, till: Till) -> None:
    on_line(till)
    sold = shop.sell(till, lines=[{"id": "a", **MILK, "discounts": [{"kind": "retail", "amount": 9}]}])
    back = {"quantity": -1000, "product": "product:milk", "return_of": {"order": sold["_id"], "line": "a"},
            "restock": "damaged"}  # fmt: skip
    tea = {"product": "product:tea", "quantity": 1000}
    order = shop.sell(till, lines=[back, tea], tenders=[{"kind": "cash", "amount": 250}])
    line = order["lines"][0]
    assert (line["quantity"], line["total"], line["restock"]) == (-1000, -125, "damaged")
    assert (order["total"], order["change"], order["returns"]) == (225, 25, [sold["_id"]])
    shop.sell(till, lines=[back], tenders=[{"kind": "cash", "amount": -124}])
    error = refused(till, shop.request(lines=[back], tenders=[{"kind": "cash", "amount": -124}]))
    assert (error.status, error.error) == (409, "returned_already")
    assert verify_store(till.store) == []
    assert totals(till.store).sales_cents == 350


def test_one_cart_returns_no_more_of_a_line_than_was_sold(shop: Shop, till: Till) -> None:
    sold = shop.sell(till, lines=[{"id": "a", **MILK}])
    back = {"quantity": -1000, "product": "product:milk", "return_of": {"order": sold["_id"], "line": "a"}}
    three = [{**back, "id": f"r{i}"} for i in range(3)]
    assert refused(till, shop.request(lines=three, tenders=[])).field == "lines.2.quantity"
    order = shop.sell(till, lines=three[:2], tenders=[{"kind": "cash", "amount": -258}])
    assert (order["total"], order["paid"], order["change"]) == (-258, -258, 0)


# -- payments ----------------------------------------------------------------------------------------------------


def test_foreign_cash_is_kept_with_its_rate_and_its_change_is_our_money(
    shop: Shop, till: Till, settings: Settings
) -> None:
    settings(foreign=[{"code": "USD", "digits": 2, "num": 9, "den": 10}])
    dollars = {"kind": "foreign", "currency": "USD", "foreign": 1000}
    order = shop.sell(till, tenders=[dollars])
    assert order["tenders"] == [
        {"kind": "foreign", "amount": 900, "currency": "USD", "foreign": 1000, "digits": 2, "num": 9, "den": 10}
    ]
    assert (order["paid"], order["change"]) == (900, 642)
    error = refused(till, shop.request(tenders=[{**dollars, "amount": 950}]))
    assert (error.status, error.error, error.details["amount"]) == (409, "rate_differs", 900)
    assert refused(till, shop.request(tenders=[{**dollars, "currency": "GBP"}])).field == "tenders.0.currency"
    assert verify_store(till.store) == []


def test_a_till_takes_only_the_kinds_that_it_is_set_to(shop: Shop, till: Till, settings: Settings) -> None:
    settings(tenders=["cash"])
    assert refused(till, shop.request(tenders=[{"kind": "card", "amount": 258}])).field == "tenders.0.kind"
    assert refused(till, shop.request(tip=100)).field == "tip"


def test_a_tip_and_cash_rounding_have_fields_of_their_own(shop: Shop, till: Till, settings: Settings) -> None:
    settings(tips=True, cash_rounding={"step": 5, "mode": "half_away"})
    order = shop.sell(till, tip=100)
    assert (order["total"], order["tip"], order["cash_rounding"], order["change"]) == (258, 100, 2, 140)
    card = shop.sell(till, tip=100, tenders=[{"kind": "card", "amount": 358, "reference": "0042", "tip": 100}])
    assert (card["cash_rounding"], card["tenders"][0]["reference"]) == (0, "0042")
    assert verify_store(till.store) == []


def test_a_card_is_sold_on_only_when_the_terminal_approved_it_and_once(
    shop: Shop, till: Till, settings: Settings
) -> None:
    settings(card="simulated")
    desk = CardDesk(till.store, SimulatedTerminal())
    tender = {"kind": "card", "amount": 258, "payment": "pay-00001"}
    assert refused(till, shop.request(tenders=[{**tender, "payment": "pay-none1"}])).error == "card_not_approved"
    assert desk.pay("pay-00001", 258, "EUR")["state"] == "approved"
    assert desk.pay("pay-00001", 258, "EUR") == desk.payment("pay-00001")
    order = shop.sell(till, tenders=[tender])
    assert order["tenders"][0]["reference"] == desk.payment("pay-00001")["reference"]
    assert refused(till, shop.request(tenders=[tender])).error == "card_not_approved"
    with pytest.raises(SaleError, match="belongs to a sale"):
        desk.reverse("pay-00001")
    assert desk.pay("pay-00002", 251, "EUR")["state"] == "declined"
    assert desk.pay("pay-00003", 268, "EUR")["state"] == "unknown"
    assert desk.reverse("pay-00003")["state"] == "reversed"


# -- any cart, any split -----------------------------------------------------------------------------------------

line_plans = st.lists(
    st.tuples(
        st.sampled_from(["product:milk", "product:tea", "product:fuel", None]),
        st.integers(1, 20_000),
        st.integers(0, 3000),  # a keyed price, where there is none
        st.integers(0, 500_000),  # a discount, millionths
    ),
    min_size=1,
    max_size=6,
)


@runs(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    plans=st.lists(
        st.tuples(line_plans, st.lists(st.integers(1, 400_000), max_size=3), st.integers(0, 2000)), max_size=4
    ),
    mode=st.sampled_from(["included", "added"]),
    step=st.sampled_from([None, 5, 10]),
    scope=st.sampled_from(["line", "tax"]),
)
def test_any_cart_in_any_split_agrees_between_order_sums_and_books(
    plans: list[Any], mode: str, step: int | None, scope: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder))
        try:
            store = shop.company.get("store:s1")
            for name, rate in (("vat", 190_000), ("city", 12_500)):
                shop.company.put({"_id": f"tax:{name}", "type": "tax", "schema": 1, "name": name, "rate": rate})
            shop.company.put({**store, "tax_mode": mode, "taxes": ["tax:vat", "tax:city"]})
            rule = step and {"step": step, "mode": "half_away"}
            values = {"cash_rounding": rule, "tax_rounding": {"scope": scope, "mode": "half_away"}}
            shop.company.put({"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values})
            sell_all(shop, plans)
        finally:
            for database in shop.databases:
                database.close()


def sell_all(shop: Shop, plans: list[Any]) -> None:
    till = shop.till()
    orders = []
    for lines, cuts, extra in plans:
        wanted = [
            {"product": product, "name": "Thing", "quantity": quantity, "price": {"amount": price}}
            if product is None
            else {"product": product, "quantity": quantity, "discounts": [{"kind": "manual", "percent": percent}]}
            for product, quantity, price, percent in lines
        ]
        try:
            till.sell(shop.request(lines=wanted, tenders=[], total=-1))
        except SaleError as told:
            total = told.details["total"]
        points = sorted({cut % total for cut in cuts if total and cut % total})
        parts = [b - a for a, b in zip([0, *points], points, strict=False)]
        tenders = [{"kind": "card", "amount": part, "reference": "1"} for part in parts]
        rest = total - sum(parts) + extra + 20
        order, _ = till.sell(
            shop.request(lines=wanted, tenders=[*tenders, {"kind": "cash", "amount": rest}], total=total)
        )
        assert list(sums(order)) == []
        assert schemas.check(order) == []
        orders.append(order)
    assert scan_incidents(till.store) == []
    assert verify_store(till.store) == []
    assert totals(till.store).sales_cents == sum(order["subtotal"] for order in orders)
