"""Who we are at a peer: Basic credentials or a cookie session, and keeping both out of every text.

Precedence is CouchDB's: credentials given apart, then those in the URL. A session (`POST /_session`) spares the peer
the password check of each request; it is used for links that stay, a single run sends Basic. A peer that has no
`/_session`, or does not take it, is talked to with Basic.
"""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

RENEW_AFTER = 550.0
"""Seconds of a session before it is renewed unasked: CouchDB's default timeout is 600 (couch_replicator does the
same). A shorter `Max-Age` counts instead, at nine tenths."""

REFRESH_AT_MOST = 5.0
"""Seconds between two sign-ins after refusals, so that a revoked user does not hammer the password check."""

_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")


def redact(text: str, *secrets: str) -> str:
    """`text` without the user part of any URL and without the `secrets`, raw or percent-encoded."""
    text = _USERINFO.sub("", text)
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
    return text


class Credentials(NamedTuple):
    name: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(name={self.name!r}, password=***)"

    @property
    def basic(self) -> str:
        """The value of an `Authorization` header."""
        return "Basic " + base64.b64encode(f"{self.name}:{self.password}".encode()).decode()


class Endpoint(NamedTuple):
    """A database's address, without credentials. `path` is percent-encoded, starts with "/", ends without."""

    scheme: str
    host: str
    port: int | None
    path: str

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")

    @property
    def url(self) -> str:
        return self.origin + self.path

    @property
    def root(self) -> str:
        """The server's address with a slash at the end: the database's without its last segment."""
        return self.origin + self.path.rpartition("/")[0] + "/"

    @property
    def database(self) -> str:
        return unquote(self.path.rpartition("/")[2])


def parse_url(url: str) -> tuple[Endpoint, Credentials | None]:
    """Splits a database URL; a user and password in it come back apart. ValueError in words when it is none.

    Names with "/" must come encoded (`a%2Fb`), "+" may come either way.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{redact(url)!r} is not an http or https address of a database.")
    path = "/" + parts.path.strip("/")
    if path == "/":
        raise ValueError(f"{redact(url)!r} names a server but no database.")
    path = "/".join(quote(unquote(segment), safe="") for segment in path.split("/"))
    credentials = None
    if parts.username is not None:
        credentials = Credentials(unquote(parts.username), unquote(parts.password or ""))
    return Endpoint(parts.scheme, parts.hostname, parts.port, path), credentials


class Session:
    """The cookie of one user at one server, shared by the threads of a peer.

    `sign_in` is given by the client: it posts the credentials to `/_session` and answers
    (status, cookies, max_age seconds or None).
    """

    COOKIE = "AuthSession"

    def __init__(
        self,
        credentials: Credentials,
        sign_in: Callable[[Credentials], tuple[int, Mapping[str, str], float | None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.credentials = credentials
        self.basic_only = False
        self._sign_in = sign_in
        self._clock = clock
        self._lock = threading.Lock()
        self._cookie: str | None = None
        self._renew_at = 0.0
        self._basic_until = 0.0
        self._refreshed = -REFRESH_AT_MOST

    def headers(self) -> dict[str, str]:
        """The header of the next request; signs in first when there is no cookie or it is about to expire."""
        if self.basic_only or self._clock() < self._basic_until:
            return {"Authorization": self.credentials.basic}
        with self._lock:
            if self._cookie is None or self._clock() >= self._renew_at:
                self._refresh()
            if self.basic_only or self._cookie is None:
                return {"Authorization": self.credentials.basic}
            return {"Cookie": f"{self.COOKIE}={self._cookie}"}

    def rotated(self, cookie: str, max_age: float | None = None) -> None:
        """A good answer set a new cookie: take it."""
        with self._lock:
            self._take(cookie, max_age)

    def refused(self, sent: Mapping[str, str]) -> bool:
        """A request with the headers `sent` got 401 or 403: is a second try worth it? Signs in again if it was ours."""
        if self.basic_only or "Cookie" not in sent:
            return False
        with self._lock:
            if sent["Cookie"] != f"{self.COOKIE}={self._cookie}":
                return True  # another thread renewed it meanwhile
            self._cookie = None
            if self._clock() - self._refreshed < REFRESH_AT_MOST:
                self._basic_until = self._clock() + REFRESH_AT_MOST  # the password itself has the last word
                return True
            self._refreshed = self._clock()
            self._refresh()
            return True

    def expire(self) -> None:
        """Forgets the cookie; the next request signs in."""
        with self._lock:
            self._cookie = None

    def _refresh(self) -> None:
        status, cookies, max_age = self._sign_in(self.credentials)
        cookie = cookies.get(self.COOKIE)
        if status in (200, 201) and cookie:
            self._take(cookie, max_age)
        elif status in (404, 405, 200, 201, 501):
            self.basic_only = True  # no sessions here
        else:
            self._cookie = None  # wrong password, or only Basic taken: the request itself will tell

    def _take(self, cookie: str, max_age: float | None) -> None:
        self._cookie = cookie
        life = RENEW_AFTER if max_age is None else min(RENEW_AFTER, max_age * 0.9)
        self._renew_at = self._clock() + life
