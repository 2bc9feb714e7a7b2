"""The shop's texts in the user's language: which languages there are, which one this request gets, and its catalogue.

Catalogues are gettext's ``.po`` files in ``app/translations/<locale>/LC_MESSAGES``, read as they are, all together: a
new language is a new folder of files, without a compiled twin that could lag behind. Templates and Python use
flask-babel; the page's modules get the same texts as JSON (`messages`).
"""

from __future__ import annotations

import io
from functools import lru_cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, current_app, redirect, request
from flask_babel import Babel, Domain, get_locale
from werkzeug.wrappers import Response

SOURCE = "en"
COOKIE = "couchtill-lang"
#: What a page says of itself where the language alone leaves the script open.
TAGS = {"zh": "zh-Hans"}
YEAR = 365 * 24 * 3600
#: Catalogues of what the server says in its answers: the page's modules have no use for them.
SPOKEN = ("reasons.po", "terminals_reasons.po", "company_reasons.po", "reports_reasons.po")


@lru_cache(maxsize=1)
def locales() -> tuple[tuple[str, str], ...]:
    """`(tag, its own name)` of every language there is a catalogue for, English first: `(("en", "English"), …)`."""
    folder = files("app") / "translations"
    tags = sorted(entry.name for entry in folder.iterdir() if (entry / "LC_MESSAGES" / "messages.po").is_file())
    return tuple((tag, Locale.parse(tag).get_language_name(tag) or tag) for tag in [SOURCE, *tags])


@lru_cache(maxsize=16)
def catalogue(tag: str) -> Translations:
    """The catalogue of a language; an empty one for English, whose texts stand in the code."""
    if tag == SOURCE:
        return Translations()
    compiled = io.BytesIO()
    write_mo(compiled, texts(tag))
    compiled.seek(0)
    return Translations(compiled, "messages")


def texts(tag: str) -> Catalog:
    """All of a language's ``.po`` files as one catalogue: `messages.po` first, then the others by name."""
    return _read(tag, ())


def _read(tag: str, without: tuple[str, ...]) -> Catalog:
    folder = files("app") / "translations" / tag / "LC_MESSAGES"
    parts = [entry for entry in folder.iterdir() if entry.name.endswith(".po") and entry.name not in without]
    parts.sort(key=lambda entry: entry.name)
    parts.sort(key=lambda entry: entry.name != "messages.po")
    whole = read_po(io.BytesIO(parts[0].read_bytes()), locale=tag)
    for part in parts[1:]:
        for message in read_po(io.BytesIO(part.read_bytes()), locale=tag):
            if message.id and message.id not in whole:
                whole[message.id] = message
    return whole


@lru_cache(maxsize=16)
def messages(tag: str) -> dict[str, str | list[str]]:
    """The catalogue as the page's modules want it: the English text to its translation, or to its plural forms. What
    only the server says is left out."""
    if tag == SOURCE:
        return {}
    found: dict[str, str | list[str]] = {}
    for message in _read(tag, SPOKEN):
        if not message.id or not message.string or message.fuzzy:
            continue
        if isinstance(message.id, tuple | list):
            found[message.id[0]] = list(message.string)
        else:
            found[message.id] = str(message.string)
    return found


class Texts(Domain):
    """flask-babel's domain over `catalogue`."""

    def get_translations(self) -> Translations:
        return catalogue(tag())


class Languages(Babel):
    """flask-babel with `Texts` instead of compiled catalogues."""

    @property
    def domain_instance(self) -> Domain:
        return Texts(domain="messages")


def tag() -> str:
    """The language of this request: `en`, `zh`."""
    locale = get_locale()
    return locale.language if locale is not None else SOURCE


def choose() -> str:
    """What the person chose on this browser, else what the browser asks for, else English."""
    known = [tag for tag, _ in locales()]
    chosen = request.args.get("lang") or request.cookies.get(COOKIE)
    return chosen if chosen in known else request.accept_languages.best_match(known) or SOURCE


def timezone() -> str | None:
    """The zone that times are shown in: that of the store where the node stands, at head office of its first one."""
    zone = current_app.extensions.get("couchtill.timezone")
    return zone() if zone is not None else None


def init_app(app: Flask) -> None:
    """Gives `app` its languages. `?lang=zh` on any page is remembered, and taken out of the address."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", SOURCE)
    Languages(app, locale_selector=choose, timezone_selector=timezone)
    app.before_request(remember)
    app.context_processor(
        lambda: {"locale": tag(), "locale_tag": TAGS.get(tag(), tag()), "locales": locales(), "boot": boot({})}
    )


def boot(values: dict[str, Any]) -> dict[str, Any]:
    """What a page's modules begin with: `values`, the language, and its texts."""
    return {**values, "locale": tag(), "messages": messages(tag())}


def remember() -> Response | None:
    """Keeps the language that a link asks for."""
    wanted = request.args.get("lang")
    if request.method != "GET" or wanted is None or wanted not in [tag for tag, _ in locales()]:
        return None
    rest = {key: values for key, values in request.args.lists() if key != "lang"}
    query = urlencode(rest, doseq=True)
    response = redirect(request.path + (f"?{query}" if query else ""))
    response.set_cookie(COOKIE, wanted, max_age=YEAR, samesite="Lax")
    return response
