"""The id of a replication: the name of its logs on both sides.

Stable over restarts, new passwords, http → https (the peers' keys leave those out), and over whether the run is
continuous. Another filter is another replication: with the log of the old one documents would be skipped.
"""

from __future__ import annotations

import hashlib

from app.docs import json
from app.replicator.peer import NO_FILTER, Filter, Peer

VERSION = 4
"""`replication_id_version` of the logs. A new way of making ids gets a new number, and migrates the old logs."""


def replication_id(source: Peer, target: Peer, filter: Filter = NO_FILTER) -> str:
    """32 hex digits from the peers' keys, the direction and the filter (key order of a selector does not matter)."""
    parts: list[object] = ["couchtill", VERSION, source.key, target.key]
    if filter.doc_ids is not None:
        parts.append(["doc_ids", sorted(set(filter.doc_ids))])
    if filter.selector is not None:
        parts.append(["selector", filter.selector])
    return hashlib.md5(json.canonical(parts), usedforsecurity=False).hexdigest()
