"""The door of a terminal's or an office's pages: nobody comes in without its key, and no other site's page can use it.

A browser gets in by a start link (``/enter?key=…``), once, and has a cookie from then on; scripts send the API key, or
one with the rights that they need (`app.web.keys`). Who of the staff works at it is the till's own affair.
``Host`` is checked against DNS rebinding, ``Origin`` against requests that another site's page makes.
"""

from __future__ import annotations

import ipaddress
import socket
from functools import lru_cache
from typing import Any

from flask import Flask, Response, redirect, request

from app.docs.errors import DocsError, Forbidden, Unauthorized
from app.shop.reason import say
from app.web import sessions, users
from app.web.auth import WRONG, Authenticator, credentials_of
from app.web.behind import is_local
from app.web.callers import Caller, set_caller, set_known
from app.web.json_api import problem_response
from app.web.keys import KeyRing
from app.web.reasons import tell
from app.web.users import KEY_USER

_SAFE = ("GET", "HEAD", "OPTIONS")
# Nothing is behind `/_…`: CouchDB's replicator asks for `/_session` first, and needs its 404 to go on with Basic.
_OPEN = ("/static/", "/_")
# A balancer asks whether this node is up, and hears no more than that.
_HALF_OPEN = ("/health",)
_OPEN_PAGES = ("/enter", "/favicon.ico")


@lru_cache(maxsize=1)
def _own_names() -> frozenset[str]:
    name = socket.gethostname().lower()
    return frozenset({"localhost", name, f"{name}.local", name.partition(".")[0]})


def host_is_ours(header: str, extra: frozenset[str] = frozenset()) -> bool:
    """Whether a ``Host`` header is an address or a name of this machine.

    An attacker can make a name of theirs point here; they can't make a browser send an address for it.
    """
    host = header.strip().lower()
    host = host[1 : host.find("]")] if host.startswith("[") else host.rpartition(":")[0] or host
    if host in extra or host in _own_names():
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Door:
    """The checks before each page and API call, and ``/enter``."""

    def __init__(self, node: Any, authenticator: Authenticator) -> None:
        self._key = users.api_key(node.path)
        self._cookie = sessions.page_cookie_name(str(node.config.get("id") or node.uuid))
        self._links = sessions.LinkKeys(node.path)
        self._authenticator = authenticator
        self._ring = KeyRing(node.path)
        self._framed_by: str | None = node.config.get("demo_origin")
        names = (str(node.config.get("host") or ""), *(node.config.get("names") or ()))
        self._names = frozenset({name.lower() for name in names} - {""})

    def install(self, app: Flask) -> None:
        """Put this door before everything that `app` serves."""
        app.before_request(self.check)
        app.after_request(self.dress)
        app.add_url_rule("/enter", "enter", self.enter)

    def check(self) -> Response | None:
        """None lets the request in."""
        if not host_is_ours(request.host, self._names):
            return _refuse(403, "forbidden", "This address is not one of this machine's.")
        if request.path.startswith(_OPEN) or request.path in _OPEN_PAGES:
            return None
        if request.path in _HALF_OPEN:
            set_known(self._is_known())
            return None
        by_cookie = sessions.page_cookie_holds(request.cookies.get(self._cookie, ""), self._key)
        if request.method not in _SAFE and not self._same_origin():
            return _refuse(403, "forbidden", say("Another site's page may not do this."))
        if by_cookie:
            return None
        try:
            if self._by_key(request.headers.get("Authorization")):
                return None
        except DocsError as error:
            return _refuse(error.status, error.error, error.reason)
        return _refuse(
            401,
            "unauthorized",
            say("Open the link that CouchTill printed when it started. It works once; a new start prints a new one."),
        )

    def _is_known(self) -> bool:
        """Whether who asks may come in, for a page that strangers see a part of."""
        if sessions.page_cookie_holds(request.cookies.get(self._cookie, ""), self._key):
            return True
        try:
            return self._by_key(request.headers.get("Authorization"))
        except DocsError:
            return False

    def _by_key(self, header: str | None) -> bool:
        """Whether a program with a key asks; then its rights are known from here on. Unauthorized or Forbidden."""
        sent = credentials_of(header, KEY_USER) if header else None
        if sent is None:
            return False
        key = self._ring.find(sent[1])
        if key is not None:
            if not key.covers(request.method, request.path):
                rights = ", ".join(sorted(key.rights)) or "none"
                raise Forbidden(f"The key {key.name} does not cover this. Its rights are: {rights}.")
            set_caller(Caller(key.name, key.rights))
            return True
        user = self._authenticator.check(*sent, request.environ.get("REMOTE_ADDR", ""))
        if user is None or "_admin" not in user.roles:
            raise Unauthorized(WRONG)
        if not is_local(request.environ):
            # It lies on this machine's disk: who has it elsewhere has taken it from there.
            raise Forbidden(say("From another machine a program needs a key of its own: couchtill keys add makes one."))
        set_caller(Caller(user.name))
        return True

    def _same_origin(self) -> bool:
        origin = request.headers.get("Origin")
        if origin is None:
            return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
        return origin.partition("://")[2].lower() == request.host.lower()

    def enter(self) -> Any:
        """``GET /enter?key=…[&next=/path]``: takes the key, hands out the cookie, goes on to the page."""
        target = request.args.get("next", "/")
        # Browsers drop tabs and newlines: "/\t/evil.example" would lead to //evil.example.
        if not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable():
            target = "/"
        if not sessions.page_cookie_holds(request.cookies.get(self._cookie, ""), self._key):
            if not self._links.use(request.args.get("key", ""), self._key):
                reason = say("This link was used already, or is too old. Start CouchTill again for a new one.")
                return _refuse(403, "forbidden", reason)
            answer = redirect(target, 303)
            answer.set_cookie(
                self._cookie,
                sessions.make_page_cookie(self._key),
                max_age=sessions.PAGE_SECONDS,
                httponly=True,
                samesite="Lax",
                secure=request.is_secure,
            )
        else:
            answer = redirect(target, 303)
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    def dress(self, answer: Response) -> Response:
        """The headers that keep a page to itself."""
        frames = f" {self._framed_by}" if self._framed_by else ""
        answer.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
            f"frame-ancestors 'self'{frames}",
        )
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.headers.setdefault("Referrer-Policy", "same-origin")
        if not request.path.startswith("/static/"):
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer


def _refuse(status: int, error: str, reason: str) -> Response:
    """In JSON for scripts, in words for people."""
    if request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json":
        return problem_response({"error": error, "reason": reason}, status)
    return Response(f"{tell(reason)}\n", status, mimetype="text/plain")
