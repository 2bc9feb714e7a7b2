"""What the central's rules cost the hub: the same requests with the validation functions installed, and without."""

from __future__ import annotations

import json
import secrets
import time
from urllib.parse import quote

from tests.benchmarks import samples
from tests.benchmarks.http import Client
from tests.benchmarks.report import Row, median
from tests.benchmarks.servers import Server

KINDS = (("_bulk_docs of 500 orders", 1.5), ("_bulk_docs of 500 orders made elsewhere", 1.5), ("PUT of an order", 2.0))


def cost(hub: Server, count: int, rounds: int) -> list[Row]:
    """How many times as long each takes with the rules."""
    plain, ruled = [], []
    for _ in range(max(3, rounds)):
        plain.append(_measure(hub, count, False))
        ruled.append(_measure(hub, count, True))
    rows = []
    for at, (kind, goal) in enumerate(KINDS):
        ratio = median([with_[at] / without[at] for with_, without in zip(ruled, plain, strict=True)])
        before, after = median([one[at] for one in plain]), median([one[at] for one in ruled])
        detail = f"{after * 1000:.1f} ms; without {before * 1000:.1f} ms"
        rows.append(Row(f"the hub's {kind} with the rules, its time without", goal, ratio, detail=detail, at_most=True))
    return rows


def _measure(hub: Server, count: int, rules: bool) -> list[float]:
    """Seconds of one request of each kind: the median."""
    url = hub.fresh(rules=rules)
    client = Client(url)
    docs = samples.orders(min(count, 5000), seed=3)
    chunks = [docs[at : at + 500] for at in range(0, len(docs), 500)]
    edits = [json.dumps({"docs": chunk}).encode() for chunk in chunks]
    for doc in docs:
        own = secrets.token_hex(16)
        doc |= {"_id": doc["_id"][:-1] + "a", "_rev": f"1-{own}", "_revisions": {"start": 1, "ids": [own]}}
    arrivals = [json.dumps({"docs": chunk, "new_edits": False}).encode() for chunk in chunks]
    singles = [(f"/{quote(doc['_id'], safe='')}", json.dumps(doc).encode()) for doc in samples.orders(300, seed=4)]
    client.ask("PUT", *singles.pop())  # the engine has started
    times = [
        [_seconds(client, "POST", "/_bulk_docs", body) for body in edits],
        [_seconds(client, "POST", "/_bulk_docs", body) for body in arrivals],
        [_seconds(client, "PUT", path, body) for path, body in singles],
    ]
    hub.drop(url)
    return [median(kind) for kind in times]


def _seconds(client: Client, method: str, path: str, body: bytes) -> float:
    start = time.perf_counter()
    client.ask(method, path, body)
    return time.perf_counter() - start
