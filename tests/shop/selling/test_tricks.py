"""What a clever cashier, or a program with a key, would try: each is refused, or asks for a supervisor."""

from __future__ import annotations

from typing import Any

import pytest

from app.shop.actor import Actor
from app.shop.payments.card import CardDesk, SimulatedTerminal
from app.shop.sale import SaleError
from app.shop.till import Till
from app.shop.verify import verify_store
from tests.shop.conftest import Shop
from tests.shop.selling.conftest import Settings, cashier

MILK = {"product": "product:milk", "quantity": 2000}


def refused(till: Till, request: dict[str, Any], actor: Actor | None = None) -> SaleError:
    before = till.status()["number"]
    with pytest.raises(SaleError) as error:
        till.sell(request, *([] if actor is None else [actor]))
    assert till.status()["number"] == before
    return error.value


def cash(amount: int) -> list[dict[str, Any]]:
    return [{"kind": "cash", "amount": amount}]


def customer(shop: Shop, name: str = "ann") -> str:
    id = f"customer:{name}"
    shop.company.put({"_id": id, "type": "customer", "schema": 1, "name": name})
    return id


def back(order: dict[str, Any], quantity: int = 2000, line: str = "l1") -> dict[str, Any]:
    return {"product": None, "quantity": -quantity, "return_of": {"order": order["_id"], "line": line}}


def product(shop: Shop, id: str, **fields: Any) -> None:
    usual = {"type": "product", "schema": 1, "sku": id, "name": id, "barcodes": [], "sold_by": "unit"}
    shop.company.put({"_id": f"product:{id}", **usual, **fields})


# -- money on accounts -------------------------------------------------------------------------------------------------


def test_a_refunded_top_up_is_taken_off_the_customers_credit(shop: Shop, till: Till) -> None:
    topup = {"kind": "topup", "to": "credit", "price": {"amount": 4000}, "quantity": 1000}
    order = shop.sell(till, customer=customer(shop), lines=[topup], tenders=cash(4000))
    till.refunds.refund({"sale": "refund-00000001", "order": order["_id"]})
    assert till.balances.account("credit:customer:ann")["balance"] == 0
    assert verify_store(till.store) == []


def test_credit_that_was_spent_is_not_paid_out_as_well(shop: Shop, till: Till) -> None:
    topup = {"kind": "topup", "to": "credit", "price": {"amount": 4000}, "quantity": 1000}
    order = shop.sell(till, customer=customer(shop), lines=[topup], tenders=cash(4000))
    shop.sell(till, customer="customer:ann", tenders=[{"kind": "credit", "amount": 258}])
    with pytest.raises(SaleError) as error:
        till.refunds.refund({"sale": "refund-00000001", "order": order["_id"]})
    assert error.value.error == "not_enough"
    paid_back = back(order, 1000)
    assert refused(till, shop.request(lines=[paid_back], tenders=cash(-4000))).field == "customer"


@pytest.mark.parametrize("kind", ["credit", "account"])
def test_nobody_pays_with_the_account_of_somebody_who_is_not_there(shop: Shop, till: Till, kind: str) -> None:
    asked = shop.request(customer="customer:ghost", tenders=[{"kind": kind, "amount": 258}])
    assert refused(till, asked).field == "customer"
    topup = {"kind": "topup", "to": kind, "price": {"amount": 4000}, "quantity": 1000}
    assert refused(till, shop.request(lines=[topup], tenders=cash(4000))).field == "customer"


def test_a_balance_in_other_money_is_no_money_here(shop: Shop, till: Till) -> None:
    card = {"kind": "giftcard", "code": "PRINTED1", "price": {"amount": 4000}, "quantity": 1000}
    shop.sell(till, lines=[card], tenders=cash(4000))
    store = shop.company.get("store:s1")
    shop.company.put({**store, "currency": "JPY", "digits": 0})
    paid = shop.request(tenders=[{"kind": "giftcard", "code": "PRINTED1", "amount": 258}])
    assert refused(till, paid).error == "other_currency"


# -- payments ----------------------------------------------------------------------------------------------------------


def test_one_payment_of_the_card_terminal_pays_once(shop: Shop, till: Till, settings: Settings) -> None:
    settings(card="simulated")
    terminal = CardDesk(till.store, SimulatedTerminal())
    terminal.pay("pay-00000001", 129, "EUR")
    paid = {"kind": "card", "amount": 129, "payment": "pay-00000001"}
    assert refused(till, shop.request(tenders=[paid, paid])).field == "tenders.1"
    with pytest.raises(SaleError), till.store.transaction():
        terminal.use("pay-00000001", "sale-of-mine")
        terminal.use("pay-00000001", "sale-of-yours")


def test_a_coupon_buys_no_gift_card_and_is_no_tip(shop: Shop, till: Till, settings: Settings) -> None:
    settings(tips=True)
    card = {"kind": "giftcard", "price": {"amount": 5000}, "quantity": 1000}
    coupon = [{"kind": "coupon", "amount": 5000}]
    assert refused(till, shop.request(lines=[card], tenders=coupon)).field == "tenders"
    assert refused(till, shop.request(tip=4742, tenders=coupon)).field == "tenders"
    order = shop.sell(till, lines=[MILK, card], tenders=[{"kind": "coupon", "amount": 258}, *cash(5000)])
    assert order["change"] == 0


# -- returns -----------------------------------------------------------------------------------------------------------


def test_what_was_paid_otherwise_comes_back_in_cash_only_by_a_supervisor(shop: Shop, till: Till) -> None:
    order = shop.sell(till, customer=customer(shop), tenders=[{"kind": "account", "amount": 258}])
    asked = shop.request(lines=[back(order)], tenders=cash(-258))
    assert refused(till, asked, cashier()).details["right"] == "refund_over"
    other = shop.request(lines=[back(order)], tenders=[{"kind": "card", "amount": -258}])
    assert refused(till, other, cashier()).error == "over_cap"
    own = {**asked, "customer": "customer:ann", "tenders": [{"kind": "account", "amount": -258}]}
    assert till.sell(own, cashier())[0]["approvals"] == []
    assert till.balances.account("account:customer:ann")["balance"] == 0


def test_many_small_refunds_of_one_receipt_are_a_large_one(shop: Shop, till: Till, settings: Settings) -> None:
    settings(refund_limit=300)
    order = shop.sell(till, lines=[{**MILK, "quantity": 4000}], tenders=cash(516))
    part = {"order": order["_id"], "lines": [{"line": "l1", "quantity": 2000}]}
    till.refunds.refund({"sale": "refund-00000001", **part}, cashier())
    with pytest.raises(SaleError) as error:
        till.refunds.refund({"sale": "refund-00000002", **part}, cashier())
    assert error.value.details["right"] == "refund_over"
    cart = shop.request(lines=[back(order)], tenders=cash(-258))
    assert refused(till, cart, cashier()).details["right"] == "refund_over"


def test_an_order_is_a_refund_when_everything_in_it_comes_back(shop: Shop, till: Till) -> None:
    order = shop.sell(till)
    assert refused(till, shop.request(kind="refund")).field == "kind"
    assert refused(till, shop.request(refund_of=order["_id"])).field == "kind"
    made = shop.sell(till, lines=[back(order)], tenders=cash(-258))
    assert (made["kind"], made["refund_of"]) == ("refund", order["_id"])
    assert till.shifts.x_report()["sums"]["counts"]["refunds"] == 1


def test_a_receipt_in_other_money_is_not_returned_into_a_cart(shop: Shop, till: Till) -> None:
    order = shop.sell(till)
    store = shop.company.get("store:s1")
    shop.company.put({**store, "currency": "KWD", "digits": 3})
    assert refused(till, shop.request(lines=[back(order)], tenders=cash(-258))).error == "elsewhere"


# -- lines -------------------------------------------------------------------------------------------------------------


def test_a_product_that_is_not_there_is_an_item_without_a_code(shop: Shop, till: Till) -> None:
    bogus = {"product": "product:bogus", "name": "Gold", "price": {"amount": 1}, "quantity": 1000}
    only_sells = Actor("staff:bob", "Bob", frozenset({"sell"}))
    assert refused(till, shop.request(lines=[bogus], tenders=cash(1)), only_sells).details["right"] == "open_item"


def test_somebody_looks_at_who_buys_spirits_in_a_bundle(shop: Shop, till: Till) -> None:
    product(shop, "rum", price={"amount": 1000}, min_age=18)
    parts = [{"product": "product:rum", "quantity": 1000}, {"product": "product:milk", "quantity": 1000}]
    product(shop, "punch", price={"amount": 1100}, bundle=parts)
    asked = shop.request(lines=[{"product": "product:punch", "quantity": 1000}], tenders=cash(1100))
    error = refused(till, asked)
    assert (error.error, error.field, error.details["age"]) == ("age_check", "lines.0.age", 18)
    assert till.sell({**asked, "age": True})[0]["total"] == 1100


def test_no_line_has_the_id_of_a_bundles_part(shop: Shop, till: Till) -> None:
    product(shop, "box", price={"amount": 100}, bundle=[{"product": "product:milk", "quantity": 1000}])
    lines = [{"id": "a", "product": "product:box", "quantity": 1000}, {**MILK, "id": "a.1"}]
    assert refused(till, shop.request(lines=lines)).field == "lines.1.id"


def test_a_sale_of_too_many_parts_is_split(shop: Shop, till: Till) -> None:
    product(shop, "lot", price={"amount": 1}, bundle=[{"product": "product:milk", "quantity": 1000}] * 50)
    lines = [{"product": "product:lot", "quantity": 1000}] * 81
    assert refused(till, shop.request(lines=lines)).status == 413


def test_what_another_program_wrote_too_long_is_sold_and_stands(shop: Shop, till: Till) -> None:
    product(shop, "long", price={"amount": 100}, name="n" * 500, category="nonsense", sold_by="measure", unit="u" * 50)
    shop.sell(till, lines=[{"product": "product:long", "quantity": 1000}], tenders=cash(100))
    assert verify_store(till.store) == []


def test_a_price_over_one_of_a_price_list_is_keyed_too(shop: Shop, till: Till) -> None:
    price = {"product": "product:gift", "price": {"amount": 900}}
    usual = {"type": "pricelist", "schema": 1, "name": "All", "currency": "EUR", "digits": 2}
    shop.company.put({"_id": "pricelist:all", **usual, "prices": [price]})
    line = {"product": "product:gift", "quantity": 1000}
    assert shop.sell(till, lines=[line], tenders=cash(900))["total"] == 900
    keyed = shop.request(lines=[{**line, "price": {"amount": 1}}], tenders=cash(1))
    assert refused(till, keyed, cashier()).details["right"] == "price"


def test_no_refund_becomes_the_credit_of_somebody_who_is_not_there(shop: Shop, till: Till) -> None:
    order = shop.sell(till)
    tenders = [{"kind": "credit", "amount": 258, "customer": "customer:ghost"}]
    with pytest.raises(SaleError) as error:
        till.refunds.refund({"sale": "refund-00000001", "order": order["_id"], "tenders": tenders})
    assert error.value.field == "customer"
