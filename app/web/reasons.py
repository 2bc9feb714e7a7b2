"""Why something was refused, why a link waits: in plain words of the reader's language.

The shop's refusals keep what they are made of (`app.shop.reason`), and `tell` says them. The replicator and the central
speak English, to logs as well as to people: what our own code says there is told again by its pattern (`plain`); what
another server says stands as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import current_app, has_app_context
from flask_babel import gettext as _

from app.shop.reason import Money, Reason
from app.web import i18n, present, rule_words

Told = Callable[..., str]

#: Pattern of a whole sentence → what is told; named groups are given to it. The first that fits counts.
_TOLD: list[tuple[re.Pattern[str], Told]] = [
    (re.compile(pattern, re.DOTALL), told)
    for pattern, told in (
        (r"(?P<where>\S+) (cannot be reached|did not answer|fell silent)\.", lambda where: _(
            "The central (%(where)s) does not answer. Is the network there?", where=where)),
        (r"The (connection to|feed of) (?P<where>\S+) broke off\.", lambda where: _(
            "The connection to the central (%(where)s) broke off.", where=where)),
        (r"(?P<where>\S+) has no certificate that is trusted here\.", lambda where: _(
            "The central (%(where)s) has no certificate that is trusted here.", where=where)),
        (r"(?P<where>\S+) is busy\.", lambda where: _("The central (%(where)s) is busy.", where=where)),
        (r"(?P<where>\S+) answered \d+ with .*is there a proxy or another service in between\?", lambda where: _(
            "Something else than the central answers at %(where)s: a login page of the network, or a proxy?",
            where=where)),
        (r"(?P<where>\S+) answered (?P<status>5\d\d|408): (?P<said>.*)", lambda where, status, said: _(
            "The central (%(where)s) has a problem of its own: %(said)s (%(status)s)",
            where=where, said=said, status=status)),
        (r"The database does not exist there\.", lambda: _no_database()),
        (r"(Name or password is incorrect|The user name or password is not accepted any more)\.?", lambda: _(
            "The central does not take this node’s name or password.")),
        (r"Account is temporarily locked.*", lambda: _(
            "The central has locked this node out for some minutes, after wrong passwords.")),
        (r"You are not (allowed to access|authorized to access|a server admin).*", lambda: _(
            "The central does not let this node use the database.")),
        (r"This central is not the one that this till knew.*", lambda: _(
            "This central is not the one that was known here: it was made anew, or it is another one. Nothing is sent "
            "to it until a person accepts it.")),
        (r"Starting over: .*", lambda: _("Starts over, as the other side was changed.")),
        (r"An unexpected problem: (?P<said>.*)", lambda said: _("An unexpected problem: %(said)s", said=said)),
        (r"The other side said that it took the document, but does not have it\.", lambda: _(
            "The central said that it took the document, but does not have it.")),
        (r"The (request|document)(, or a document in it,)? is (larger than the server takes|too large)\.?", lambda: _(
            "The document is larger than the central takes.")),
    )
]  # fmt: skip


def _no_database() -> str:
    node = current_app.extensions.get("couchtill", {}).get("node") if has_app_context() else None
    if getattr(node, "kind", "") == "office":
        return _("The central is not prepared for this yet: the page Stores prepares it.")
    return _("The central has no such database: ask head office.")


def tell(reason: str) -> str:
    """A reason of the shop in the reader's language: its amounts as they are written there, its names as they are.
    English without amounts of a currency, and what is no `Reason`, stands as it is."""
    if not isinstance(reason, Reason):
        return str(reason)
    if i18n.tag() == i18n.SOURCE:
        return _english(reason)
    message = i18n.catalogue(i18n.tag()).gettext(reason.message)
    if message == reason.message:  # no translation: the English as it was said, with its capital
        return str(reason)
    return message % {name: _value(value) for name, value in reason.values.items()} if reason.values else message


def _english(reason: Reason) -> str:
    """The sentence as it was said, with its capital; the amounts in it with their currency's sign."""
    if not _priced(reason):
        return str(reason)
    told = reason.message % {name: _value(value) for name, value in reason.values.items()}
    return told[:1].upper() + told[1:] if str(reason)[:1].isupper() else told


def _priced(reason: Reason) -> bool:
    return any(
        _priced(value) if isinstance(value, Reason) else isinstance(value, Money) and bool(value.currency)
        for value in reason.values.values()
    )


def _value(value: object) -> str:
    if isinstance(value, Money):
        if value.currency:
            return present.money(value.amount, value.currency, value.digits)
        return present.amount(value.amount, value.digits)
    return tell(value) if isinstance(value, str) else str(value)


def plain(reason: str | None) -> str:
    """A reason for a person; "" for none."""
    if not reason:
        return ""
    for pattern, told in _TOLD:
        found = pattern.fullmatch(reason)
        if found:
            return told(**found.groupdict())
    return rule_words.told(reason) or reason
