"""The databases of a company at its central, and who may come into each.

What a person added to a ``_security`` by hand stays.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from couch.server import Server
from couch.steps import Step

Security = dict[str, Any]

#: Who manages users: CouchDB's admins, and head office, which makes terminals without being one.
MANAGERS = ("_admin", "office")

#: Who may read and change their own document there, and no other: a terminal sets its own password.
OWNERS = ("_admin", "office", "terminal", "ticket")  # ticket: a code’s own account (app/node/codes.py)


def database(server: Server, name: str, known: set[str]) -> Iterator[Step]:
    if name not in known:
        yield Step("database", name, "made", None, name, lambda: server.create(name))


def security(server: Server, name: str, roles: tuple[str, ...], known: set[str]) -> Iterator[Step]:
    """The roles that may come in (a CouchDB's databases are admin-only by default), and the central's identity
    ``couchtill: {"id": …}``, by which a link knows the central again after a restart and notices one made anew."""
    old = server.security(name) if name in known else {}
    new = secured(old, roles)
    if new == old:
        return
    words = list(_added(old, new))
    if not _identity(old):
        words.append("a new identity")
        new["couchtill"]["id"] = None  # made when it is written
    yield _step(server, name, ", ".join(words), old, new, roles, ("_admin",), identity=True)


def users_security(server: Server, known: set[str]) -> Iterator[Step]:
    """That head office manages users, and a terminal its own password. Where `_users` is closed to that by a setting,
    the setting is made first (``users_db_security_editable``)."""
    old = server.security("_users") if "_users" in known else {}
    new = secured(old, OWNERS, MANAGERS, identity=False)
    if new != old:
        yield _step(server, "_users", ", ".join(_added(old, new)), old, new, OWNERS, MANAGERS, identity=False)


def _step(
    server: Server,
    name: str,
    what: str,
    old: Security,
    new: Security,
    members: tuple[str, ...],
    admins: tuple[str, ...],
    *,
    identity: bool,
) -> Step:
    def make() -> None:
        now = server.security(name)
        then = secured(now, members, admins, identity=identity)
        if then != now:
            server.set_security(name, then)

    return Step("security", name, what, old or None, new, make)


def secured(
    old: Security,
    members: tuple[str, ...],
    admins: tuple[str, ...] = ("_admin",),
    *,
    identity: bool = True,
) -> Security:
    """``old`` with our roles among its members and admins and, where one is wanted, an identity; the one that it has
    stays. Equal to ``old`` when it has all that."""
    new: Security = {**old}
    for kind, ours in (("admins", admins), ("members", members)):
        group = old.get(kind) or {"names": []}
        have = list(group.get("roles") or [])
        new[kind] = {**group, "roles": have + [role for role in ours if role not in have]}
    if identity and not _identity(old):
        new["couchtill"] = {**(old.get("couchtill") or {}), "id": uuid.uuid4().hex}
    return new


def _identity(security: Security) -> str | None:
    return (security.get("couchtill") or {}).get("id")


def _added(old: Security, new: Security) -> Iterator[str]:
    for kind in ("members", "admins"):
        had = (old.get(kind) or {}).get("roles") or []
        added = [role for role in new[kind]["roles"] if role not in had and (role != "_admin" or old)]
        if added:
            yield f"{kind} {', '.join(added)}"
