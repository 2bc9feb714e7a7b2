"""What must be true when all is still: the same documents everywhere, every receipt once, every cent."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from app.docs.database import Database
from app.replay.company import Company, Terminal
from app.replay.selling import Sold
from app.shop import ids
from app.shop.totals import Totals, totals

PATIENCE = 300.0  # seconds until everything must have come everywhere
LOOK = 0.5  # seconds between two looks


@dataclass
class StoreProof:
    """What was found of one store."""

    store: str
    expected: Totals
    found: Totals
    nodes: int
    documents: int
    series: int
    wrong: list[str] = field(default_factory=list)


def wait_for_stillness(company: Company, seconds: float = PATIENCE) -> list[str]:
    """Waits until every terminal holds as many documents as the central. What is missing at the end, in words."""
    central = company.central.api()
    until = time.monotonic() + seconds
    while True:
        behind = [words for terminal in company.terminals for words in _behind(central.doc_count, terminal)]
        if not behind or time.monotonic() > until:
            return behind
        time.sleep(LOOK)


def _behind(count: Any, terminal: Terminal) -> list[str]:
    found = []
    try:
        databases = terminal.databases()
        for name in ("company", f"store-{terminal.store}"):
            here, there = databases.doc_count(name), count(name)
            if here != there:
                found.append(f"{terminal.id} has {here} documents of {name}, the central {there}.")
    except requests.RequestException as error:
        found.append(f"{terminal.id} doesn't answer: {type(error).__name__}.")
    return found


def same_documents(company: Company, store: str) -> tuple[list[str], int, int]:
    """Compares every document and revision of the company and of `store` on central and terminals.

    What differs, how many documents they hold, and how many series their orders have."""
    wrong: list[str] = []
    held = 0
    series: set[str] = set()
    central = company.central.api()
    for name in ("company", f"store-{store}"):
        there = central.revisions(name)
        held += len(there)
        series |= {parts.series for parts in map(ids.parse, there) if parts is not None}
        for terminal in company.of(store):
            wrong += _difference(f"{name} on {terminal.id}", terminal.databases().revisions(name), there)
        forked = [id for id, revs in there.items() if len(revs) > 1]
        wrong += [f"{name}: {id} has {len(there[id])} leaves." for id in forked[:5]]
    return wrong, held, len(series)


def _difference(where: str, here: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    if here == there:
        return []
    lacks, more = sorted(there.keys() - here.keys()), sorted(here.keys() - there.keys())
    other = sorted(id for id in here.keys() & there.keys() if here[id] != there[id])
    found = [("lacks", lacks), ("has besides", more), ("has other revisions of", other)]
    return [f"{where} {what} {len(some)}: {', '.join(some[:3])}." for what, some in found if some]


def every_sale_once(company: Company, sold: Sequence[Sold], expected: int) -> list[str]:
    """Whether each acknowledged order is at the central, as it was acknowledged, and nothing else is."""
    wrong: list[str] = []
    central = company.central.api()
    there: dict[str, tuple[str, ...]] = {}
    for store in company.stores:
        there |= {id: revs for id, revs in central.revisions(f"store-{store}").items() if id.startswith("order:")}
    acknowledged = dict(pair for one in sold for pair in one.orders.values())
    for id, rev in acknowledged.items():
        if there.get(id) != (rev,):
            wrong.append(f"{id} was acknowledged as {rev}, the central has {there.get(id)}.")
    unknown = sorted(there.keys() - acknowledged.keys())
    if unknown:
        wrong.append(f"{len(unknown)} orders were never acknowledged to anyone, such as {unknown[0]}.")
    if len(there) != expected:
        wrong.append(f"{expected} receipts, {len(there)} orders.")
    return wrong


def central_totals(company: Company, store: str) -> Totals:
    result = Totals()
    for order in company.central.api().orders(f"store-{store}"):
        result = result.plus(order)
    return result


def terminal_totals(terminal: Terminal) -> Totals:
    """Read from the file of a terminal that has stopped."""
    database = Database(terminal.path / f"store-{terminal.store}.db", read_only=True)
    try:
        return totals(database)
    finally:
        database.close()


def verify(paths: Sequence[Path]) -> list[str]:
    """`couchtill verify` over directories; what it found, in its words."""

    def one(path: Path) -> list[str]:
        done = subprocess.run([sys.executable, "-m", "app.cli", "verify", str(path)], capture_output=True, text=True)
        if done.returncode == 0:
            return []
        return [f"{path.name}: {line}" for line in (done.stdout + done.stderr).strip().splitlines()]

    with ThreadPoolExecutor(2) as pool:
        return [words for found in pool.map(one, paths) for words in found]
