"""The report of a shift, over documents of every kind."""

from __future__ import annotations

from typing import Any

from app.shop.shifts.covers import is_summable
from app.shop.shifts.report import report

SHIFT = {"_id": "shift:s1-t1.k0:00000001:aaaaaaaaaa", "float": 10_000}


def line(total: int, **fields: Any) -> dict[str, Any]:
    return {"kind": "goods", "quantity": 1000 if total >= 0 else -1000, "total": total, "discounts": [], **fields}


def order(number: int, lines: list[dict[str, Any]], tenders: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    total = sum(entry["total"] for entry in lines)
    paid = sum(tender["amount"] for tender in tenders)
    tip, rounding = fields.get("tip", 0), fields.get("cash_rounding", 0)
    discount = sum(off["amount"] for entry in lines for off in entry["discounts"])
    made = {
        "kind": "sale", "series": "s1-t1.k0", "number": number, "lines": lines, "tax": [], "total": total,
        "discount": discount, "tenders": tenders, "paid": paid, "change": paid - total - tip - rounding,
        "cashier": None, **fields,
    }  # fmt: skip
    assert is_summable(made)
    return made


def cash(amount: int) -> dict[str, Any]:
    return {"kind": "cash", "amount": amount}


def test_money_for_later_is_no_revenue_and_what_is_spent_is() -> None:
    sums = report(SHIFT, [
        order(1, [line(2000, kind="giftcard"), line(500)], [cash(2500)]),
        order(2, [line(700)], [{"kind": "giftcard", "amount": 700, "card": "x"}]),
        order(3, [line(1000, kind="topup"), line(300, kind="topup", to="account")], [cash(1300)]),
        order(4, [line(900)], [{"kind": "account", "amount": 900, "customer": "customer:1"}]),
    ], [], [])  # fmt: skip
    assert (sums["total"], sums["revenue"]) == (5400, 2100)
    assert [(row["kind"], row["amount"]) for row in sums["sold"]] == [
        ("giftcard", 2000), ("payment", 300), ("topup", 1000),
    ]  # fmt: skip
    assert sums["account"] == {"sales": 900, "refunds": 0, "payments": 300}
    assert sums["cash"]["sales"] == 3800


def test_tips_and_cash_rounding_stand_on_lines_of_their_own() -> None:
    sums = report(SHIFT, [
        order(1, [line(1000)], [{"kind": "card", "amount": 1100, "tip": 100}], tip=100),
        order(2, [line(998)], [cash(2000)], cash_rounding=2),
    ], [], [])  # fmt: skip
    assert (sums["tips"], sums["rounding"], sums["change"]) == (100, 2, 1000)
    assert sums["paid"] - sums["change"] == sums["total"] + sums["tips"] + sums["rounding"]
    assert {row["kind"]: row["net"] for row in sums["tenders"]} == {"card": 1100, "cash": 1000}
    assert sums["cash"]["expected"] == 11_000


def test_foreign_cash_is_counted_in_its_own_currency_and_no_cash_of_the_book() -> None:
    dollars = {"kind": "foreign", "amount": 900, "currency": "USD", "foreign": 1000, "digits": 2, "num": 9, "den": 10}
    sums = report(SHIFT, [order(1, [line(600)], [dollars])], [], [])
    assert sums["foreign"] == [
        {"currency": "USD", "digits": 2, "in": 1000, "out": 0, "net": 1000, "amount": 900},
    ]
    assert sums["cash"]["expected"] == 10_000 - 300  # the change was given in the book's


def test_refunds_take_away_from_everything_that_the_sale_gave() -> None:
    tax = [{"id": "tax:vat", "name": "VAT", "rate": 190_000, "base": 1000, "amount": 190}]
    back = [{**tax[0], "base": -1000, "amount": -190}]
    off = [{"kind": "manual", "amount": 50}]
    sums = report(SHIFT, [
        order(1, [line(1190, discounts=off)], [cash(2000)], tax=tax),
        order(2, [line(-1190, discounts=[{"kind": "manual", "amount": -50}])], [cash(-1190)], tax=back, kind="refund"),
    ], [], [])  # fmt: skip
    assert (sums["sales"]["amount"], sums["refunds"]["amount"], sums["total"], sums["discount"]) == (1190, -1190, 0, 0)
    assert [(row["base"], row["amount"]) for row in sums["tax"]] == [(0, 0)]
    [row] = sums["tenders"]
    assert (row["in"], row["out"], row["net"]) == (2000, -1190, 0)
    assert (sums["cash"]["expected"], sums["counts"]["refunds"]) == (10_000, 1)


def test_taxes_are_summed_by_tax_and_rate_and_deposits_shown() -> None:
    def tax(rate: int, amount: int) -> list[dict[str, Any]]:
        return [{"id": "tax:vat", "name": f"VAT {rate}", "rate": rate, "base": 100, "amount": amount}]

    sums = report(SHIFT, [
        order(1, [line(100), line(25, kind="deposit")], [cash(125)], tax=tax(70_000, 7)),
        order(2, [line(100), line(-25, kind="deposit")], [cash(75)], tax=tax(190_000, 19)),
        order(3, [line(100)], [cash(100)], tax=tax(70_000, 7)),
    ], [], [])  # fmt: skip
    assert [(row["rate"], row["base"], row["amount"]) for row in sums["tax"]] == [(70_000, 200, 14), (190_000, 100, 19)]
    assert sums["deposits"] == {"charged": 25, "returned": -25}
    assert (sums["revenue"], sums["net"]) == (300, 300 - 33)
    assert sums["receipts"] == {"count": 3, "series": [{"series": "s1-t1.k0", "first": 1, "last": 3, "count": 3}]}


def test_prices_and_discounts_by_hand_are_counted_where_they_were_charged() -> None:
    off = [{"kind": "manual", "amount": 10}, {"kind": "promotion", "id": "promotion:p", "amount": 20}]
    lines = [line(100, keyed=True, discounts=off), line(50, keyed=True), line(70)]
    counts = report(SHIFT, [order(1, lines, [cash(220)])], [], [])["counts"]
    assert (counts["price_changes"], counts["discounts"]) == (2, 1)


def test_a_discount_that_no_promotion_gave_counts_as_by_hand_whatever_it_is_called() -> None:
    off = [{"kind": "goodwill", "amount": 5}, {"kind": "promotion", "id": "promotion:p", "amount": 5}]
    counts = report(SHIFT, [order(1, [line(90, discounts=off)], [cash(90)])], [], [])["counts"]
    assert counts["discounts"] == 1
