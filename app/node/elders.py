"""Older revisions that only the central still holds: asked for when a person wants to see them, never by itself.

A CouchDB keeps the bodies of a document's older revisions until it is compacted; a node keeps the newest twenty of what
it wrote, and of what came by replication only what came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from app.docs import json
from app.node import config as node_config
from app.node import links

if TYPE_CHECKING:
    from app.node.node import Node

#: Seconds that one question may take: somebody waits for the page.
PATIENCE: Final = 6.0
#: Revisions that one question asks for, the newest of those that were asked for.
MOST: Final = 100
#: Of a server without `_bulk_get`, which is asked one by one.
SINGLY: Final = 10


class Away(Exception):
    """The central can't be asked: there is none, it doesn't answer, or it refuses."""


def fetch(node: Node, database: str, id: str, revs: Sequence[str]) -> list[dict[str, Any]]:
    """Those of `revs` whose bodies the central still holds, as documents with `_rev` (and `_deleted`). Raises Away."""
    asked = list(revs)[:MOST]
    if node.config.central_url is None or node.kind == "hub":
        raise Away("This machine is linked to no central.")
    if not asked:
        return []
    from app.replicator.errors import PeerError
    from app.replicator.remote import RemotePeer, encode_id

    url = links.address(node.config, database, node_config.read_secret(node.path, "central"))
    peer = RemotePeer(url)
    peer.hurry(PATIENCE)
    base = peer.endpoint.url
    try:
        try:
            body = json.dumps({"docs": [{"id": id, "rev": rev} for rev in asked]})
            answer = peer.client.json("POST", f"{base}/_bulk_get", body=body)
            return [doc for doc in _given(answer) if doc.get("_rev") in asked]
        except PeerError as error:
            if getattr(error, "status", None) not in (400, 404, 405, 500, 501):
                raise
        found = []
        for rev in asked[:SINGLY]:
            try:
                found.append(peer.client.json("GET", f"{base}/{encode_id(id)}", params=f"rev={rev}"))
            except PeerError as error:
                if getattr(error, "status", None) != 404:
                    raise
        return [doc for doc in found if isinstance(doc, dict) and doc.get("_rev") in asked]
    except PeerError as error:
        raise Away(str(error)) from error
    finally:
        peer.close()


def _given(answer: Any) -> list[dict[str, Any]]:
    results = answer.get("results") if isinstance(answer, dict) else None
    rows = [one for result in results or () if isinstance(result, dict) for one in result.get("docs") or ()]
    return [row["ok"] for row in rows if isinstance(row, dict) and isinstance(row.get("ok"), dict)]
