"""What a node does about documents that arrive: scan for incidents, make what follows from orders, link new stores.

One thread a database waits for its sequence to move and then lets the shop look at what came. It runs outside of every
transaction of the replicator: a mistake in a rule of the shop never stops a link. What it makes is a pure function of
the documents, so a crash in the middle costs nothing: the next start looks again.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.node.node import Node

log = logging.getLogger("couchtill.reactions")

#: Seconds of a wait for news. Only bounds how late a stop is seen that nobody woke for.
WAIT = 20.0
#: Seconds between two looks at a database that many documents flow into.
PAUSE = 0.2


class Reactions:
    """The watchers of a node's databases."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._threads: dict[str, threading.Thread] = {}

    def watch(self, name: str) -> None:
        if name in self._threads:
            return
        thread = threading.Thread(target=self._run, args=(name,), name=f"react {name}", daemon=True)
        self._threads[name] = thread
        thread.start()

    def stop(self, patience: float) -> None:
        """Waits for the watchers, at most ``patience`` seconds; the databases are woken by the node."""
        for thread in list(self._threads.values()):
            thread.join(patience)

    def _run(self, name: str) -> None:
        node = self._node
        database = node.directory.get(name)
        seen = -1  # everything is new to a node that starts
        while not node.closing.is_set():
            last = database.last_n if seen == -1 else database.wait(seen, WAIT, node.closing.is_set)
            if node.closing.is_set() or database.closed:
                return
            try:
                self._react(name, news=last != seen, first=seen == -1)
            except Exception:
                if node.closing.is_set():
                    return  # the database was closed beneath it
                # The links and the till go on; what this made wrong is seen in the log and at the next start.
                log.exception("looking at what came into %s failed", name)
            seen = last
            node.closing.wait(PAUSE)

    def _react(self, name: str, *, news: bool, first: bool) -> None:
        """Looks at what came, and at joins that wait for a base which only the central has."""
        from app.shop.conflicts import joining
        from app.shop.follow import follow

        node = self._node
        if name == "company":
            if news:
                node.link_new_stores()
        elif not name.startswith("store-"):
            return
        database, fetch = node.directory.get(name), partial(node.older.fetch, name)
        written = [*joining.join_all(node.company, database, node.older.waiting(name), node.kind, fetch=fetch)]
        if news:
            written += follow(node.company, database, kind=node.kind, fetch=fetch)
        if first:
            written += joining.join_waiting(node.company, database, node.kind, fetch=fetch)
        for id in written:
            log.info("%s: wrote %s", name, id)
