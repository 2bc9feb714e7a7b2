"""Amounts are integers, rounded half away from zero, and shared out to the last cent."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shop import pricing
from app.shop.money import MAX_AMOUNT, MAX_INTEGER, MAX_PER, MAX_QUANTITY, MILLION, allot, divide, line_amount, show
from app.shop.pricing import tax

amounts = st.integers(-MAX_AMOUNT, MAX_AMOUNT)
prices = st.fixed_dictionaries({"amount": st.integers(0, 10**7), "per": st.sampled_from([1, 7, 1000, 10_000, 17_410])})
rates = st.lists(st.integers(0, 400_000), max_size=4).map(
    lambda found: [tax.Rate(f"tax:{i}", f"Tax {i}", rate) for i, rate in enumerate(found)]
)


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (-4, 3, -1), (1, 2, 1), (-1, 2, -1), (0, 7, 0), (7, -2, -4), (1, 3, 0)],
)
def test_halves_round_away_from_zero(numerator: int, denominator: int, quotient: int) -> None:
    assert divide(numerator, denominator) == quotient


@given(amounts, st.integers(1, 10**10))
def test_rounding_is_never_more_than_half_a_unit_off_and_has_no_side(numerator: int, denominator: int) -> None:
    quotient = divide(numerator, denominator)
    assert abs(Fraction(numerator, denominator) - quotient) <= Fraction(1, 2)
    assert divide(-numerator, denominator) == -quotient


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_parts_add_up_to_the_whole_and_lie_within_one_of_their_share(total: int, weights: list[int]) -> None:
    parts = allot(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        assert all(abs(part - Fraction(total * weight, whole)) < 1 for part, weight in zip(parts, weights, strict=True))


def test_equal_parts_favour_the_first() -> None:
    assert allot(100, [1, 1, 1]) == [34, 33, 33]
    assert allot(-100, [1, 1, 1]) == [-34, -33, -33]
    assert allot(5, [0, 0]) == [5, 0]
    assert allot(0, []) == []
    with pytest.raises(ValueError):
        allot(1, [])


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [
        ({"amount": 199, "per": 1000}, 1500, 299),  # 298.5, half away from zero
        ({"amount": 2199, "per": 10_000}, 17_410, 3828),  # fuel at $2.199: 38.28459
        ({"amount": 129}, 2000, 258),
        ({"amount": 3916, "per": 17_410}, 17_410, 3916),  # a whole line's price, whatever its quantity
        ({"amount": 0, "per": 1000}, 1000, 0),
    ],
)
def test_a_line_costs_price_times_quantity(price: dict[str, int], quantity: int, amount: int) -> None:
    assert line_amount(price, quantity) == amount


def test_no_product_of_what_may_be_entered_leaves_the_integers_of_javascript_once_it_is_bounded() -> None:
    assert line_amount({"amount": MAX_AMOUNT, "per": MAX_PER}, MAX_QUANTITY) <= MAX_INTEGER
    assert MAX_AMOUNT * 2000 <= MAX_INTEGER  # an order's lines, each within bounds, summed


@given(amounts, rates)
def test_included_taxes_and_net_add_up_to_the_price(total: int, found: list[tax.Rate]) -> None:
    taxes = tax.line_taxes(total, found, tax.INCLUDED)
    if taxes:
        base = taxes[0]["base"]
        assert {entry["base"] for entry in taxes} == {base}
        assert base + sum(entry["amount"] for entry in taxes) == total
        whole = MILLION + sum(rate.rate for rate in found)
        assert abs(Fraction(total * MILLION, whole) - base) <= Fraction(1, 2)


@given(amounts, rates)
def test_each_added_tax_is_its_rate_of_the_price(total: int, found: list[tax.Rate]) -> None:
    for entry in tax.line_taxes(total, found, tax.ADDED):
        assert entry["base"] == total
        assert abs(Fraction(total * entry["rate"], MILLION) - entry["amount"]) <= Fraction(1, 2)


def test_two_included_taxes_share_what_the_price_holds_by_largest_remainder() -> None:
    found = tax.line_taxes(1000, [tax.Rate("tax:a", "A", 50_000), tax.Rate("tax:b", "B", 99_750)], tax.INCLUDED)
    assert found == [
        {"id": "tax:a", "rate": 50_000, "base": 870, "amount": 43},
        {"id": "tax:b", "rate": 99_750, "base": 870, "amount": 87},
    ]


lines = st.lists(
    st.tuples(prices, st.integers(1, 10**6), st.integers(0, 100), rates),
    min_size=1,
    max_size=12,
)


@given(lines, st.sampled_from(tax.MODES))
def test_an_orders_figures_are_the_sums_of_its_lines(cart: list, mode: str) -> None:  # type: ignore[type-arg]
    priced = []
    for number, (price, quantity, percent, found) in enumerate(cart):
        amount = line_amount(price, quantity)
        off = amount * percent // 100
        discounts = [{"kind": "manual", "amount": off}] if off else []
        line = {"id": f"l{number}", "price": price, "quantity": quantity, "discounts": discounts}
        priced.append(pricing.price_line(line, found, mode))
    figures = pricing.order_figures(priced, mode, {})
    taxes = sum(entry["amount"] for line in priced for entry in line["tax"])
    assert figures["subtotal"] == sum(line["total"] for line in priced)
    assert figures["subtotal"] + figures["discount"] == sum(line["amount"] for line in priced)
    assert sum(entry["amount"] for entry in figures["tax"]) == taxes
    assert figures["total"] == figures["subtotal"] + (taxes if mode == tax.ADDED else 0)
    assert all(type(value) is int for value in figures.values() if not isinstance(value, str | list | dict))


def test_amounts_in_messages_have_the_digits_of_their_currency() -> None:
    assert [show(1234, 2), show(-5, 2), show(1234, 0), show(1234, 3)] == ["12.34", "-0.05", "1234", "1.234"]
