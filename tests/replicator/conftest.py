"""Databases, a hub of the test's own, and a bad line to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.docs.database import Database
from tests.support.hub import Hub, fresh
from tests.support.proxy import FaultProxy


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Database]]:
    """`make("till1")` opens a database file of that name; all are closed at the end."""
    opened: list[Database] = []

    def database(name: str) -> Database:
        found = Database(tmp_path / f"{name}.db")
        opened.append(found)
        return found

    yield database
    for found in opened:
        found.close()


@pytest.fixture
def db(make: Callable[[str], Database]) -> Database:
    return make("db")


@pytest.fixture
def other(make: Callable[[str], Database]) -> Database:
    return make("other")


@pytest.fixture(scope="session")
def shared_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with Hub(tmp_path_factory.mktemp("hub") / "data") as hub:
        yield hub


@pytest.fixture
def central(shared_hub: Hub) -> str:
    """The URL of a new, empty database at a hub that the tests share."""
    name = fresh()
    shared_hub.node.directory.create(name)
    return f"{shared_hub.url}/{name}"


@pytest.fixture
def proxy(central: str) -> Iterator[FaultProxy]:
    """A bad line to `central`."""
    with FaultProxy(central) as line:
        yield line


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub of the test's own, which it may stop, restore and start."""
    with Hub(tmp_path / "hub") as running:
        yield running


def fill(database: Database, count: int, start: int = 0, **body: object) -> list[str]:
    """Writes orders by local edits, and returns their ids."""
    docs = [{"_id": f"order:{n:06}", "type": "order", "n": n, **body} for n in range(start, start + count)]
    for first in range(0, count, 500):
        for row in database.bulk_docs(docs[first : first + 500]):
            assert "error" not in row
    return [str(doc["_id"]) for doc in docs]


def trees(database: Database) -> list[tuple[str, list[str]]]:
    """Every document with its leaves: what two databases in step have in common."""
    page = database.changes("0", style="all_docs", limit=100_000)
    return sorted((row["id"], [change["rev"] for change in row["changes"]]) for row in page.rows)
