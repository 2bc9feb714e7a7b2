"""One kind of peer after the other: each test of this folder runs on all of them.

``place`` makes databases of its kind, as peers; ``quirks`` names what a kind does not do, so that a test can ask for
what it does instead (a foreign server's peculiarities are not ours to fix).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.docs.database import Database
from app.replicator import open_peer
from app.replicator.peer import Peer
from tests.support.couchdb import COUCHDB_URL, database_prefix
from tests.support.hub import Hub, terminal_door

KINDS = ["local", "hub", "terminal", "pouchdb_server", *(["couchdb"] if COUCHDB_URL else [])]


class Place:
    """Where databases of one kind are made. `url` is empty for local ones."""

    def __init__(self, kind: str, root: str, path: Path) -> None:
        self.kind = kind
        self.root = root
        self.path = path
        self._peers: list[Peer] = []

    @property
    def remote(self) -> bool:
        return self.kind != "local"

    def spec(self, name: str = "db") -> str:
        """The address (or file) of a database of a new name."""
        unique = f"{name}{secrets.token_hex(4)}"
        if not self.remote:
            return str(self.path / f"{unique}.db")
        return f"{self.root}{unique}" if self.kind == "couchdb" else f"{self.root}/{unique}"

    def peer(self, spec: str | None = None) -> Peer:
        """A peer of a new, empty database."""
        peer = open_peer(spec or self.spec())
        peer.create()
        self._peers.append(peer)
        return peer

    def close(self) -> None:
        for peer in self._peers:
            peer.close()


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Hub(tmp_path_factory.mktemp("hub")) as running:
        yield running.url


@pytest.fixture(scope="session")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with terminal_door(tmp_path_factory.mktemp("terminal") / "data") as (_, url):
        yield url


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    kind = request.param
    if kind == "couchdb":
        with database_prefix() as prefix:
            made = Place(kind, prefix, tmp_path)
            yield made
            made.close()
        return
    root = "" if kind == "local" else request.getfixturevalue(kind)
    made = Place(kind, root, tmp_path)
    yield made
    for peer in made._peers:
        if kind != "local":
            requests.delete(peer.name, auth=_auth(root), timeout=30)
    made.close()


def _auth(root: str) -> tuple[str, str] | None:
    from app.replicator.auth import parse_url

    credentials = parse_url(root + "/x")[1]
    return (credentials.name, credentials.password) if credentials else None


@pytest.fixture
def peer(place: Place) -> Peer:
    return place.peer()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Database]:
    """A local database on the other side."""
    with Database(tmp_path / "other.db") as database:
        yield database


@pytest.fixture
def third(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "third.db") as database:
        yield database
