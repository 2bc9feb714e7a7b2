"""Which databases a node holds, and which of them it replicates in which direction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from app.node.config import NodeConfig

PUSH, PULL = "push", "pull"


@dataclass(frozen=True)
class Wanted:
    """A standing replication that a node's configuration asks for."""

    database: str
    direction: str

    @property
    def name(self) -> str:
        return f"{self.direction} {self.database}"


def databases(config: NodeConfig, stores: Iterable[str] = ()) -> list[str]:
    """The databases that a node of this kind opens: a hub those that are there, the others what they replicate.

    ``stores`` are the ids of the stores that head office knows so far.
    """
    if config.kind == "hub":
        return []
    names = ["company"]
    if config.kind == "terminal":
        names.append(f"store-{config.store}")
    else:
        names += [f"store-{store}" for store in stores]
    names += [link.database for link in config.links]
    return list(dict.fromkeys(names))


def wanted(config: NodeConfig, names: Iterable[str]) -> list[Wanted]:
    """A push and a pull for each database, but for those that a ``[[link]]`` limits to one of them."""
    if config.central_url is None or config.kind == "hub":
        return []
    limits = {link.database: link.direction for link in config.links}
    return [
        Wanted(name, direction)
        for name in names
        for direction in (PUSH, PULL)
        if limits.get(name, "both") in (direction, "both")
    ]


def address(config: NodeConfig, database: str, password: str | None) -> str:
    """The URL of a database at the central, with name and password in it: never to be shown."""
    assert config.central_url is not None
    parts = urlsplit(config.central_url)
    netloc = parts.netloc
    if config.central_user is not None:
        netloc = f"{quote(config.central_user, safe='')}:{quote(password or '', safe='')}@{netloc}"
    path = f"{parts.path.rstrip('/')}/{quote(database, safe='')}"
    return urlunsplit((parts.scheme, netloc, path, "", ""))


def light(statuses: Iterable[dict[str, Any]], *, central: str | None) -> dict[str, Any]:
    """What the sync light shows, from the links' states: the worst state of all, and the sum of what is unsent.

    ``{"central", "state", "reason", "unsent", "oldest_unsent", "last_success", "refused_count", "links"}``. The state
    is ``off`` without a central, ``starting`` before there are links, else the gravest of ``stopped denied waiting
    starting active resting idle``; ``last_success`` is the oldest of the links' last successes: everything was in step
    then.
    """
    links = list(statuses)
    gravity = ("stopped", "denied", "waiting", "starting", "active", "resting", "idle")
    worst = min(links, key=lambda link: gravity.index(link["state"]) if link["state"] in gravity else 0, default=None)
    oldest = [link["oldest_unsent"] for link in links if link.get("oldest_unsent")]
    success = [str(link["last_success"]) for link in links if link.get("last_success")]
    return {
        "central": central,
        "state": worst["state"] if worst else "starting" if central else "off",
        "reason": worst.get("reason") if worst else None,
        "unsent": sum(link.get("unsent") or 0 for link in links if link["direction"] == PUSH),
        "oldest_unsent": min(oldest, default=None),
        "last_success": min(success) if links and len(success) == len(links) else None,
        "refused_count": sum(link.get("refused") or 0 for link in links),
        "links": links,
    }
