"""Any sale, any sequence of partial refunds: sums to the cent, never more than sold, the whole reversed exactly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.shop.money import allot, line_amount
from app.shop.pricing import tax
from app.shop.refunds import payout
from app.shop.refunds.figures import (
    NOTHING,
    Figures,
    coupon_shares,
    figures_of,
    fixed_line,
    give_back,
    payable,
    return_line,
)
from app.shop.refunds.refunds import order_figures

VAT = tax.Rate("tax:vat", "VAT", 190_000)
CITY = tax.Rate("tax:city", "City", 12_500)
LOW = tax.Rate("tax:low", "Low", 70_000)
RATES = [(), (VAT,), (VAT, CITY), (LOW,)]


@st.composite
def lines(draw: st.DrawFn, mode: str, id: str) -> dict[str, Any]:
    quantity = draw(st.one_of(st.integers(1, 12).map(lambda n: n * 1000), st.integers(1, 5000)))
    price = {"amount": draw(st.integers(0, 20_000)), "per": draw(st.sampled_from([1000, 1000, 100, 10_000]))}
    amount = line_amount(price, quantity)
    off = draw(st.integers(0, amount))
    discounts = [part for part in allot(off, draw(st.sampled_from([[1], [1, 1], [3, 2, 1]]))) if part]
    total = amount - sum(discounts)
    return {
        "id": id,
        "product": None,
        "sku": None,
        "name": id,
        "quantity": quantity,
        "price": price,
        "amount": amount,
        "discounts": [{"kind": "manual", "name": None, "amount": part} for part in discounts],
        "total": total,
        "tax": tax.line_taxes(total, draw(st.sampled_from(RATES)), mode),
    }


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """A sale in a currency of 0, 2 or 3 digits, paid somehow: with coupons, tips, change, cash rounded to a step."""
    mode = draw(st.sampled_from(tax.MODES))
    sold = [draw(lines(mode, f"l{i}")) for i in range(draw(st.integers(1, 4)))]
    taxes = tax.summary(sold, {})
    subtotal = sum(line["total"] for line in sold)
    total = subtotal + (sum(entry["amount"] for entry in taxes) if mode == "added" else 0)
    step = draw(st.sampled_from([0, 5, 10, 100]))
    tip = draw(st.integers(0, 300))
    tenders: list[dict[str, Any]] = []
    left = total
    for kind in draw(st.lists(st.sampled_from(["coupon", "card", "giftcard", "credit"]), max_size=3, unique=True)):
        part = draw(st.integers(0, left))
        if part:
            tenders.append({"kind": kind, "amount": part, **({"reference": "77"} if kind == "card" else {})})
            left -= part
    rounded = payout_round(left, step)
    change = draw(st.integers(0, 500))
    if rounded + tip + change:
        tenders.append({"kind": "cash", "amount": rounded + tip + change})
    return {
        "_id": "order:s1-t1.k7:00000001:0123456789",
        "digits": draw(st.sampled_from([0, 2, 3])),
        "lines": sold,
        "tax_mode": mode,
        "rounding": {"scope": "line", "mode": "half_away"},
        "tax": taxes,
        "subtotal": subtotal,
        "discount": sum(line["amount"] - line["total"] for line in sold),
        "total": total,
        "tenders": tenders,
        "tip": tip,
        "cash_rounding": rounded - left,
        "change": change,
        "step": step,
    }


def payout_round(amount: int, step: int) -> int:
    return (amount + step // 2) // step * step if step else amount


def refund(order: dict[str, Any], parts: dict[str, int], earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """A refund of `parts` as the till makes it, from the pure functions alone."""
    back: dict[str, Figures] = {}
    for each in earlier:
        for line in each["lines"]:
            id = line["return_of"]["line"]
            back[id] = back.get(id, NOTHING).plus(figures_of(line).negative())
    made = [
        return_line(order, id, quantity, back.get(id, NOTHING), as_id=f"r{i}")
        for i, (id, quantity) in enumerate(parts.items())
        if quantity
    ]
    figures = order_figures(order, made)
    coupon = sum(line.get("coupon", 0) for line in made)
    complete = all(
        back.get(line["id"], NOTHING).quantity + parts.get(line["id"], 0) == line["quantity"] for line in order["lines"]
    )
    rounding = order["cash_rounding"] + sum(each["cash_rounding"] for each in earlier)
    paid = payout.plan(
        coupon - figures["total"],
        payout.caps(order, earlier),
        complete=complete,
        rounding_left=rounding,
        rule=lambda amount: payout_round(amount, order["step"]),
    )
    tenders = [{**tender, "amount": -tender["amount"]} for tender in paid.tenders]
    if coupon:
        tenders.append({"kind": "coupon", "amount": coupon})
    return {"lines": made, **figures, "tenders": tenders, "cash_rounding": -paid.rounding, "change": 0}


def by_kind(orders: list[dict[str, Any]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for order in orders:
        for tender in order["tenders"]:
            sums[tender["kind"]] = sums.get(tender["kind"], 0) + tender["amount"]
    return {kind: amount for kind, amount in sums.items() if amount}


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, int]]]:
    """A sale, and what of it comes back how often; the last part brings all that is left."""
    order = draw(orders())
    left = {line["id"]: line["quantity"] for line in order["lines"]}
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        part = {id: draw(st.integers(0, quantity)) for id, quantity in left.items()}
        if any(part.values()):
            parts.append(part)
            left = {id: left[id] - part[id] for id in left}
    if any(left.values()):
        parts.append(left)
    return order, parts


@settings(max_examples=300, deadline=None)
@given(histories())
def test_any_sequence_of_partial_refunds_reverses_the_sale_to_the_cent(
    history: tuple[dict[str, Any], list[dict[str, int]]],
) -> None:
    order, parts = history
    refunds: list[dict[str, Any]] = []
    for part in parts:
        made = refund(order, part, refunds)
        assert made["total"] <= 0
        assert made["total"] + made["cash_rounding"] == sum(tender["amount"] for tender in made["tenders"])
        for tender in made["tenders"]:
            assert tender["amount"] < 0
        refunds.append(made)

    for name in ("total", "subtotal", "discount"):
        assert sum(each[name] for each in refunds) == -order[name]
    for line in order["lines"]:
        back = NOTHING
        for each in refunds:
            for returned in each["lines"]:
                if returned["return_of"]["line"] == line["id"]:
                    back = back.plus(figures_of(returned).negative())
        assert back == Figures(**{**vars(figures_of(line)), "coupon": coupon_shares(order)[line["id"]]})
    by_tax = {(entry["id"], entry["rate"]): (entry["base"], entry["amount"]) for entry in order["tax"]}
    for key, (base, amount) in by_tax.items():
        entries = [entry for each in refunds for entry in each["tax"] if (entry["id"], entry["rate"]) == key]
        assert (sum(entry["base"] for entry in entries), sum(entry["amount"] for entry in entries)) == (-base, -amount)
    paid = by_kind([order])
    cash = paid.get("cash", 0) - order["change"] - order["tip"]
    expected = {**paid, "cash": cash}
    assert by_kind(refunds) == {kind: -amount for kind, amount in expected.items() if amount}
    assert sum(each["cash_rounding"] for each in refunds) == -order["cash_rounding"]


@settings(max_examples=200, deadline=None)
@given(histories())
def test_no_part_gives_more_than_is_left_of_any_tender(history: tuple[dict[str, Any], list[dict[str, int]]]) -> None:
    order, parts = history
    refunds: list[dict[str, Any]] = []
    for part in parts:
        left = {cap.place: cap.amount for cap in payout.caps(order, refunds)}
        made = refund(order, part, refunds)
        for tender in made["tenders"]:
            if tender["kind"] != "coupon":
                assert -tender["amount"] <= left[payout.cap_of(tender, 0).place]
        refunds.append(made)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(tax.MODES).flatmap(lambda mode: st.tuples(lines(mode, "l0"), st.just(mode))), st.data())
def test_a_returned_lines_figures_keep_the_sales_own_sums(
    given: tuple[dict[str, Any], str], data: st.DataObject
) -> None:
    line, mode = given
    order = {"_id": "order:x", "lines": [line], "tax_mode": mode, "tenders": []}
    fixed = fixed_line(order, "l0", data.draw(st.integers(1, line["quantity"])))

    assert fixed["total"] == fixed["amount"] - sum(discount["amount"] for discount in fixed["discounts"])
    taxes = sum(entry["amount"] for entry in fixed["tax"])
    for entry in fixed["tax"]:
        assert entry["base"] == (fixed["total"] - taxes if mode == "included" else fixed["total"])
    assert -payable(line, mode) <= fixed["total"] + (taxes if mode == "added" else 0) <= 0


def test_three_for_ten_come_back_one_by_one() -> None:
    line = {"id": "l1", "quantity": 3000, "amount": 1000, "discounts": [], "total": 1000, "tax": [], "price": {}}
    order = {"_id": "order:x", "lines": [line], "tax_mode": "included", "tenders": []}
    back, given = NOTHING, []
    for _ in range(3):
        part = give_back(order, "l1", 1000, back)
        back = back.plus(part)
        given.append(part.total)

    assert given == [333, 334, 333]
    with pytest.raises(ValueError, match="more than was sold"):
        give_back(order, "l1", 1, back)


def test_tills_that_both_rounded_up_while_apart_never_ask_the_customer_for_a_cent() -> None:
    line = {"id": "l1", "quantity": 100_000, "amount": 2, "discounts": [], "total": 2, "tax": []}
    order = {"_id": "order:x", "lines": [line], "tax_mode": "included", "tenders": []}
    apart = give_back(order, "l1", 25_000)
    assert apart.total == 1

    both = apart.plus(apart)
    assert give_back(order, "l1", 1000, both).total == 0
    assert give_back(order, "l1", 50_000, both).total == 0


def test_a_coupon_pays_for_goods_and_not_for_a_gift_card() -> None:
    def line(id: str, total: int, **fields: Any) -> dict[str, Any]:
        return {"id": id, "quantity": 1000, "total": total, "tax": [], **fields}

    sold = [line("card", 2500, kind="giftcard"), line("tea", 500), line("jam", 300), line("top", 1000, kind="topup")]
    order = {"lines": sold, "tax_mode": "included", "tenders": [{"kind": "coupon", "amount": 400}]}
    assert coupon_shares(order) == {"card": 0, "tea": 250, "jam": 150, "top": 0}
    over = {**order, "tenders": [{"kind": "coupon", "amount": 835}]}
    assert coupon_shares(over) == {"card": 25, "tea": 500, "jam": 300, "top": 10}


def test_a_coupons_share_never_pays_out() -> None:
    lines = [
        {"id": "a", "quantity": 1000, "amount": 600, "discounts": [], "total": 600, "tax": []},
        {"id": "b", "quantity": 1000, "amount": 400, "discounts": [], "total": 400, "tax": []},
    ]
    tenders = [{"kind": "coupon", "amount": 100}, {"kind": "cash", "amount": 900}]
    order = {"_id": "order:x", "lines": lines, "tax_mode": "included", "tenders": tenders, "change": 0}

    back = give_back(order, "a", 1000)
    assert (back.total, back.coupon) == (600, 60)
    assert payout.caps(order) == [payout.Cap("cash", 900)]


def test_a_card_is_paid_back_before_cash_and_its_tip_stays() -> None:
    lines = [{"id": "a", "quantity": 1000, "amount": 1000, "discounts": [], "total": 1000, "tax": []}]
    tenders = [
        {"kind": "cash", "amount": 500},
        {"kind": "card", "amount": 700, "tip": 200, "reference": "4711"},
    ]
    order = {"_id": "order:x", "lines": lines, "tax_mode": "included", "tenders": tenders, "change": 0, "tip": 200}

    caps = payout.caps(order)
    assert [(cap.kind, cap.amount) for cap in caps] == [("card", 500), ("cash", 500)]
    planned = payout.plan(600, caps, complete=False)
    assert planned.tenders == (
        {"kind": "card", "amount": 500, "reference": "4711"},
        {"kind": "cash", "amount": 100},
    )


def test_cash_rounding_touches_only_the_part_paid_in_cash() -> None:
    caps = [payout.Cap("card", 100), payout.Cap("cash", 1000)]
    planned = payout.plan(333, caps, complete=False, rule=lambda amount: payout_round(amount, 5))

    assert [tender["amount"] for tender in planned.tenders] == [100, 235]
    assert planned.rounding == 2


def test_a_persons_choice_must_be_what_is_due() -> None:
    by_five = lambda amount: payout_round(amount, 5)  # noqa: E731
    assert payout.wished(333, [{"kind": "cash", "amount": 335}], rule=by_five) == payout.Payout(
        ({"kind": "cash", "amount": 335},), 2
    )
    assert payout.wished(333, [{"kind": "credit", "amount": 333}], rule=by_five) is not None
    assert payout.wished(333, [{"kind": "credit", "amount": 334}]) is None
    assert payout.wished(333, [{"kind": "cash", "amount": 300}]) is None
