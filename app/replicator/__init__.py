"""CouchDB's replication protocol between any two peers, and the standing links of a node.

The public names: :func:`replicate` runs once or until it is stopped, :func:`open_peer` makes a peer
of a file, a database or a URL, :class:`Supervisor` keeps the links of a node.
"""

from __future__ import annotations

from app.replicator.errors import ReplicationError
from app.replicator.peers import open_peer
from app.replicator.replication import Options, replicate
from app.replicator.stats import Result

__all__ = ["Options", "ReplicationError", "Result", "open_peer", "replicate"]
