"""What a code under the scanner means: GS1's ways to write one article, weights and prices in it, packings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shop.actor import Actor
from app.shop.barcodes import check_digit, listed, readings, upc_a
from app.shop.sale import SaleError
from app.shop.till import Till
from tests.shop.conftest import Shop

WEIGHT = {"prefix": "21", "kind": "weight", "item": 5, "value": 5, "decimals": 3}
PRICE = {"prefix": "22", "kind": "price", "item": 5, "value": 5, "decimals": 2}
CHECKED = {"prefix": "23", "kind": "price", "item": 5, "value": 4, "decimals": 2}  # one digit between: the value's own


def add(shop: Shop, sku: str, amount: int | None = 100, **fields: Any) -> None:
    product = {
        "_id": f"product:{sku}", "type": "product", "schema": 1, "sku": sku, "name": f"Thing {sku}", "barcodes": [],
        "category": None, "sold_by": "unit", "price": None if amount is None else {"amount": amount, "per": 1000},
    }  # fmt: skip
    shop.company.put({**product, **fields})


def rule(shop: Shop, *rules: dict[str, Any]) -> None:
    values = {"codes": list(rules)}
    shop.company.put({"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values})


def ean(twelve: str) -> str:
    return twelve + check_digit(twelve)


@pytest.mark.parametrize(
    ("code", "check"),
    [("400638133393", "1"), ("03600029145", "2"), ("9638507", "4"), ("1234567890123", "1"), ("501234576421", "4")],
)
def test_the_check_digit_is_gs1s(code: str, check: str) -> None:
    assert check_digit(code) == check


@given(st.text("0123456789", min_size=7, max_size=13), st.data())
def test_a_digit_read_wrong_is_always_found(digits: str, data: Any) -> None:
    at = data.draw(st.integers(0, len(digits) - 1))
    wrong = str((int(digits[at]) + data.draw(st.integers(1, 9))) % 10)
    assert check_digit(digits[:at] + wrong + digits[at + 1 :]) != check_digit(digits)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("04252614", "042100005264"),
        ("01234565", "012345000065"),
        ("02345673", "023456000073"),
        ("04963406", "049000006346"),
    ],
)
def test_a_upc_e_is_opened_out(short: str, long: str) -> None:
    assert upc_a(short) == long and upc_a(long) is None
    assert upc_a(short[:-1] + str((int(short[-1]) + 1) % 10)) is None


def test_one_article_is_found_however_its_code_is_written(shop: Shop, till: Till) -> None:
    add(shop, "ean", barcodes=["4006381333931"])
    add(shop, "upc", barcodes=["042100005264"])
    for code in ("4006381333931", "04006381333931", " 4006381333931 "):
        assert [each["product"]["sku"] for each in till.barcodes.look(code)] == ["ean"], code
    for code in ("042100005264", "0042100005264", "00042100005264", "04252614"):
        assert [each["product"]["sku"] for each in till.barcodes.look(code)] == ["upc"], code
    # A case of twelve has a code of its own, and is never taken for one.
    assert till.barcodes.look("14006381333938") == []
    assert list(readings("abc")) == ["abc"]


def test_a_packings_code_says_how_many_and_what_they_cost(shop: Shop, till: Till) -> None:
    box = {
        "name": "box of 12",
        "quantity": 12000,
        "barcodes": ["14006381333938"],
        "price": {"amount": 999, "per": 1000},
    }
    six = {"name": "six", "quantity": 6000, "barcodes": ["six-pack"]}
    add(shop, "cola", 100, barcodes=["4006381333931"], units=[box, six])
    (found,) = till.barcodes.look("14006381333938")
    assert found["quantity"] == 12000 and found["price"] == {"amount": 999, "per": 12000}
    assert found["unit"] == {"name": "box of 12", "quantity": 12000, "price": {"amount": 999, "per": 1000}}
    (found,) = till.barcodes.look("six-pack")
    assert found["quantity"] == 6000 and "price" not in found  # six times the product's


def test_a_unit_that_another_program_made_wrong_hides_no_other(shop: Shop, till: Till) -> None:
    nameless = {"name": 5, "quantity": 1, "barcodes": ["u1"]}
    add(shop, "odd", units=["box", nameless, {"name": "b", "quantity": 2000, "barcodes": ["u2", 3]}, None])
    add(shop, "worse", units={"name": "x"}, barcodes=["w"])
    assert till.barcodes.look("u1") == []
    assert till.barcodes.look("u2")[0]["quantity"] == 2000
    assert till.barcodes.look("w")[0]["product"]["sku"] == "worse"


def test_a_weight_in_the_code_is_the_quantity(shop: Shop, till: Till) -> None:
    rule(shop, WEIGHT)
    add(shop, "12345", 2000, sold_by="measure", unit="kg", decimals=3)
    (found,) = till.barcodes.look(ean("211234500750"))
    assert (found["quantity"], found["embedded"]) == (750, "weight") and "price" not in found


@pytest.mark.parametrize("filed", ["12345", ean("211234500000"), "211234500000"])
def test_such_a_product_is_found_by_a_barcode_or_by_its_code_without_a_value(
    shop: Shop, till: Till, filed: str
) -> None:
    rule(shop, WEIGHT)
    add(shop, "ham", 2000, barcodes=[filed])
    assert till.barcodes.look(ean("211234500750"))[0]["quantity"] == 750


def test_leading_zeros_of_the_item_may_be_left_out_of_the_catalogue(shop: Shop, till: Till) -> None:
    rule(shop, WEIGHT)
    add(shop, "42", 2000)
    assert till.barcodes.look(ean("210004200500"))[0]["product"]["sku"] == "42"


def test_a_price_in_the_code_is_the_lines_to_the_cent(shop: Shop, till: Till) -> None:
    rule(shop, PRICE, CHECKED)
    add(shop, "12345", 1990, sold_by="measure", unit="kg", decimals=3)
    add(shop, "54321", 500)
    add(shop, "99999", None)
    (found,) = till.barcodes.look(ean("221234501500"))
    assert (
        found["price"] == {"amount": 1500, "per": found["quantity"]} and found["quantity"] == 754
    )  # 15.00 at 19.90/kg
    assert till.barcodes.look(ean("225432100700"))[0]["price"] == {"amount": 700, "per": 1000}
    assert till.barcodes.look(ean("229999901234"))[0]["price"] == {"amount": 1234, "per": 1000}
    assert till.barcodes.look(ean("235432190700"))[0]["price"] == {"amount": 700, "per": 1000}


def test_a_price_in_the_code_has_the_decimals_of_the_rule_whatever_the_currency(shop: Shop, till: Till) -> None:
    rule(shop, {**PRICE, "decimals": 2})
    shop.company.put({**shop.company.get("store:s1"), "currency": "JPY", "digits": 0})
    add(shop, "54321", 500)
    assert till.barcodes.look(ean("225432112350"))[0]["price"]["amount"] == 124


def test_a_wrong_check_digit_and_a_missing_value_say_so(shop: Shop, till: Till) -> None:
    rule(shop, WEIGHT)
    add(shop, "12345", 2000)
    right = ean("211234500750")
    with pytest.raises(SaleError) as refused:
        till.barcodes.look(right[:-1] + str((int(right[-1]) + 1) % 10))
    assert (refused.value.error, "check digit" in str(refused.value)) == ("bad_check_digit", True)
    with pytest.raises(SaleError) as refused:
        till.barcodes.look(ean("211234500000"))
    assert refused.value.error == "no_value"
    assert till.barcodes.look(ean("219999900750")) == []  # no such item
    # A code that the shop itself has given with a wrong digit is a code all the same.
    add(shop, "own", barcodes=["1234567890123"])
    assert till.barcodes.look("1234567890123")[0]["product"]["sku"] == "own"


def test_what_the_shop_offers_needs_no_right_and_what_a_hand_keyed_does(shop: Shop, till: Till) -> None:
    rule(shop, PRICE)
    box = {"name": "box", "quantity": 12000, "barcodes": ["box-1"], "price": {"amount": 999, "per": 1000}}
    add(shop, "54321", 100, units=[box])
    cashier = Actor(staff="staff:1", rights=frozenset({"sell"}))
    code = ean("225432100700")

    def sell(**line: Any) -> dict[str, Any]:
        line = {"product": "product:54321", "quantity": 1000, **line}
        return till.sell(shop.request(lines=[line], tenders=[{"kind": "cash", "amount": 5000}]), cashier)[0]

    assert sell(price={"amount": 700, "per": 1000}, barcode=code)["total"] == 700
    assert sell(price={"amount": 999, "per": 12000}, quantity=12000)["total"] == 999
    for keyed in ({"price": {"amount": 600, "per": 1000}, "barcode": code}, {"price": {"amount": 700, "per": 1000}}):
        with pytest.raises(SaleError) as refused:
            sell(**keyed)
        assert refused.value.error == "needs_approval"
    product = shop.company.get("product:54321")
    assert listed(product, {"amount": 100}, 1000) and not listed(product, {"amount": 999, "per": 1000}, 1000)


def test_a_packings_price_holds_for_whole_packings_only(shop: Shop, till: Till) -> None:
    box = {"name": "box", "quantity": 12000, "barcodes": ["box-1"], "price": {"amount": 999, "per": 1000}}
    add(shop, "54321", 100, units=[box])
    product = shop.company.get("product:54321")
    price = {"amount": 999, "per": 12000}
    assert listed(product, price, 24000) and not listed(product, price, 1000) and not listed(product, price, 13000)
    scanned = {"product": "product:54321", "price": price, "barcode": "box-1"}
    assert till.barcodes.offers(product, {**scanned, "quantity": 12000})
    assert not till.barcodes.offers(product, {**scanned, "quantity": 6000})


def test_a_parked_line_of_a_product_that_was_deleted_is_sold_by_its_name_and_price(shop: Shop, till: Till) -> None:
    milk = {"product": "product:milk", "name": "Whole milk", "quantity": 1000, "price": {"amount": 129, "per": 1000}}
    cart, _ = till.carts.park("01cart0001", {"lines": {"a": milk}})
    shop.company.delete("product:milk", shop.company.get("product:milk")["_rev"])
    cashier = Actor(staff="staff:1", rights=frozenset({"sell", "open_item"}))
    order, _ = till.sell(shop.request(cart=cart["_id"], lines=[{"id": "a", **milk}]), cashier)
    assert (order["lines"][0]["name"], order["total"], order["cart"]) == ("Whole milk", 129, cart["_id"])
    assert till.carts.list() == []
