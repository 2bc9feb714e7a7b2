"""Whatever is owed and however it is paid: total + tip + rounding = paid − change, to the cent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shop.money import divide
from app.shop.payments.settle import CASH, Settled, book_value, paid, settle
from app.shop.sale import SaleError

FIVE = {"step": 5, "mode": "half_away"}


def tenders(*pairs: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"kind": kind, "amount": amount} for kind, amount in pairs]


@pytest.mark.parametrize(
    ("total", "given", "rule", "change", "rounding"),
    [
        (258, [("cash", 500)], None, 242, 0),
        (258, [("cash", 260)], FIVE, 0, 2),
        (257, [("cash", 255)], FIVE, 0, -2),
        (257, [("cash", 500)], FIVE, 245, -2),
        (257, [("card", 257)], FIVE, 0, 0),  # what isn't settled in cash is settled to the cent
        (1057, [("card", 1000), ("cash", 55)], FIVE, 0, -2),  # only the part in cash is rounded
        (258, [("giftcard", 100), ("cash", 200)], FIVE, 40, 2),
        (2, [], FIVE, 0, -2),  # less than the smallest coin
        (-258, [("cash", -260)], FIVE, 0, -2),
        (-258, [("card", -258)], FIVE, 0, 0),
        (258, [("foreign", 923)], FIVE, 665, 0),  # its worth is no multiple of a coin: then the change is rounded
        (0, [], None, 0, 0),
    ],
)
def test_only_the_part_settled_in_cash_is_rounded(
    total: int, given: list[tuple[str, int]], rule: dict[str, Any] | None, change: int, rounding: int
) -> None:
    settled = settle(total, 0, tenders(*given), rule, 2)
    assert (settled.change, settled.cash_rounding) == (change, rounding)
    assert total + settled.cash_rounding == settled.paid - settled.change


@pytest.mark.parametrize(
    ("total", "given", "reason"),
    [
        (258, [("cash", 250)], "Not enough was paid: 0.10 of 2.60 is missing."),
        (258, [("card", 250)], "Not enough was paid: 0.08 of 2.58 is missing."),
        (258, [("card", 300)], "The card pays 0.42 more than the 2.58 due."),
        (258, [("giftcard", 200), ("credit", 100)], "The store credit pays 0.42 more than the 2.58 due."),
        (258, [("coupon", 300)], "The coupons are worth 3.00, more than the total of 2.58."),
        (258, [("cash", 300), ("cash", -40)], "Payment 2: the amount must be more than zero."),
        (-258, [("cash", 260)], "Payment 1: 2.58 is to be paid out, nothing is to be paid."),
        (-258, [("cash", -300)], "2.60 is to be paid out in cash, not 3.00."),
        (-258, [], "2.60 is to be paid out in cash, not 0.00."),
        (-258, [("foreign", -258)], "Money is paid out in the shop's own currency."),
    ],
)
def test_what_does_not_add_up_is_refused_in_plain_words(total: int, given: list[tuple[str, int]], reason: str) -> None:
    with pytest.raises(SaleError) as refused:
        settle(total, 0, tenders(*given), FIVE, 2)
    assert (refused.value.status, refused.value.reason) == (400, reason)


def test_what_coupons_had_paid_of_returned_goods_goes_back_as_a_coupon() -> None:
    settled = settle(-258, 0, tenders(("cash", -158)), None, 2, coupon=-100)
    assert settled.tenders == [{"kind": "coupon", "amount": -100}, {"kind": "cash", "amount": -158}]
    assert (settled.paid, settled.change) == (-258, 0)
    mixed = settle(700, 0, tenders(("cash", 1000)), None, 2, coupon=-100)
    assert (mixed.paid, mixed.change) == (900, 200)  # 8.00 in cash for goods of 7.00: the coupon never pays out


def test_a_tip_is_owed_like_the_goods() -> None:
    settled = settle(1000, 150, tenders(("card", 1150)), None, 2)
    assert (settled.paid, settled.change, settled.cash_rounding) == (1150, 0, 0)


def test_foreign_cash_is_worth_its_rate_half_away_from_zero() -> None:
    assert book_value(1000, 9234, 10000) == 923
    assert book_value(150, 1, 100) == 2
    assert divide(150, 100) == 2


kinds = st.sampled_from(["cash", "card", "giftcard", "credit", "account", "coupon", "foreign"])
rules = st.one_of(
    st.none(),
    st.builds(
        lambda step, mode: {"step": step, "mode": mode},
        st.sampled_from([1, 5, 10, 50, 100]),
        st.sampled_from(["half_away", "half_even", "up", "down"]),
    ),
)


@given(
    total=st.integers(-100_000, 100_000),
    tip=st.integers(0, 5000),
    coupon=st.one_of(st.just(0), st.integers(-5000, 0)),
    parts=st.lists(st.tuples(kinds, st.integers(1, 60_000)), max_size=5),
    rule=rules,
)
def test_any_split_that_is_taken_agrees_to_the_cent(
    total: int, tip: int, coupon: int, parts: list[tuple[str, int]], rule: dict[str, Any] | None
) -> None:
    owed = total + tip - coupon
    sign = 1 if owed >= 0 else -1
    try:
        settled = settle(
            total, tip, tenders(*((kind, sign * amount) for kind, amount in parts)), rule, 2, coupon=coupon
        )
    except SaleError:
        return
    agrees(total, tip, coupon, settled, rule)


def agrees(total: int, tip: int, coupon: int, settled: Settled, rule: dict[str, Any] | None) -> None:
    assert total + tip + settled.cash_rounding == settled.paid - settled.change
    assert settled.paid == paid(settled.tenders)
    assert 0 <= settled.change <= max(0, paid(settled.tenders, *CASH))
    step = rule["step"] if rule else 1
    assert abs(settled.cash_rounding) < 2 * step if rule else settled.cash_rounding == 0
    assert sum(t["amount"] for t in settled.tenders if t["kind"] == "coupon" and t["amount"] < 0) == min(0, coupon)


@given(
    total=st.integers(1, 100_000),
    cuts=st.lists(st.integers(1, 99_999), max_size=4),
    extra=st.integers(0, 5000),
    rule=rules,
)
def test_any_sale_can_be_paid_in_parts_whose_last_is_cash(
    total: int, cuts: list[int], extra: int, rule: dict[str, Any] | None
) -> None:
    """Every way to cut a total: the parts by card and gift card, the rest in cash and change."""
    points = sorted({cut for cut in cuts if cut < total})
    amounts = [b - a for a, b in zip([0, *points], points, strict=False)]
    rest = total - sum(amounts)
    parts = [("card" if i % 2 else "giftcard", amount) for i, amount in enumerate(amounts)]
    settled = settle(total, 0, tenders(*parts, ("cash", rest + extra + 100)), rule, 2)
    agrees(total, 0, 0, settled, rule)
