"""The password of a URL that names who comes and does not say it: in a URL it would stand in the list of processes,
and in what a shell remembers."""

from __future__ import annotations

import argparse
import os
import sys
from urllib.parse import quote, urlsplit, urlunsplit

#: Where a password comes from that the URL doesn't have and nobody can be asked for.
PASSWORD = "COUCHTILL_CENTRAL_PASSWORD"


def complete(arguments: argparse.Namespace) -> None:
    """The same for the databases that a command was given."""
    for name in ("db", "source", "target"):
        place = getattr(arguments, name, None)
        if isinstance(place, str):
            setattr(arguments, name, with_password(place))


def with_password(url: str) -> str:
    """`url` with the password that it lacks where it has a name: from the environment, or asked for. Anything else, a
    file's name too, as it is. NodeError where nobody is there to ask."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return url
    if parts.username is None or parts.password is not None:
        return url
    from app.node.config import NodeError
    from couch.words import shown

    password = os.environ.get(PASSWORD)
    if password is None:
        if not sys.stdin.isatty():
            raise NodeError(f"{shown(url)} needs a password: in the URL, or in {PASSWORD}.")
        import getpass

        password = getpass.getpass(f"Password of {parts.username} at {shown(url)}: ")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{quote(password, safe='')}@{host}"))
