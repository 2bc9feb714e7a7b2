"""Whatever the pricing rules make of a cart (promotions, bundles, taxes by group, yen, dinars), refunds reverse it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from app.shop.refunds.figures import Figures, figures_of
from app.shop.refunds.refunds import promotions
from tests.shop.refunds.test_figures import by_kind, payout_round, refund

CASES = Path(__file__).parents[1] / "pricing" / "cases.json"


def carts() -> list[dict[str, Any]]:
    found = json.loads(CASES.read_text("utf-8"))
    rows = found["cases"] if isinstance(found, dict) else found
    return [
        row
        for row in rows
        if "lines" in row["priced"]
        and row["priced"]["lines"]
        and all(line["quantity"] > 0 for line in row["priced"]["lines"])
        and row["priced"]["total"] > 0
    ]


def order_of(case: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The case's cart as a sale: part of it by card, the rest in cash, rounded to a step."""
    priced, book = case["priced"], case["book"]
    total = priced["total"]
    coupon, card = chance.randint(0, total // 3), chance.randint(0, total // 2)
    step = chance.choice([0, 5, 10])
    left = total - coupon - card
    cash = payout_round(left, step)
    tenders = [{"kind": "coupon", "amount": coupon}, {"kind": "card", "amount": card}, {"kind": "cash", "amount": cash}]
    names = ("lines", "tax_mode", "rounding", "tax", "subtotal", "discount", "total", "promotions")
    return {
        "_id": "order:s1-t1.k7:00000001:0123456789",
        "digits": book["digits"],
        **{name: priced[name] for name in names},
        "tenders": [tender for tender in tenders if tender["amount"]],
        "tip": 0,
        "change": 0,
        "cash_rounding": cash - left,
        "step": step,
    }


@pytest.mark.parametrize("case", [pytest.param(case, id=case.get("name") or str(i)) for i, case in enumerate(carts())])
def test_a_priced_cart_comes_back_in_parts_to_the_cent(case: dict[str, Any]) -> None:
    chance = random.Random(json.dumps(case["cart"], sort_keys=True))
    order = order_of(case, chance)
    left = {line["id"]: line["quantity"] for line in order["lines"]}
    refunds: list[dict[str, Any]] = []
    while any(left.values()):
        part = {id: chance.randint(0, quantity) for id, quantity in left.items()} if len(refunds) < 3 else dict(left)
        if not any(part.values()):
            continue
        made = refund(order, part, refunds)
        assert made["total"] <= 0
        refunds.append({**made, "promotions": promotions(order, made["lines"])})
        left = {id: left[id] - part[id] for id in left}

    for name in ("total", "subtotal", "discount"):
        assert sum(each[name] for each in refunds) == -order[name]
    taxes = {(entry["id"], entry["rate"]): [0, 0] for entry in order["tax"]}
    for each in refunds:
        for entry in each["tax"]:
            taxes[entry["id"], entry["rate"]][0] += entry["base"]
            taxes[entry["id"], entry["rate"]][1] += entry["amount"]
    assert taxes == {(entry["id"], entry["rate"]): [-entry["base"], -entry["amount"]] for entry in order["tax"]}
    assert by_kind(refunds) == {kind: -amount for kind, amount in by_kind([order]).items()}
    assert sum(each["cash_rounding"] for each in refunds) == -order["cash_rounding"]
    took = {each["id"]: each["amount"] for each in order["promotions"]}
    back: dict[str, int] = {}
    for each in refunds:
        for promotion in each["promotions"]:
            back[promotion["id"]] = back.get(promotion["id"], 0) - promotion["amount"]
    assert {id: amount for id, amount in back.items() if amount} == {
        id: amount for id, amount in took.items() if amount
    }


def test_a_line_returned_whole_is_the_sold_line_with_its_signs_turned() -> None:
    for case in carts()[:50]:
        order = order_of(case, random.Random(1))
        whole = refund(order, {line["id"]: line["quantity"] for line in order["lines"]}, [])
        for sold, back in zip(order["lines"], whole["lines"], strict=True):
            turned = figures_of(back).negative()
            assert Figures(**{**vars(turned), "coupon": 0}) == figures_of(sold)
