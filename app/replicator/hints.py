"""Which databases of a server changed: `_db_updates`, so that head office need not ask a thousand stores in turn.

CouchDB gives it to admins only; whoever may not read it goes round without hints.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import quote

from app.docs import json
from app.replicator.auth import Credentials
from app.replicator.client import Client
from app.replicator.errors import PeerError, Stopped, TransportError
from app.replicator.remote import FEED_BUFFER, RemotePeer

WAIT = 30.0
"""Seconds of one long poll."""

AFTER_FAILURE = 10.0
"""Seconds before the next try."""


class Hints:
    """Listens to one server, with the credentials of one of its peers."""

    def __init__(self, peer: RemotePeer, ending: threading.Event, ready: Callable[[], bool]) -> None:
        """`ready`: did a link get through, and are links to follow? Before that a wrong password would only be tried
        once more."""
        self._ready = ready
        self._url = peer.endpoint.root + "_db_updates"
        credentials: Credentials | None = peer.credentials
        self._client = Client(peer.endpoint, credentials, sessions=True)
        self._ending = ending
        self._watched: dict[str, Callable[[], None]] = {}

    def watch(self, database: str, changed: Callable[[], None]) -> None:
        self._watched[database] = changed

    def cut(self) -> None:
        self._client.cut()

    def listen(self) -> None:
        """Runs until the end, or until the server says that we may not."""
        since: str = "now"
        while not self._ending.is_set():
            if not self._ready():
                self._ending.wait(1.0)
                continue
            query = f"feed=longpoll&timeout={int(WAIT * 1000)}&since={quote(since, safe='')}"
            try:
                answer = self._client.json("GET", self._url, params=query, read_timeout=WAIT + FEED_BUFFER)
            except TransportError:
                if self._ending.wait(AFTER_FAILURE):
                    return
                since = "now"
                continue
            except (PeerError, Stopped):
                return
            if not isinstance(answer, dict) or "last_seq" not in answer:
                return
            last = answer["last_seq"]
            since = last if isinstance(last, str) else json.dumps(last).decode()
            for name in {row.get("db_name") for row in answer.get("results") or () if isinstance(row, dict)}:
                changed = self._watched.get(str(name))
                if changed is not None:
                    changed()
