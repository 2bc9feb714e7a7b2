"""What a node does about documents that arrive: scan for incidents, make what follows from orders, link new stores.

A few threads look at all databases: one whose sequence moved is due at once (a writer only sets a flag), and every one
now and then. It runs outside of every transaction of the replicator: a mistake in a rule of the shop never stops a
link. What it makes is a pure function of the documents, so a crash in the middle costs nothing: the next start looks
again. Head office with a thousand stores needs no more threads for it than a till.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.node.node import Node

log = logging.getLogger("couchtill.reactions")

#: Threads at most: looking at a thousand databases at the start takes as long with more, the interpreter is one.
WORKERS = 3
#: Seconds between two looks at a database in which nothing happened: joins may wait for what only the central has.
WAIT = 20.0
#: Seconds between two looks at a database that many documents flow into.
PAUSE = 0.2


class Reactions:
    """The watchers of a node's databases."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._seen: dict[str, int] = {}  # -1: everything is new to a node that starts
        self._due: list[tuple[float, str]] = []  # a heap; a name may stand in it more than once, its time below counts
        self._when: dict[str, float] = {}
        self._rested: dict[str, float] = {}
        self._moved: set[str] = set()  # databases that were written to while a thread looked at them
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._working: set[str] = set()

    def watch(self, name: str) -> None:
        """Looks at a database from now on."""
        with self._changed:
            if name in self._seen:
                return
            self._seen[name] = -1
            if len(self._threads) < WORKERS:
                thread = threading.Thread(target=self._run, name=f"react {len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._plan(name, 0.0)
        self._node.directory.get(name).on_change(lambda: self._written(name))

    def wake(self) -> None:
        """The node is closing: whoever waits for something to do ends."""
        with self._changed:
            self._changed.notify_all()

    def stop(self, patience: float) -> None:
        """Waits for the watchers, at most ``patience`` seconds."""
        self.wake()
        deadline = time.monotonic() + patience
        for thread in list(self._threads):
            thread.join(max(0.05, deadline - time.monotonic()))

    def _written(self, name: str) -> None:
        """In the writer's thread."""
        with self._changed:
            if name in self._working:
                self._moved.add(name)
            else:
                self._plan(name, self._rested.get(name, 0.0))

    def _plan(self, name: str, moment: float) -> None:
        """`name` is due at `moment` of the monotonic clock, or when it was due before, if that is sooner."""
        if name not in self._when or moment < self._when[name]:
            self._when[name] = moment
            heapq.heappush(self._due, (moment, name))
            self._changed.notify()

    def _next(self) -> str | None:
        """Waits for a database that is due; None when the node is closing."""
        with self._changed:
            while not self._node.closing.is_set():
                while self._due and self._when.get(self._due[0][1]) != self._due[0][0]:
                    heapq.heappop(self._due)  # it was due sooner, and is done
                wait = self._due[0][0] - time.monotonic() if self._due else WAIT
                if self._due and wait <= 0:
                    _, name = heapq.heappop(self._due)
                    del self._when[name]
                    self._working.add(name)
                    return name
                self._changed.wait(min(wait, WAIT))
            return None

    def _run(self) -> None:
        node = self._node
        while (name := self._next()) is not None:
            database = node.directory.get(name)
            last, seen = database.last_n, self._seen[name]
            if node.closing.is_set() or database.closed:
                return
            try:
                self._react(name, news=last != seen, first=seen == -1)
            except Exception:
                if node.closing.is_set():
                    return  # the database was closed beneath it
                # The links and the till go on; what this made wrong is seen in the log and at the next start.
                log.exception("looking at what came into %s failed", name)
            with self._changed:
                self._seen[name] = last
                self._working.discard(name)
                now = time.monotonic()
                self._rested[name] = now + PAUSE
                moved = name in self._moved or database.last_n != last
                self._moved.discard(name)
                self._plan(name, now + PAUSE if moved else now + WAIT)

    def _react(self, name: str, *, news: bool, first: bool) -> None:
        """Looks at what came, and at joins that wait for a base which only the central has."""
        from app.shop.conflicts import joining
        from app.shop.follow import follow
        from app.shop.range.settling import settle

        node = self._node
        if name == "company":
            if news:
                node.link_new_stores()
            if node.kind == "office":
                settle(node.company, on=node.id)
        elif not name.startswith("store-"):
            return
        database, fetch = node.directory.get(name), partial(node.older.fetch, name)
        written = []
        if news and node.claiming is not None and name == node.store_db.name:
            written += node.claiming.look()  # before the branches are joined, and one of two claims is gone
        written += [*joining.join_all(node.company, database, node.older.waiting(name), node.kind, fetch=fetch)]
        if news:
            written += follow(node.company, database, kind=node.kind, fetch=fetch)
        if name == "company" and node.kind == "office":
            written += self._statements()
        if first:
            written += joining.join_waiting(node.company, database, node.kind, fetch=fetch)
        for id in written:
            log.info("%s: wrote %s", name, id)

    def _statements(self) -> list[str]:
        """What head office publishes of customers' accounts that moved."""
        from app.shop.ledger.statements import publish

        node = self._node
        stores = {store: node.directory.get(f"store-{store}") for store in node.stores()}
        return publish(node.company, stores, on=node.id)
