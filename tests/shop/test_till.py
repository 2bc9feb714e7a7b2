"""A sale: one durable write, once, with the next number, or nothing and the reason."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from app.docs.database import Database
from app.docs.errors import InsufficientStorage
from app.shop import schemas
from app.shop.sale import SaleError
from app.shop.till import Till
from app.shop.totals import totals
from app.shop.verify import verify_store
from tests.shop.conftest import NOON, STORE, Shop

DIFFERS = "The total is 2.58, the window showed 2.57. Nothing was sold; look at the prices again."


def refused(till: Till, request: Any) -> SaleError:
    """The sale is refused, and nothing was written."""
    before = till.store.last_n
    with pytest.raises(SaleError) as caught:
        till.sell(request)
    assert till.store.last_n == before
    return caught.value


def test_an_order_carries_all_that_its_receipt_needs(shop: Shop, till: Till) -> None:
    lines = [
        {"id": "a", "product": "product:milk", "quantity": 2000, "discounts": [{"kind": "retail", "amount": 8}]},
        {"product": "product:fuel", "quantity": 17_410},
        {"product": "product:gift", "quantity": 1000, "price": {"amount": 250}, "note": "for Ann"},
        {"product": None, "name": "Bag", "quantity": 1000, "price": {"amount": 10}},
    ]
    tenders = [{"kind": "coupon", "amount": 100}, {"kind": "cash", "amount": 5000}]
    order, repeated = till.sell(shop.request(lines=lines, tenders=tenders, customer="customer:14", total=4338))
    assert not repeated
    assert schemas.check(order) == []
    assert [(line["id"], line["name"], line["amount"], line["total"]) for line in order["lines"]] == [
        ("a", "Whole milk", 258, 250), ("l2", "Fuel", 3828, 3828), ("l3", "Open gift", 250, 250), ("l4", "Bag", 10, 10),
    ]  # fmt: skip
    assert order["lines"][1]["unit"] == "gal"
    assert (order["subtotal"], order["discount"], order["total"]) == (4338, 8, 4338)
    assert (order["paid"], order["change"]) == (5100, 762)
    assert order["header"] == {"name": "Corner shop", "lines": ["1 High Street"], "footer": ["Thank you"]}
    assert (order["currency"], order["digits"], order["customer"]) == ("EUR", 2, "customer:14")
    assert till.receipt(order["_id"]) == order
    assert verify_store(till.store) == []


def test_a_later_price_and_name_change_no_receipt(shop: Shop, till: Till) -> None:
    order = shop.sell(till)
    milk = shop.company.get("product:milk")
    shop.company.put({**milk, "name": "Oat milk", "price": {"amount": 199, "per": 1000}})
    assert till.receipt(order["_id"]) == order
    assert shop.sell(till)["lines"][0]["name"] == "Oat milk"


def test_a_repeated_request_sells_once_and_gets_the_very_same_order(shop: Shop, till: Till) -> None:
    request = shop.request()
    order, _ = till.sell(request)
    milk = shop.company.get("product:milk")
    shop.company.delete("product:milk", milk["_rev"])
    assert till.sell(request) == (order, True)
    assert till.store.count("order") == 1
    again = shop.till("s1-t1", till.store)
    assert again.sell({"sale": request["sale"]}) == (order, True)


def test_many_requests_at_once_get_numbers_without_gaps_and_each_sale_once(shop: Shop, till: Till) -> None:
    requests = [shop.request() for _ in range(20)]
    answers: list[tuple[dict[str, Any], bool]] = []

    def sell(mine: list[dict[str, Any]]) -> None:
        for request in mine:
            answers.append(till.sell(request))

    threads = [threading.Thread(target=sell, args=(requests[i:] + requests[:i],)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 120
    assert sum(not repeated for _, repeated in answers) == 20
    assert sorted({order["number"] for order, _ in answers}) == list(range(1, 21))
    assert verify_store(till.store) == []


@pytest.mark.parametrize(
    ("fields", "status", "field", "reason"),
    [
        ({"lines": []}, 400, "lines", "There is nothing to sell: the cart is empty."),
        ({"lines": [{"product": "product:milk", "quantity": 1000}, {"product": "product:gift", "quantity": 1000}]},
         400, "lines.1.price", "Line 2: the price is missing."),
        ({"lines": [{"product": "product:none", "quantity": 1000}]},
         400, "lines.0.price", "Line 1: the catalogue lacks this product; key in a price."),
        ({"lines": [{"product": None, "quantity": 1000, "price": {"amount": 5}}]},
         400, "lines.0.name", "Line 1: the name is missing."),
        ({"lines": [{"product": "product:milk", "quantity": -1000}]},
         400, "lines.0.quantity", "Line 1: the quantity must not be negative."),
        ({"lines": [{"product": "product:milk", "quantity": 1000, "price": {"amount": 10**15}}]},
         400, "lines.0.price.amount", "Line 1: the price is too large, the most is 999999999999."),
        ({"lines": [{"product": "product:milk", "quantity": 10**9, "price": {"amount": 10**11}}]},
         400, "lines.0.quantity", "Line 1: the amount is too large."),
        ({"lines": [{"product": "product:milk", "quantity": 1000, "discounts": [{"kind": "retail", "amount": 130}]}]},
         400, "lines.0.discounts", "Line 1: the discounts are more than the price."),
        ({"lines": [{"id": "a", "product": "product:milk", "quantity": 1000}] * 2},
         400, "lines.1.id", "Line 2: another line has the id “a”."),
        ({"tenders": [{"kind": "cash", "amount": 200}]},
         400, "tenders", "Not enough was paid: 0.58 of 2.58 is missing."),
        ({"tenders": []}, 400, "tenders", "Not enough was paid: 2.58 of 2.58 is missing."),
        ({"tenders": [{"kind": "coupon", "amount": 259}]},
         400, "tenders", "The coupons are worth 2.59, more than the total of 2.58."),
        ({"total": 257}, 409, "total", DIFFERS),
    ],
)  # fmt: skip
def test_a_sale_that_cannot_be_is_refused_in_plain_words(
    shop: Shop, till: Till, fields: dict[str, Any], status: int, field: str, reason: str
) -> None:
    error = refused(till, shop.request(**fields))
    assert (error.status, error.field, error.reason) == (status, field, reason)


def test_another_total_is_told_with_both_figures(shop: Shop, till: Till) -> None:
    error = refused(till, shop.request(total=300))
    assert error.as_dict() == {
        "error": "total_differs", "reason": error.reason, "field": "total", "total": 258, "shown": 300,
    }  # fmt: skip


def test_a_product_that_the_catalogue_lacks_is_sold_at_a_keyed_price(shop: Shop, till: Till) -> None:
    line = {"product": "product:1093587", "quantity": 1000, "price": {"amount": 72}}
    order = shop.sell(till, lines=[line])
    assert (order["lines"][0]["name"], order["lines"][0]["total"]) == ("1093587", 72)


def test_a_price_unlike_the_catalogues_is_marked_as_keyed(shop: Shop, till: Till) -> None:
    keyed = {"product": "product:milk", "quantity": 1000, "price": {"amount": 100}}
    same = {"product": "product:milk", "quantity": 1000, "price": {"amount": 129, "per": 1000}}
    lines = shop.sell(till, lines=[keyed, same])["lines"]
    assert [line.get("keyed", False) for line in lines] == [True, False]


def test_a_sale_of_nothing_to_pay_needs_no_tender(shop: Shop, till: Till) -> None:
    order = shop.sell(till, lines=[{"product": "product:gift", "quantity": 1000, "price": {"amount": 0}}], tenders=[])
    assert (order["total"], order["paid"], order["change"]) == (0, 0, 0)


@pytest.mark.parametrize(("mode", "total", "base", "amount"), [("included", 258, 241, 17), ("added", 276, 258, 18)])
def test_taxes_are_contained_or_added_as_the_store_says(
    shop: Shop, till: Till, mode: str, total: int, base: int, amount: int
) -> None:
    vat = {"type": "tax", "schema": 1, "name": "VAT", "rate": 70_000}
    shop.company.put({**vat, "_id": "tax:vat"})
    shop.company.put({**vat, "_id": "tax:elsewhere", "stores": ["store:s2"]})
    store = shop.company.get("store:s1")
    shop.company.put({**store, "tax_mode": mode, "taxes": ["tax:vat", "tax:elsewhere", "tax:unknown"]})
    order = shop.sell(till)
    assert (order["tax_mode"], order["total"]) == (mode, total)
    assert order["tax"] == [{"id": "tax:vat", "name": "VAT", "rate": 70_000, "base": base, "amount": amount}]
    assert verify_store(till.store) == []


def test_the_business_day_begins_at_four_in_the_stores_zone(shop: Shop, till: Till) -> None:
    shop.clock.now = NOON.replace(day=23, hour=2, minute=30)  # 3:30 in Berlin
    assert shop.sell(till)["business_date"] == "2026-11-22"
    shop.clock.now = NOON.replace(day=23, hour=3, minute=30)
    assert shop.sell(till)["business_date"] == "2026-11-23"


def test_a_full_disk_is_told_in_words_and_nothing_is_half_written(
    shop: Shop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell(till)

    def full(self: Database, id: str, doc: Any) -> str:
        raise InsufficientStorage("The disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "put_local", full)  # after the order itself was put
        error = refused(till, shop.request())
    assert error.status == 507
    assert error.reason.startswith("The disk is full: the sale was not made.")
    assert shop.sell(till)["number"] == 2


def test_receipts_are_paged_from_the_newest(shop: Shop, till: Till) -> None:
    orders = [shop.sell(till)["_id"] for _ in range(7)]
    shop.clock.now = NOON  # the last ones have one time
    first = till.receipts(limit=3)
    second = till.receipts(limit=3, before=first[-1]["_id"])
    third = till.receipts(limit=3, before=second[-1]["_id"])
    assert [order["_id"] for order in first + second + third] == orders[::-1]
    assert till.receipts(limit=3, before="order:nothing") == []
    assert till.receipt("product:milk") is None


def test_a_till_whose_store_has_not_come_yet_says_so_and_sells(shop: Shop, till: Till) -> None:
    assert till.status() | {"series": None} == {
        "terminal": "s1-t1", "store": "s1", "store_name": "Corner shop", "store_known": True, "series": None,
        "number": 0, "currency": "EUR", "digits": 2, "timezone": "Europe/Berlin", "tax_mode": "included",
        "closing": None, "seen": None,
    }  # fmt: skip
    store = shop.company.get("store:s1")
    shop.company.delete("store:s1", store["_rev"])
    assert till.status()["store_known"] is False
    assert shop.sell(till)["currency"] == "USD"
    shop.company.put({**STORE, "digits": "two"})  # nonsense from elsewhere doesn't stop a till either
    assert till.status()["store_known"] is False


def test_sums_are_those_of_the_receipts(shop: Shop, till: Till) -> None:
    for _ in range(3):
        shop.sell(till, tenders=[{"kind": "coupon", "amount": 58}, {"kind": "cash", "amount": 200}])
    assert totals(till.store) == (3, 3, 774, 174)
