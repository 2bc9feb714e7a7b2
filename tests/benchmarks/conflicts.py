"""Ten thousand documents in dispute as a page of the inbox, for programs and the browser; wide and deep trees."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from app.docs.database import Database
from app.node import Node, NodeConfig
from app.shop.conflicts import history
from app.web import create_app
from app.web.users import api_key
from tests.benchmarks import samples
from tests.benchmarks.report import Row, median
from tests.support.forks import fork, on

DISPUTES = 10_000
ORDERS = 2_000
LEAVES = 300
GENERATIONS = 1_000


def inbox(directory: Path, rounds: int) -> list[Row]:
    """Head office with 10,000 prices changed in two places, and what was sold since."""
    with Node(directory / "office", NodeConfig(kind="office", id="office")) as node:
        dispute(node.company, DISPUTES)
        orders = [{key: value for key, value in doc.items() if key != "_rev"} for doc in samples.orders(ORDERS)]
        node.database("store-s1").bulk_docs(orders)
        _rested()  # the node has looked at all that came
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
            rows.append(_asked(client, name, path, goal, max(7, rounds)))
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


def trees(directory: Path, rounds: int) -> list[Row]:
    """A document with 300 leaves is opened and decided; one of 1,000 generations is drawn."""
    with Node(directory / "office", NodeConfig(kind="office", id="office")) as node:
        company = node.company
        many, *rest = samples.products(2 + max(5, rounds))
        for doc in (many, *rest):
            company.put({key: value for key, value in doc.items() if key != "_rev"})
        disputed = [many, *rest[1:]]
        for doc in disputed:
            stamp = "2026-01-05T08:{:02d}:{:02d}.000Z"
            edits = [on(f"s1-t{n}", stamp.format(n // 60, n % 60), name=f"Name {n}") for n in range(LEAVES)]
            fork(company, doc["_id"], *edits)
        deep = rest[0]["_id"]
        for n in range(GENERATIONS - 1):
            company.put({**company.get(deep), "name": f"Name {n}"})
        client = create_app(node).test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {api_key(node.path)}"
        opened = f"company/{many['_id']}"
        rows = []
        for name, path, goal in (
            ("a document with 300 leaves, as JSON", f"/api/conflicts/{opened}", 1000),
            ("its page", f"/conflicts/{opened}", 2000),
            ("the history and the drawing of 1,000 generations, as a page", f"/history/company/{deep}", 200),
        ):
            client.get(path)  # templates are compiled once
            rows.append(_asked(client, name, path, goal, max(5, rounds)))
        rows.append(_row("the drawing alone, unfolded", 200, _drawn(client, company, deep, rounds)))
        times: list[Spent] = []
        for number, doc in enumerate(disputed[1:]):
            path = f"/api/conflicts/company/{doc['_id']}"
            case = client.get(path).get_json()
            decision = {"request": f"bench-{number:04d}", "seen": case["seen"], "take": case["sides"][0]["rev"]}
            start = _clocks()
            answer = client.post(f"{path}/resolve", json=decision)
            times.append(_since(start))
            assert answer.status_code == 200, answer.text
        rows.append(_row("300 leaves decided, in one commit", 5000, times))
    return rows


def _rested() -> None:
    """Waits until this process has nothing to do of its own."""
    busy = True
    while busy:
        before = time.process_time()
        time.sleep(0.5)
        busy = time.process_time() - before > 0.05


Spent = tuple[float, float]
"""Milliseconds: by the clock, and of the processor in this thread, which a busy machine hardly changes."""


def _clocks() -> Spent:
    return time.perf_counter() * 1000, time.thread_time() * 1000


def _since(start: Spent) -> Spent:
    now = _clocks()
    return now[0] - start[0], now[1] - start[1]


def _row(name: str, goal: float, times: list[Spent]) -> Row:
    wall, processor = (median(each) for each in zip(*times, strict=True))
    return Row(name, goal, wall, "ms", f"{processor:,.0f} ms of processor time", at_most=True)


def _asked(client: Any, name: str, path: str, goal: float, rounds: int) -> Row:
    """`GET path`, `rounds` times."""
    times = []
    for _ in range(rounds):
        start = _clocks()
        answer = client.get(path)
        times.append(_since(start))
        assert answer.status_code == 200, answer.text
    return _row(name, goal, times)


def _drawn(client: Any, company: Database, id: str, rounds: int) -> list[Spent]:
    """Layout and SVG of the whole tree."""
    times = []
    found = history.read(company, id)
    assert found is not None
    with client.application.test_request_context("/"):
        template = client.application.jinja_env.get_template("conflicts/tree.html")
        for _ in range(max(5, rounds)):
            start = _clocks()
            svg = template.module.draw(found.drawing(whole=True), {})
            times.append(_since(start))
            assert str(svg).count('class="tree-node') == GENERATIONS
    return times
