"""Runs a replication again after failures: which ones, how soon, and in what words they are told."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from app.replicator.backoff import TRIES, Backoff
from app.replicator.errors import (
    Busy,
    DatabaseMissing,
    Denied,
    FeedSilent,
    Locked,
    PeerError,
    ReplicationError,
    StartOver,
    Stopped,
    TransportError,
)
from app.replicator.stats import Result

if TYPE_CHECKING:
    from app.replicator.replication import Replication

LOCKED_WAIT = 60.0
"""Seconds before a locked user is tried again: each try would prolong nothing, but soon ones are pointless."""

DENIED_WAIT = 600.0
"""Seconds before a refused password is tried again by a standing link. CouchDB locks after five wrong ones in five
minutes."""

BUSY_TRIES = 50
"""Answers of "not now" that a one-shot run takes before it gives up."""

START_OVERS = 8
"""Times in a row that a run starts over because its logs were not its own, before it calls that a failure."""


class State(NamedTuple):
    """What a run is doing: "starting", "active", "idle", "waiting" (`until`, UTC), "denied", "stopped"; `reason` in
    plain words where something is wrong."""

    name: str
    reason: str = ""
    until: str | None = None


class Verdict(NamedTuple):
    """What follows from a failure. `again`: seconds until the next try, None when only a person can help."""

    state: str
    reason: str
    again: float | None


class Judge:
    """Turns failures into verdicts; remembers how often they came in a row."""

    def __init__(self) -> None:
        self.backoff = Backoff()
        self.anew = Backoff()
        self.busy = 0

    def progress(self) -> None:
        """Something went well since the last failure."""
        self.backoff.reset()
        self.busy = 0

    def settled(self) -> None:
        """Both sides agreed on a checkpoint."""
        self.anew.reset()

    def __call__(self, error: PeerError | StartOver) -> Verdict:
        if isinstance(error, StartOver):
            first = not self.anew.tries
            wait = self.anew.next()
            return Verdict("waiting", f"Starting over: {error}", 0.0 if first else wait)
        if isinstance(error, Busy):
            self.busy += 1
            wait = error.retry_after if error.retry_after is not None else min(25.0, 0.25 * 1.2**self.busy)
            return Verdict("waiting", error.reason, wait)
        if isinstance(error, FeedSilent) and not self.backoff.tries:
            return Verdict("waiting", error.reason, 0.0)  # ask the logs at once; if they answer, all is well
        if isinstance(error, TransportError):
            return Verdict("waiting", error.reason, self.backoff.next())
        if isinstance(error, Locked):
            return Verdict("waiting", error.reason, self.backoff.next(LOCKED_WAIT))
        if isinstance(error, Denied):
            return Verdict("denied", error.reason, None)
        if isinstance(error, DatabaseMissing):
            return Verdict("stopped", "The database does not exist there.", None)
        return Verdict("stopped", error.reason, None)


class Retry:
    """One replication with all its tries."""

    def __init__(self, run: Replication, *, continuous: bool) -> None:
        self._run = run
        self._continuous = continuous
        self._judge = Judge()

    def run(self, stop: threading.Event | None = None) -> Result:
        """Until it is done, or stopped (which is no error), or hopeless (ReplicationError)."""
        run = self._run
        began = time.monotonic()
        ended = threading.Event()
        watcher = None
        if stop is not None:
            watcher = threading.Thread(target=_stop_when, args=(stop, ended, run), daemon=True)
            watcher.start()
        try:
            self._loop()
        except Stopped:
            run.last_words()
        finally:
            ended.set()
            if watcher is not None:
                watcher.join()
            run.result.seconds = time.monotonic() - began
        return run.result

    def _loop(self) -> None:
        run = self._run
        while True:
            mark = run.result.work
            try:
                if self._continuous:
                    run.forever()
                run.once()
                return
            except (PeerError, StartOver) as error:
                if run.stopped.is_set():
                    raise Stopped() from error
                if run.result.work != mark:
                    self._judge.progress()
                if run.result.checkpoints != mark[1]:
                    self._judge.settled()
                run.reset()
                run.result.retries += 1
                verdict = self._judge(error)
                if verdict.again is None or self._hopeless():
                    raise ReplicationError(verdict.state, verdict.reason) from error
                self._wait(verdict)

    def _hopeless(self) -> bool:
        judge = self._judge
        if self._continuous:
            return False
        return judge.backoff.tries >= TRIES or judge.busy > BUSY_TRIES or judge.anew.tries >= START_OVERS

    def _wait(self, verdict: Verdict) -> None:
        seconds = verdict.again or 0.0
        if seconds > 0 and self._run.hooks.state is not None:
            self._run.hooks.state(State(verdict.state, verdict.reason, until(seconds)))
        if self._run.stopped.wait(seconds):
            raise Stopped()


def until(seconds: float) -> str:
    """The time in `seconds`, UTC, ISO 8601 with milliseconds."""
    when = datetime.now(UTC) + timedelta(seconds=seconds)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stop_when(stop: threading.Event, ended: threading.Event, run: Replication) -> None:
    while not ended.is_set():
        if stop.wait(0.1):
            run.stop()
            return
