"""The servers to measure against: the Apache CouchDB that COUCHDB_URL names, else PouchDB Server; and our hub."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from couch.designs import design_documents
from tests.support.couchdb import COUCHDB_URL
from tests.support.pouchdb_server import PouchDBServer
from tests.support.process import CouchTill


@dataclass
class Server:
    """`url` has an admin's credentials in it. `rules`: its databases have the design documents of a store's, whose
    functions look at all that is written."""

    name: str
    url: str
    rules: bool = True

    def fresh(self, rules: bool | None = None) -> str:
        """The URL of a new, empty database."""
        url = f"{self.url}/bench-{secrets.token_hex(5)}"
        requests.put(url, timeout=60).raise_for_status()
        for doc in design_documents("store") if (self.rules if rules is None else rules) else ():
            requests.put(f"{url}/{doc['_id']}", json=doc, timeout=60).raise_for_status()
        return url

    def drop(self, url: str) -> None:
        requests.delete(url, timeout=60)

    def fill(self, url: str, docs: list[dict[str, object]]) -> None:
        for at in range(0, len(docs), 500):
            requests.post(f"{url}/_bulk_docs", json={"docs": docs[at : at + 500]}, timeout=120).raise_for_status()


@contextmanager
def servers(directory: Path, *, rules: bool = True) -> Iterator[list[Server]]:
    """The foreign server first, then our hub."""
    with ExitStack() as stack:
        if COUCHDB_URL:
            foreign = Server("CouchDB", COUCHDB_URL, rules)
        else:
            pouch = stack.enter_context(PouchDBServer(directory / "pouchdb-server"))
            foreign = Server("PouchDB Server", pouch.url, rules)
        yield [foreign, stack.enter_context(hub(directory / "hub", rules=rules))]


@contextmanager
def hub(directory: Path, *, rules: bool = True) -> Iterator[Server]:
    """Our hub as a process of its own."""
    os.makedirs(directory, exist_ok=True)
    with CouchTill("hub", "--data", directory, "--port", "0", "--admin", "admin:bench") as process:
        yield Server("our hub", process.url.replace("://", "://admin:bench@"), rules)
