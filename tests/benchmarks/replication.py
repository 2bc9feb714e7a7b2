"""Replication against PouchDB 9's, over the same server, and CouchDB's own `_replicate`."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import requests

from app.docs.database import Database
from app.replicator.peers import open_peer
from app.replicator.replication import replicate
from tests.benchmarks import samples
from tests.benchmarks.report import Row, median, ratios
from tests.benchmarks.servers import Server
from tests.support.pouch import run_pouch
from tests.support.proxy import FaultProxy


def _filled(path: Path, docs: list[dict[str, object]]) -> Database:
    database = Database(path)
    for at in range(0, len(docs), 500):
        database.bulk_docs(docs[at : at + 500])
    return database


def push(server: Server, directory: Path, count: int, rounds: int) -> list[Row]:
    """`count` orders from a filled store to an empty database of the server."""
    docs = samples.orders(count)
    file = samples.write_lines(docs, directory / "orders.jsonl")
    ours, theirs, large = [], [], []
    for turn in range(rounds):
        for batch, times in ((100, theirs), (1000, large)):
            url = server.fresh()
            options = {"docs": str(file), "dir": str(_new(directory, f"pouch-{turn}-{batch}")), "url": url}
            times.append(run_pouch("bench", "push", {**options, "batch": batch})["seconds"])
            server.drop(url)
        url = server.fresh()
        with _filled(directory / f"push-{turn}.db", docs) as database:
            ours.append(_timed(open_peer(database), open_peer(url), count))
        server.drop(url)
    detail = (
        f"{count / median(ours):,.0f}/s; PouchDB {count / median(theirs):,.0f}/s, "
        f"in batches of 1000 {count / median(large):,.0f}/s ({ratios(large, ours):.1f} ×)"
    )
    return [Row(f"push of {count:,} orders to {server.name}, PouchDB's rate", 3, ratios(theirs, ours), detail=detail)]


def pull(server: Server, directory: Path, count: int, rounds: int) -> list[Row]:
    """`count` orders from a database of the server to an empty store. Nobody writes there: no rules are asked."""
    source = server.fresh(rules=False)
    server.fill(source, samples.orders(count))
    ours, theirs, large, couch = [], [], [], []
    for turn in range(rounds):
        for batch, times in ((100, theirs), (1000, large)):
            folder = _new(directory, f"pull-{turn}-{batch}")
            done = run_pouch("bench", "pull", {"dir": str(folder), "url": source, "batch": batch})
            assert done["docs"] == count
            times.append(done["seconds"])
        with Database(directory / f"pull-{turn}.db") as database:
            ours.append(_timed(open_peer(source), open_peer(database), count))
        if server.name == "CouchDB":
            couch.append(_couch_replicate(server, source))
    detail = (
        f"{count / median(ours):,.0f}/s; PouchDB {count / median(theirs):,.0f}/s, "
        f"in batches of 1000 {count / median(large):,.0f}/s ({ratios(large, ours):.1f} ×)"
    )
    rows = [Row(f"pull of {count:,} orders from {server.name}, PouchDB's rate", 3, ratios(theirs, ours), detail=detail)]
    if couch:
        detail = f"_replicate {count / median(couch):,.0f}/s"
        rows.append(Row("the same pull, the rate of CouchDB's own _replicate", 4, ratios(couch, ours), detail=detail))
    server.drop(source)
    return rows


def _couch_replicate(server: Server, source: str) -> float:
    target = server.fresh(rules=False)
    start = time.perf_counter()
    answer = requests.post(f"{server.url}/_replicate", json={"source": source, "target": target}, timeout=300)
    took = time.perf_counter() - start
    answer.raise_for_status()
    server.drop(target)
    return took


def _timed(source: object, target: object, count: int) -> float:
    start = time.perf_counter()
    result = replicate(source, target)  # type: ignore[arg-type]
    took = time.perf_counter() - start
    written = result.as_dict()["docs_written"]
    assert written == count, f"{written} of {count} were written"
    return took


def nothing_to_do(server: Server, directory: Path, count: int, rounds: int) -> list[Row]:
    """A pass over a store of `count` documents that are all there already."""
    with _filled(directory / "still.db", samples.orders(count)) as database:
        url = server.fresh()
        replicate(open_peer(database), open_peer(url))
        with FaultProxy(url) as proxy:
            replicate(open_peer(database), open_peer(proxy.url))
            before = len(proxy.requests)
            replicate(open_peer(database), open_peer(proxy.url))
            asked = len(proxy.requests) - before
        times = []
        for _ in range(max(5, rounds)):
            start = time.perf_counter()
            replicate(open_peer(database), open_peer(url))
            times.append((time.perf_counter() - start) * 1000)
        server.drop(url)
    what = f"a pass with nothing to do, {count:,} documents, {server.name}"
    return [Row(what, 50, median(times), "ms", f"{asked} requests", at_most=True)]


def live(server: Server, directory: Path, count: int) -> list[Row]:
    """From a put on A to its being readable on B, both in continuous replication with the server."""
    # Under ids of its own, and so no order: the rules let pass what they don't know.
    order = samples.orders(1)[0] | {"type": "live"}
    del order["_id"]
    url = server.fresh()
    options = {"dir": str(_new(directory, "live")), "url": url, "count": count, "doc": order}
    theirs = run_pouch("bench", "live", options)["median"] * 1000
    server.drop(url)
    url = server.fresh()
    stop = threading.Event()
    with Database(directory / "live-a.db") as a, Database(directory / "live-b.db") as b:
        runs = [(a, url), (url, a), (b, url), (url, b)]
        threads = [
            threading.Thread(
                target=replicate, args=(open_peer(x), open_peer(y)), kwargs={"continuous": True, "stop": stop}
            )
            for x, y in runs
        ]
        for thread in threads:
            thread.start()
        time.sleep(1.5)
        times = []
        for i in range(count):
            start = time.perf_counter()
            a.put({"_id": f"live:{i}", **order})
            while b.read(f"live:{i}") is None:
                b.wait(b.last_n, 1.0)
            times.append((time.perf_counter() - start) * 1000)
        stop.set()
        a.wake()
        b.wake()
        for thread in threads:
            thread.join(10)
    server.drop(url)
    detail = f"{median(times):.1f} ms; PouchDB {theirs:.1f} ms"
    what = f"a sale on A readable on B through {server.name}, PouchDB's median"
    return [Row(what, 0.7, median(times) / theirs, detail=detail, at_most=True)]


def _new(directory: Path, name: str) -> Path:
    folder = directory / name
    folder.mkdir()
    return folder
