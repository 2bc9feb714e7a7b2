"""The tasks of `app.shop.watch` in plain words: what is wrong with which machine, since when, what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l

from app.docs.database import Database
from app.shop import watch
from app.web import words

Words = tuple[str, str, list[dict[str, Any]]]


#: By kind: what is wrong, and what to do about it. `%(node)s` and `%(time)s` stand for which machine, and since when.
_SAID = {
    watch.SILENT: (
        _l("%(node)s has not been heard of"),
        _l(
            "Head office has heard nothing of %(node)s since %(time)s. What it has sold since is not here yet. See "
            "whether it is switched on and has a line. A till that is not used any more is taken out of service."
        ),
    ),
    watch.REFUSED: (
        _l("The central refuses documents of %(node)s"),
        _l(
            "Since %(time)s the central has not taken something that %(node)s sent. Nothing is lost: it stays there."
            " The sync page of %(node)s lists it with the reason, and offers it again."
        ),
    ),
    watch.CLOCK: (
        _l("The clock of %(node)s is wrong"),
        _l(
            "The clocks of %(node)s and of the central differ by more than five minutes (found %(time)s). Receipts "
            "bear the time of the till: set the clock of the one that is wrong, and let it be kept by the network."
        ),
    ),
    watch.DISK: (
        _l("The disk of %(node)s is nearly full"),
        _l(
            "Since %(time)s there is little room on the disk of %(node)s. When it is full, nothing can be sold or "
            "received there. Make room, or give it a larger disk."
        ),
    ),
    watch.AWAY: (
        _l("%(node)s does not reach the central"),
        _l(
            "%(node)s has not reached the central since %(time)s. Selling goes on, but nothing is sent and nothing "
            "arrives. Its sync page says why."
        ),
    ),
    watch.DESIGNS: (
        _l("The central’s rules are not those of this version"),
        _l(
            "Some databases of the central lack the rules and views that this CouchTill brings, or have older ones. "
            "An administrator brings them up to date: couchtill central apply. The page Central says which."
        ),
    ),
    watch.CERTIFICATE: (
        _l("The certificate of %(node)s ends soon"),
        _l(
            "It ends %(time)s; after that tablets and browsers no longer trust %(node)s. A terminal renews what head"
            " office gave it by itself: see whether it runs and has a line. The page Certificates at head office "
            "says what each one has; what was signed by hand is renewed by hand."
        ),
    ),
    watch.CAME: (
        _l("A machine that is let in no more came back: %(node)s"),
        _l(
            "A machine that was %(node)s, and was replaced or revoked, asked the central again on %(time)s. It was "
            "refused, and nothing of it was taken. If it was stolen or lost, somebody has switched it on. If it was "
            "replaced, switch it off. What it still has to send stays on it: the page Terminals says how much."
        ),
    ),
}


def _words(kind: str) -> Callable[[str, Database, Database], Words]:
    def told(about: str, database: Database, company: Database) -> Words:
        found, (title, text) = watch.read(kind, about), _SAID[kind]
        values = {"node": found.node.upper(), "time": words.when(found.since)}
        return title % values, text % values, []

    return told


WORDS = {kind: _words(kind) for kind in _SAID}
"""By kind, as `tasks_api` has those of the others."""
