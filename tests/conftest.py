"""Fixtures that every room's tests may use: foreign peers, a CouchDB where there is one, fault proxies."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.browser import browser as start_browser
from tests.support.couchdb import COUCHDB_URL, database_prefix, prepare
from tests.support.kept import keep
from tests.support.pouch import Pouch
from tests.support.pouchdb_server import PouchDBServer
from tests.support.process import CouchTill

HERE = Path(__file__).parent
#: A file system in memory, where there is one with so many bytes free: there the tests' folders are.
MEMORY, ENOUGH = Path("/dev/shm"), 4 << 30

#: Rooms whose tests wait for processes, lines and pages, and the tries that they get beyond their first: on two cores
#: with three at work one may lose its patience for once. The report names each that took one (R): it is looked at, and
#: whatever fails twice has failed.
WAITING = {"browser", "cli", "contract", "couch", "demo", "faults", "interop", "node", "replay", "replicator"}
AGAIN = 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="the long tests too, and every crash 200 times")


def pytest_configure(config: pytest.Config) -> None:
    """No test depends on how busy the machine is: Hypothesis neither."""
    # The long tests start each process from nothing, on a disk. The others wait for none: that a flush is asked for
    # before an answer leaves, tests/faults/test_disk.py sees; what a disk makes of it, no test can.
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH and not config.getoption("soak"):
        tempfile.tempdir = os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    keep()
    CouchTill.forks = sys.platform == "linux" and not config.getoption("soak")
    usual = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
    settings.register_profile("couchtill", usual)
    settings.register_profile("soak", usual, max_examples=2000)
    settings.load_profile("soak" if config.getoption("soak") else "couchtill")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs an Apache CouchDB where none is named, and what only ``make soak`` runs.

    Such a case isn't skipped, it isn't there: nothing is wrong with a machine that has no CouchDB. What takes long
    begins first, so that no core has nothing to do at the end.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        if WAITING & set(item.path.relative_to(HERE).parts):
            item.add_marker(pytest.mark.flaky(reruns=AGAIN))
    left_out = [item for item in items if _is_left_out(item, config.getoption("soak"))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def _is_left_out(item: pytest.Item, soak: bool) -> bool:
    if item.get_closest_marker("soak") and not soak:
        return True
    needs_couchdb = "couchdb_url" in getattr(item, "fixturenames", ()) or item.get_closest_marker("couchdb")
    return bool(needs_couchdb) and not COUCHDB_URL


@pytest.fixture(scope="session")
def rounds(pytestconfig: pytest.Config) -> int:
    """How often a crash is tried: 20 times, 200 with ``--soak``."""
    return 200 if pytestconfig.getoption("soak") else 20


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Playwright's headless ``Browser``; a test makes its own context: ``browser.new_context(viewport={…})``."""
    with start_browser() as chromium:
        yield chromium


@pytest.fixture(scope="session", autouse=bool(COUCHDB_URL))
def prepared_couchdb() -> None:
    """Where there is a CouchDB, it may be one that nobody has prepared."""
    prepare()


@pytest.fixture
def couchdb_url() -> Iterator[str]:
    """A prefix for database URLs at the CouchDB that ``COUCHDB_URL`` names: ``couchdb_url + "company"``."""
    with database_prefix() as prefix:
        yield prefix
