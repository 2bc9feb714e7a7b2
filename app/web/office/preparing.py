"""The central prepared from head office's page: what it lacks, in the reader's words, and the change.

An administrator's name and password are used for this once. They stand in no document, log, file or URL of ours, and
what goes wrong is told without them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, urlsplit, urlunsplit

from flask_babel import gettext as _

from app.shop.reason import Reason, say
from app.web.json_api import Problem

_STEP = re.compile(r"(?P<kind>\w+) (?P<name>\S+): (?P<what>.*)", re.DOTALL)


def prepare(url: str, stores: Sequence[str], name: str, password: str, *, apply: bool) -> list[str]:
    """What the central at `url` lacks for `stores`, a sentence each; with `apply` it is made. Problem in words."""
    from couch.provision import provision
    from couch.server import CentralError

    if not name or not password:
        raise Problem(400, "invalid", say("Name and password of an administrator of the central are needed."), "name")
    parts = urlsplit(url)
    address = urlunsplit(
        (parts.scheme, f"{quote(name, safe='')}:{quote(password, safe='')}@{parts.netloc}", parts.path, "", "")
    )
    try:
        changes = provision(address, stores=stores, dry_run=not apply)
    except CentralError as wrong:
        said = str(wrong)
        if "does not accept" in said or "must be prepared by an admin" in said:
            reason: str = say("The central does not take this name and password for an administrator’s.")
            raise Problem(403, "no_admin", reason, "password") from None
        raise Problem(502, "central", Reason(said)) from None
    return [_words(step) for step in changes.made]


def _words(step: str) -> str:
    """A step of `couch.plan` for a reader who needs not know what a CouchDB is made of."""
    found = _STEP.fullmatch(step)
    if found is None:
        return step
    kind, name = found["kind"], found["name"]
    told = {
        "database": _("The database %(name)s is made.", name=name),
        "security": _("Who may use %(name)s is set.", name=name),
        "design": _("The rules of %(name)s are put in.", name=name),
        "index": _("What is looked up in %(name)s is prepared.", name=name),
        "setting": _("The setting %(name)s is set.", name=name),
        "user": _("The user %(name)s is made or changed.", name=name),
    }
    return told.get(kind, step)
