"""What a company has, and so what its central must have: its stores, its terminals, its head office.

Some are named to us, the others name themselves: by documents and databases that the central has already.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from couch.accounts import User
from couch.server import CentralError, Server

#: CouchDB takes lower-case database names only (https://docs.couchdb.org/en/stable/api/database/common.html).
STORE_ID = re.compile(r"[a-z][a-z0-9-]*\Z")
TERMINAL_ID = re.compile(r"[a-z][a-z0-9-]*\Z")


_NAMED = "--terminal and --office make one."


@dataclass(frozen=True)
class Wanted:
    """The stores' ids; the nodes' users by name; `refused` are terminals that head office has revoked."""

    stores: frozenset[str] = frozenset()
    users: Mapping[str, User] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()

    def __or__(self, other: Wanted) -> Wanted:
        """Both; where both name a user, `self` has the password."""
        return Wanted(self.stores | other.stores, {**other.users, **self.users}, self.refused | other.refused)

    def renewing(self, names: set[str]) -> Wanted:
        """The same with new passwords for these users. CentralError for one that is not among them."""
        for name in sorted(names - set(self.users)):
            raise CentralError(f"{name} is no user of a terminal or of head office there: {_NAMED}")
        renewed = {name: replace(user, renew=name in names) for name, user in self.users.items()}
        return replace(self, users=renewed)


def store(id: str) -> Wanted:
    if not STORE_ID.match(id):
        raise CentralError(f"{id!r} is no store's id: lower-case letters, digits and dashes, a letter first.")
    return Wanted(frozenset({id}))


def store_of(terminal: str) -> str:
    """The store in a terminal's id: ``s1`` of ``s1-t2``."""
    store, dash, till = terminal.rpartition("-")
    if not dash or not STORE_ID.match(store) or not till:
        raise CentralError(f"{terminal!r} is no terminal's id: store, dash, till, as in s1-t2.")
    return store


def terminal(id: str, *, of: str | None = None, password: str | None = None) -> Wanted:
    """A terminal, its store (`of`, told by the id when it isn't given) and its user."""
    if not TERMINAL_ID.match(id):
        raise CentralError(f"{id!r} is no terminal's id: lower-case letters, digits and dashes, as in s1-t2.")
    its = of or store_of(id)
    return store(its) | Wanted(users={id: User(id, ("terminal", f"store:{its}"), password)})


def office(id: str, *, password: str | None = None) -> Wanted:
    if not id or id.startswith("_") or ":" in id:
        raise CentralError(f"{id!r} is no name of a user: not empty, no colon in it, no underscore before it.")
    return Wanted(users={id: User(id, ("office",), password)})


def accounts(server: Server, names: Collection[str], known: set[str]) -> Wanted:
    """Those of `names` that are users of a terminal or of head office there, whether or not a document tells of them,
    as they are: nothing is wanted of them but what is asked for next."""
    found = server.users(sorted(names)) if names and "_users" in known else {}
    roles = {name: tuple(map(str, doc.get("roles") or ())) for name, doc in found.items()}
    return Wanted(users={name: User(name, of) for name, of in roles.items() if {"terminal", "office"} & set(of)})


def named(server: Server, known: set[str], notes: list[str]) -> Wanted:
    """What the central's own documents name: ``store:`` in ``company``, databases ``store-…``, and ``terminal:`` in
    them. A name that can't be is left out, and told in `notes`."""
    ids = {name.removeprefix("store-") for name in known if name.startswith("store-")}
    if "company" in known:
        ids |= {str(doc.get("id")) for doc in server.documents("company", "store:")}
    wrong = sorted(id for id in ids if not STORE_ID.match(id))
    notes += [f"{id!r} is no store's id and is left out." for id in wrong]
    all = Wanted(frozenset(ids - set(wrong)))
    for id in sorted(all.stores):
        if f"store-{id}" in known:
            all |= _terminals(server, id, notes)
    return all


def _terminals(server: Server, store: str, notes: list[str]) -> Wanted:
    users, refused = {}, set()
    for doc in server.documents(f"store-{store}", "terminal:"):
        name = doc.get("terminal")
        if not isinstance(name, str) or not TERMINAL_ID.match(name):
            notes.append(f"{doc['_id']} in store-{store} names no terminal and is left out.")
        elif _revoked(doc):
            refused.add(name)
        elif _is_let_in(doc):
            users[name] = User(name, ("terminal", f"store:{store}"), asked=False)
    return Wanted(users=users, refused=frozenset(refused))


def _events(doc: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What happened to a terminal, as its document's log tells, by time."""
    log = doc.get("log")
    told = [one for one in (log.values() if isinstance(log, Mapping) else ()) if isinstance(one, Mapping)]
    return sorted(told, key=lambda one: str(one.get("at")))


def _revoked(doc: Mapping[str, Any]) -> bool:
    last = [event.get("what") for event in _events(doc) if event.get("what") != "enrolled"][-1:]
    return bool(doc.get("inactive")) or last == ["revoked"]


def _is_let_in(doc: Mapping[str, Any]) -> bool:
    """Whether the terminal has a user of its own: one that waits for its code, or whose place another machine is to
    take, has what head office gives it."""
    events = _events(doc)
    made = [event.get("enrolment") for event in events if event.get("what") in ("code", "replaced")]
    if not made:
        return bool(doc.get("incarnations")) or any(event.get("what") == "enrolled" for event in events)
    return made[-1] in [event.get("enrolment") for event in events if event.get("what") == "enrolled"]
