"""The tasks of `app.shop.watch` in plain words: what is wrong with which machine, since when, what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from app.docs.database import Database
from app.shop import watch
from app.web import words

Words = tuple[str, str, list[dict[str, Any]]]


def _silent(about: str) -> tuple[str, str]:
    node, since = _told(watch.SILENT, about)
    return _("%(node)s has not been heard of", node=node), _(
        "Head office has heard nothing of %(node)s since %(time)s. What it has sold since is not here yet. See whether "
        "it is switched on and has a line. A till that is not used any more is taken out of service.",
        node=node, time=since,
    )  # fmt: skip


def _refused(about: str) -> tuple[str, str]:
    node, since = _told(watch.REFUSED, about)
    return _("The central refuses documents of %(node)s", node=node), _(
        "Since %(time)s the central has not taken something that %(node)s sent. Nothing is lost: it stays there. The "
        "sync page of %(node)s lists it with the reason, and offers it again.",
        node=node, time=since,
    )  # fmt: skip


def _clock(about: str) -> tuple[str, str]:
    node, since = _told(watch.CLOCK, about)
    return _("The clock of %(node)s is wrong", node=node), _(
        "The clocks of %(node)s and of the central differ by more than five minutes (found %(time)s). Receipts bear "
        "the time of the till: set the clock of the one that is wrong, and let it be kept by the network.",
        node=node, time=since,
    )  # fmt: skip


def _disk(about: str) -> tuple[str, str]:
    node, since = _told(watch.DISK, about)
    return _("The disk of %(node)s is nearly full", node=node), _(
        "Since %(time)s there is little room on the disk of %(node)s. When it is full, nothing can be sold or received "
        "there. Make room, or give it a larger disk.",
        node=node, time=since,
    )  # fmt: skip


def _away(about: str) -> tuple[str, str]:
    node, since = _told(watch.AWAY, about)
    return _("%(node)s does not reach the central", node=node), _(
        "%(node)s has not reached the central since %(time)s. Selling goes on, but nothing is sent and nothing "
        "arrives. Its sync page says why.",
        node=node, time=since,
    )  # fmt: skip


def _designs(about: str) -> tuple[str, str]:
    return _("The central’s rules are not those of this version"), _(
        "Some databases of the central lack the rules and views that this CouchTill brings, or have older ones. An "
        "administrator brings them up to date: couchtill central apply. The page Central says which."
    )


def _certificate(about: str) -> tuple[str, str]:
    node, ends = _told(watch.CERTIFICATE, about)
    return _("The certificate of %(node)s ends soon", node=node), _(
        "It ends %(time)s; after that tablets and browsers no longer trust %(node)s. A terminal renews what head "
        "office gave it by itself: see whether it runs and has a line. The page Certificates at head office says what "
        "each one has; what was signed by hand is renewed by hand.",
        node=node, time=ends,
    )  # fmt: skip


def _came(about: str) -> tuple[str, str]:
    node, since = _told(watch.CAME, about)
    return _("A machine that is let in no more came back: %(node)s", node=node), _(
        "A machine that was %(node)s, and was replaced or revoked, asked the central again on %(time)s. It was "
        "refused, and nothing of it was taken. If it was stolen or lost, somebody has switched it on. If it was "
        "replaced, switch it off. What it still has to send stays on it: the page Terminals says how much.",
        node=node, time=since,
    )  # fmt: skip


_SAID: dict[str, Callable[[str], tuple[str, str]]] = {
    watch.SILENT: _silent,
    watch.REFUSED: _refused,
    watch.CLOCK: _clock,
    watch.DISK: _disk,
    watch.AWAY: _away,
    watch.DESIGNS: _designs,
    watch.CERTIFICATE: _certificate,
    watch.CAME: _came,
}


def _told(kind: str, about: str) -> tuple[str, str]:
    found = watch.read(kind, about)
    return found.node.upper(), words.when(found.since)


def _words(say: Callable[[str], tuple[str, str]]) -> Callable[[str, Database, Database], Words]:
    return lambda about, database, company: (*say(about), [])


WORDS = {kind: _words(say) for kind, say in _SAID.items()}
"""By kind, as `tasks_api` has those of the others."""
