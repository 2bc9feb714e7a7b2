"""Bodies of older revisions, asked of a server: a merge needs what both sides had before, a history what it was.

Replication brings leaves; what they were made from lies where it was written, and at the server until it compacts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from app.docs import json
from app.docs import tree as trees
from app.docs.database import Database
from app.replicator import multipart
from app.replicator.client import Client
from app.replicator.errors import DatabaseMissing, NotFoundError, TransportError
from app.replicator.peer import outline
from app.replicator.remote import RemotePeer, encode_id

AT_ONCE = 50
"""Revisions in one request: proxies cut a URL at 8 KB."""

CONNECT_TIMEOUT, READ_TIMEOUT = 3.0, 10.0
"""Seconds. Somebody may be waiting for a page, and can do without."""


def remember(database: Database, url: str, id: str, revs: Sequence[str]) -> list[str]:
    """Asks the database at `url` (credentials in it) for these revisions of a document, which its tree here has, and
    keeps their bodies in `database`; the revisions that the server had. Nothing that a feed tells changes. Raises
    PeerError."""
    record = database.read(id)
    tree = () if record is None else record.paths()
    wanted = [rev for rev in revs if trees.contains(tree, rev)]
    found = look(url, id, wanted)
    database.bulk_docs([doc for doc in found if not doc.get("_attachments")], new_edits=False)
    return [doc["_rev"] for doc in found]


def look(url: str, id: str, revs: Sequence[str]) -> list[dict[str, Any]]:
    """These very revisions as far as the database at `url` (credentials in it) has their bodies. Raises PeerError."""
    peer = RemotePeer(url)
    peer.client.connect_timeout, peer.client.read_timeout = CONNECT_TIMEOUT, READ_TIMEOUT
    try:
        found = older(peer.client, peer.name, id, revs)
    finally:
        peer.client.close()
    return [doc for doc in found if doc.get("_id") == id and doc["_rev"] in revs]


def older(client: Client, url: str, id: str, revs: Sequence[str]) -> list[dict[str, Any]]:
    """These very revisions as far as the server has their bodies, each with `_revisions`, attachments as stubs."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(revs), AT_ONCE):
        some = quote(json.dumps(list(revs[start : start + AT_ONCE])).decode(), safe="")
        try:
            response = client.request(
                "GET",
                f"{url}/{encode_id(id)}",
                params=f"revs=true&open_revs={some}",
                headers={"Accept": "application/json"},
            )
        except DatabaseMissing:
            raise
        except NotFoundError:
            return found
        rows = multipart.documents(response.headers.get("Content-Type", ""), response.content)
        if not all(isinstance(row, dict) for row in rows):
            raise TransportError(f"{url} sent an answer to open_revs that cannot be read.")
        found += [outline(row["ok"]) for row in rows if isinstance(row.get("ok"), dict) and "_rev" in row["ok"]]
    return found
