"""Promotions against all ways there are: on small carts the customer gets the best that the rule allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.shop.pricing import price

BOOK: dict[str, Any] = {
    "currency": "EUR", "digits": 2, "tax_mode": "included", "rounding": {"scope": "line", "mode": "half_away"},
    "taxes": {}, "default_taxes": [], "lists": [], "now": {"date": "2026-11-22", "time": "12:00", "weekday": 7},
}  # fmt: skip

#: (price, units) of each line, few units in all; hundreds of cents, so that nothing rounds.
goods = st.lists(
    st.tuples(st.integers(0, 30).map(lambda n: n * 100), st.integers(1, 3)), min_size=1, max_size=4
).filter(lambda lines: sum(units for _, units in lines) <= 8)


def cart_of(lines: list[tuple[int, int]], first: int = 0) -> dict[str, Any]:
    return {
        "lines": [
            {"id": f"l{n}", "product": f"product:{n}", "name": "x", "quantity": units * 1000, "price": {"amount": each}}
            for n, (each, units) in enumerate(lines, first)
        ]
    }


def given_by(rule: dict[str, Any], lines: list[tuple[int, int]]) -> int:
    promotion = {"id": "promotion:p", "name": "P", **rule}
    return price(cart_of(lines), {**BOOK, "promotions": [promotion]})["discount"]


def units_of(lines: list[tuple[int, int]]) -> tuple[int, ...]:
    return tuple(each for each, units in lines for _ in range(units))


def subsets(units: tuple[int, ...], size: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Each way to take `size` units: `(taken, left)`."""
    if size == 0:
        yield (), units
    elif units:
        for taken, left in subsets(units[1:], size - 1):
            yield (units[0], *taken), left
        for taken, left in subsets(units[1:], size):
            yield taken, (units[0], *left)


def best(units: tuple[int, ...], size: int, off: Any, sets: int) -> int:
    """The most that at most `sets` sets of `size` units can take off, of all ways to form them."""
    if sets == 0 or len(units) < size:
        return 0
    found = best(units[1:], size, off, sets)  # the first unit is in no set
    for taken, left in subsets(units[1:], size - 1):
        found = max(found, off((units[0], *taken)) + best(left, size, off, sets - 1))
    return found


limits = st.integers(1, 4)


@given(goods, st.integers(1, 3), st.integers(1, 2), st.sampled_from([500_000, 1_000_000]), limits)
def test_buy_n_get_m_gives_the_most_that_any_grouping_gives(
    lines: list[tuple[int, int]], buy: int, get: int, percent: int, limit: int
) -> None:
    def off(units: tuple[int, ...]) -> int:
        return sum(sorted(units)[:get]) * percent // 1_000_000

    rule = {"kind": "buy", "buy": buy, "get": get, "percent": percent, "limit": limit}
    assert given_by(rule, lines) == best(units_of(lines), buy + get, off, limit)


@given(goods, st.integers(1, 4), st.integers(0, 50).map(lambda n: n * 100), limits)
def test_n_for_a_price_gives_the_most_that_any_grouping_gives(
    lines: list[tuple[int, int]], count: int, together: int, limit: int
) -> None:
    rule = {"kind": "count", "count": count, "price": {"amount": together}, "limit": limit}
    best_off = best(units_of(lines), count, lambda units: max(sum(units) - together, 0), limit)
    assert given_by(rule, lines) == best_off


@given(goods, st.sampled_from(["percent", "amount", "price"]), st.integers(1, 10), limits)
def test_a_limit_is_used_up_by_the_units_that_save_most(
    lines: list[tuple[int, int]], kind: str, figure: int, limit: int
) -> None:
    value = {"percent": figure * 100_000, "amount": figure * 100, "price": {"amount": figure * 100}}[kind]

    def off(each: int) -> int:
        if kind == "percent":
            return each * figure // 10
        return min(figure * 100, each) if kind == "amount" else max(each - figure * 100, 0)

    offs = sorted((off(each) for each in units_of(lines)), reverse=True)
    assert given_by({"kind": kind, kind: value, "limit": limit}, lines) == sum(offs[:limit])


@given(goods, goods, st.integers(1, 2), st.integers(1, 2), st.integers(0, 40).map(lambda n: n * 100), limits)
def test_mix_and_match_gives_the_most_that_any_pairing_gives(
    left: list[tuple[int, int]], right: list[tuple[int, int]], first: int, second: int, together: int, limit: int
) -> None:
    """Two parts that share no product: the best k sets are of the dearest of each."""
    parts = [
        {"products": [f"product:{n}" for n in range(len(left))], "count": first},
        {"products": [f"product:{n + len(left)}" for n in range(len(right))], "count": second},
    ]
    rule = {"kind": "mix", "parts": parts, "price": {"amount": together}, "limit": limit}
    one, other = (sorted(units_of(lines), reverse=True) for lines in (left, right))
    offs = [
        sum(one[: k * first]) + sum(other[: k * second]) - k * together
        for k in range(min(limit, len(one) // first, len(other) // second) + 1)
    ]
    assert given_by(rule, left + right) == max(offs)


@given(goods, goods, st.integers(1, 3), st.integers(1, 2), limits)
def test_buying_one_thing_gives_the_cheapest_of_another(
    bought: list[tuple[int, int]], others: list[tuple[int, int]], buy: int, get: int, limit: int
) -> None:
    rule = {
        "kind": "buy", "buy": buy, "get": get, "limit": limit,
        "products": [f"product:{n}" for n in range(len(bought))],
        "get_products": [f"product:{n + len(bought)}" for n in range(len(others))],
    }  # fmt: skip
    cheap = sorted(units_of(others))
    sets = min(limit, len(units_of(bought)) // buy, len(cheap) // get)
    # A set that takes nothing off (the things given cost nothing) ends it, and there nothing more is lost to nobody.
    offs = [sum(cheap[k * get : (k + 1) * get]) for k in range(sets)]
    assert given_by(rule, bought + others) == (sum(offs) if not offs or offs[0] else 0)


@given(goods, st.integers(1, 100).map(lambda n: n * 10_000), st.integers(0, 60).map(lambda n: n * 100))
def test_a_cart_promotion_takes_its_share_of_each_line_to_the_cent(
    lines: list[tuple[int, int]], percent: int, spend: int
) -> None:
    rule = {"id": "promotion:p", "name": "P", "kind": "percent", "scope": "cart", "percent": percent, "spend": spend}
    priced = price(cart_of(lines), {**BOOK, "promotions": [rule]})
    worth = sum(line["amount"] for line in priced["lines"])
    off = worth * percent // 1_000_000 if worth >= spend else 0
    assert priced["discount"] == off
    for line in priced["lines"]:
        exact = line["amount"] * off
        assert abs((line["amount"] - line["total"]) * worth - exact) < max(worth, 1)
