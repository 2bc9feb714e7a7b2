"""Paths and query strings as they came over the wire.

A WSGI server decodes ``PATH_INFO`` before anyone can see that ``a%2Fb`` was one segment, so document ids with a slash
would look like a document and an attachment. Everything here starts from ``REQUEST_URI``, which is raw.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from app.docs.errors import BadRequest

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def raw_uri(environ: Mapping[str, Any]) -> str:
    """The request target as it was sent: path and query, percent-encoded."""
    uri: str = environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""
    if uri:
        return uri
    path = quote(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "/"), encoding="latin-1")
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def split(path: str) -> list[str]:
    """The decoded segments of a raw path: ``/db/a%2Fb/c`` → ``["db", "a/b", "c"]``. ``+`` is a space, as in CouchDB.

    Bytes that are not UTF-8 come back as lone surrogates, which every check of a name or an id refuses.
    """
    if _BAD_ESCAPE.search(path):
        raise BadRequest("invalid_url_encoding")
    return [decode(segment) for segment in path.split("/") if segment]


def decode(text: str) -> str:
    """One percent-encoded segment, name or value."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text and text.isascii():
        return text
    return unquote_to_bytes(text.encode("latin-1")).decode("utf-8", "surrogateescape")


def is_utf8(text: str) -> bool:
    """Whether a decoded segment was UTF-8."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def parse_query(text: str) -> list[tuple[str, str]]:
    """The pairs of a query string, in order; a name without ``=`` has the value ``""``."""
    if not text:
        return []
    if _BAD_ESCAPE.search(text):
        raise BadRequest("invalid_url_encoding")
    pairs = []
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((decode(name), decode(value)))
    return pairs


def encode(segment: str) -> str:
    """`segment` as one segment of a URL."""
    return quote(segment, safe="", errors="surrogateescape")
