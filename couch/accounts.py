"""The users that a company's nodes sign in as at the central: one a terminal, one for head office.

A user that is there keeps its password unless another is asked for, and its roles: ours are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from couch import passwords
from couch.server import CentralError, Server
from couch.steps import Step
from couch.words import Unreachable

#: How often somebody else may be quicker: a CouchDB hashes a password anew, its own way, soon after a login with it.
TRIES = 3


@dataclass(frozen=True)
class User:
    """A node's account. ``password`` None: a new user gets one that is made here; one that is there keeps its own,
    unless ``renew``. ``asked``: a person names it here, and not only a document of the central's."""

    name: str
    roles: tuple[str, ...]
    password: str | None = None
    renew: bool = False
    asked: bool = True


class Keeper(Protocol):
    """Where passwords that were made here go, each before the user is written: a password that nobody has is worse
    than one too many."""

    def keep(self, name: str, password: str) -> None: ...

    def drop(self, name: str) -> None:
        """The user was not written: the password is nobody's."""


def steps(
    server: Server,
    users: Iterable[User],
    known: set[str],
    *,
    iterations: int | None,
    keeper: Keeper | None,
    notes: list[str],
) -> Iterator[Step]:
    """What of these users is missing; one that head office holds back by its state (waiting for a code, withdrawn,
    replaced, revoked) is left as it is, and told in `notes`. CentralError where a name that is asked for is somebody
    else's; one that a document tells is left out, and told in `notes`.

    `iterations`: see `couch.provision.provision`; of no account for a CouchDB before 3.4, which knows hashes of its own
    kind only. Without a `keeper` a new user must come with a password.
    """
    if server.is_couchdb and server.number < (3, 4):
        iterations = None
    wanted = list(users)
    there = server.users(user.name for user in wanted) if "_users" in known else {}
    for user in wanted:
        doc = there.get(user.name)
        if held := _held(doc):
            notes.append(f"User {user.name} is {held} at head office, whose page of terminals decides: left as it is.")
            continue
        if whose := _somebody_elses(server, user, doc):
            if user.asked:
                raise CentralError(whose)
            notes.append(whose)
            continue
        change = _change(user, doc)
        if change is None:
            continue
        if doc is None and user.password is None and keeper is None:
            raise CentralError(f"User {user.name} is not there yet, and no password was given for it.")
        old = None if doc is None else {"roles": list(doc.get("roles") or [])}
        make = partial(_make, server, user, iterations, keeper)
        yield Step("user", user.name, change.words, old, {"roles": change.roles}, make)


@dataclass(frozen=True)
class _Change:
    words: str
    roles: list[str]
    password: bool


def _change(user: User, doc: Mapping[str, Any] | None) -> _Change | None:
    have = list((doc or {}).get("roles") or [])
    missing = [role for role in user.roles if role not in have]
    if doc is None:
        return _Change(f"made, roles {', '.join(user.roles)}", list(user.roles), True)
    given = user.password is not None and not passwords.matches(doc, user.password)
    words = [*(["new password"] if given or user.renew else []), *([f"roles {', '.join(missing)}"] if missing else [])]
    return _Change(", ".join(words), have + missing, given or user.renew) if words else None


def _somebody_elses(server: Server, user: User, doc: Mapping[str, Any] | None) -> str | None:
    """Whose the name is that this user can't have: with two roles a till would be head office, and an admin of the
    server who has a user besides signs in with the admin's password."""
    if user.name == server.admin:
        return f"{user.name} is the admin of {server.shown}: a terminal and head office need a user of their own."
    roles = (doc or {}).get("roles") or []
    if "office" in user.roles and "terminal" in roles:
        return f"{user.name} is a terminal's user: head office needs one of its own."
    if "terminal" in user.roles and "office" in roles:
        return f"{user.name} is head office's user: a terminal needs one of its own."
    return None


def _held(doc: Mapping[str, Any] | None) -> str | None:
    """The state in which head office keeps a user from being one, as its document tells."""
    told = (doc or {}).get("couchtill")
    state = told.get("state") if isinstance(told, Mapping) else None
    return None if state in (None, "enrolled") else str(state)


def _make(server: Server, user: User, iterations: int | None, keeper: Keeper | None) -> None:
    made = user.password is None
    password = passwords.generate() if user.password is None else user.password
    rounds = _rounds(server) if made else iterations
    kept = False
    try:
        for _ in range(TRIES):
            doc = server.user(user.name)
            if kept and doc is not None and passwords.matches(doc, password):
                return  # a request that was repeated met its own first one
            change = None if _held(doc) else _change(user, doc)
            if change is None:
                break
            if change.password and made and not kept:
                _keep(keeper, user.name, password)
                kept = True
            if server.save_user(_document(user, doc, change, password, rounds)):
                return
        else:
            raise CentralError(f"User {user.name} is being changed by somebody else all the time.")
    except Unreachable:
        raise  # the user may have been written: then this is the password
    except CentralError:
        _drop(keeper, user.name, kept)
        raise
    _drop(keeper, user.name, kept)


def _document(
    user: User, doc: Mapping[str, Any] | None, change: _Change, password: str, rounds: int | None
) -> dict[str, Any]:
    new: dict[str, Any] = {**(doc or {"name": user.name, "type": "user"}), "roles": change.roles}
    if change.password:
        new = {key: value for key, value in new.items() if key not in passwords.FIELDS}
        new |= passwords.fields(password, rounds)
    return new


def _keep(keeper: Keeper | None, name: str, password: str) -> None:
    if keeper is None:
        raise CentralError(f"User {name} is not there yet, and no password was given for it.")
    keeper.keep(name, password)


def _drop(keeper: Keeper | None, name: str, kept: bool) -> None:
    if kept and keeper is not None:
        keeper.drop(name)


def _rounds(server: Server) -> int | None:
    """How often a password that is made here is hashed: CouchDB before 3.4 hashes it itself, its own way."""
    return None if server.is_couchdb and server.number < (3, 4) else passwords.ITERATIONS
