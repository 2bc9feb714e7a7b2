"""Is this still the central that we knew?

A central made anew under the old address is empty and must not be filled by whoever comes first: a person decides.
A central restored from a backup by a person says so itself, and its links go on by themselves, comparing both sides
from the beginning. Its databases' `_security` then holds

    couchtill: {"id": this one's, "restored_from": the one's of which the copy was, "earlier": [those before that]}

so that a till which was away while a central was restored twice still finds the one that it knew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.replicator.errors import UnknownCentral
from app.replicator.peer import Central

UNKNOWN = (
    "This central is not the one that this till knew: it was made anew, or it is another one. "
    "Nothing is sent to it until a person accepts it."
)
"""The reason of a link that asks."""

RESTORING = "restoring"
"""The key beside `id` of a database that is being restored: which central's copy goes into it. Nobody's links know it
until that is done."""


def key(database: str) -> str:
    """The setting under which a node keeps the identity that it knows. Without it, the next one met is taken."""
    return f"central:{database}"


def as_dict(central: Central) -> dict[str, Any]:
    """What a node remembers of a central."""
    return {"id": central.id, "server": central.server, "instance_start_time": central.instance_start_time}


def check(known: Mapping[str, Any] | None, found: Central) -> dict[str, Any]:
    """What to remember from now on. Raises UnknownCentral where only a person may say that it is right.

    `known` None is the first contact. A provisioned id counts alone; without one, the server's uuid and the database's
    `instance_start_time` together. A central that gets its id while the database stays the same is still known.
    """
    if known is None:
        return as_dict(found)
    if known.get("id"):
        same = known["id"] in (found.id, found.restored_from, *found.earlier)
    else:
        same = (found.server, found.instance_start_time) == (known.get("server"), known.get("instance_start_time"))
        same = same or bool(known.get("server") and known["server"] in (found.restored_from, *found.earlier))
    if same:
        return as_dict(found)
    before = str(known.get("id") or f"{known.get('server')}, made {known.get('instance_start_time')}")
    raise UnknownCentral(
        UNKNOWN,
        known=before,
        found=str(found),
    )


def told(central: Central) -> dict[str, Any]:
    """What a backup keeps of a central's identity: `{"id", "before": [ids, the newest first]}`. Without an id of its
    own it goes by its server's."""
    before = [name for name in (central.restored_from, *central.earlier) if name]
    return {"id": central.id or central.server, "before": before}


def knows(own: Mapping[str, Any], id: str) -> bool:
    """Whether a database whose `_security` holds `own` under `couchtill` is the central `id`, or takes its place."""
    return id in (own.get("id"), own.get("restored_from"), *_earlier(own))


def succeeding(own: Mapping[str, Any], copied: Mapping[str, Any]) -> dict[str, Any]:
    """`own` (with an `id`) as the one that takes the place of what `copied` (`told`) was: its links go on by
    themselves."""
    names = [str(copied["id"]), *(str(name) for name in copied.get("before") or ())]
    names += [str(name) for name in (own.get("restored_from"), *_earlier(own)) if name]
    before = [name for name in dict.fromkeys(names) if name != own["id"]]
    made = {key: value for key, value in own.items() if key not in ("restored_from", "earlier", RESTORING)}
    return {
        **made,
        **({"restored_from": before[0]} if before else {}),
        **({"earlier": before[1:]} if before[1:] else {}),
    }


def _earlier(own: Mapping[str, Any]) -> list[Any]:
    earlier = own.get("earlier")
    return earlier if isinstance(earlier, list) else []
