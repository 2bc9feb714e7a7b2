"""Is this still the central that we knew?

A central made anew under the old address is empty and must not be filled by whoever comes first: a person decides.
A central restored from a backup by a person says so itself (`restored_from`), and replication goes on from the logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.replicator.errors import UnknownCentral
from app.replicator.peer import Central


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
        same = found.id == known["id"] or found.restored_from == known["id"]
    else:
        same = (found.server, found.instance_start_time) == (known.get("server"), known.get("instance_start_time"))
        same = same or (found.restored_from is not None and found.restored_from == known.get("server"))
    if same:
        return as_dict(found)
    before = str(known.get("id") or f"{known.get('server')}, made {known.get('instance_start_time')}")
    raise UnknownCentral(
        "This central is not the one that this till knew: it was made anew, or it is another one. "
        "Nothing is sent to it until a person accepts it.",
        known=before,
        found=str(found),
    )
