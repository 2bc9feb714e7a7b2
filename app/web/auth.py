"""Who is asking: Basic, bearer key and session cookie, with the checks of a password cached and guessing locked out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from app.docs.errors import BadRequest, Forbidden, Unauthorized
from app.web import sessions, users
from app.web.users import KEY_USER, Lookup, User, set_admin

__all__ = ["ANONYMOUS", "Authenticator", "Identity", "authenticator_of", "set_admin", "start_link"]

# CouchDB's lockout: five wrong passwords for one name from one address, for five minutes.
LOCKOUT_THRESHOLD = 5
LOCKOUT_SECONDS = 300
_LOCKOUT_ENTRIES = 10_000
_CHECKED_ENTRIES = 10_000
WRONG = "Name or password is incorrect."
LOCKED = "Account is temporarily locked due to multiple authentication failures"


class Attempt(NamedTuple):
    """What wrong passwords are counted by: `salt` is the user's, "" of a name that nobody has."""

    place: str
    name: str
    salt: str


class Identity(NamedTuple):
    """Who asks. `handler` is how they proved it (``cookie``, ``default``), `cookie` a session cookie to renew."""

    name: str | None = None
    roles: tuple[str, ...] = ()
    handler: str | None = None
    cookie: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether this is an admin of the server."""
        return "_admin" in self.roles


ANONYMOUS = Identity()


class Authenticator:
    """Checks the credentials of requests against the users that `lookup` knows.

    Thread safe. A password that was right once is not hashed again: what is kept is an HMAC of it under a key of this
    process, bound to the user's stored hash, so that a changed password is noticed at the next request.
    """

    def __init__(
        self,
        lookup: Lookup,
        secret: bytes,
        timeout: int = sessions.SESSION_SECONDS,
        *,
        bearer: str | None = None,
        same_site: str = "strict",
    ) -> None:
        """`bearer` is the user whose password may come as ``Authorization: Bearer …``. `same_site` is CouchDB's setting
        of that name: ``strict``, ``lax``, ``none``, or empty, which leaves it to the browser."""
        self._same_site = f"; SameSite={same_site.capitalize()}" if same_site else ""
        self.lookup = lookup
        self._bearer = bearer
        self.timeout = timeout
        self._secret = secret
        self._process_key = secrets.token_bytes(32)
        self._checked: OrderedDict[bytes, bool] = OrderedDict()
        # By whether the name is somebody's: who invents names must not push out what is counted of those that are.
        self._failures: dict[bool, OrderedDict[Attempt, tuple[int, float]]] = {
            True: OrderedDict(),
            False: OrderedDict(),
        }
        self._lock = threading.Lock()
        self._stripes = tuple(threading.Lock() for _ in range(64))

    def identify(self, environ: Mapping[str, Any]) -> Identity:
        """Who sends this request. Unauthorized or Forbidden when credentials were sent and are wrong."""
        cookie = environ.get("HTTP_COOKIE")
        if cookie and "AuthSession" in cookie:
            value = cookie_value(cookie, "AuthSession")
            if value:
                identity = self._by_cookie(value, environ.get("wsgi.url_scheme") == "https")
                if identity is not None:
                    return identity
        header = environ.get("HTTP_AUTHORIZATION")
        if not header:
            return ANONYMOUS
        credentials = credentials_of(header, self._bearer)
        if credentials is None:
            return ANONYMOUS
        user = self.check(*credentials, environ.get("REMOTE_ADDR", ""))
        if user is None:
            raise Unauthorized(WRONG)
        return Identity(user.name, user.roles, "default")

    def check(self, name: str, password: str, peer: str, *, count_unknown: bool = False) -> User | None:
        """The user, if the password is right; None if it is wrong; Forbidden after too many wrong ones.

        `count_unknown` locks names that nobody has as well, as CouchDB does at ``POST /_session``.
        """
        user = self.lookup(name)
        if user is not None and ("key" in user.proof or "key_hash" in user.proof):
            # 192 random bits: nobody guesses them, and wrong ones must not keep the right one out.
            return user if users.check_password(user, password) else None
        attempt = Attempt(place_of(peer), name, "" if user is None else user.salt)
        if user is None:
            if count_unknown:
                self._take(attempt, known=False)
            return None
        bound = f"{name}\0{user.proof.get('derived_key') or user.proof.get('password_sha') or user.salt}\0{password}"
        fingerprint = hmac.digest(self._process_key, bound.encode("utf-8", "surrogateescape"), "sha256")
        # A terminal's links all sign in at once: the first one's check serves the others, who wait for it.
        with self._stripes[fingerprint[0] % len(self._stripes)]:
            if fingerprint in self._checked:
                if self._locked_out(attempt):
                    raise Forbidden(LOCKED)
                return user
            # Counted before it is looked at: forty guesses at one moment are no more than five.
            self._take(attempt, known=True)
            if not users.check_password(user, password):
                return None
            self._give_back(attempt)
            with self._lock:
                self._checked[fingerprint] = True
                while len(self._checked) > _CHECKED_ENTRIES:
                    self._checked.popitem(last=False)
        return user

    def session_cookie(self, user: User, secure: bool = False) -> str:
        """The ``Set-Cookie`` value that opens a session for `user`."""
        return self._cookie(sessions.make_session(user.name, user.salt, self._secret), secure)

    def cleared_cookie(self, secure: bool = False) -> str:
        return self._cookie("", secure)

    def _cookie(self, value: str, secure: bool) -> str:
        expires = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + self.timeout))
        tail = ("; Secure" if secure else "") + self._same_site
        return f"AuthSession={value}; Version=1; Expires={expires}; Max-Age={self.timeout}; Path=/; HttpOnly{tail}"

    def _by_cookie(self, value: str, secure: bool) -> Identity | None:
        session = sessions.parse_session(value)
        user = self.lookup(session.name)
        if user is None:
            return None
        left = session.expires_in(self.timeout)
        if left <= 0 or not sessions.session_holds(session, user.salt, self._secret):
            return None
        renewed = self.session_cookie(user, secure) if left < self.timeout * 0.9 else None
        return Identity(user.name, user.roles, "cookie", renewed)

    def _locked_out(self, attempt: Attempt) -> bool:
        count, since = self._failures[True].get(attempt, (0, 0.0))
        return count >= LOCKOUT_THRESHOLD and time.monotonic() - since < LOCKOUT_SECONDS

    def _take(self, attempt: Attempt, *, known: bool) -> None:
        """Counts one attempt as wrong. Forbidden when there were too many."""
        now, failures = time.monotonic(), self._failures[known]
        with self._lock:
            count, since = failures.get(attempt, (0, now))
            if now - since >= LOCKOUT_SECONDS:
                count = 0
            elif count >= LOCKOUT_THRESHOLD:
                raise Forbidden(LOCKED)
            failures[attempt] = (count + 1, now)
            failures.move_to_end(attempt)
            while len(failures) > _LOCKOUT_ENTRIES:
                failures.popitem(last=False)

    def _give_back(self, attempt: Attempt) -> None:
        """It was right: those before it still count."""
        with self._lock:
            count, since = self._failures[True].pop(attempt, (0, 0.0))
            if count > 1:
                self._failures[True][attempt] = (count - 1, since)


def place_of(address: str) -> str:
    """Where attempts come from: an address, of IPv6 the network of 64 bits that every line gets whole."""
    try:
        at = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(at, ipaddress.IPv4Address):
        return address
    if at.ipv4_mapped is not None:
        return str(at.ipv4_mapped)
    return str(ipaddress.ip_network((at, 64), strict=False))


def credentials_of(header: str, bearer: str | None) -> tuple[str, str] | None:
    """Name and password of an ``Authorization`` header, None when it has none that are used here."""
    scheme, _, value = header.partition(" ")
    if scheme == "Bearer" and bearer is not None:
        return bearer, value.strip()
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        raise BadRequest("Authorization header has invalid base64 value") from None
    name, colon, password = text.partition(":")
    if not colon or (name, password) == ("_", "_"):
        return None
    return name, password


def cookie_value(header: str, name: str) -> str | None:
    """The value of the first cookie called `name` in a ``Cookie`` header."""
    for piece in header.split(";"):
        key, _, value = piece.strip().partition("=")
        if key == name:
            return value.strip('"')
    return None


def authenticator_of(node: Any) -> Authenticator:
    """The authenticator of a node: a hub's users, or the one key of a terminal or an office."""
    if node.kind == "hub":
        # A page of another origin that the hub lets in would come without a cookie that is for its own pages alone.
        same_site = node.config.get("same_site", "" if node.config.get("cors_origins") else "strict")
        known = users.HubUsers(node.path, node.directory)
        return Authenticator(known, users.session_secret(node.path), same_site=same_site)
    from app.web.keys import KeyRing  # which a hub does without

    # The sessions of a key end with the key.
    secret = hashlib.sha256(users.api_key(node.path).encode()).digest()
    return Authenticator(users.KeyHolders(node.path, KeyRing(node.path).peer), secret, bearer=KEY_USER)


def start_link(node: Any, base_url: str, next: str | None = None) -> str:
    """A link that lets one browser into the pages of a terminal or an office. It works once, within a day.

    `node` is the node or the path of its directory, `next` the page to go to.
    """
    path = Path(getattr(node, "path", node))
    link = f"{base_url.rstrip('/')}/enter?key={sessions.make_link_key(users.api_key(path))}"
    return link if next is None else f"{link}&next={quote(next, safe='/')}"
