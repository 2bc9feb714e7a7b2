"""The links of a node: who runs when, and how they are.

    live links     a terminal's few databases: a thread each, which waits in the long poll or for a local write
    rounds         head office with its many stores: a bounded pool runs a pass of each in turn

A local write, the network's return and *Sync now* start a pass at once.
"""

from __future__ import annotations

import heapq
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from app.docs import json
from app.docs.database import Database
from app.replicator.clock import CentralClock
from app.replicator.gate import Gate
from app.replicator.hints import Hints
from app.replicator.link import Link, LinkRunner, LinkStatus, Pace, Settings
from app.replicator.refused import RefusedList
from app.replicator.remote import RemotePeer
from app.replicator.replication import Options

MAX_LIVE = 8
"""Links with a thread of their own; more databases than a terminal has go round."""

ROUND_THREADS = 4
"""Passes at a time in the rounds: their time is mostly the network's."""

ROUND = 15.0
"""Seconds between two passes of one link in the rounds; a local write or a hint comes first."""

LOOK = 0.25
"""Seconds between two looks at the local databases of the rounds."""

SCOUT = 3.0
"""Seconds between two looks whether an unreachable central can be reached again: one connection, no request."""

STOP_WITHIN = 1.0
"""Seconds that `stop` waits for the threads."""


class Supervisor:
    """Keeps the links of a node.

    `state` holds small values for good; without it, a table of its own in `path / "node.db"`. `immutable(id)`: is a
    document with that id never edited? By default none is ever set aside.
    """

    def __init__(
        self,
        *,
        path: Path,
        state: Settings | None = None,
        immutable: Callable[[str], bool] | None = None,
        options: Options | None = None,
    ) -> None:
        self.refused = RefusedList(path / "node.db")
        self.refused.asked = self._asked
        self._settings: Settings = state if state is not None else MemorySettings()
        self._immutable = immutable or (lambda id: True)
        self._options = options or Options()
        self._runners: dict[str, LinkRunner] = {}
        self._threads: list[threading.Thread] = []
        self._listened: set[int] = set()
        self._lock = threading.RLock()
        self._running = False
        self._ending = threading.Event()
        self._pace = Pace()
        self._rounds = _Rounds(self._ending, self._pace)
        self.clock = CentralClock(self._settings)
        """The central's time, and when it was last heard."""
        self._live = 0
        self._gate = Gate()
        self._hints: dict[str, Hints] = {}

    def add(self, link: Link) -> None:
        """Adds a link; it starts at once where the supervisor runs. ValueError when the name is taken."""
        with self._lock:
            if link.name in self._runners:
                raise ValueError(f"There is a link named {link.name} already.")
            runner = LinkRunner(
                link,
                self._settings,
                self.refused,
                self._immutable,
                self._options,
                self._gate,
                self._pace,
                self.clock,
            )
            runner.recovered = self._recovered
            self._runners[link.name] = runner
            if runner.own is not None and id(runner.own) not in self._listened:
                self._listened.add(id(runner.own))
                runner.own.on_change(lambda database=runner.own: self._written(database))  # type: ignore[misc]
            if self._running:
                self._start(runner)

    def start(self) -> None:
        """Starts all links. They report "starting" until they know better; nothing is waited for."""
        with self._lock:
            if self._running:
                return
            self._running = True
            for runner in self._runners.values():
                self._start(runner)
            self._thread(self._scout, "replicator scout")

    def _start(self, runner: LinkRunner) -> None:
        live = runner.link.live if runner.link.live is not None else self._live < MAX_LIVE
        if live:
            self._live += 1
            self._thread(runner.live, f"replicator {runner.link.name}")
            return
        if not self._rounds.started:
            self._rounds.started = True
            for number in range(ROUND_THREADS):
                self._thread(self._rounds.work, f"replicator rounds {number}")
            self._thread(self._rounds.look, "replicator rounds")
        self._rounds.add(runner)
        self._hint(runner)

    def _hint(self, runner: LinkRunner) -> None:
        """One listener to `_db_updates` a server, where the user may."""
        if not isinstance(runner.source, RemotePeer):
            return
        root = runner.source.endpoint.root
        if root not in self._hints:
            hints = self._hints[root] = Hints(
                runner.source,
                self._ending,
                lambda: self._pace.follows and runner.status().state in ("idle", "active"),
            )
            self._thread(hints.listen, "replicator hints")
        self._hints[root].watch(runner.source.endpoint.database, lambda: self._rounds.now(runner))

    def _thread(self, run: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Ends all links within a second, with a last checkpoint where the line allows. Twice is harmless."""
        with self._lock:
            runners, threads = list(self._runners.values()), list(self._threads)
            self._running = False
        self._ending.set()
        self._rounds.wake()
        for hints in self._hints.values():
            hints.cut()
        for runner in runners:
            runner.stop()
        deadline = time.monotonic() + STOP_WITHIN
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))
        for runner in self._rounds.runners:
            runner.finish()
        self.clock.save()
        self.refused.close()

    def sync_now(self, database: str | None = None) -> None:
        """A pass of every link (of `database`) at once, however long it meant to wait."""
        self._gate.reset()
        for runner in self._of(database):
            runner.poke()
            self._rounds.now(runner)

    def follow(self, follows: bool) -> None:
        """Whether links follow their feeds and send what is written at once, or rest between passes that somebody asks
        for (:meth:`sync_now`). A pass that was asked for and fails is tried again until it is done."""
        if follows == self._pace.follows:
            return
        self._pace.follows = follows
        for runner in self._of(None):
            runner.paced()
            self._rounds.now(runner)

    def accept(self, database: str) -> None:
        """A person says: the central that is there now is the right one. Its links go on."""
        for runner in self._of(database):
            self._settings.remove(runner.identity_key)
        self.sync_now(database)

    def status(self) -> list[LinkStatus]:
        """How every link is, in the order they were added. Reads memory and, where something moved, one index."""
        with self._lock:
            runners = list(self._runners.values())
        return [runner.status() for runner in runners]

    def _of(self, database: str | None) -> Iterable[LinkRunner]:
        with self._lock:
            return [runner for runner in self._runners.values() if database in (None, runner.link.database)]

    def _asked(self, name: str) -> None:
        runner = self._runners.get(name)
        if runner is not None:
            runner.poke()
            self._rounds.now(runner)

    def _written(self, database: Database) -> None:
        """In the writer's thread: flags only."""
        for runner in list(self._runners.values()):
            if runner.own is database and runner.link.direction == "push":
                runner.written()

    def _recovered(self, one: LinkRunner) -> None:
        """A link got through to a server that was away: those that wait for it need not wait longer, and those that
        did not notice must not go on from memory either."""
        for runner in list(self._runners.values()):
            if runner is not one and runner.door == one.door:
                runner.poke()
                self._rounds.now(runner)

    def _scout(self) -> None:
        """While links wait for a server that cannot be reached, knocks at its door now and then."""
        away: set[tuple[str, int]] = set()
        while not self._ending.wait(SCOUT):
            waiting: dict[tuple[str, int], list[LinkRunner]] = {}
            for runner in list(self._runners.values()):
                if runner.waits_for_network and isinstance(runner.remote, RemotePeer):
                    end = runner.remote.endpoint
                    port = end.port or (443 if end.scheme == "https" else 80)
                    waiting.setdefault((end.host, port), []).append(runner)
            away &= set(waiting)
            for address, runners in waiting.items():
                if not _reachable(address):
                    away.add(address)
                elif address in away:
                    away.discard(address)
                    for runner in runners:
                        runner.poke()
                        self._rounds.now(runner)


class _Rounds:
    """Links without a thread of their own, each with the time of its next pass."""

    def __init__(self, ending: threading.Event, pace: Pace) -> None:
        self.started = False
        self._pace = pace
        self.runners: list[LinkRunner] = []
        self._ending = ending
        self._due: list[tuple[float, int, LinkRunner]] = []
        self._running: set[int] = set()
        self._again: set[int] = set()
        self._count = itertools.count()
        self._seen: dict[int, int] = {}
        self._changed = threading.Condition()

    def add(self, runner: LinkRunner) -> None:
        self.runners.append(runner)
        self._push(runner, 0.0)

    def now(self, runner: LinkRunner) -> None:
        if runner in self.runners:
            self._push(runner, 0.0)

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _push(self, runner: LinkRunner, seconds: float) -> None:
        with self._changed:
            if id(runner) in self._running:
                self._again.add(id(runner))
                return
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._count), runner))
            self._changed.notify()

    def work(self) -> None:
        """A thread of the pool."""
        while True:
            with self._changed:
                while not self._ending.is_set() and (not self._due or self._due[0][0] > time.monotonic()):
                    self._changed.wait(max(0.01, self._due[0][0] - time.monotonic()) if self._due else None)
                if self._ending.is_set():
                    return
                _, _, runner = heapq.heappop(self._due)
                if id(runner) in self._running:
                    continue
                self._due = [due for due in self._due if due[2] is not runner]
                heapq.heapify(self._due)
                self._running.add(id(runner))
            wait: float | None = 0.0
            try:
                if not self._pace.follows or runner.has_work:
                    wait = runner.turn()
                    if isinstance(runner.remote, RemotePeer):
                        runner.remote.client.close()  # a thousand links must not keep a thousand connections
            finally:
                with self._changed:
                    self._running.discard(id(runner))
                    again = id(runner) in self._again
                    self._again.discard(id(runner))
                if again or wait or self._pace.follows:
                    self._push(runner, 0.0 if again else wait or ROUND)

    def look(self) -> None:
        """Sees local writes of all databases by their sequence numbers, which lie in memory."""
        while not self._ending.wait(LOOK):
            if not self._pace.follows:
                continue
            for runner in list(self.runners):
                if runner.own is None or runner.link.direction != "push" or runner.own.closed:
                    continue
                n = runner.own.last_n
                if self._seen.get(id(runner)) != n and not runner.waits_for_network:
                    self._seen[id(runner)] = n
                    self._push(runner, 0.0)


class MemorySettings:
    """Settings of a supervisor whose node keeps none: gone with the process."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def get(self, key: str, default: Any = None) -> Any:
        value = self._values.get(key)
        return default if value is None else json.loads(value)

    def set(self, key: str, value: Any) -> None:
        self._values[key] = json.dumps(value)

    def remove(self, key: str) -> None:
        self._values.pop(key, None)


def _reachable(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=2.0):
            return True
    except OSError:
        return False
