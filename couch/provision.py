"""Prepares a central, an Apache CouchDB or a hub of ours, for a company's nodes. An admin runs it, never a terminal.

What it makes, and makes only where it is missing, so that a second run changes nothing:

* the databases ``company`` and, for each store, ``store-<id>``;
* in each one's ``_security`` the roles that may come in (a CouchDB's databases are admin-only by default), and the
  central's identity ``couchtill: {"id": …}``, by which a link knows the central again after a restart and notices one
  that was made anew;
* one user per terminal with the roles ``terminal`` and ``store:<id>``, one for head office with the role ``office``.

What a person added to a ``_security`` or to a user's roles by hand stays.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from couch.server import CentralError, Server

#: CouchDB takes lower-case database names only (https://docs.couchdb.org/en/stable/api/database/common.html).
STORE_ID = re.compile(r"[a-z][a-z0-9-]*\Z")
TERMINAL_ID = re.compile(r"[a-z][a-z0-9-]*\Z")

Security = dict[str, Any]


@dataclass(frozen=True)
class User:
    """A node's account at the central; ``password`` None leaves an existing user's password alone."""

    name: str
    password: str | None
    roles: tuple[str, ...]


#: What a user's document says of its password.
_HASH = ("password_scheme", "pbkdf2_prf", "iterations", "salt", "derived_key", "password_sha")


@dataclass
class Changes:
    """What a run did, or would do: one sentence each, empty when the central was ready."""

    made: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.made)


def store_of(terminal: str) -> str:
    """The store in a terminal's id: ``s1`` of ``s1-t2``."""
    store, dash, till = terminal.rpartition("-")
    if not dash or not STORE_ID.match(store) or not till:
        raise CentralError(f"{terminal!r} is no terminal's id: store, dash, till, as in s1-t2.")
    return store


def provision(
    url: str,
    *,
    stores: Iterable[str] = (),
    terminals: Iterable[Mapping[str, str | None]] = (),
    office: Mapping[str, str | None] | None = None,
    iterations: int | None = None,
    dry_run: bool = False,
) -> Changes:
    """Makes what the nodes of a company need at the central at ``url`` (``http://admin:password@host:5984``).

    ``terminals`` are ``{"id": "s1-t1", "password": …, "store": "s1"}`` (the store told by the id when it isn't given),
    ``office`` is ``{"id": "office", "password": …}``; a terminal's store is made as if it stood in ``stores``.
    ``iterations``: a new password is hashed here, so often, where None leaves that to the central, which hashes as is
    right for the passwords that people choose, 600,000 times; for a random one of 90 bits and more, 10,000 are plenty,
    and a dozen links that sign in at once don't keep the central busy for seconds.
    ``dry_run`` says what would change and changes nothing.
    Raises CentralError, in words: not reachable, not a CouchDB, not an admin, a name that can't be.
    """
    users: list[User] = []
    names = list(stores)
    for terminal in terminals:
        name = str(terminal["id"])
        if not TERMINAL_ID.match(name):
            raise CentralError(f"{name!r} is no terminal's id: lower-case letters, digits and dashes, as in s1-t2.")
        store = terminal.get("store") or store_of(name)
        names.append(store)
        users.append(User(name, terminal.get("password"), ("terminal", f"store:{store}")))
    if office is not None:
        users.append(User(str(office["id"]), office.get("password"), ("office",)))
    for store in names:
        if not STORE_ID.match(store):
            raise CentralError(f"{store!r} is no store's id: lower-case letters, digits and dashes, a letter first.")

    server = Server(url)
    server.require_admin()
    changes = Changes()
    known = server.databases()
    for system in ("_users", "_replicator"):
        # A CouchDB that nobody set up lacks them, and answers /_session from _users all the same.
        if system not in known and server.is_couchdb:
            _make_database(server, system, changes, dry_run)
    _database(server, "company", ("terminal", "office"), known, changes, dry_run)
    for store in sorted(set(names)):
        _database(server, f"store-{store}", (f"store:{store}", "office"), known, changes, dry_run)
    for user in users:
        _user(server, user, iterations, changes, dry_run)
    return changes


def _make_database(server: Server, name: str, changes: Changes, dry_run: bool) -> None:
    if not dry_run:
        server.create(name)
    changes.made.append(f"database {name}: made")


def _database(
    server: Server, name: str, roles: tuple[str, ...], known: set[str], changes: Changes, dry_run: bool
) -> None:
    exists = name in known
    if not exists:
        _make_database(server, name, changes, dry_run)
    old = server.security(name) if exists or not dry_run else {}
    new = secured(old, roles)
    if new != old:
        if not dry_run:
            server.set_security(name, new)
        changes.made.append(f"database {name}: members {', '.join(roles)}; identity {new['couchtill']['id']}")


def secured(old: Security, roles: tuple[str, ...]) -> Security:
    """``old`` with our roles among the members and an identity; the same object's equal when it has both."""
    new: Security = {**old}
    for kind, ours in (("admins", ("_admin",)), ("members", roles)):
        group = old.get(kind) or {}
        have = list(group.get("roles") or [])
        new[kind] = {
            **group,
            "names": list(group.get("names") or []),
            "roles": have + [role for role in ours if role not in have],
        }
    identity = old.get("couchtill") or {}
    if not identity.get("id"):
        new["couchtill"] = {**identity, "id": uuid.uuid4().hex}
    return new


def _user(server: Server, user: User, iterations: int | None, changes: Changes, dry_run: bool) -> None:
    # Read again after a conflict: a CouchDB hashes a password anew, its own way, soon after a login with it.
    for last in (False, False, True):
        said = _try_user(server, user, iterations, dry_run, last)
        if said is not None:
            changes.made += [f"user {user.name}: {words}" for words in said]
            return


def _try_user(server: Server, user: User, iterations: int | None, dry_run: bool, last: bool) -> list[str] | None:
    """What was changed, in words; None when somebody else wrote the user's document meanwhile."""
    doc = server.user(user.name)
    have = list((doc or {}).get("roles") or [])
    missing = [role for role in user.roles if role not in have]
    new: dict[str, Any] = {**(doc or {"name": user.name, "type": "user"}), "roles": have + missing}
    if doc is None and user.password is None:
        raise CentralError(f"User {user.name} is not there yet, and no password was given for it.")
    # Tried once a run: five wrong passwords lock a user at CouchDB for a while.
    if user.password is not None and (doc is None or not server.accepts(user.name, user.password)):
        new = {key: value for key, value in new.items() if key not in _HASH}
        new |= password_fields(user.password, iterations)
        said = f"made, roles {', '.join(user.roles)}" if doc is None else ", ".join(["new password", *missing])
    elif missing:
        said = f"roles {', '.join(missing)}"
    else:
        return []
    if not dry_run and not server.save_user(new):
        if last:
            raise CentralError(f"User {user.name} is being changed by somebody else all the time.")
        return None
    return [said]


def password_fields(password: str, iterations: int | None) -> dict[str, Any]:
    """What a user's document says of a password: itself, for the central to hash, or its hash in CouchDB's form
    (https://docs.couchdb.org/en/stable/intro/security.html, *Password Hashing*)."""
    if iterations is None:
        return {"password": password}
    salt = secrets.token_hex(16)
    derived = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
    return {
        "password_scheme": "pbkdf2",
        "pbkdf2_prf": "sha256",
        "iterations": iterations,
        "salt": salt,
        "derived_key": derived.hex(),
    }
