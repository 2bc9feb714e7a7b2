"""One replication: from the logs to the end of the feed, or on and on.

    open       read both logs, compare: where to go on from
    catch_up   pages of the backlog → batches → workers; a checkpoint every few seconds, never past unfinished work
    follow     wait for changes, batch by batch

After any failure of the transport it goes back to *open*: what it remembers of a peer that was away may be about
another state of that peer than the one that came back (a restored file copy keeps every id and start time).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.docs.database import Database
from app.replicator.changes import ChangesReader
from app.replicator.checkpoint import Logs, Progress, Timer
from app.replicator.errors import PeerError, StartOver, Stopped
from app.replicator.ids import replication_id
from app.replicator.peer import NO_FILTER, Failure, Filter, Missing, Page, Peer, Row, Seq
from app.replicator.peers import open_peer
from app.replicator.policy import USUAL_SPLIT, Bodies, Diff, Split
from app.replicator.pool import Pool
from app.replicator.remote import RemotePeer
from app.replicator.retry import Retry, State
from app.replicator.stats import Result
from app.replicator.worker import Refusals, Strikes, Worker

PROBES = 8
"""Documents that are looked up again before a checkpoint, the last ones written or read: a peer that was restored
beneath us lost the newest first."""

STOPPING_TIMEOUT = 0.4
"""Seconds for each request of the last checkpoint of a run that is asked to stop."""


@dataclass(frozen=True)
class Options:
    """How to replicate. Times in seconds."""

    filter: Filter = NO_FILTER
    create_target: bool = False
    since_seq: Seq = None
    use_checkpoints: bool = True
    checkpoint_interval: float = 5.0
    workers: int = 4
    split: Split = USUAL_SPLIT
    idle_check: float = 60.0
    """How often an idle run makes sure that the logs are still its own."""


@dataclass
class Hooks:
    """Who listens to a run. All are called from the run's thread."""

    progress: Callable[[Result, int | None], None] | None = None
    state: Callable[[State], None] | None = None
    refusals: Refusals | None = None
    opened: Callable[[], None] | None = None
    """Before the logs are read, at the start and after each failure; raises where the central is not the known one."""
    checkpoint: Callable[[Seq], None] | None = None


class Replication:
    """One run between two peers. Not to be shared by threads, but for `stop`."""

    def __init__(self, source: Peer, target: Peer, options: Options | None = None, hooks: Hooks | None = None) -> None:
        self.source = source
        self.target = target
        self.options = options or Options()
        self.hooks = hooks or Hooks()
        self.stopped = threading.Event()
        self.id = replication_id(source, target, self.options.filter)
        self.result = Result(self.id)
        self.pending: int | None = None
        self._logs = Logs(self.id, source, target)
        self._strikes = Strikes()
        self._bodies = Bodies(wanted=True)
        self._reader = ChangesReader(source, self.options.filter, self._bodies, self.options.split, self.stopped)
        self._timer = Timer(self.options.checkpoint_interval)
        self._opened = False
        self._first = True
        self._since: Seq = 0
        self._moved = False
        self._progress = Progress(0)
        self._probes: deque[tuple[str, str]] = deque(maxlen=PROBES)
        self._starts: tuple[str, str] | None = None
        self._worker: Worker | None = None

    # -- the run ------------------------------------------------------------------------------------------------

    def once(self) -> None:
        """Up to the end of the feed and a checkpoint. Raises PeerError kinds, StartOver, Stopped."""
        if not self._opened:
            self.open()
        self.catch_up()
        self.checkpoint()

    def forever(self) -> None:
        """As `once`, and then follows the feed until an error or `Stopped` ends it."""
        if not self._opened:
            self.open()
        self.catch_up()
        self.follow()

    def open(self) -> None:
        """Forgets everything and reads both logs."""
        self._check_stop()
        if self._first:
            self._say(State("starting"))  # a try after a failure stays "waiting" until it gets through
        if self._first and self.options.create_target and not self.target.exists():
            self.target.create()
        if self.hooks.opened is not None:
            self.hooks.opened()
        since: Seq = self._logs.read() if self.options.use_checkpoints else 0
        if self.options.since_seq is not None:
            since = self.options.since_seq
        if self._logs.first:  # a missing database has no log either
            self.source.info()
            self.target.info()
        if self._first:
            self.result.start_last_seq = self.result.end_last_seq = since
        self._since = since
        self._progress = Progress(since)
        self._moved = False
        self._probes.clear()
        self._starts = None
        self._worker = None
        self._timer.reset()
        self._opened = True

    @property
    def through(self) -> Seq:
        """Up to here everything is at the target."""
        return self._progress.through

    def reset(self) -> None:
        """After a failure: the next run opens anew."""
        self._opened = False
        self._first = False

    def stop(self) -> None:
        """Ends the run from another thread: what waits is woken, what is sent is cut off."""
        self.stopped.set()
        self.source.cut()
        self.target.cut()

    def last_words(self) -> None:
        """The checkpoint of a run that was stopped, if it can be had at once."""
        if not self._opened or not self._moved:
            return
        for peer in (self.source, self.target):
            peer.mend()
            peer.hurry(STOPPING_TIMEOUT)
        try:
            self.checkpoint()
        except (PeerError, StartOver, Stopped):
            return  # the next start reads the logs, as after a crash

    def catch_up(self) -> None:
        """Pages until the source has no more. One page is done here, more by workers."""
        pool: Pool | None = None
        try:
            while True:
                self._check_stop()
                page = self._reader.next(self._since)
                if page.empty:
                    self._skip(page)
                    break
                ended = page.ends(self._reader.limit)
                token = self._begin(page)
                if pool is None and ended:
                    self._process(token, page)
                    break
                pool = pool or Pool(self.options.workers)
                pool.submit(lambda token=token, page=page: self._process(token, page), self._tick)  # type: ignore[misc]
                self._tick()
                if ended:
                    break
            if pool is not None:
                pool.join(self._tick)
        finally:
            if pool is not None:
                pool.close()
        self._report()

    def follow(self) -> None:
        """Waits for changes and brings them over as they come."""
        checked = time.monotonic()
        while True:
            self._check_stop()
            self._say(State("idle"))
            longest = None if self.source.remote else self.options.idle_check
            page = self._reader.wait(self._since, self._timer.left if self._moved else longest)
            self._check_stop()
            if page.empty:
                self._skip(page)
            else:
                self._say(State("active"))
                self._process(self._begin(page), page)
                self._report()
                if not page.ends(self._reader.limit):
                    self.catch_up()
            if self._moved and not self._timer.left:
                self.checkpoint()
                checked = time.monotonic()
            elif time.monotonic() - checked > self.options.idle_check:
                if self.options.use_checkpoints:
                    self._logs.unchanged()
                checked = time.monotonic()

    # -- batches ------------------------------------------------------------------------------------------------

    def _begin(self, page: Page) -> int:
        if self._worker is None:
            self._say(State("active"))
            self._meet()
        token = self._progress.begin(page.last_seq)
        self._since = page.last_seq
        self.pending = page.pending
        self._moved = True
        return token

    def _skip(self, page: Page) -> None:
        """An empty page may still move the sequence (a filter, or deleted rows that only the source counts)."""
        if not same_place(page.last_seq, self._since):
            self._moved = True
        self._progress.done(self._progress.begin(page.last_seq))
        self._since = page.last_seq
        self.pending = page.pending

    def _meet(self) -> None:
        """The first batch since the logs were read: who is there, and does the target have anything?"""
        source, target = self.source.info(), self.target.info()
        self._starts = (source.instance_start_time, target.instance_start_time)
        diff = Diff(target_empty=target.empty, resumed=self._first and not self._logs.first)
        self._worker = Worker(
            self.source,
            self.target,
            diff=diff,
            bodies=self._bodies,
            result=self.result,
            strikes=self._strikes,
            refusals=self.hooks.refusals,
            split=self.options.split,
            stopped=self.stopped,
        )

    def _process(self, token: int, page: Page) -> None:
        self._check_stop()
        assert self._worker is not None
        rows = page.rows()
        refused = self._worker.process(rows)
        self._progress.done(token)
        self.result.batches += 1
        for row in rows[-2:]:
            if row.id not in refused:
                self._probes.append((row.id, row.revs[0]))

    def offer(self, rows: list[Row]) -> set[str]:
        """Brings single documents over besides the feed (refused ones, again); returns the ids refused again."""
        if not self._opened:
            self.open()
        if self._worker is None:
            self._meet()
        assert self._worker is not None
        return self._worker.process(rows)

    def _tick(self) -> None:
        self._check_stop()
        self._report()
        if self._moved and not self._timer.left:
            self.checkpoint()

    # -- checkpoints --------------------------------------------------------------------------------------------

    def checkpoint(self) -> None:
        """Writes both logs, if there is anything to say. StartOver when a peer is not the one that we wrote to."""
        through = self._progress.through
        if not self._moved or through == self._logs.recorded:
            self._settle(through)
            return
        if self.options.use_checkpoints:
            self._verify()
            self._logs.write(through, self.result.start_last_seq, self.result.stats.as_dict())
            self.result.checkpoints += 1
        self._settle(through)
        if self.hooks.checkpoint is not None:
            self.hooks.checkpoint(through)

    def _settle(self, through: Seq) -> None:
        self._timer.reset()
        self._moved = self._progress.under_way > 0
        self.result.end_last_seq = through

    def _verify(self) -> None:
        """Is everything up to here still there? A peer deleted, made anew or restored meanwhile must not get a log."""
        if self._starts is not None:
            target = self.target.commit()
            source = self.source.info().instance_start_time if self.source.remote else self.source.commit()
            for seen, now, side in zip(self._starts, (source, target), ("source", "target"), strict=True):
                if seen and now and seen != now:
                    raise StartOver(f"The {side} was made anew meanwhile.")
        probes = dict(self._probes.copy())
        if not probes:
            return
        asked = {id: [rev] for id, rev in probes.items()}
        for peer, side in ((self.target, "target"), (self.source, "source")):
            lost = peer.revs_diff(asked) if peer.remote else {}
            if lost and not (side == "target" and self._never_kept(lost)):
                raise StartOver(f"The {side} lost documents that it had: it was restored from an older copy.")
        self._probes.clear()

    def _never_kept(self, lost: Mapping[str, Missing]) -> bool:
        """Documents that a target takes without a word and does not keep, time and again, are refused ones."""
        assert self._worker is not None
        out = [
            Failure(id, rev, "not_kept", "The other side said that it took the document, but does not have it.")
            for id, missing in lost.items()
            for rev in missing.revs
            if self._strikes.out(id, rev)
        ]
        for failure in out:
            self._worker.refuse(failure, None)
        return len(out) == sum(len(missing.revs) for missing in lost.values())

    # -- telling ------------------------------------------------------------------------------------------------

    def _report(self) -> None:
        if self.hooks.progress is not None:
            self.hooks.progress(self.result, self.pending)

    def _say(self, state: State) -> None:
        if self.hooks.state is not None:
            self.hooks.state(state)

    def _check_stop(self) -> None:
        if self.stopped.is_set():
            raise Stopped()


def same_place(a: Seq, b: Seq) -> bool:
    """Two sequences of a feed between which no row came: CouchDB may spell one place in several ways, but its number
    stays the same."""
    if a == b:
        return True
    if isinstance(a, str) and isinstance(b, str):
        return a.partition("-")[0] == b.partition("-")[0]
    return False


def replicate(
    source: Peer | Database | Path | str,
    target: Peer | Database | Path | str,
    *,
    continuous: bool = False,
    create_target: bool = False,
    stop: threading.Event | None = None,
    on_progress: Callable[[Result, int | None], None] | None = None,
    on_state: Callable[[State], None] | None = None,
    doc_ids: list[str] | None = None,
    selector: Mapping[str, Any] | None = None,
    refusals: Refusals | None = None,
    options: Options | None = None,
) -> Result:
    """Replicates from `source` to `target` once, or until `stop` is set.

    `on_progress(result, pending)` and `on_state(state)` are called from this thread. Raises
    ReplicationError("denied" | "waiting" | "stopped", reason) when it cannot go on: a one-shot run tries
    `backoff.TRIES` times without progress, a continuous one waits for ever, but for what only a person can change.
    """
    base = options or Options()
    chosen = Filter(tuple(doc_ids) if doc_ids is not None else None, selector) if doc_ids or selector else base.filter
    if doc_ids is not None and not doc_ids:
        chosen = Filter((), None)
    settings = Options(**{**vars(base), "filter": chosen, "create_target": create_target or base.create_target})
    peers: list[Peer] = []
    own: list[Peer] = []
    for spec in (source, target):
        peer = open_peer(spec, sessions=continuous)
        peers.append(peer)
        if peer is not spec:
            own.append(peer)
        elif continuous and isinstance(peer, RemotePeer):
            peer.use_sessions()
    run = Replication(peers[0], peers[1], settings, Hooks(progress=on_progress, state=on_state, refusals=refusals))
    try:
        return Retry(run, continuous=continuous).run(stop)
    finally:
        for peer in own:
            peer.close()
