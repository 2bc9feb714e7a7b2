"""A terminal with 100,000 documents: from its start to its first page, and what memory it takes."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import requests

from app.docs.directory import Directory
from app.shop.indexes import indexes_for
from tests.benchmarks import samples
from tests.benchmarks.report import Row, median
from tests.support.process import CouchTill


def terminal(directory: Path, rounds: int) -> list[Row]:
    """68,000 products and 32,000 orders on disk; the central is away."""
    data = directory / "terminal"
    command = ("terminal", "--data", data, "--port", "0", "--id", "s1-t1", "--central", "http://127.0.0.1:9")
    with CouchTill(*command) as process:
        assert process.url
        process.terminate()
    with Directory(data, indexes_for=indexes_for) as databases:
        for name, docs in (("company", samples.products(68_000)), ("store-s1", _orders(32_000))):
            database = databases.ensure(name)
            for at in range(0, len(docs), 500):
                database.bulk_docs([{k: v for k, v in doc.items() if k != "_rev"} for doc in docs[at : at + 500]])
    times, sizes = [], []
    for _ in range(max(3, rounds)):
        start = time.perf_counter()
        with CouchTill(*command[:5]) as process:
            link = process.wait_for(r"(http://\S+)")[1]
            answer = requests.get(link, timeout=30)
            times.append(time.perf_counter() - start)
            assert answer.status_code == 200, answer.text
            sizes.append(psutil.Process(process.pid).memory_info().rss / 2**20)
    return [
        Row("start of a terminal with 100,000 documents to its first page", 0.7, median(times), "s", at_most=True),
        Row("memory of that terminal", 120, median(sizes), "MB", at_most=True),
    ]


def _orders(count: int) -> list[dict[str, object]]:
    """Orders of another terminal of the store."""
    text = "s1-t9.zz"
    return [
        {**doc, "_id": f"order:{text}:{doc['number']:08d}:{doc['sale'][:10]}", "series": text, "terminal": "s1-t9"}
        for doc in samples.orders(count)
    ]
