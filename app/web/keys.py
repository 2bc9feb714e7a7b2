"""Keys for programs: each has a name and rights, and calls only the routes of the JSON API that those rights cover.

They stand in the file `api-keys` of a node's directory, mode 600, as hashes: a key is 256 random bits, shown once. The
node's own key (`api.secret`) is none of them; it keeps every right. The CouchDB API opens to it, and to a key with the
right `replicate` as far as replication needs.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from app.docs import json
from app.docs.errors import BadRequest, DocsError
from app.shop.people.rights import RIGHTS
from app.web.users import KEY_USER, write_secret

FILE = "api-keys"
PREFIX = "ctk_"
#: The right of another machine that replicates with this one by the CouchDB API. It covers no route of the JSON API.
REPLICATE = "replicate"
KEY_RIGHTS = (*RIGHTS, REPLICATE)
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")

_READ = ("GET", "HEAD")
#: What a key may call, the first rule that fits: methods, path, and the rights of which it needs one (none: any key
#: may). What no rule names is for people and for the node's own key only.
ROUTES: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = (
    (_READ, r"/api/(state|session|categories|pricebook|tenders|events|openapi\.json|docs)", ()),
    (_READ, r"/api/(products|barcode|pictures|catalogue)(/.*)?", ()),
    (("PUT",), r"/api/products/.*/price", ("catalogue",)),
    (("GET", "HEAD", "POST", "PUT", "DELETE"), r"/api/range(/.*)?", ("catalogue",)),
    (_READ, r"/static/.*", ()),
    (("POST",), r"/api/price", ()),
    (("POST",), r"/api/approvals", ()),
    (("POST",), r"/api/sales", ("sell",)),
    (_READ, r"/api/sales/[^/]+", ("sell",)),
    (("POST",), r"/api/card(/.*)?", ("sell",)),
    (_READ, r"/api/balances/.*", ("sell", "giftcard", "account")),
    (("GET", "HEAD", "POST", "PUT", "DELETE"), r"/api/carts(/.*)?", ("sell",)),
    (("POST",), r"/api/(customers|people)/.+/erase", ("erase",)),
    (_READ, r"/api/erasures(/.*)?", ("erase",)),
    (_READ, r"/api/customers(/.*)?", ("customer_edit", "sell")),
    (("POST", "PUT"), r"/api/customers(/.*)?", ("customer_edit",)),
    (_READ, r"/api/receipts(/.*)?", ("reprint", "refund")),
    (("POST",), r"/api/receipts/.*", ("reprint",)),
    (("GET", "HEAD", "POST"), r"/api/refunds(/.*)?", ("refund",)),
    (_READ, r"/api/shift(/.*)?", ("sell", "shift_open", "shift_close", "report_x")),
    (("POST",), r"/api/shifts/[^/]+/close", ("shift_close",)),
    (("POST",), r"/api/shifts", ("shift_open",)),
    (("POST",), r"/api/shift/postpone", ("postpone",)),
    (("POST",), r"/api/cash", ("cash_in", "cash_out", "drop")),
    (("POST",), r"/api/drawer", ("drawer",)),
    (("POST",), r"/api/events", ("sell",)),
    (("GET", "HEAD", "POST"), r"/api/journal(\.csv)?", ("reports",)),
    (_READ, r"/api/reports/(sales|sales\.csv|today)", ("reports",)),
    (_READ, r"/api/(reports|zreports)(/.*)?", ("report_x",)),
    (("POST",), r"/api/reports/x", ("report_x",)),
    (("GET", "HEAD", "POST", "DELETE"), r"/api/prints(/.*)?", ("reprint",)),
    (("GET", "HEAD", "POST"), r"/api/conflicts(/.*)?", ("conflicts",)),
    (("GET", "HEAD", "POST"), r"/api/history/.*", ("conflicts",)),
    (("GET", "HEAD", "POST"), r"/api/(inbox|followups(/.*)?)", ("conflicts",)),
    (("POST",), r"/api/tasks/done", ("conflicts",)),
    (_READ, r"/api/tasks(/.*)?", ("sync", "people", "settings", "conflicts")),
    (_READ, r"/api/sync(/.*)?", ("sync",)),
    (_READ, r"/(health|metrics)", ("sync",)),
    (("POST",), r"/api/sync/accept", ("settings",)),
    (("POST",), r"/api/sync(/retry)?", ("sync",)),
    (("PUT",), r"/api/sync/schedule", ("settings",)),
    (("GET", "HEAD", "PUT"), r"/api/settings(/.*)?", ("settings",)),
    (("GET", "HEAD", "POST", "PUT"), r"/api/people(/.*)?", ("people",)),
    (("GET", "HEAD", "POST", "PUT"), r"/api/staff(/.*)?", ("people",)),
    (_READ, r"/api/stores(/[^/]+)?", ("settings", "people", "report_x")),
    (("POST", "PUT"), r"/api/stores(/[^/]+)?", ("settings",)),
)
_COMPILED = tuple((methods, re.compile(path), rights) for methods, path, rights in ROUTES)


class Key(NamedTuple):
    """A key as the file has it: never the key itself."""

    name: str
    rights: frozenset[str]
    hash: str
    made: str

    def covers(self, method: str, path: str) -> bool:
        """Whether this key may call that route."""
        if self.rights == {REPLICATE}:
            return False
        for methods, pattern, rights in _COMPILED:
            if method in methods and pattern.fullmatch(path):
                return not rights or any(right in self.rights for right in rights)
        return False


class KeyRing:
    """The keys of the node in `path`, read again when their file is another: a revoked one ends at once."""

    def __init__(self, path: Path) -> None:
        self._file = path / FILE
        self._stamp: tuple[int, int] | None = None
        self._keys: tuple[Key, ...] = ()

    def find(self, secret: str) -> Key | None:
        """The key that this is."""
        if not secret.startswith(PREFIX):
            return None
        digest = _digest(secret)
        found = None
        for key in self.all():
            if hmac.compare_digest(key.hash, digest):
                found = key
        return found

    def peer(self, name: str) -> str | None:
        """The hash of the key of a machine that may replicate; its user is called as the key."""
        return next((key.hash for key in self.all() if key.name == name and REPLICATE in key.rights), None)

    def all(self) -> tuple[Key, ...]:
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return ()
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._keys, self._stamp = _read(self._file), stamp
        return self._keys

    def add(self, name: str, rights: Iterable[str]) -> str:
        """Makes a key and gives it, this once. BadRequest in words."""
        if not _NAME.fullmatch(name):
            raise BadRequest(f"{name!r} is no name for a key: lower-case letters, digits, dots and dashes.")
        wanted = frozenset(rights)
        if unknown := sorted(wanted - set(KEY_RIGHTS)):
            raise BadRequest(f"No such right: {', '.join(unknown)}. There are: {', '.join(KEY_RIGHTS)}.")
        if REPLICATE in wanted and name == KEY_USER:
            raise BadRequest(f"{name} is what this node calls its own key: choose another name.")
        kept = self.all()
        if any(key.name == name for key in kept):
            raise BadRequest(f"There is a key {name} already. Revoke it first, or choose another name.")
        secret = PREFIX + secrets.token_urlsafe(32)
        made = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._write((*kept, Key(name, wanted, _digest(secret), made)))
        return secret

    def revoke(self, name: str) -> None:
        """Takes a key away. BadRequest when there is none of that name."""
        kept = self.all()
        if all(key.name != name for key in kept):
            raise BadRequest(f"There is no key {name}.")
        self._write(tuple(key for key in kept if key.name != name))

    def _write(self, keys: tuple[Key, ...]) -> None:
        rows = [{"name": key.name, "rights": _sorted(key), "hash": key.hash, "made": key.made} for key in keys]
        write_secret(self._file, json.dumps({"keys": rows}).decode() + "\n")
        self._stamp = None


def _sorted(key: Key) -> list[str]:
    return [right for right in KEY_RIGHTS if right in key.rights]


def _read(file: Path) -> tuple[Key, ...]:
    try:
        rows: list[dict[str, Any]] = json.loads(file.read_bytes())["keys"]
        return tuple(Key(row["name"], frozenset(row["rights"]), row["hash"], row["made"]) for row in rows)
    except (DocsError, KeyError, TypeError) as error:
        raise BadRequest(f"{file} can't be read: make its keys anew.") from error


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
