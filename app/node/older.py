"""Bodies of older revisions from the node's central: what both sides had before, where this node never held it.

A join that lacks its base waits here while the central is away, and is tried again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.node import config as node_config
from app.node import links as node_links

if TYPE_CHECKING:
    from app.node.node import Node

log = logging.getLogger("couchtill.older")

#: Seconds in which joins don't ask a central that did not answer: each try may take as long as a connection does.
AWAY = 15.0
#: Revisions that one look asks for, the newest: two requests.
LOOKED = 100


class Older:
    """What the node asks its central for, beside replication."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._waiting: dict[str, set[str]] = {}
        self._away_until = 0.0

    def ask(self, name: str, id: str, revs: Sequence[str]) -> list[str] | None:
        """Has the database `name` remember these revisions of a document as far as the central has their bodies: the
        revisions that it had, None where it could not be asked."""
        config = self._node.config
        if config.central_url is None or not revs or self._node.closing.is_set():
            return None
        from app.docs.errors import DocsError
        from app.replicator import older
        from app.replicator.errors import PeerError, Stopped

        address = node_links.address(config, name, node_config.read_secret(self._node.path, "central"))
        try:
            return older.remember(self._node.directory.get(name), address, id, revs)
        except (PeerError, DocsError, Stopped) as error:
            log.debug("%s: older revisions of %s: %s", name, id, error)
            return None

    def look(self, name: str, id: str, revs: Sequence[str]) -> list[dict[str, Any]] | None:
        """These revisions of a document as far as the central has their bodies, for somebody who looks: nothing is kept
        here. None where it could not be asked."""
        config = self._node.config
        if config.central_url is None or self._node.closing.is_set():
            return None
        from app.docs.errors import DocsError
        from app.replicator import older
        from app.replicator.errors import PeerError, Stopped

        address = node_links.address(config, name, node_config.read_secret(self._node.path, "central"))
        try:
            return older.look(address, id, revs[:LOOKED])
        except (PeerError, DocsError, Stopped) as error:
            log.debug("%s: older revisions of %s: %s", name, id, error)
            return None

    def fetch(self, name: str, id: str, revs: Sequence[str]) -> None:
        """As `ask`, for a join: where the central could not be asked, the document waits to be joined later."""
        if self._node.config.central_url is None:
            return
        if time.monotonic() >= self._away_until:
            if self.ask(name, id, revs) is not None:
                return
            self._away_until = time.monotonic() + AWAY
        with self._lock:
            self._waiting.setdefault(name, set()).add(id)

    def waiting(self, name: str) -> list[str]:
        """The documents of a database that wait for a base; they no longer do."""
        with self._lock:
            return sorted(self._waiting.pop(name, ()))
