"""What holds of every priced cart: sums agree, nothing falls below zero, no unit is given away twice."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.shop.money import MILLION
from app.shop.pricing import PricingError, price
from tests.support import carts

Pair = tuple[dict[str, Any], dict[str, Any]]
#: A cart with its book takes hypothesis forty times as long to draw as it takes to price.
fewer = settings(max_examples=(settings.default or settings()).max_examples // 4)


def priced_of(pair: Pair) -> dict[str, Any]:
    try:
        return price(*pair)
    except PricingError:
        assume(False)
        raise


def is_sold(line: dict[str, Any]) -> bool:
    return line["quantity"] > 0


@fewer
@given(carts.pairs())
def test_every_figure_is_the_sum_of_its_parts(pair: Pair) -> None:
    priced = priced_of(pair)
    lines = priced["lines"]
    for line in lines:
        assert line["total"] == line["amount"] - sum(discount["amount"] for discount in line["discounts"])
        if pair[1]["tax_mode"] == "included" and line["tax"]:
            assert line["tax"][0]["base"] + sum(tax["amount"] for tax in line["tax"]) == line["total"]
    assert priced["subtotal"] == sum(line["total"] for line in lines)
    assert priced["subtotal"] + priced["discount"] == sum(line["amount"] for line in lines)
    taxes: Counter[tuple[str, int]] = Counter()
    for line in lines:
        for tax in line["tax"]:
            taxes[(tax["id"], tax["rate"])] += tax["amount"]
    assert {(tax["id"], tax["rate"]): tax["amount"] for tax in priced["tax"]} == taxes
    added = sum(taxes.values()) if pair[1]["tax_mode"] == "added" else 0
    assert priced["total"] == priced["subtotal"] + added
    cards = sum(line["total"] for line in lines if line["kind"] in ("giftcard", "topup"))
    assert priced["revenue"] == priced["subtotal"] - cards


@fewer
@given(carts.pairs())
def test_what_each_promotion_took_off_is_what_its_lines_say(pair: Pair) -> None:
    priced = priced_of(pair)
    taken: Counter[str] = Counter()
    for line in priced["lines"]:
        if is_sold(line):
            for discount in line["discounts"]:
                if discount["kind"] == "promotion":
                    taken[discount["id"]] += discount["amount"]
    assert {entry["id"]: entry["amount"] for entry in priced["promotions"]} == taken
    assert all(amount > 0 for amount in taken.values())


@fewer
@given(carts.pairs())
def test_no_line_falls_below_zero_and_no_discount_is_one_that_adds(pair: Pair) -> None:
    for line in priced_of(pair)["lines"]:
        sign = 1 if is_sold(line) else -1
        assert sign * line["total"] >= 0
        assert all(sign * discount["amount"] > 0 for discount in line["discounts"])
        assert all(sign * tax["base"] >= 0 and sign * tax["amount"] >= 0 for tax in line["tax"])


@fewer
@given(carts.pairs())
def test_the_amount_of_every_line_is_its_price_times_its_quantity(pair: Pair) -> None:
    returned = {line["id"] for line in pair[0]["lines"] if "fixed" in line}
    for line in priced_of(pair)["lines"]:
        if line["id"] not in returned:
            exact = Fraction(line["price"]["amount"] * line["quantity"], line["price"]["per"])
            assert abs(exact - line["amount"]) <= Fraction(1, 2)


@fewer
@given(carts.pairs())
def test_cards_have_no_tax_and_nothing_is_taken_off_them_nor_off_deposits(pair: Pair) -> None:
    for line in priced_of(pair)["lines"]:
        if line["kind"] != "goods":
            assert line["discounts"] == []
        if line["kind"] in ("giftcard", "topup"):
            assert line["tax"] == []


@fewer
@given(carts.pairs())
def test_a_tax_group_is_its_rate_of_its_whole_whatever_its_lines_round_to(pair: Pair) -> None:
    cart, book = pair
    book["rounding"] = {"scope": "tax", "mode": "half_away"}
    cart["lines"] = [line for line in cart["lines"] if "fixed" not in line]
    groups: dict[Any, list[dict[str, Any]]] = {}
    for line in priced_of(pair)["lines"]:
        key = (line["total"] < 0, *((tax["id"], tax["rate"]) for tax in line["tax"]))
        groups.setdefault(key, []).append(line)
    by_tax: Counter[Any] = Counter()
    totals: Counter[Any] = Counter()
    for key, lines in groups.items():
        gross, rates = sum(line["total"] for line in lines), [rate for _, rate in key[1:]]
        if book["tax_mode"] == "included" and rates:
            net = Fraction(gross * MILLION, MILLION + sum(rates))
            assert abs(net - sum(line["tax"][0]["base"] for line in lines)) <= Fraction(1, 2)
        for place, tax in enumerate(key[1:]):
            by_tax[(key[0], tax)] += sum(line["tax"][place]["amount"] for line in lines)
            totals[(key[0], tax)] += gross
    if book["tax_mode"] == "added":
        for (sign, (id, rate)), amount in by_tax.items():
            exact = Fraction(totals[(sign, (id, rate))] * rate, MILLION)
            assert abs(exact - amount) <= Fraction(1, 2)


@fewer
@given(carts.pairs(), st.randoms())
def test_the_order_in_which_rules_and_codes_stand_decides_nothing(pair: Pair, random: Any) -> None:
    cart, book = pair
    first = priced_of(pair)
    for rules in (book["lists"], book["promotions"], cart["coupons"]):
        random.shuffle(rules)
    again = price(cart, book)
    assert sorted(again.pop("coupons")) == sorted(first.pop("coupons"))
    assert again == first


@fewer
@given(st.lists(st.sampled_from(carts.PRODUCTS), min_size=1, max_size=6, unique=True), st.data())
def test_the_order_in_which_goods_were_scanned_decides_nothing_as_long_as_they_cost_differently(
    products: list[str], data: st.DataObject
) -> None:
    book = data.draw(carts.books())
    book["promotions"] = [rule for rule in book["promotions"] if rule.get("scope") != "cart"]
    book["rounding"] = {"scope": "line", "mode": "half_away"}
    found = data.draw(st.lists(st.integers(1, 5000), min_size=len(products), max_size=len(products), unique=True))
    lines = [
        {
            "id": product,
            "product": product,
            "name": product,
            "quantity": data.draw(carts.counted),
            "price": {"amount": a},
        }
        for product, a in zip(products, found, strict=True)
    ]
    first = price({"lines": lines}, book)
    again = price({"lines": data.draw(st.permutations(lines))}, book)
    assert sorted(again["lines"], key=lambda line: line["id"]) == sorted(first["lines"], key=lambda line: line["id"])
    assert again["total"] == first["total"]


@fewer
@given(carts.pairs())
def test_no_unit_is_consumed_by_two_line_promotions(pair: Pair) -> None:
    """Each promotion takes one cent off every unit it can get: so many cents, so many units."""
    cart, book = pair
    cart["discounts"] = []
    for rule in book["promotions"]:
        rule |= {"kind": "amount", "amount": 1, "scope": "line"}
        rule.pop("spend", None)
    for line in cart["lines"]:
        line["quantity"] = abs(line["quantity"]) // 1000 * 1000 or 1000
        line["measured"], line["price"] = None, {"amount": 7, "per": 1000}
        for field in ("fixed", "keyed", "prices", "discounts", "bundle", "deposit"):
            line.pop(field, None)
    for line in price(cart, book)["lines"]:
        assert -sum(-discount["amount"] for discount in line["discounts"]) <= line["quantity"] // 1000


@fewer
@given(carts.pairs())
def test_every_line_can_be_returned_by_its_own_figures_and_the_whole_order_is_undone(pair: Pair) -> None:
    """Nothing of a line's price depends on the lines beside it any more: a return passes through as it stands."""
    cart, book = pair
    sold = priced_of(pair)
    back = [
        {
            "id": line["id"],
            "kind": line["kind"],
            "product": line["product"],
            "name": line["name"],
            "quantity": -line["quantity"],
            "price": line["price"],
            "fixed": {
                "amount": -line["amount"],
                "discounts": [{**discount, "amount": -discount["amount"]} for discount in line["discounts"]],
                "total": -line["total"],
                "tax": [{**tax, "base": -tax["base"], "amount": -tax["amount"]} for tax in line["tax"]],
            },
        }
        for line in sold["lines"]
    ]
    returned = price({**cart, "lines": back}, book)
    for name in ("subtotal", "discount", "total", "revenue"):
        assert returned[name] == -sold[name]
    assert [tax["amount"] for tax in returned["tax"]] == [-tax["amount"] for tax in sold["tax"]]
    assert returned["promotions"] == []


@fewer
@given(carts.pairs())
def test_without_rules_and_discounts_by_hand_nothing_is_taken_off(pair: Pair) -> None:
    cart, book = pair
    book["promotions"], cart["discounts"] = [], []
    for line in cart["lines"]:
        line.pop("discounts", None)
        line.pop("fixed", None)
    assert priced_of(pair)["discount"] == 0


@fewer
@given(carts.pairs())
def test_pricing_changes_neither_cart_nor_book(pair: Pair) -> None:
    before = repr(pair)
    priced_of(pair)
    assert repr(pair) == before
