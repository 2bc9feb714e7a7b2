"""A node forgets the persons who were erased: one thread looks at what changed, and cleans the files that had them.

Every kind of node does, a hub too, which has no shop to react with. It runs beside the links and the till: what it
takes is the rewriting of a file, for which that file's writers wait (`app.docs.forgetting.scrub` has the figure). So
several erasures are one rewriting, the next waits until it is worth it, and a store's file, into which sales go, is
left alone until nothing was written to it for a moment.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from app.docs.errors import DocsError, StoreError
from app.node.watching import tell_here

if TYPE_CHECKING:
    from app.node.node import Node

log = logging.getLogger("couchtill.erasing")

#: Seconds after the first news in which more is waited for, so that several erasures are one rewriting.
GATHER = 1.0
#: A rewriting begins at the earliest this many times its own duration after the one before: it costs 5 % at most.
REST = 20.0
#: Seconds without a write after which a store's file may be rewritten, and the longest that this is waited for.
QUIET, LONGEST = 5.0, 3600.0
#: Seconds until the next try after one that failed, for a full disk or a reader that stayed.
RETRY = 30.0


class Erasing:
    """What a node forgets. `start` once its databases are open; ends by itself when the node closes."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._wake = threading.Event()
        self._changed: set[str] = set()
        self._seen: dict[str, int] = {}
        self._written: dict[str, float] = {}
        self._first: dict[str, float] = {}  # since when a store's file waits for a quiet moment
        self._free = 0.0  # when the next rewriting may begin
        self._thread = threading.Thread(target=self._run, name="erasing", daemon=True)

    def start(self) -> None:
        self._unsubscribe = self._node.directory.subscribe(self._told)
        self._changed.update(self._node.directory.names())
        self._wake.set()
        self._thread.start()

    def stop(self, patience: float) -> None:
        self._unsubscribe()
        self._wake.set()
        self._thread.join(patience)

    def _told(self, name: str, event: str) -> None:
        if event != "deleted":
            self._written[name] = time.monotonic()
            self._changed.add(name)
            self._wake.set()

    def _run(self) -> None:
        node = self._node
        wait: float | None = None
        while not node.closing.is_set():
            self._wake.wait(wait)
            if node.closing.wait(GATHER):
                return
            self._wake.clear()
            try:
                wait = self._turn()
            except Exception:
                if node.closing.is_set():
                    return
                log.exception("forgetting erased persons failed; it is tried again")
                wait = RETRY

    def _turn(self) -> float | None:
        """Cleans what is due; the seconds until something that waits may be cleaned, None when nothing does."""
        from app.shop.erasing import cleaning

        names = {self._changed.pop() for _ in range(len(self._changed))}  # one at a time: writers add meanwhile
        waits: list[float] = []
        cleaned: list[str] = []
        for name in sorted(filter(cleaning.holds_people, names)):
            if self._node.closing.is_set():
                break
            try:
                later = self._look(name, cleaned)
            except (DocsError, StoreError) as error:
                log.warning("%s: what it holds of erased persons could not be dropped yet: %s", name, error)
                later = RETRY
            if later is not None:
                self._changed.add(name)
                waits.append(later)
        if cleaned:
            self._tell()
        return min(waits) if waits else None

    def done(self) -> dict[str, str]:
        """Of which erased persons nothing is left on this node, and since when: id → time, the newest ones."""
        from app.shop.erasing import cleaning

        names = filter(cleaning.holds_people, self._node.directory.names())
        return cleaning.done(self._node.directory.get(name) for name in names)

    def _tell(self) -> None:
        """The central hears of it at once; a hub, which reports to nobody, says it where the others do."""
        node = self._node
        node.report_soon()
        if node.kind == "hub":
            tell_here(node)

    def _look(self, name: str, cleaned: list[str]) -> float | None:
        from app.shop.erasing import cleaning

        database = self._node.directory.get(name)
        if name != "company" and self._node.kind == "terminal":
            cleaning.close_staff(database)
        n = database.last_n
        found = cleaning.due(database, self._seen.get(name))
        if not found:
            self._seen[name] = n
            return None
        if (later := self._later(name)) > 0:
            return later
        if not self._forget_refused(name, list(found)):
            return RETRY
        began = time.monotonic()
        done = cleaning.clean(database)
        ended = time.monotonic()
        self._free = ended + REST * (ended - began)
        self._first.pop(name, None)
        if not done:
            return RETRY
        self._seen[name] = n
        cleaned += done
        return None

    def _later(self, name: str) -> float:
        """The seconds that a rewriting of this file should wait."""
        now = time.monotonic()
        rest = self._free - now
        if name == "company" or self._node.kind != "terminal":
            return rest  # no sale is written into it
        first = self._first.setdefault(name, now)
        quiet = QUIET - (now - self._written.get(name, 0.0))
        return max(rest, min(quiet, first + LONGEST - now))

    def _forget_refused(self, name: str, ids: list[str]) -> bool:
        """A refused revision's body stands on the node's own list; offered again it would bring the person back."""
        from app.replicator.refused import RefusedList

        supervisor: Any = self._node.supervisor
        listed = supervisor.refused if supervisor is not None else RefusedList(self._node.state.file)
        try:
            return bool(listed.forget(name, ids))
        finally:
            if supervisor is None:
                listed.close()
