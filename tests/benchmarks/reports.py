"""A year of a store in its reports: 100,000 orders of five lines, a range of products as a shop has them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.docs.database import Database
from app.docs.directory import Directory
from app.shop.indexes import indexes_for
from app.shop.reports import ask
from app.shop.reports.bookings import Bookings
from app.shop.reports.ranges import Range
from app.shop.reports.sums import DailySums
from app.shop.reports.today import today
from tests.benchmarks.report import Row, median

ORDERS, DAYS, PRODUCTS, CATEGORIES, LINES = 100_000, 365, 3000, 40, 5
FIRST = datetime(2025, 11, 22, tzinfo=UTC)
YEAR = Range("2025-11-22", "2026-11-21")
BEFORE = Range("2024-11-22", "2025-11-21")


def year(directory: Path, rounds: int) -> list[Row]:
    """The first sums, which are kept; then reports over all of the year, each as a page asks for it."""
    with Directory(directory / "shop", indexes_for=indexes_for) as databases:
        company, store = databases.create("company"), databases.create("store-s1")
        _fill(store)
        sums = DailySums(company, store, "s1")
        start = time.perf_counter()
        assert sums.ready([YEAR], patience=600)[0] == 0
        cold = time.perf_counter() - start
        size = sums.path.stat().st_size / 1e6
        reports = {
            by: _timed(rounds, lambda by=by: ask.report([sums], by, YEAR, BEFORE).books[0].head["receipts"])
            for by in ("product", "hour", "day", "category", "tender", "tax")
        }
        slowest = max(reports, key=lambda by: reports[by])
        news = _timed(rounds, lambda: _after_a_sale(store, sums))
        now = FIRST + timedelta(days=DAYS - 1, hours=20)
        dashboard = _timed(rounds, lambda: len(today([sums], now).books))
        books = Bookings(company, store, "s1", "office")
        day = _timed(rounds, lambda: len(books.day(YEAR.low, now).docs))
        sums.close()
    detail = ", ".join(f"{by} {seconds * 1000:.0f} ms" for by, seconds in reports.items())
    return [
        Row(f"a year of {ORDERS:,} orders by {slowest}", 1.0, reports[slowest], "s", detail, at_most=True),
        Row("the same after one more sale of a day", 1.0, news, "s", at_most=True),
        Row("today beside last week", 0.2, dashboard, "s", at_most=True),
        Row("the journal of one of these days", 0.2, day, "s", at_most=True),
        Row("its sums for the first time", 60.0, cold, "s", f"{size:.0f} MB beside the store", at_most=True),
    ]


def _timed(rounds: int, run: Callable[[], Any]) -> float:
    taken = []
    for _ in range(max(3, rounds)):
        start = time.perf_counter()
        assert run()
        taken.append(time.perf_counter() - start)
    return median(taken)


def _after_a_sale(store: Database, sums: DailySums) -> int:
    number = 10**7 + store.last_n
    store.bulk_docs([_order(random.Random(number), number, DAYS - 1)], new_edits=False)
    return ask.report([sums], "product", YEAR).books[0].head["receipts"]


def _fill(store: Database) -> None:
    chance = random.Random(7)
    page: list[dict[str, Any]] = []
    for n in range(ORDERS):
        page.append(_order(chance, n + 1, n * DAYS // ORDERS))
        if len(page) == 1000:
            store.bulk_docs(page, new_edits=False)
            page = []


def _order(chance: random.Random, number: int, day: int) -> dict[str, Any]:
    """An order as a till writes it, of about 2 KB; its hash is none, which no sum looks at."""
    at = FIRST + timedelta(days=day, hours=8, seconds=chance.randrange(12 * 3600))
    till, who = chance.randrange(3) + 1, chance.randrange(6)
    lines, taxes = [], {}
    for place in range(LINES):
        # Few products sell often, many seldom.
        product = min(chance.randrange(PRODUCTS), chance.randrange(PRODUCTS))
        quantity, price, rate = 1000 * (1 + chance.randrange(3)), 99 + product, 190_000 if product % 3 else 70_000
        total = price * quantity // 1000
        tax = round(total * rate / (1_000_000 + rate))
        known = taxes.setdefault(
            rate, {"id": f"tax:{rate}", "name": f"VAT {rate}", "rate": rate, "base": 0, "amount": 0}
        )
        known["base"] += total - tax
        known["amount"] += tax
        lines.append({
            "id": f"l{place}", "product": f"product:{product}", "sku": str(product), "name": f"Product {product}",
            "category": f"category:{product % CATEGORIES}", "quantity": quantity,
            "price": {"amount": price, "per": 1000}, "discounts": [], "amount": total, "total": total,
            "tax": [{"id": f"tax:{rate}", "rate": rate, "base": total - tax, "amount": tax}],
        })  # fmt: skip
    total = sum(line["total"] for line in lines)
    date = (FIRST + timedelta(days=day)).date().isoformat()
    return {
        "_id": f"order:s1-t{till}.aa:{number:08}:{number:010x}", "_rev": f"1-{number:032x}", "type": "order",
        "schema": 2, "kind": "sale", "sale": f"sale-{number:010}", "store": "s1", "terminal": f"s1-t{till}",
        "series": f"s1-t{till}.aa", "number": number, "at": at.isoformat(timespec="milliseconds")[:23] + "Z",
        "business_date": date, "currency": "EUR", "digits": 2, "cart": None, "customer": None,
        "shift": f"shift:s1-t{till}.aa:{day:08}:0000000000", "drawer": f"s1-t{till}", "cashier": f"staff:{who}",
        "header": {"name": "Shop", "lines": [], "footer": []}, "lines": lines, "tax_mode": "included",
        "rounding": {"scope": "line", "mode": "half_away"}, "subtotal": total, "discount": 0,
        "tax": list(taxes.values()), "total": total,
        "tenders": [{"kind": ("cash", "card")[number % 2], "amount": total}],
        "paid": total, "change": 0, "tip": 0, "cash_rounding": 0, "note": "", "journal": number, "prev": None,
        "hash": f"{number:064x}", "hash_version": 2, "clock": None, "approvals": [], "coupons": [], "promotions": [],
        "invoice": None, "refund_of": None, "returns": [],
    }  # fmt: skip
