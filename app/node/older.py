"""Bodies of older revisions from the node's central: what both sides had before, where this node never held it.

`look` is for a page, and keeps nothing. `fetch` is for a join, and keeps what came; a join that lacks its base waits
here while the central is away (`waiting`), and is tried again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from app.node import config as node_config
from app.node import links as node_links

if TYPE_CHECKING:
    from app.node.node import Node

T = TypeVar("T")

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

    def look(self, name: str, id: str, revs: Sequence[str]) -> list[dict[str, Any]] | None:
        """These revisions of a document (at most `LOOKED`) as far as the central has their bodies, for somebody who
        looks: nothing is kept here. None where it could not be asked."""
        from app.replicator import older

        return self._asked(name, id, lambda url: older.look(url, id, revs[:LOOKED]))

    def fetch(self, name: str, id: str, revs: Sequence[str]) -> None:
        """Has the database `name` remember these revisions of a document as far as the central has their bodies, for a
        join; where it could not be asked, the document waits to be joined later."""
        from app.replicator import older

        if self._node.config.central_url is None:
            return
        if time.monotonic() >= self._away_until:
            here = self._node.directory
            if self._asked(name, id, lambda url: older.remember(here.get(name), url, id, revs)) is not None:
                return
            self._away_until = time.monotonic() + AWAY
        with self._lock:
            self._waiting.setdefault(name, set()).add(id)

    def _asked(self, name: str, id: str, ask: Callable[[str], T]) -> T | None:
        """What `ask` brings from the central's database of that name, by its address; None where it could not."""
        from app.docs.errors import DocsError
        from app.replicator.errors import PeerError, Stopped

        config = self._node.config
        if config.central_url is None or self._node.closing.is_set():
            return None
        try:
            return ask(node_links.address(config, name, node_config.read_secret(self._node.path, "central")))
        except (PeerError, DocsError, Stopped) as error:
            log.debug("%s: older revisions of %s: %s", name, id, error)
            return None

    def waiting(self, name: str) -> list[str]:
        """The documents of a database that wait for a base; they no longer do."""
        with self._lock:
            return sorted(self._waiting.pop(name, ()))
