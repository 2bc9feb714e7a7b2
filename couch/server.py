"""A CouchDB server as an admin sees it, through couchdb-python 1.2, whose quirks are kept here:

* ``name in server`` takes a refused connection for "no": asked by GET instead;
* ``requests`` made without a session wait for ever: a session with a timeout;
* a GET is answered from a cache by ETag, which a proxy may keep too long: a session for each server object, small ones;
* an error page that isn't JSON makes it fail in the parser (TypeError, AttributeError): turned into words;
* name and password in the URL may hold no raw ``@`` or ``:``: they are quoted again.
"""

from __future__ import annotations

import contextlib
import http.client
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import couchdb
import couchdb.http

#: Seconds for one request; a central that takes longer for a head of a database is not well.
TIMEOUT = 30.0


class CentralError(Exception):
    """The central can't be prepared; the message is for a person and holds no password."""


class Server:
    """The central at ``url`` (``http://admin:password@host:port/``)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CentralError(f"{shown(url)} is no address of a CouchDB: http://name:password@host:port is.")
        host = parts.hostname if ":" not in parts.hostname else f"[{parts.hostname}]"
        netloc = host if parts.port is None else f"{host}:{parts.port}"
        self.shown = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
        self._plain = self.shown
        if parts.username is not None:
            name, password = unquote(parts.username), unquote(parts.password or "")
            netloc = f"{quote(name, safe='')}:{quote(password, safe='')}@{netloc}"
        address = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
        self._couch = couchdb.Server(address, session=couchdb.http.Session(timeout=TIMEOUT))
        self.is_couchdb = False

    def require_admin(self) -> None:
        """Raises CentralError unless a CouchDB (or a hub) answers and the URL's user is its admin."""
        root = self._call("GET")
        if not isinstance(root, dict) or "couchdb" not in root:
            raise CentralError(f"{self.shown} answers, but it is no CouchDB.")
        self.is_couchdb = (root.get("vendor") or {}).get("name") == "The Apache Software Foundation"
        session = self._call("GET", "_session")
        who = (session or {}).get("userCtx") or {}
        if "_admin" not in (who.get("roles") or []):
            name = who.get("name")
            raise CentralError(
                f"{self.shown} must be prepared by an admin: "
                + (f"{name} is none." if name else "give name and password in the URL.")
            )

    def databases(self) -> set[str]:
        return set(self._call("GET", "_all_dbs"))

    def create(self, name: str) -> None:
        # 412: another admin was quicker; the database is there, which is what was asked for
        with contextlib.suppress(couchdb.http.PreconditionFailed):
            self._call("PUT", name)

    def security(self, name: str) -> dict[str, Any]:
        return dict(self._call("GET", name, "_security") or {})

    def set_security(self, name: str, security: dict[str, Any]) -> None:
        self._call("PUT", name, "_security", body=security)

    def user(self, name: str) -> dict[str, Any] | None:
        doc = self._call("GET", "_users", f"org.couchdb.user:{name}", missing=True)
        return None if doc is None else dict(doc)

    def save_user(self, doc: dict[str, Any]) -> bool:
        """False when somebody else has written it since it was read."""
        try:
            self._call("PUT", "_users", f"org.couchdb.user:{doc['name']}", body=doc)
        except couchdb.http.ResourceConflict:
            return False
        return True

    def accepts(self, name: str, password: str) -> bool:
        """Whether the user logs in with this password."""
        probe = couchdb.http.Resource(self._plain, couchdb.http.Session(timeout=TIMEOUT))
        probe.credentials = (name, password)
        try:
            self._request(probe, "GET", "_session")
        except (couchdb.http.Unauthorized, couchdb.http.Forbidden):
            return False
        return True

    def _call(self, method: str, *path: str, body: Any = None, missing: bool = False) -> Any:
        """A request's answer; None for a 404 where that is an answer (``missing``)."""
        try:
            return self._request(self._couch.resource, method, *path, body=body)
        except couchdb.http.ResourceNotFound:
            if missing:
                return None
            raise CentralError(f"{self.shown} has no {'/'.join(path) or 'page'}: is it a CouchDB?") from None
        except couchdb.http.Unauthorized:
            raise CentralError(f"{self.shown} does not accept this name and password.") from None
        except couchdb.http.Forbidden as error:
            raise CentralError(f"{self.shown} refuses: {_reason(error)}") from None

    def _request(self, resource: couchdb.http.Resource, method: str, *path: str, body: Any = None) -> Any:
        """One request, the JSON of its answer; ResourceNotFound, ResourceConflict, PreconditionFailed pass."""
        target = resource(*path) if path else resource
        try:
            return target._request_json(method, body=body)[2]
        except (couchdb.http.ServerError, couchdb.http.RedirectLimit) as error:
            raise CentralError(f"{self.shown} answers with an error: {_reason(error)}") from None
        except (OSError, http.client.HTTPException) as error:
            raise CentralError(f"{self.shown} can't be reached: {_words(error)}.") from None
        except (TypeError, AttributeError, ValueError):
            # couchdb-python's parser met an answer that isn't JSON
            raise CentralError(f"{self.shown} answers, but not as a CouchDB does.") from None


def shown(url: str) -> str:
    """The URL without name and password, as it may stand in a message."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _reason(error: Exception) -> str:
    """``(error, reason)``, or ``(status, (error, reason))``, as couchdb-python packs them, in words."""
    first = error.args[0] if error.args else ""
    status = ""
    if isinstance(first, tuple) and len(first) == 2 and isinstance(first[0], int):
        status, first = f"{first[0]} ", first[1]
    if isinstance(first, tuple):
        return status + ", ".join(str(part) for part in first if part)
    if isinstance(first, bytes):
        return status + first.decode("utf-8", "replace")[:200].strip()
    return status + str(first)[:200]


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} s"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
