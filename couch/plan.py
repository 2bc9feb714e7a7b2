"""What a central lacks, as steps in an order in which nobody comes in before the doors stand.

databases of the system → settings → who manages users
→ for each database: the database, who may come in, what may be written, indexes
→ users
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from couch import accounts, databases, documents, settings
from couch.accounts import Keeper
from couch.server import CentralError, Server
from couch.settings import Settings
from couch.steps import Step
from couch.wanted import Wanted

#: What a CouchDB that nobody set up lacks, though it answers /_session from _users all the same.
SYSTEM = ("_users", "_replicator")


@dataclass
class Plan:
    """The steps, in order, and `notes`: what a person should know, a sentence each."""

    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def apply(self, done: Callable[[Step], Any] = lambda step: None) -> None:
        """Makes it so, step by step; `done` is told of each. Stopped by a CentralError that says after which step:
        what was made stays, is right, and is no step of the next plan."""
        for count, step in enumerate(self.steps):
            try:
                step.make()
            except CentralError as error:
                raise type(error)(f"{error} {_so_far(count, len(self.steps), step)}") from None
            done(step)


def _so_far(done: int, of: int, step: Step) -> str:
    made = "Nothing was changed" if not done else f"{done} of {of} steps are made and stay"
    return f"({made}; it stopped at {step.kind} {step.name}.)"


def plan(
    server: Server,
    wanted: Wanted,
    *,
    values: Settings | None = None,
    designs: bool = True,
    iterations: int | None = None,
    keeper: Keeper | None = None,
    known: set[str] | None = None,
    notes: list[str] | None = None,
) -> Plan:
    """What the central lacks of what is `wanted`; asks, and changes nothing.

    `server` has been asked for its admin (`Server.require_admin`). `values` are the settings, None: they are left
    alone. `designs`: design documents and indexes too. `iterations`, `keeper`: see `couch.accounts.steps`. `known`: the
    databases that there are, where they were asked for already. CentralError, also for a terminal that was revoked.
    """
    for name in sorted(wanted.refused & set(wanted.users)):
        raise CentralError(f"{name} was revoked at head office, which can give it a new code; this brings no one back.")
    known = server.databases() if known is None else known
    made = Plan(notes=list(notes or []))
    made.steps += _steps(server, wanted, values, designs, iterations, keeper, known, made.notes)
    made.notes += [f"{node} does not answer: its settings were not looked at." for node in server.silent]
    return made


def _steps(
    server: Server,
    wanted: Wanted,
    values: Settings | None,
    designs: bool,
    iterations: int | None,
    keeper: Keeper | None,
    known: set[str],
    notes: list[str],
) -> Iterator[Step]:
    for system in SYSTEM if server.is_couchdb else ():
        yield from databases.database(server, system, known)
    yield from _users_database(server, values, known, notes)
    mango = designs and _has_mango(server, known, notes)
    for name, roles in _databases(wanted):
        yield from databases.database(server, name, known)
        yield from databases.security(server, name, roles, known)
        if designs:
            yield from documents.steps(server, name, known, mango=mango)
    yield from accounts.steps(server, wanted.users.values(), known, iterations=iterations, keeper=keeper, notes=notes)


def _databases(wanted: Wanted) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every database, and who comes in besides admins."""
    yield "company", ("terminal", "office")
    for store in sorted(wanted.stores):
        yield f"store-{store}", (f"store:{store}", "office")


def _users_database(server: Server, values: Settings | None, known: set[str], notes: list[str]) -> Iterator[Step]:
    """The settings, and that head office manages users, which one of them allows."""
    managed = list(databases.users_security(server, known))
    if server.is_hub:
        yield from managed
        if values is not None:
            notes.append("A hub has no settings of CouchDB's: what they say holds there as it is.")
        return
    asked = {settings.EDITABLE[0]: {settings.EDITABLE[1]: "true"}} if values is None else values
    found = settings.read(server, asked)
    if not found.readable:
        notes.append("The settings of this CouchDB can't be read: they were not looked at.")
    elif values is not None:
        yield from settings.steps(server, values, found, needed=bool(managed), notes=notes)
        found.values[settings.EDITABLE] = {"": "true"} if managed else {}
    if found.everywhere(settings.EDITABLE, "true"):
        yield from managed
    elif managed:
        notes.append("Head office can't manage users there: couchdb/users_db_security_editable is not true.")


def _has_mango(server: Server, known: set[str], notes: list[str]) -> bool:
    if server.is_couchdb:
        return True
    database = min(known & {"company"} or known, default=None)
    has = database is not None and server.indexes(database) is not None
    if not has:
        notes.append("There is no Mango here: indexes for _find were left out.")
    return has
