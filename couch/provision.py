"""Prepares a central, an Apache CouchDB or a hub of ours, for a company's nodes. An admin runs it, never a terminal.

What it makes, and makes only where it is missing, so that a second run changes nothing:

* the databases ``company`` and, for each store, ``store-<id>``;
* in each one's ``_security`` the roles that may come in, and the central's identity;
* in each the design documents, which say what may be written there, and the indexes;
* in ``_users``, where it may, that head office manages users;
* one user per terminal with the roles ``terminal`` and ``store:<id>``, one for head office with the role ``office``.

What a person added by hand stays. A company's settings, and what its own documents name, are `couch.plan`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from couch import wanted
from couch.plan import plan
from couch.server import Server
from couch.wanted import Wanted


@dataclass
class Changes:
    """What a run did, or would do: one sentence each, empty when the central was ready."""

    made: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.made)


def provision(
    url: str,
    *,
    stores: Iterable[str] = (),
    terminals: Iterable[Mapping[str, str | None]] = (),
    office: Mapping[str, str | None] | None = None,
    iterations: int | None = None,
    designs: bool = True,
    dry_run: bool = False,
) -> Changes:
    """Makes what the nodes of a company need at the central at ``url`` (``http://admin:password@host:5984``).

    ``terminals`` are ``{"id": "s1-t1", "password": …, "store": "s1"}`` (the store told by the id when it isn't given),
    ``office`` is ``{"id": "office", "password": …}``; a terminal's store is made as if it stood in ``stores``.
    A password None leaves that of a user who is there.
    ``iterations``: a new password is hashed here, so often, where None leaves that to the central, which hashes as is
    right for the passwords that people choose, 600,000 times; for a random one of 90 bits and more, 10,000 are plenty,
    and a dozen links that sign in at once don't keep the central busy for seconds.
    ``designs``: design documents and indexes too. ``dry_run`` says what would change and changes nothing.
    Raises CentralError, in words: not reachable, not a CouchDB, not an admin, a name that can't be.
    """
    parts = [wanted.terminal(str(one["id"]), of=one.get("store"), password=one.get("password")) for one in terminals]
    parts += [wanted.store(store) for store in stores]
    if office is not None:
        parts.append(wanted.office(str(office["id"]), password=office.get("password")))

    server = Server(url)
    server.require_admin()
    found = plan(server, reduce(or_, parts, Wanted()), designs=designs, iterations=iterations)
    if not dry_run:
        found.apply()
    return Changes([str(step) for step in found.steps])
