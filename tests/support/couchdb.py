"""An Apache CouchDB, where ``COUCHDB_URL`` names one: ``http://admin:password@host:5984``.

Without it the tests that need one are not collected at all (see ``tests/conftest.py``): they carry the marker
``couchdb``, or ask for the fixture ``couchdb_url``.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import requests

COUCHDB_URL = os.environ.get("COUCHDB_URL", "").rstrip("/")


def prepare(root: str = COUCHDB_URL) -> None:
    """What a CouchDB needs that was only just installed: the databases that it keeps users and replications in, and
    that the users' one may be given to head office. Whatever a test is about stays as it is.
    """
    for name in ("_users", "_replicator"):
        assert requests.put(f"{root}/{name}", timeout=30).status_code in (201, 202, 412)
    setting = f"{root}/_node/_local/_config/couchdb/users_db_security_editable"
    requests.put(setting, data='"true"', timeout=30).raise_for_status()


@contextmanager
def database_prefix(root: str = COUCHDB_URL) -> Iterator[str]:
    """A URL that no database at ``root`` begins with: ``prefix + "company"`` is a database of the test's own.

    All databases that begin with it are deleted at the end.
    """
    name = f"t{secrets.token_hex(5)}-"
    try:
        yield f"{root}/{name}"
    finally:
        names = requests.get(
            f"{root}/_all_dbs", params={"startkey": f'"{name}"', "endkey": f'"{name}\ufff0"'}, timeout=30
        )
        for database in names.json():
            if database.startswith(name):
                requests.delete(f"{root}/{quote(database, safe='')}", timeout=30)


def anonymous(url: str) -> str:
    """``url`` without the user and password in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
