"""What a node knows of its central: when it was last heard, its clock, whether it is there now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.shop.desk import Contact

#: Seconds after which an unanswered central no longer counts as being there, for links that rest.
FRESH = 60.0


def contact(supervisor: Any, links: Iterable[Mapping[str, Any]], heard: float | None) -> Contact:
    """From the supervisor of the links and their statuses; without one (before the links start, or for a node without
    a central) `heard`, the time that another process kept, is all that is known.

    A link that fetches hears its feed's heartbeats: as long as it is idle or at work, the line stands. One that sends
    is idle also when there is no line, as long as it has nothing to send.
    """
    from app.shop.desk import Contact

    if supervisor is None:
        return Contact(last=None if heard is None else datetime.fromtimestamp(heard, UTC))
    clock = supervisor.clock
    states = {(link["direction"], link["state"]) for link in links}
    online = bool(states & {("pull", "idle"), ("pull", "active")})
    if not online and not any(state in ("waiting", "denied") for _, state in states):
        online = clock.silence is not None and clock.silence < FRESH
    return Contact(last=clock.last, ahead=clock.ahead, online=online)


def as_dict(known: Contact, offline_hours: int | None) -> dict[str, Any]:
    """`{"last", "ahead", "online", "stops_at"}`. `stops_at` is when selling is to stop unless the central is seen
    before (the setting `offline_hours`); null when no setting says so, or the central was never heard."""
    stops = None
    if offline_hours is not None and known.last is not None:
        stops = stamp(known.last + timedelta(hours=offline_hours))
    return {"last": stamp(known.last), "ahead": known.ahead, "online": known.online, "stops_at": stops}


def stamp(moment: datetime | None) -> str | None:
    """UTC, ISO 8601 with milliseconds and Z, as documents have times."""
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
