"""The central prepared from head office's page: what it lacks, in the reader's words, and the change; the same that
`couchtill central plan` and `apply` tell and make.

An administrator's name and password are used for this once. They stand in no document, log, file or URL of ours, and
what goes wrong is told without them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from flask_babel import gettext as _

from app.shop.reason import Reason, say
from app.web.json_api import Problem

if TYPE_CHECKING:
    from couch.plan import Plan
    from couch.server import Server


class Prepared(NamedTuple):
    """What the central lacks, or lacked, and what a person should know; a sentence each."""

    steps: list[str]
    notes: list[str]


def prepare(
    url: str, stores: Sequence[str], name: str, password: str, *, apply: bool, ca: Path | None = None
) -> Prepared:
    """What the central at `url` lacks for `stores` and for all that it names itself; with `apply` it is made. `ca`: an
    authority that is believed besides the machine's. Problem in words."""
    from couch.server import CentralError, Server

    if not name or not password:
        raise Problem(400, "invalid", say("Name and password of an administrator of the central are needed."), "name")
    parts = urlsplit(url)
    address = urlunsplit(
        (parts.scheme, f"{quote(name, safe='')}:{quote(password, safe='')}@{parts.netloc}", parts.path, "", "")
    )
    try:
        server = Server(address, ca=ca)
        server.require_admin()
        found = _look(server, stores)
        if apply:
            found.apply()
    except CentralError as wrong:
        said = str(wrong)
        if "does not accept" in said or "must be prepared by an admin" in said:
            reason: str = say("The central does not take this name and password for an administrator’s.")
            raise Problem(403, "no_admin", reason, "password") from None
        raise Problem(502, "central", Reason(said)) from None
    told = [_told(note) for note in found.notes]
    return Prepared([_words(step.kind, step.name, str(step)) for step in found.steps], [note for note in told if note])


def _look(server: Server, stores: Sequence[str]) -> Plan:
    """As the command looks, with all settings. But no account is made here: a password needs somebody to take it to
    its machine, which is what a code is for."""
    from couch import settings, wanted
    from couch.plan import plan
    from couch.wanted import Wanted

    known, notes = server.databases(), list[str]()
    all = reduce(or_, [wanted.store(id) for id in stores], Wanted()) | wanted.named(server, known, notes)
    there = server.users(all.users) if "_users" in known else {}
    notes += [f"No account: {name}" for name in sorted(set(all.users) - set(there))]
    all = replace(all, users={name: user for name, user in all.users.items() if name in there})
    return plan(server, all, values=settings.wanted(), known=known, notes=notes)


def _words(kind: str, name: str, step: str) -> str:
    """A step of `couch.plan` for a reader who needs not know what a CouchDB is made of."""
    told = {
        "database": _("The database %(name)s is made.", name=name),
        "security": _("Who may use %(name)s is set.", name=name),
        "design": _("The rules of %(name)s are put in.", name=name),
        "index": _("What is looked up in %(name)s is prepared.", name=name),
        "setting": _("The setting %(name)s is set.", name=name),
        "user": _("The user %(name)s is made or changed.", name=name),
    }
    return told.get(kind, step)


def _told(note: str) -> str | None:
    """A note of `couch.plan` in the reader's language; None for one that says nothing to who reads this page."""
    if note.startswith(("A hub has no settings", "There is no Mango")):
        return None  # a hub is complete without: what other programs look up is for who sets up a CouchDB for them
    for pattern, words in _notes():
        if found := re.match(pattern, note):
            return words % found.groupdict()
    return note


def _notes() -> list[tuple[str, str]]:
    return [
        (r"No account: (?P<name>\S+)", _("%(name)s has no account at the central: replace it on the page Terminals.")),
        (r"User (?P<name>\S+) is \w+ at head office", _("What the page Terminals says of %(name)s holds.")),
        (r"(?P<name>\S+) does not answer", _("%(name)s does not answer: its settings were not looked at.")),
        (r"The settings of this CouchDB can't be read", _("The central’s settings can’t be read: set them by hand.")),
        (
            r"(?P<name>\S+) is (?P<is>.*), as somebody has set it; (?P<ours>.*) would be ours",
            _("The setting %(name)s is %(is)s, as somebody has set it, and stays so; %(ours)s would be ours."),
        ),
        (
            r"Head office can't manage users",
            _("Head office can’t make terminals yet: the central’s setting users_db_security_editable must be true."),
        ),
        (r"'(?P<id>.*)' is no store's id", _("%(id)s can’t be a store’s short name and is left out.")),
        (r"(?P<id>\S+) in (?P<name>\S+) names no", _("The document %(id)s in %(name)s names no terminal: left out.")),
    ]
