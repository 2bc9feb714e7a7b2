"""What can go wrong between two peers, sorted by what the replicator does about it.

A person reads these words on the sync page, so each error says what happened and names no secret:
whoever raises one passes text through :func:`app.replicator.auth.redact` first.
"""

from __future__ import annotations

from collections.abc import Sequence


class PeerError(Exception):
    """Something a peer said or did. `status` and `error` are the HTTP answer's, 0 and "" where there was none."""

    status = 0
    error = ""

    def __init__(self, reason: str, *, status: int = 0, error: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status or self.status
        self.error = error or self.error


class TransportError(PeerError):
    """No answer, half an answer, an answer that is no JSON, 408 or 5xx: try again later, from the logs."""


class FeedSilent(TransportError):
    """A waiting changes feed was cut, or nothing came for longer than its heartbeat: perhaps only a proxy."""


class Busy(PeerError):
    """429, or 503 with `Retry-After`: the peer asks us to wait `retry_after` seconds (None: it did not say)."""

    def __init__(self, reason: str, *, retry_after: float | None = None, status: int = 429, error: str = "") -> None:
        super().__init__(reason, status=status, error=error)
        self.retry_after = retry_after


class Locked(PeerError):
    """CouchDB locks a user out for some minutes after wrong passwords (403 "temporarily locked"): waiting helps."""

    status = 403
    error = "forbidden"


class Denied(PeerError):
    """The peer knows us, or refuses to, and says no to the request as a whole: only a person can help."""


class NotFoundError(PeerError):
    """404: the database, the document or the path is not there."""

    status = 404
    error = "not_found"


class DatabaseMissing(NotFoundError):
    """404 for the database itself."""


class TooLarge(PeerError):
    """413: the request, or a document in it, is larger than the peer takes."""

    status = 413
    error = "too_large"


class MissingStubError(PeerError):
    """412 missing_stub: an attachment was sent as a stub that the peer does not have."""

    status = 412
    error = "missing_stub"


class ConflictError(PeerError):
    """409: someone else wrote the local document first."""

    status = 409
    error = "conflict"


class Refused(PeerError):
    """Any other 4xx: asking again the same way will not help."""


class StartOver(Exception):
    """A log is not what we wrote last, or the database was made anew: memory is worth nothing, read both logs.

    Raised inside a run, caught by the run.
    """


class DocsUnavailable(TransportError):
    """Revisions that the feed announced could not be fetched, also not one by one and a while later.

    `revisions` are their (id, rev).
    """

    def __init__(self, reason: str, revisions: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(reason)
        self.revisions = tuple(revisions)


class Stopped(Exception):
    """The run was asked to stop. Never shown to anyone."""


class UnknownCentral(PeerError):
    """The central is not the one this node knew. `known` and `found` are identities in words."""

    def __init__(self, reason: str, *, known: str, found: str) -> None:
        super().__init__(reason)
        self.known = known
        self.found = found


class ReplicationError(Exception):
    """A replication that ended without success: `state` ("denied", "waiting", "stopped"), `reason` in plain words."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason
