"""Ten thousand documents in dispute: a page of the inbox, as programs get it and as the browser does."""

from __future__ import annotations

import time
from pathlib import Path

from app.docs.database import Database
from app.node import Node, NodeConfig
from app.web import create_app
from app.web.users import api_key
from tests.benchmarks import samples
from tests.benchmarks.report import Row, median
from tests.support.forks import fork, on

DISPUTES = 10_000
ORDERS = 2_000


def inbox(directory: Path, rounds: int) -> list[Row]:
    """Head office with 10,000 prices changed in two places, and what was sold since."""
    with Node(directory / "office", NodeConfig(kind="office", id="office")) as node:
        dispute(node.company, DISPUTES)
        orders = [{key: value for key, value in doc.items() if key != "_rev"} for doc in samples.orders(ORDERS)]
        node.database("store-s1").bulk_docs(orders)
        client = create_app(node).test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {api_key(node.path)}"
        rows = []
        second = f"/api/conflicts?before=company:{node.company.disputes(limit=50)[-1].seq}"
        for name, path, goal in (
            ("a page of the inbox of 10,000 conflicts, as JSON", "/api/conflicts", 100),
            ("its second page", second, 100),
            ("the page itself, as HTML", "/conflicts", 100),
            ("a search that finds one of them", "/api/conflicts?q=sku-77-needle", 250),
        ):
            times = []
            for _ in range(max(7, rounds)):
                start = time.perf_counter()
                answer = client.get(path)
                times.append((time.perf_counter() - start) * 1000)
                assert answer.status_code == 200, answer.text
            rows.append(Row(name, goal, median(times), "ms", at_most=True))
    return rows


def dispute(company: Database, count: int) -> None:
    """Products whose price head office and a till have changed apart."""
    docs = samples.products(count)
    with company.transaction():
        for at, doc in enumerate(docs):
            made = {key: value for key, value in doc.items() if key != "_rev"}
            company.put({**made, "sku": f"sku-{at}-needle"} if at == 77 else made)
            fork(
                company,
                doc["_id"],
                on("office", "2026-01-05T08:02:00.000Z", price={"amount": 1290, "per": 1000}),
                on("s1-t1", "2026-01-05T08:05:00.000Z", price={"amount": 1350, "per": 1000}),
            )
