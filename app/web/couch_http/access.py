"""Who may do what, as CouchDB 3 decides it: server admins, and each database's ``_security``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.docs.database import Database
from app.docs.errors import BadRequest, Forbidden, Unauthorized
from app.web.auth import Identity
from app.web.users import PEER_ROLE

# A database is for admins only until someone says otherwise, CouchDB 3's default.
ADMINS_ONLY: dict[str, Any] = {"members": {"roles": ["_admin"]}, "admins": {"roles": ["_admin"]}}

NOT_SERVER_ADMIN = "You are not a server admin."
NOT_ADMIN = "You are not a db or server admin."


def security_of(database: Database) -> Mapping[str, Any]:
    return database.security or ADMINS_ONLY


def require_server_admin(identity: Identity) -> None:
    if "_admin" not in identity.roles:
        raise Unauthorized(NOT_SERVER_ADMIN)


def is_admin(database: Database, identity: Identity) -> bool:
    """Whether this is an admin of the database."""
    if "_admin" in identity.roles:
        return True
    return _named(security_of(database).get("admins"), identity)


def require_member(database: Database, identity: Identity) -> None:
    """Unauthorized (nobody) or Forbidden (somebody else) unless this is a member or an admin of the database."""
    if "_admin" in identity.roles or PEER_ROLE in identity.roles:
        return
    security = security_of(database)
    members = security.get("members", security.get("readers"))
    if _is_public(members) or _named(security.get("admins"), identity) or _named(members, identity):
        return
    if identity.name is None:
        raise Unauthorized("You are not authorized to access this db.")
    raise Forbidden("You are not allowed to access this db.")


def require_admin(database: Database, identity: Identity, reason: str = NOT_ADMIN) -> None:
    """As `require_member`, for what only admins of the database may do."""
    if not is_admin(database, identity):
        raise Unauthorized(reason) if identity.name is None else Forbidden(reason)


def _is_public(members: Any) -> bool:
    return not isinstance(members, dict) or (not members.get("names") and not members.get("roles"))


def _named(group: Any, identity: Identity) -> bool:
    if not isinstance(group, dict):
        return False
    roles = group.get("roles") or ()
    if any(role in roles for role in identity.roles):
        return True
    return identity.name is not None and identity.name in (group.get("names") or ())


def check_security(value: Any) -> dict[str, Any]:
    """A security object that may be stored. BadRequest in CouchDB's words."""
    if not isinstance(value, dict):
        raise BadRequest("Request body must be a JSON object")
    for group in (value.get("admins", {}), value.get("members", value.get("readers", {}))):
        if not isinstance(group, dict):
            raise BadRequest("admins or members must be a JSON list of strings")
        for kind in ("names", "roles"):
            words = group.get(kind, [])
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                raise BadRequest(f"{kind} must be a JSON list of strings")
    # `{}` opens a database to everybody, as in CouchDB; stored as it came it would read as "never set".
    return value or {"members": {}, "admins": {}}
