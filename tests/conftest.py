"""Fixtures that every room's tests may use: foreign peers, a CouchDB where there is one, fault proxies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.couchdb import COUCHDB_URL, database_prefix
from tests.support.pouch import Pouch
from tests.support.pouchdb_server import PouchDBServer


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs an Apache CouchDB where none is named: such a case isn't skipped, it isn't there."""
    if COUCHDB_URL:
        return
    without = [item for item in items if not _needs_couchdb(item)]
    if len(without) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if _needs_couchdb(item)])
        items[:] = without


def _needs_couchdb(item: pytest.Item) -> bool:
    return "couchdb_url" in getattr(item, "fixturenames", ()) or item.get_closest_marker("couchdb") is not None


@pytest.fixture(scope="session")
def pouchdb_server() -> Iterator[str]:
    """The root URL of a PouchDB Server 4.2, in memory, everybody an admin, shared by the tests of a run.

    Name databases uniquely. A test that adds users or stops the server starts a ``PouchDBServer`` of its own.
    """
    with PouchDBServer() as server:
        yield server.url


@pytest.fixture
def pouch() -> Iterator[Pouch]:
    """A PouchDB 9 of the test's own, its databases in memory."""
    with Pouch() as client:
        yield client


@pytest.fixture
def couchdb_url() -> Iterator[str]:
    """A prefix for database URLs at the CouchDB that ``COUCHDB_URL`` names: ``couchdb_url + "company"``."""
    with database_prefix() as prefix:
        yield prefix
