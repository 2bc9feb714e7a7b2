"""couchdb-python's connections, made strict: certificates are checked, redirects are told, pages are no answers.

couchdb-python 1.2 takes its connections from a pool, which is where these come in. As it is, it follows a redirect with
the password of the first address in its headers, breaks on an answer without a length, and takes whatever a proxy says
for CouchDB's word.
"""

from __future__ import annotations

import http.client
import ssl
from typing import Any
from urllib.parse import urlsplit

import couchdb.http

#: Characters of a page that isn't JSON which may stand in a message.
SHOWN = 120


class Elsewhere(Exception):
    """The server sends to another address."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class Page(Exception):
    """The answer is no JSON: a proxy's page, a login page, another program."""

    def __init__(self, status: int, kind: str, body: bytes) -> None:
        super().__init__(f"{status} {kind}")
        self.status, self.kind = status, kind
        self.text = " ".join(body[: 4 * SHOWN].decode("utf-8", "replace").split())[:SHOWN]

    @property
    def is_html(self) -> bool:
        return "html" in self.kind or self.text[:1] == "<"


class _Answer:
    """An answer that was read to its end."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status, self.msg = answer.status, answer.msg
        self._body = answer.read()

    def getheader(self, name: str, default: Any = None) -> Any:
        # A number that couchdb-python calls small, so that it takes the body in one piece, whatever its size.
        if name == "content-length":
            return "1" if self._body else "0"
        return self.msg.get(name, default)

    def read(self, size: int | None = None) -> bytes:
        return self._body

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing is open."""


class _Strict:
    """What both kinds of connection have of ours."""

    def getresponse(self) -> Any:
        """The answer. Elsewhere, Page."""
        raw: http.client.HTTPResponse = super().getresponse()  # type: ignore[misc]
        answer = _Answer(raw)
        if 300 <= answer.status < 400 and answer.status != 304:
            self.close()  # type: ignore[attr-defined]
            raise Elsewhere(str(answer.getheader("location", "")))
        kind = str(answer.getheader("content-type", ""))
        body = answer.read()
        if body and "json" not in kind:
            self.close()  # type: ignore[attr-defined]
            raise Page(answer.status, kind, body)
        return answer


class _Plain(_Strict, http.client.HTTPConnection):
    pass


class _Secure(_Strict, http.client.HTTPSConnection):
    pass


class Pool(couchdb.http.ConnectionPool):
    """Connections that are ours; `context` says whose certificates are trusted."""

    def __init__(self, timeout: float, context: ssl.SSLContext | None) -> None:
        super().__init__(timeout)
        self._context = context

    def get(self, url: str) -> Any:
        scheme, host = urlsplit(url)[:2]
        with self.lock:
            idle = self.conns.setdefault((scheme, host), [])
            if idle:
                return idle.pop()
        connection: http.client.HTTPConnection = (
            _Secure(host, timeout=self.timeout, context=self._context)
            if scheme == "https"
            else _Plain(host, timeout=self.timeout)
        )
        connection.connect()
        return connection


def session(timeout: float, context: ssl.SSLContext | None) -> couchdb.http.Session:
    """A session of couchdb-python over such connections, `timeout` in seconds."""
    made = couchdb.http.Session(timeout=timeout)
    made.connection_pool = Pool(timeout, context)
    return made
