"""A CouchDB server as an admin sees it, through couchdb-python 1.2, whose quirks are kept here and in `couch.wire`:

* ``name in server`` takes a refused connection for "no": asked by GET instead;
* ``requests`` made without a session wait for ever: a session with a timeout;
* a GET is answered from a cache by ETag, which a proxy may keep too long: a session for each server object, small ones;
* name and password in the URL may hold no raw ``@`` or ``:``: they are quoted again.
"""

from __future__ import annotations

import contextlib
import http.client
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import couchdb
import couchdb.http

from couch import wire, words
from couch.words import CentralError, shown

#: Seconds for one request; a central that takes longer for a head of a database is not well.
TIMEOUT = 30.0

#: The oldest CouchDB that is known to do what is asked here.
OLDEST = (3, 3)

#: Users asked for in one request.
MANY = 500

__all__ = ["OLDEST", "TIMEOUT", "CentralError", "Server", "shown"]


class Server:
    """The central at ``url`` (``http://admin:password@host:port/``); `ca` is a file of authorities to trust as well.

    What `require_admin` learns: `version`, `is_couchdb` (Apache's own), `is_hub` (ours), `nodes` (of a cluster, those
    that answer), `silent` (those that don't) and `admin` (our own name there).
    """

    def __init__(self, url: str, *, ca: Path | None = None) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise CentralError(f"{shown(url)} is no address of a CouchDB: the port is wrong.") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CentralError(f"{shown(url) or repr(url)} is no address of a CouchDB: http://admin@host:5984 is.")
        host = parts.hostname if ":" not in parts.hostname else f"[{parts.hostname}]"
        netloc = host if port is None else f"{host}:{port}"
        self.shown = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
        if parts.username is not None:
            name, password = unquote(parts.username), unquote(parts.password or "")
            netloc = f"{quote(name, safe='')}:{quote(password, safe='')}@{netloc}"
        address = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
        # An authority's file is looked at for http:// too: a wrong name is told, not passed over.
        context = words.trust(ca) if parts.scheme == "https" or ca is not None else None
        self._couch = couchdb.Server(address, session=wire.session(TIMEOUT, context))
        self.is_couchdb = self.is_hub = False
        self.version = self.admin = ""
        self.nodes: list[str] = []
        self.silent: list[str] = []

    # -- who it is --------------------------------------------------------------------------------------------------

    def require_admin(self) -> None:
        """CentralError unless a CouchDB that is new enough, or a hub, answers with a quorum, and we are its admin."""
        root = self._call("GET")
        if not isinstance(root, dict) or "couchdb" not in root:
            raise CentralError(f"{self.shown} answers, but it is no CouchDB.")
        vendor = (root.get("vendor") or {}).get("name")
        self.is_couchdb, self.is_hub = vendor == "The Apache Software Foundation", vendor == "CouchTill"
        self.version = str(root.get("version") or "")
        if self.is_couchdb and self.number < OLDEST:
            raise CentralError(f"{self.shown} is CouchDB {self.version}: it must be 3.3 or newer.")
        self._require_admin()
        self._require_quorum()

    @property
    def number(self) -> tuple[int, int]:
        """The version's first two numbers."""
        found = re.match(r"(\d+)\.(\d+)", self.version)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    @property
    def what(self) -> str:
        """What it is, in words."""
        if self.is_hub:
            return "a hub of CouchTill"
        count = len(self.nodes) + len(self.silent)
        return f"CouchDB {self.version}" + (f", a cluster of {count}" if count > 1 else "")

    def _require_admin(self) -> None:
        session = self._call("GET", "_session")
        who = (session if isinstance(session, dict) else {}).get("userCtx") or {}
        name, is_admin = who.get("name"), "_admin" in (who.get("roles") or [])
        if is_admin and name is None:
            raise CentralError(f"{self.shown} has no admin, so that anybody may do anything there: make one first.")
        if not is_admin:
            must = f"{self.shown} must be prepared by an admin: "
            raise CentralError(must + (f"{name} is none." if name else "give name and password."))
        self.admin = str(name)

    def _require_quorum(self) -> None:
        members = self._call("GET", "_membership", missing=True) or {}
        wanted, here = list(members.get("cluster_nodes") or []), set(members.get("all_nodes") or [])
        self.nodes = [node for node in wanted if node in here]
        self.silent = [node for node in wanted if node not in here]
        if wanted and len(self.nodes) < len(wanted) // 2 + 1:
            raise CentralError(words.minority(self.shown, self.silent))

    # -- databases --------------------------------------------------------------------------------------------------

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

    # -- documents --------------------------------------------------------------------------------------------------

    def documents(self, database: str, prefix: str) -> list[dict[str, Any]]:
        """The documents whose ids begin with `prefix`, which ends in a colon or a slash."""
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        rows = self._call(
            "GET", database, "_all_docs", startkey=_json(prefix), endkey=_json(after), inclusive_end="false",
            include_docs="true",
        )["rows"]  # fmt: skip
        return [row["doc"] for row in rows if row.get("doc")]

    def document(self, database: str, id: str) -> dict[str, Any] | None:
        doc = self._call("GET", database, *_path(id), missing=True)
        return None if doc is None else dict(doc)

    def save(self, database: str, doc: dict[str, Any]) -> bool:
        """False when somebody else has written it since it was read."""
        try:
            self._call("PUT", database, *_path(doc["_id"]), body=doc)
        except couchdb.http.ResourceConflict:
            return False
        return True

    def indexes(self, database: str) -> list[dict[str, Any]] | None:
        """The database's Mango indexes; None where there is no Mango."""
        answer = self._call("GET", database, "_index", missing=True)
        return None if answer is None else list(answer["indexes"])

    def make_index(self, database: str, body: dict[str, Any]) -> None:
        self._call("POST", database, "_index", body=body)

    # -- users ------------------------------------------------------------------------------------------------------

    def user(self, name: str) -> dict[str, Any] | None:
        return self.document("_users", f"org.couchdb.user:{name}")

    def users(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The documents of these users, of those that there are, by name."""
        keys, found = [f"org.couchdb.user:{name}" for name in names], {}
        for start in range(0, len(keys), MANY):
            body = {"keys": keys[start : start + MANY]}
            for row in self._call("POST", "_users", "_all_docs", body=body, include_docs="true")["rows"]:
                if row.get("doc"):
                    found[row["doc"].get("name")] = row["doc"]
        return found

    def save_user(self, doc: dict[str, Any]) -> bool:
        """False when somebody else has written it since it was read."""
        return self.save("_users", {"_id": f"org.couchdb.user:{doc['name']}", **doc})

    # -- settings ---------------------------------------------------------------------------------------------------

    def settings(self, node: str, section: str) -> dict[str, str] | None:
        """What is set in this section at this node of the cluster, defaults left out; None where settings can't be
        asked for."""
        answer = self._call("GET", "_node", node, "_config", section, missing=True)
        return None if answer is None else dict(answer)

    def set_setting(self, node: str, section: str, key: str, value: str) -> None:
        self._call("PUT", "_node", node, "_config", section, key, body=_json(value))

    # -- one request ------------------------------------------------------------------------------------------------

    def _call(self, method: str, *path: str, body: Any = None, missing: bool = False, **query: str) -> Any:
        """A request's answer; None for a 404 where that is an answer (``missing``). ResourceConflict and
        PreconditionFailed pass, everything else that is no answer is a CentralError."""
        try:
            status, data = self._request(method, *path, body=body, **query)
        except couchdb.http.ResourceNotFound:
            if missing:
                return None
            raise CentralError(f"{self.shown} has no {'/'.join(path) or 'page'}: is it a CouchDB?") from None
        except couchdb.http.Unauthorized:
            if not self._couch.resource.credentials:
                raise CentralError(f"{self.shown} must be prepared by an admin: give name and password.") from None
            raise CentralError(f"{self.shown} does not accept this name and password.") from None
        except couchdb.http.Forbidden as error:
            raise CentralError(words.refused(self.shown, 403, *_told(error))) from None
        if status == 202 and method != "GET":
            raise CentralError(
                f"{self.shown} took {'/'.join(path)}, but fewer of its nodes than a quorum keep it: bring them back, "
                "then run this again."
            )
        return data

    def _request(self, method: str, *path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """One request: the status and the JSON of its answer."""
        target = self._couch.resource(*path) if path else self._couch.resource
        try:
            status, _, data = target._request_json(method, body=body, **query)
        except couchdb.http.ServerError as error:
            status, told = error.args[0]
            told = told if isinstance(told, tuple) else ("", str(told))
            raise CentralError(words.refused(self.shown, status, str(told[0] or ""), str(told[1] or ""))) from None
        except wire.Elsewhere as error:
            raise CentralError(words.elsewhere(self.shown, error)) from None
        except wire.Page as error:
            raise CentralError(words.page(self.shown, error)) from None
        except (OSError, http.client.HTTPException) as error:
            raise words.Unreachable(words.unreachable(self.shown, error, TIMEOUT)) from None
        except (TypeError, AttributeError, ValueError, KeyError):
            # couchdb-python's parser met an answer that isn't JSON, or nothing at all
            raise CentralError(f"{self.shown} answers, but not as a CouchDB does.") from None
        return status, data


def _told(error: Exception) -> tuple[str, str]:
    """CouchDB's ``error`` and ``reason``, as couchdb-python packs them."""
    first = error.args[0] if error.args else ""
    if isinstance(first, tuple) and len(first) == 2:
        return str(first[0] or ""), str(first[1] or "")
    return "", first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def _path(id: str) -> tuple[str, ...]:
    """A document's id as the parts of a path: the slash of ``_design/`` stays one."""
    return ("_design", id.removeprefix("_design/")) if id.startswith("_design/") else (id,)


def _json(text: str) -> str:
    return couchdb.json.encode(text)
