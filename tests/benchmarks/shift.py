"""The end of a day: the Z over 5,000 orders of a shift."""

from __future__ import annotations

import time
from pathlib import Path

from app.docs.directory import Directory
from app.shop.indexes import indexes_for
from app.shop.till import Till
from tests.benchmarks.report import Row, median

ORDERS = 5000
LINES = 5


def z(directory: Path, rounds: int) -> list[Row]:
    """Sold as a till sells them, five lines each; each round closes a copy of the shop."""
    with Directory(directory / "shop", indexes_for=indexes_for) as databases:
        company, store = databases.create("company"), databases.create("store-s1")
        products = [
            {"_id": f"product:{n}", "type": "product", "schema": 1, "sku": str(n), "name": f"Product {n}",
             "barcodes": [str(n)], "sold_by": "unit", "price": {"amount": 99 + n}}
            for n in range(200)
        ]  # fmt: skip
        company.bulk_docs(products)
        till = Till(company, store, terminal="s1-t1", store_id="s1")
        shift, _ = till.shifts.open({"request": "open-00000001", "float": 10_000})
        with store.transaction():  # one flush for all: what is measured is the close
            for order in range(ORDERS):
                lines = [{"product": f"product:{(order + n) % 200}", "quantity": 1000} for n in range(LINES)]
                till.sell({
                    "sale": f"sale-{order:08}", "lines": lines, "tenders": [{"kind": "cash", "amount": 100_000}],
                })  # fmt: skip
        xs, zs = [], []
        for n in range(max(3, rounds)):
            start = time.perf_counter()
            expected = till.shifts.x_report()["sums"]["cash"]["expected"]
            xs.append(time.perf_counter() - start)
            start = time.perf_counter()
            try:
                with store.transaction():
                    made, _ = till.shifts.close(
                        shift["_id"], {"request": f"close-{n:07}", "counted": {"total": expected}}
                    )
                    zs.append(time.perf_counter() - start)
                    assert made["sums"]["receipts"]["count"] == ORDERS
                    raise _Again
            except _Again:
                pass
    return [
        Row(f"Z over {ORDERS:,} orders of {LINES} lines", 1.0, median(zs), "s", at_most=True),
        Row("X over the same", 1.0, median(xs), "s", at_most=True),
    ]


class _Again(Exception):
    """Takes the close back, so that the next round closes the same shift."""
