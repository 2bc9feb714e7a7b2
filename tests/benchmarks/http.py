"""The hub's own rates against those of the foreign server, asked by the same client over one kept connection."""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from tests.benchmarks import samples
from tests.benchmarks.report import Row, median, ratios
from tests.benchmarks.servers import Server


class Client:
    """http.client, since a heavier one would hide the server behind its own cost."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.path = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80)
        self._headers = {"Content-Type": "application/json"}
        if parts.username:
            word = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {word}"

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self._connection.request(method, self.path + path, body, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 300, text
        return text


def measure(server: Server, count: int) -> dict[str, float]:
    """Requests (for lists: documents) a second of each kind."""
    url = server.fresh()
    client = Client(url)
    docs = samples.orders(count)
    bodies = [json.dumps({"docs": docs[at : at + 500]}).encode() for at in range(0, count, 500)]
    singles = samples.orders(500, seed=5)
    puts = [(f"/{quote(doc['_id'], safe='')}", json.dumps(doc).encode()) for doc in singles]
    gets = [f"/{quote(doc['_id'], safe='')}" for doc in docs[:1000]]
    rates = {
        "_bulk_docs": _rate(count, lambda: [client.ask("POST", "/_bulk_docs", body) for body in bodies]),
        "PUT": _rate(len(puts), lambda: [client.ask("PUT", path, body) for path, body in puts]),
        "GET": _rate(len(gets), lambda: [client.ask("GET", path) for path in gets]),
        "_all_docs": _rate(count, lambda: client.ask("GET", "/_all_docs?include_docs=true")),
        "_changes": _rate(count, lambda: client.ask("GET", "/_changes?style=all_docs")),
    }
    server.drop(url)
    return rates


def _rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def rates(foreign: Server, hub: Server, count: int, rounds: int) -> list[Row]:
    """The hub's rates, as ratios."""
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(measure(foreign, count))
        ours.append(measure(hub, count))
    rows = []
    for kind in ours[0]:
        mine, other = [one[kind] for one in ours], [one[kind] for one in theirs]
        detail = f"{median(mine):,.0f}/s; {foreign.name} {median(other):,.0f}/s"
        rows.append(Row(f"the hub's {kind}, {foreign.name}'s rate", 1, ratios(mine, other), detail=detail))
    return rows
