"""``couchtill journal``: books the closed days of a range, and prints the journal as CSV; at a node, running or not."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.docs.directory import Directory
from app.docs.errors import AlreadyOpen
from app.node import NodeError
from app.node import config as node_config
from app.node.config import NodeConfig
from app.shop.indexes import STORE_PREFIX, indexes_for
from app.shop.reports import bookings, ranges
from app.shop.reports.bookings import Bookings
from app.shop.sale import SaleError

#: Seconds that a running node may take.
TIMEOUT = 120.0


@dataclass
class Result:
    """The file, what was booked just now, and a sentence for each day that was not."""

    csv: bytes = b""
    booked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def run(path: Path, low: str, high: str, store: str | None, *, unclosed: bool) -> Result:
    """Of the dates from `low` to `high`, of one store or of all that the node in `path` has. `unclosed`: also days that
    are not closed. NodeError in words."""
    config = node_config.read(path)
    try:
        span = ranges.read(low, high)
    except SaleError as wrong:
        raise NodeError(str(wrong.reason)) from None
    try:
        with Directory(path, indexes_for=indexes_for) as directory:
            return _here(directory, config, span, store, unclosed)
    except AlreadyOpen:
        return _there(path, config, span, store, unclosed)


def _here(directory: Directory, config: NodeConfig, span: ranges.Range, store: str | None, unclosed: bool) -> Result:
    names = [name for name in directory.names() if name.startswith(STORE_PREFIX)]
    if store is not None:
        names = [name for name in names if name == STORE_PREFIX + store]
        if not names:
            raise NodeError(f"The store {store} is not here.")
    company = directory.ensure("company")
    result, request = Result(), f"journal-{secrets.token_hex(8)}"
    found: list[dict[str, Any]] = []
    for name in names:
        books = Bookings(company, directory.get(name), name.removeprefix(STORE_PREFIX), str(config.id))
        for day in span.dates():
            booking = books.book(day, request=request, by=None, unclosed=unclosed)
            if booking is not None:
                result.booked.append(booking["_id"])
            else:
                looked = books.day(day)
                if looked.state in ("open", "late"):
                    why = " ".join(str(reason) for reason in looked.open)
                    result.refused.append(f"{name} {day} is not booked. {why}".rstrip())
            found += books.bookings(day)
    found.sort(key=lambda booking: (booking["business_date"], booking["store"], booking["at"], booking["_id"]))
    result.csv = bookings.sheet(found)
    return result


def _there(path: Path, config: NodeConfig, span: ranges.Range, store: str | None, unclosed: bool) -> Result:
    """Through the running node's own API."""
    import requests

    from app.web.users import api_key

    if config.kind != "office":
        raise NodeError("This node runs, and books nothing while it does: stop it, or ask head office.")
    if config.port == 0:
        raise NodeError("This node runs on a port of its own choice: stop it first, or use its page.")
    root = f"http://127.0.0.1:{config.port}/api/journal"
    result = Result()
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {api_key(path)}"
        try:
            for part in _parts(span):
                body = {"request": f"journal-{secrets.token_hex(8)}", "from": part.low, "to": part.high,
                        "store": store, "open": unclosed}  # fmt: skip
                with _words(session.post(root, json=body, timeout=TIMEOUT)) as answer:
                    result.booked += answer.json()["booked"]
                    result.refused += [
                        f"store-{day['store']} {day['date']} is not booked. {' '.join(day['open'])}".rstrip()
                        for day in answer.json()["refused"]
                    ]
            query = {"from": span.low, "to": span.high, **({"store": store} if store else {})}
            with _words(session.get(f"{root}.csv", params=query, timeout=TIMEOUT)) as answer:
                result.csv = answer.content
        except (requests.RequestException, ValueError, KeyError):
            raise NodeError(f"The node that runs here did not do it: {root} did not answer as it should.") from None
    return result


@contextmanager
def _words(answer: Any) -> Iterator[Any]:
    """The answer; NodeError with the reason where it is a refusal."""
    if 400 <= answer.status_code < 500:
        raise NodeError(str(answer.json().get("reason")))
    answer.raise_for_status()
    yield answer


def _parts(span: ranges.Range) -> Iterator[ranges.Range]:
    """The range in pieces that one request may ask of."""
    days = span.dates()
    for start in range(0, len(days), 50):
        chunk = days[start : start + 50]
        yield ranges.Range(chunk[0], chunk[-1])


def usual() -> tuple[str, str]:
    """Yesterday, by this machine's clock."""
    day = (date.today() - timedelta(days=1)).isoformat()
    return day, day
