"""An expected failure, in words for the person at the command line."""

from __future__ import annotations

import errno
import re
import sqlite3
import sys

#: Errors whose text is meant for a person, by module.
IN_WORDS = (
    ("couch.server", "CentralError"),
    ("app.replicator.errors", "ReplicationError"),
    ("app.replicator.errors", "PeerError"),
    ("app.shop.csvfile", "ImportRefused"),
)

_PASSWORD = re.compile(r"(://[^/@\s:]*:)[^/@\s]*@")


def words(error: BaseException) -> str | None:
    """What to tell about ``error``; None when it is a mistake of ours, which deserves its traceback."""
    from app.docs.errors import DocsError, StoreError
    from app.node import NodeError

    said: str | None = None
    if isinstance(error, (NodeError, StoreError, *_loaded())):
        said = str(error)
    elif isinstance(error, DocsError):
        said = f"{error.reason}" if error.reason.endswith(".") else f"{error.error}: {error.reason}"
    elif _full(error):
        said = "The disk is full. Nothing was lost: what was acknowledged is on disk."
    elif isinstance(error, OSError) and error.strerror:
        said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        said = _requests(error)
    return None if said is None else hide(said)


def _loaded() -> tuple[type[BaseException], ...]:
    """The errors in words of the rooms that this command used: what was never imported was never raised."""
    modules = [(sys.modules.get(module), name) for module, name in IN_WORDS]
    return tuple(getattr(module, name) for module, name in modules if module is not None)


def _full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.Error) and "full" in str(error)


def hide(text: str) -> str:
    """The text without the passwords of the URLs in it."""
    return _PASSWORD.sub(r"\1***@", text)


def _requests(error: BaseException) -> str | None:
    if "requests" not in sys.modules:
        return None
    import requests

    if isinstance(error, requests.ConnectionError):
        return f"{error.request.url if error.request else 'The other side'} can't be reached."
    if isinstance(error, requests.Timeout):
        return f"{error.request.url if error.request else 'The other side'} doesn't answer."
    if isinstance(error, requests.RequestException):
        return str(error)
    return None
