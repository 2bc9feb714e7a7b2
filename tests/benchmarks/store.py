"""The store alone: writes against PouchDB's leveldb, look-ups among 68,000 products."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from app.docs.database import Database
from app.shop.indexes import indexes_for
from tests.benchmarks import samples
from tests.benchmarks.report import Row, median, ratios
from tests.support.pouch import run_pouch


def _fsync_cost(directory: Path) -> float:
    """Milliseconds of one append of 4 KB with fsync here."""
    with (directory / "fsync").open("wb") as file:
        times = []
        for _ in range(100):
            file.write(b"x" * 4096)
            start = time.perf_counter()
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    return median(times)


def _put_rate(database: Database, docs: list[dict[str, object]]) -> float:
    start = time.perf_counter()
    for doc in docs:
        database.put(doc)
    return len(docs) / (time.perf_counter() - start)


def writes(directory: Path, count: int, rounds: int) -> list[Row]:
    """Single and bulk writes of orders."""
    docs = samples.orders(count)
    more = samples.orders(3000, seed=9)
    file = samples.write_lines(docs, directory / "write.jsonl")
    put, bulk, their_put, their_bulk, large = [], [], [], [], []
    big = Database(directory / "big.db")
    for at in range(0, 100_000, 500):
        page = samples.orders(500, seed=100 + at)
        big.bulk_docs([{**doc, "_id": f"{doc['_id']}-{at}"} for doc in page])
    for turn in range(rounds):
        folder = directory / f"write-{turn}"
        folder.mkdir()
        theirs = run_pouch("bench", "write", {"docs": str(file), "dir": str(folder)})
        their_put.append(theirs["put"])
        their_bulk.append(theirs["bulk"])
        with Database(directory / f"single-{turn}.db") as database:
            put.append(_put_rate(database, docs[:3000]))
        large.append(_put_rate(big, [{**doc, "_id": f"{doc['_id']}+{turn}"} for doc in more]))
        with Database(directory / f"bulk-{turn}.db") as database:
            start = time.perf_counter()
            for at in range(0, count, 500):
                database.bulk_docs(docs[at : at + 500])
            bulk.append(count / (time.perf_counter() - start))
    big.close()
    fsync = f"one fsync here {_fsync_cost(directory):.3f} ms"
    return [
        Row(
            "one write with one fsync, PouchDB's leveldb put, which doesn't flush",
            1.5,
            ratios(put, their_put),
            detail=f"{median(put):,.0f}/s; PouchDB {median(their_put):,.0f}/s; {fsync}",
        ),
        Row(
            "the same in a store of 100,000, its own cost",
            1.2,
            ratios(put, large),
            detail=f"{median(large):,.0f}/s",
            at_most=True,
        ),
        Row(
            "bulk write, PouchDB's bulkDocs",
            1.3,
            ratios(bulk, their_bulk),
            detail=f"{median(bulk):,.0f}/s; PouchDB {median(their_bulk):,.0f}/s",
        ),
    ]


def lookups(directory: Path) -> list[Row]:
    """A barcode and a name among 68,000 products, in the store."""
    docs = samples.products(68_000)
    rand = random.Random(3)
    with Database(directory / "catalogue.db", indexes=indexes_for("company")) as database:
        for at in range(0, len(docs), 500):
            database.bulk_docs(docs[at : at + 500])
        codes = [str(rand.randrange(25000, 25000 + len(docs))) for _ in range(2000)]
        names = samples.names(300)
        barcode = _each(lambda code: database.find("product_barcode", code), codes)
        name = _each(lambda text: database.search("product", text, limit=60), names)
    return [
        Row("a barcode among 68,000 products", 0.1, barcode, "ms", at_most=True),
        Row("a name among 68,000 products", 3, name, "ms", at_most=True),
    ]


def _each(look: object, asked: list[str]) -> float:
    """The median of the milliseconds that `look` takes."""
    times = []
    for one in asked:
        start = time.perf_counter()
        look(one)  # type: ignore[operator]
        times.append((time.perf_counter() - start) * 1000)
    return median(times)
