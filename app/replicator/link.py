"""One standing link of a node: a replication with its state, which survives failures and restarts.

A link is state, not a thread: whoever has a thread to spare calls `go`. A live link keeps one, for its long poll.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from app.docs.database import Database
from app.docs.record import Record
from app.replicator import identity
from app.replicator.clock import CentralClock
from app.replicator.errors import PeerError, StartOver, Stopped, TransportError
from app.replicator.gate import Gate
from app.replicator.local import LocalPeer
from app.replicator.peer import NO_FILTER, Filter, Peer, Seq
from app.replicator.peers import open_peer
from app.replicator.refused import LinkRefusals, RefusedList
from app.replicator.remote import RemotePeer
from app.replicator.replication import Hooks, Options, Replication
from app.replicator.retry import DENIED_WAIT, Judge, State, Verdict, until
from app.replicator.stats import Result

log = logging.getLogger("couchtill.link")

STOPPED_WAIT = 60.0
"""Seconds before a link that only a person can help looks again whether somebody did."""

WRITE_WAKES = 1.0
"""Seconds between two tries that local writes may start on a link which waits for the network."""


class Settings(Protocol):
    """Where a node keeps small values: JSON by key, durable when `set` returns."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...
    def remove(self, key: str) -> None: ...


@dataclass(frozen=True)
class Link:
    """What is to be replicated. `source` and `target`: a `Database` on this node's side, a URL on the other.

    `live` None lets the supervisor choose: a long poll of its own, or its turn in the rounds.
    """

    name: str
    source: Database | str
    target: Database | str
    direction: str
    database: str
    live: bool | None = None
    filter: Filter = NO_FILTER


class Pace:
    """Whether links follow their feeds (`follows`), or rest until somebody asks for a pass."""

    def __init__(self) -> None:
        self.follows = True


class LinkStatus(NamedTuple):
    """How a link is. `state`: "starting" "active" "idle" "resting" "waiting" "denied" "stopped"; times are UTC."""

    name: str
    database: str
    direction: str
    state: str
    reason: str | None
    until: str | None
    pending: int | None
    unsent: int
    oldest_unsent: str | None
    refused: int
    last_success: str | None
    acknowledged: Seq


class LinkRunner:
    """Runs one link. `go` in one thread at a time; everything else from any."""

    def __init__(
        self,
        link: Link,
        settings: Settings,
        refused: RefusedList,
        immutable: Callable[[str], bool],
        options: Options,
        gate: Gate,
        pace: Pace | None = None,
        clock: CentralClock | None = None,
    ) -> None:
        self.link = link
        self._gate = gate
        self._pace = pace or Pace()
        self.source = open_peer(link.source, sessions=True)
        self.target = open_peer(link.target, sessions=True)
        self.own = next((peer.database for peer in (self.source, self.target) if isinstance(peer, LocalPeer)), None)
        self.remote: Peer = self.target if self.target.remote else self.source
        if isinstance(self.remote, RemotePeer):
            self.remote.client.clock, self.remote.client.gate = clock, gate
        self._settings = settings
        self._listed = refused
        self._refusals = LinkRefusals(refused, link.name, link.database, self.source, self.target, immutable)
        self._options = Options(**{**vars(options), "filter": link.filter})
        self._judge = Judge()
        self._wake = threading.Event()
        self._due = threading.Event()
        self._follows = False
        self._ending = threading.Event()
        self._state = State("starting")
        self._waits_for_network = False
        self._tried = 0.0
        self._unsent: tuple[int, Seq, int, str | None] | None = None
        remembered = settings.get(self._key) or {}
        self.acknowledged: Seq = remembered.get("acknowledged")
        self._last_success: str | None = remembered.get("last_success")
        self._run = self._new_run()
        self.recovered: Callable[[LinkRunner], None] | None = None
        """Called when a link that waited for the network got through."""

    @property
    def _key(self) -> str:
        return f"link:{self.link.name}"

    @property
    def door(self) -> str:
        """The server and who we are there."""
        return self.remote.client.door if isinstance(self.remote, RemotePeer) else ""

    @property
    def identity_key(self) -> str:
        """The setting that holds the central's identity as this node knows it."""
        return identity.key(self.link.database)

    def _new_run(self) -> Replication:
        hooks = Hooks(
            progress=self._progressed,
            state=self._say,
            refusals=self._refusals,
            opened=self._check_identity,
            checkpoint=self._checkpointed,
        )
        return Replication(self.source, self.target, self._options, hooks)

    # -- running ------------------------------------------------------------------------------------------------

    def live(self) -> None:
        """Until `stop`: follows the feed, waits out failures."""
        while not self._ending.is_set():
            seconds = self.turn(live=True)
            if seconds is None or seconds:
                self._wake.wait(seconds)
            self._wake.clear()
        self._finish()

    def turn(self, *, live: bool = False) -> float | None:
        """As `go` when it is time for one: always while links follow, else when somebody asked, until it is done.
        None: nothing to do before the next :meth:`poke`."""
        if not self._pace.follows and not self._due.is_set():
            return None
        self._due.clear()
        if not live and not self.has_work:
            return 0.0
        seconds = self.go(live=live and self._pace.follows)
        if seconds:
            self._due.set()
        return seconds

    def go(self, *, live: bool = False) -> float:
        """One pass, or (`live`) passes until something fails. Returns the seconds to wait before the next."""
        run = self._run
        self._tried = time.monotonic()
        mark = run.result.work
        try:
            self._offer(run)
            if live:
                self._follows = True
                if self._pace.follows:
                    run.forever()
            run.once()
            self._succeeded()
            self._say(State("idle"))
            return 0.0
        except Stopped:
            if self._ending.is_set():
                return 0.0
            self._restart(run)
            return 0.0
        except (PeerError, StartOver) as error:
            if self._ending.is_set():
                return 0.0
            if run.result.work != mark:
                self._judge.progress()
            run.reset()
            verdict = self._judge(error)
            self._waits_for_network = isinstance(error, TransportError)
            return self._wait(verdict)
        except Exception as error:  # a bug must not end the link in silence: it waits, with the reason for all to see
            if not self._ending.is_set():
                log.exception("%s: an unexpected problem", self.link.name)
            run.reset()
            words = f"An unexpected problem: {type(error).__name__}: {error}"
            return self._wait(Verdict("waiting", words, self._judge.backoff.next(5.0)))
        finally:
            self._follows = False

    def _wait(self, verdict: Verdict) -> float:
        seconds = verdict.again
        if seconds is None:
            seconds = DENIED_WAIT if verdict.state == "denied" else STOPPED_WAIT
        if seconds > 0:
            if verdict.state in ("denied", "stopped") and (self._state.name, self._state.reason) != verdict[:2]:
                log.warning("%s: %s: %s", self.link.name, verdict.state, verdict.reason)  # a person must do something
            self._say(State(verdict.state, verdict.reason, until(seconds)))
        return seconds

    def _restart(self, run: Replication) -> None:
        """Someone asked for a pass at once: the next one starts from the logs."""
        run.stopped.clear()
        self.source.mend()
        self.target.mend()
        run.reset()

    def _offer(self, run: Replication) -> None:
        """Refused documents whose time has come, before the feed goes on."""
        again, edits = self._refusals.offers()
        if self.own is not None:
            for entry in edits:
                self._refusals.edit_again(self.own, entry)
        if not again:
            return
        wanted = Filter(tuple({entry.document for entry in again}))
        page = self.source.changes(0, limit=len(again) + 1, bodies=False, filter=wanted)
        rows = [row._replace(local=False) for row in page.rows()]
        refused = run.offer(rows)
        there = {row.id for row in rows}
        for entry in again:
            if entry.document not in there:
                self._refusals.gone(entry)
            elif entry.document not in refused:
                self._refusals.taken(entry)

    # -- from other threads ---------------------------------------------------------------------------------------

    def poke(self) -> None:
        """A pass at once: *Sync now*, the network's return, a refused document to be offered."""
        self._judge.progress()
        self._due.set()
        self._wake.set()
        if self._follows:
            self._run.stop()

    def paced(self) -> None:
        """Links shall follow from now on, or rest; what is under way is brought to its end."""
        if self._state.name == "active":
            self._due.set()
        self._wake.set()
        if self._follows and not self._pace.follows:
            self._run.stop()

    def written(self) -> None:
        """The local database changed: a link that waits for the network tries again (not more than once a second)."""
        if self._waits_for_network and time.monotonic() - self._tried >= WRITE_WAKES:
            self._wake.set()

    def stop(self) -> None:
        """Asks the runner to end; `live` returns soon after."""
        self._ending.set()
        self._wake.set()
        self._run.stop()

    def _finish(self) -> None:
        self._run.last_words()
        self.source.close()
        self.target.close()
        self._state = State("stopped", "This node is closing.")

    def finish(self) -> None:
        """For a runner without a thread of its own, after `stop`."""
        self._finish()

    @property
    def has_work(self) -> bool:
        """Might a pass find anything? Not when the own database stands where it was at the last success."""
        if self.link.direction != "push" or self.own is None:
            return True
        if self._state.name != "idle" or self.acknowledged != self.own.update_seq:
            return True
        return bool(self._listed.due(self.link.name))

    @property
    def waits_for_network(self) -> bool:
        return self._waits_for_network and self._state.name == "waiting"

    # -- what the run tells ---------------------------------------------------------------------------------------

    def _check_identity(self) -> None:
        if not self.remote.remote:
            return
        with self._gate.enter(self.door):
            central = self.remote.central()
        known = self._settings.get(self.identity_key)
        found = identity.check(known, central)
        if found != known:
            self._settings.set(self.identity_key, found)

    def _say(self, state: State) -> None:
        self._state = state
        if state.name == "idle":
            self._succeeded()

    def _progressed(self, result: Result, pending: int | None) -> None:
        self.acknowledged = self._run.through
        if result.stats.missing_checked:
            self._succeeded()

    def _succeeded(self) -> None:
        self._last_success = _now()
        self.acknowledged = self._run.through
        self._judge.progress()
        if self._waits_for_network:
            self._waits_for_network = False
            if self.recovered is not None:
                self.recovered(self)

    def _checkpointed(self, through: Seq) -> None:
        self._judge.settled()
        self.acknowledged = through
        self._settings.set(self._key, {"acknowledged": through, "last_success": self._last_success})

    # -- status ---------------------------------------------------------------------------------------------------

    def _shown(self) -> State:
        """The state; "resting" where nothing is to be done until somebody asks."""
        state = self._state
        rests = not self._pace.follows and not self._due.is_set() and state.name in ("starting", "idle", "waiting")
        return State("resting") if rests else state

    def status(self) -> LinkStatus:
        state = self._shown()
        unsent, oldest = self._count_unsent()
        return LinkStatus(
            self.link.name,
            self.link.database,
            self.link.direction,
            state.name,
            state.reason or None,
            state.until,
            self._run.pending,
            unsent,
            oldest,
            self._listed.count(self.link.name),
            self._last_success,
            self.acknowledged,
        )

    def _count_unsent(self) -> tuple[int, str | None]:
        """Documents written here that the other side has not acknowledged; counted again only when something moved."""
        if self.link.direction != "push" or self.own is None or self.own.closed:
            return 0, None
        now = (self.own.last_n, self.acknowledged)
        if self._unsent is None or self._unsent[:2] != now:
            count, oldest = self.own.unsent(self.acknowledged or 0)
            self._unsent = (*now, count, _written_at(oldest))
        return self._unsent[2], self._unsent[3]


def _written_at(record: Record | None) -> str | None:
    """When a document was written, as far as it says so itself: the shop's `at` and `updated_at`."""
    if record is None:
        return None
    doc = record.doc()
    for key in ("updated_at", "at"):
        if isinstance(doc.get(key), str):
            return str(doc[key])
    return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
