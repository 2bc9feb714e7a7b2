"""Cash is rounded to the coins there are, taxes by the mode that stands on the order."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shop.pricing import cash_round
from app.shop.pricing.rounding import rounded

modes = st.sampled_from(["half_away", "half_even", "up", "down"])


@pytest.mark.parametrize(
    ("amount", "step", "mode", "settled"),
    [
        (1022, 5, "half_away", 1020),
        (1023, 5, "half_away", 1025),
        (1025, 10, "half_away", 1030),  # a half
        (1025, 10, "half_even", 1020),  # 102 is even
        (1035, 10, "half_even", 1040),
        (1021, 5, "up", 1025),
        (1024, 5, "down", 1020),
        (1020, 5, "up", 1020),
        (-1023, 5, "half_away", -1025),
        (-1021, 5, "up", -1025),
        (-1024, 5, "down", -1020),
        (2, 5, "down", 0),
    ],
)
def test_cash_is_rounded_to_its_step(amount: int, step: int, mode: str, settled: int) -> None:
    assert cash_round(amount, {"step": step, "mode": mode}) == settled


def test_without_a_rule_nothing_is_rounded() -> None:
    assert cash_round(1023, None) == 1023


@given(st.integers(-(10**9), 10**9), st.integers(1, 1000), modes)
def test_a_refund_rounds_as_its_sale_did_and_what_was_rounded_stays(amount: int, step: int, mode: str) -> None:
    rule = {"step": step, "mode": mode}
    settled = cash_round(amount, rule)
    assert settled % step == 0
    assert abs(settled - amount) < step
    assert cash_round(-amount, rule) == -settled
    assert cash_round(settled, rule) == settled


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**7))
def test_half_even_is_what_pythons_own_rounding_says(numerator: int, denominator: int) -> None:
    exact: Any = Fraction(numerator, denominator)
    assert rounded(numerator, denominator, "half_even") == round(exact)
