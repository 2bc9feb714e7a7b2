"""What the central's rules say (``couch/design/shared/rules.js``), in the reader's language.

They say it in English, one sentence each: the pattern of each stands here. `tests/couch/test_rule_words.py` sends every
sentence of the table of cases through it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from flask_babel import gettext as _

Told = Callable[..., str]

_TYPE: Final = r"“(?P<type>[^”]*)”"
_FIELD: Final = r"The field “(?P<field>[^”]*)” must "

#: What a field must be → how it is told. The first that fits counts; named groups are given to it.
_WHAT: Final[list[tuple[str, Told]]] = [
    (r"text", lambda: _("text")),
    (r"text, and not empty", lambda: _("text, and not empty")),
    (r"a whole number", lambda: _("a whole number")),
    (r"a whole number from 1 on", lambda: _("a whole number from 1 on")),
    (r"a list", lambda: _("a list")),
    (r"an object", lambda: _("an object")),
    (r"64 hex digits", lambda: _("64 hex digits")),
    (r"64 hex digits, or null", lambda: _("64 hex digits, or null")),
    (r"a time in UTC, like (?P<time>\S+)", lambda time: _("a time in UTC, like %(time)s", time=time)),
    (r"an id that begins with “(?P<start>.*)”", lambda start: _("an id that begins with “%(start)s”", start=start)),
    (r"“(?P<value>.*)”, as in the field “_id”", lambda value: _("“%(value)s”, as in the field “_id”", value=value)),
    (r"“(?P<type>.*)”, as the field “_id” begins", lambda type: _("“%(type)s”, as the field “_id” begins", type=type)),
    (r"“(?P<form>.*)”", lambda form: f"“{form}”"),
]

_SAID: Final[list[tuple[str, Told]]] = [
    (_FIELD + r"begin with “(?P<start>.*)”, as the type says\.", lambda field, start: _(
        "The field “%(field)s” must begin with “%(start)s”, as the type says.", field=field, start=start)),
    (_FIELD + r"stay true: this person’s data were erased, and are not brought back\.", lambda field: _(
        "This person’s data were erased, and are not brought back.")),
    (_FIELD + r"be (?P<what>.*)\.", lambda field, what: _(
        "The field “%(field)s” must be %(what)s.", field=field, what=_what(what))),
    (rf"A document of the type {_TYPE} belongs into a store’s database, not into the company’s database\.",
        lambda type: _("A document of the type “%(type)s” belongs into a store’s database, not into the company’s.",
                       type=type)),
    (rf"A document of the type {_TYPE} belongs into the company’s database, not into a store’s database\.",
        lambda type: _("A document of the type “%(type)s” belongs into the company’s database, not into a store’s.",
                       type=type)),
    (rf"Documents of the type {_TYPE} are written by tills and head office, and this user is neither\.",
        lambda type: _("Documents of the type “%(type)s” are written by tills and head office, and this user is "
                       "neither.", type=type)),
    (rf"Of the documents of the type {_TYPE} a till writes its own alone, “(?P<own>.*)”\.", lambda type, own: _(
        "Of the documents of the type “%(type)s” a till writes its own alone, “%(own)s”.", type=type, own=own)),
    (rf"Documents of the type {_TYPE} are written by head office, not by a till\.", lambda type: _(
        "Documents of the type “%(type)s” are written by head office, not by a till.", type=type)),
    (rf"A document of the type {_TYPE} is written once: another one that names it corrects it\.", lambda type: _(
        "A document of the type “%(type)s” is written once: another one that names it corrects it.", type=type)),
    (rf"A document of the type {_TYPE} is written once: only head office deletes it\.", lambda type: _(
        "A document of the type “%(type)s” is written once: only head office deletes it.", type=type)),
    (rf"A document of the type {_TYPE} is written once: who deletes it names the decision in the field "
     r"“(?P<field>.*)”\.", lambda type, field: _(
        "A document of the type “%(type)s” is written once: who deletes it names the decision in the field "
        "“%(field)s”.", type=type, field=field)),
    (r"OS process timed out\.", lambda: _(
        "A rule of the central took too long, and was stopped: its administrator must look at it.")),
    (r"The function took more memory than it may have, or broke the engine\.", lambda: _(
        "A rule of the central took too much memory, and was stopped: its administrator must look at it.")),
    (r"The functions of this database are busy\.", lambda: _("The rules of the central are busy.")),
]  # fmt: skip

_COMPILED: Final = [(re.compile(pattern, re.DOTALL), told) for pattern, told in _SAID]


def told(reason: str) -> str | None:
    """A sentence of the rules in the reader's language; None for any other."""
    for pattern, words in _COMPILED:
        found = pattern.fullmatch(reason)
        if found:
            return words(**found.groupdict())
    return None


def _what(what: str) -> str:
    for pattern, words in _WHAT:
        found = re.fullmatch(pattern, what)
        if found:
            return words(**found.groupdict())
    return what
