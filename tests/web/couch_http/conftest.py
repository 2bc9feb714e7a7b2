"""A hub of the test's own, and a database in it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from tests.support.web import running_hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A hub that the tests of a module share."""
    with running_hub(tmp_path_factory.mktemp("hub"), cors_origins="http://shop.example") as running:
        yield running


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A hub that a test may spoil. It keeps three feeds at most."""
    with running_hub(tmp_path, max_feeds=3) as running:
        yield running


@pytest.fixture
def db(hub: SimpleNamespace) -> str:
    """The URL of an empty database, with the admin in it."""
    url = f"{hub.url}/t{secrets.token_hex(5)}"
    requests.put(url, timeout=10).raise_for_status()
    return url


@pytest.fixture
def database(hub: SimpleNamespace, db: str):  # type: ignore[no-untyped-def]
    """The same database from within."""
    return hub.directory.get(db.rpartition("/")[2])
