"""Whatever days a store has had: every report is the sum of its receipts to the cent, and of every other report."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.shop.reports import ask
from app.shop.reports.ask import Filter
from app.shop.reports.ranges import Range
from app.shop.reports.sums import DailySums
from app.shop.takings import Takings
from tests.support.market import CURRENCIES, Market, by_hand, counting, steps

EVER = Range("2026-11-01", "2027-01-31")


def nonzero(counter: dict[str, int]) -> dict[str, int]:
    return {key: value for key, value in counter.items() if value}


def column(report: ask.Report, figure: str) -> dict[str, int]:
    """One figure of the only currency's rows, without zeros."""
    (book,) = report.books
    return nonzero({key: row[figure] for key, row in book.rows.items()})


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(steps, min_size=4, max_size=30),
    st.sampled_from(sorted(CURRENCIES)),
    st.sampled_from(["included", "added"]),
    st.sampled_from(["line", "tax"]),
    st.integers(0, 30),
)
def test_every_report_is_the_sum_of_its_receipts(
    did: list[dict[str, Any]], currency: str, mode: str, scope: str, look: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        market = Market(Path(folder), currency, mode, scope)
        sums = DailySums(market.company, market.store, "s1")
        try:
            for at, step in enumerate(did):
                market.do(step)
                if at == look:  # what was summed before is followed up, not begun anew
                    sums.ready([(EVER.low, EVER.high)])
            check(market, sums)
            sums.forget()
            check(market, sums)
        finally:
            sums.close()
            market.close()


def check(market: Market, sums: DailySums) -> None:
    orders = counting(market.orders())
    if not orders:
        assert all(not book.rows for book in ask.report([sums], "product", EVER).books)
        return
    hand = by_hand(orders)
    reports = {by: ask.report([sums], by, EVER) for by in ask.BY}
    assert all(report.left_out == [] and report.left == 0 for report in reports.values())
    head = reports["day"].books[0].head
    assert (reports["day"].books[0].currency, reports["day"].books[0].digits) == (market.currency, market.digits)
    assert head["receipts"] == hand["receipts"]
    assert head["revenue"] == hand["revenue"] == sum(o["total"] for o in orders) - sum(hand["sold"].values())
    assert head["net"] + head["tax"] == head["revenue"]
    assert (head["discount"], head["tips"], head["rounding"]) == (hand["discount"], hand["tips"], hand["rounding"])
    assert head["returned"] == hand["returned"]
    for by in ("product", "category", "day", "cashier", "terminal"):
        assert column(reports[by], "revenue") == nonzero(hand[by]), by
    for by in ask.GOODS:
        for figure in ("revenue", "tax", "net", "discount", "returned", "quantity"):
            assert sum(column(reports[by], figure).values()) == head[figure], (by, figure)
        if by not in ("product", "category"):
            assert sum(column(reports[by], "receipts").values()) == head["receipts"], by
    assert column(reports["product"], "quantity") == nonzero(hand["quantity"])
    assert column(reports["tax"], "amount") == nonzero(hand["tax"])
    assert column(reports["tax"], "base") == nonzero(hand["base"])
    assert sum(hand["tax"].values()) == head["tax"]
    assert sum(column(reports["discount"], "amount").values()) == hand["discount"]
    assert column(reports["sold"], "amount") == nonzero(hand["sold"])
    tenders = column(reports["tender"], "amount")
    assert tenders == nonzero(hand["tender"])
    assert sum(tenders.values()) == head["total"] + head["tips"] + head["rounding"] == head["paid"] - head["change"]
    assert sum(column(reports["foreign"], "amount").values()) == hand["foreign"]
    events = [record.doc()["kind"] for record in market.store.each("event")]
    assert sum(column(reports["refunds"], "void_lines").values()) == events.count("void_line")
    check_filters(orders, sums, head)
    check_days(market, orders, sums)
    check_shifts(market, sums)


def check_filters(orders: list[dict[str, Any]], sums: DailySums, head: dict[str, int]) -> None:
    """Parts by till, by cashier and by category come to the whole, and each is what its own receipts come to."""
    for name, key in (("terminal", "terminal"), ("cashier", "cashier")):
        whole = 0
        for value in sorted({order[key] or "" for order in orders}):
            part = ask.report([sums], "product", EVER, None, Filter(**{name: value}))
            own = by_hand([order for order in orders if (order[key] or "") == value])
            assert sum(column(part, "revenue").values()) == own["revenue"]
            assert part.books[0].head["tips"] == own["tips"]
            whole += own["revenue"]
        assert whole == head["revenue"]
    categories = {(line["category"] or "") for order in orders for line in order["lines"]}
    whole = taxed = 0
    for category in sorted(categories):
        wanted = Filter(categories=frozenset([category]))
        found = ask.report([sums], "hour", EVER, None, wanted).books
        part = found[0].head if found else dict.fromkeys(head, 0)
        whole += part["revenue"]
        taxes = ask.report([sums], "tax", EVER, None, wanted).books
        taxed += sum(row["amount"] for book in taxes for row in book.rows.values())
        having = [o for o in orders if any((x["category"] or "") == category and x.get("kind") not in
                                           ("giftcard", "topup") for x in o["lines"])]  # fmt: skip
        assert part["receipts"] == len(having)
    assert (whole, taxed) == (head["revenue"], head["tax"])


def check_days(market: Market, orders: list[dict[str, Any]], sums: DailySums) -> None:
    """A day's report is the takings of that day, and what a range is compared with is that range's own report."""
    for day in sorted({order["business_date"] for order in orders}):
        alone = ask.report([sums], "terminal", Range(day, day)).books[0]
        takings = Takings(market.company, market.store, "s1")._sum(day)
        assert alone.head["revenue"] == takings["revenue"]
        assert alone.head["receipts"] == takings["receipts"]
        assert nonzero({key: row["revenue"] for key, row in alone.rows.items()}) == nonzero(
            {row["terminal"]: row["revenue"] for row in takings["terminals"]}
        )
        later = Range("2026-12-24", "2026-12-24")
        compared = ask.report([sums], "product", later, Range(day, day)).books
        assert sum(row["revenue"] for row in compared[0].rows_before.values()) == alone.head["revenue"]


def check_shifts(market: Market, sums: DailySums) -> None:
    """The Zs and the X of what is open come to the same, but for what no shift of this store holds once only."""
    own = [order for order in market.orders() if order["series"] != "s1-t1.zz"]
    if len({order["sale"] for order in market.orders()}) != len(market.orders()):
        return
    if len({(order["series"], order["number"]) for order in own}) != len(own):
        return  # copied terminals' Zs are tests/shop/shifts/test_copies.py's
    market.close_all()
    zs = [record.doc()["sums"] for record in market.store.each("zreport")]
    head = ask.report([sums], "day", EVER).books[0].head
    assert sum(z["revenue"] for z in zs) == head["revenue"]
    assert sum(z["net"] for z in zs) == head["net"]
    assert sum(z["discount"] for z in zs) == head["discount"]
    tenders: dict[str, int] = {}
    taxes: dict[str, int] = {}
    for z in zs:
        for row in z["tenders"]:
            tenders[row["kind"]] = tenders.get(row["kind"], 0) + row["net"]
        for row in z["tax"]:
            key = f"{row['id']}|{row['rate']}"
            taxes[key] = taxes.get(key, 0) + row["amount"]
    assert column(ask.report([sums], "tender", EVER), "amount") == nonzero(tenders)
    assert column(ask.report([sums], "tax", EVER), "amount") == nonzero(taxes)
