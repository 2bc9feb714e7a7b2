"""Refunds and shared balances: gift cards get back what they paid, and are not taken back when they were used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.shop.sale import SaleError
from app.shop.till import Till
from tests.shop.conftest import Shop

Refund = Callable[..., dict[str, Any]]
TEA = [{"product": "product:tea", "quantity": 1000}]


def sold_card(shop: Shop, till: Till) -> tuple[dict[str, Any], str]:
    card = {"kind": "giftcard", "quantity": 1000, "price": {"amount": 2500}}
    order = shop.sell(till, lines=[card], tenders=[{"kind": "cash", "amount": 2500}])
    [code] = till.seller.codes(order).values()
    return order, code


def test_a_gift_card_gets_back_what_it_paid(shop: Shop, till: Till, refund: Refund) -> None:
    _, code = sold_card(shop, till)
    sold = shop.sell(till, lines=TEA, tenders=[{"kind": "giftcard", "amount": 350, "code": code}])

    back = refund(till, sold)

    [tender] = back["tenders"]
    assert (tender["kind"], tender["amount"], tender["card"]) == ("giftcard", -350, sold["tenders"][0]["card"])
    assert sum(record.doc()["amount"] for record in till.company.each("ledger")) == 2500


def test_a_used_gift_card_is_not_taken_back(shop: Shop, till: Till, refund: Refund) -> None:
    card, code = sold_card(shop, till)
    shop.sell(till, lines=TEA, tenders=[{"kind": "giftcard", "amount": 350, "code": code}])

    with pytest.raises(SaleError, match=r"21\.50, less than 25\.00"):
        refund(till, card)


def test_a_customer_may_have_it_as_store_credit(shop: Shop, till: Till, refund: Refund) -> None:
    shop.company.put({"_id": "customer:mia", "type": "customer", "schema": 1, "name": "Mia"})
    sold = shop.sell(till, lines=TEA, customer="customer:mia")

    back = refund(till, sold, {"way": "credit"})

    assert back["tenders"] == [{"kind": "credit", "amount": -350, "customer": "customer:mia"}]
    [movement] = [record.doc() for record in till.company.each("ledger")]
    assert movement["amount"] == 350
