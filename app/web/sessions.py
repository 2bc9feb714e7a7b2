"""Signed tokens: CouchDB's ``AuthSession`` cookie, a terminal's page cookie, and the link that hands the latter out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import threading
import time
from pathlib import Path
from typing import NamedTuple

from app.docs.errors import BadRequest
from app.web import users

# CouchDB's default: a session ends ten minutes after its last renewal, and is renewed from a tenth of that on.
SESSION_SECONDS = 600
# A browser at a till stays let in until its cookie is cleared or the node's API key changes (browsers keep 400 days).
PAGE_SECONDS = 400 * 86_400
LINK_SECONDS = 86_400


class Session(NamedTuple):
    """What an ``AuthSession`` cookie says, before anyone believed it. `expires_in` is in seconds."""

    name: str
    stamp: int
    signature: str

    def expires_in(self, timeout: int) -> float:
        return self.stamp + timeout - time.time()


def make_session(name: str, salt: str, secret: bytes, now: float | None = None) -> str:
    """The value of an ``AuthSession`` cookie: base64url of ``name:TIME:signature``, as CouchDB's."""
    stamp = f"{int(time.time() if now is None else now):X}"
    data = f"{name}:{stamp}:{_sign_session(name, stamp, salt, secret)}"
    return base64.urlsafe_b64encode(data.encode("utf-8", "surrogateescape")).decode().rstrip("=")


def parse_session(cookie: str) -> Session:
    """BadRequest when the cookie is none of ours."""
    try:
        text = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)).decode("utf-8", "surrogateescape")
        name, stamp, signature = text.rsplit(":", 2)
        return Session(name, int(stamp, 16), signature)
    except (ValueError, binascii.Error):
        raise BadRequest("Malformed AuthSession cookie. Please clear your cookies.") from None


def session_holds(session: Session, salt: str, secret: bytes) -> bool:
    """Whether `session` was signed by this node for the user whose salt is `salt`."""
    expected = _sign_session(session.name, f"{session.stamp:X}", salt, secret)
    return hmac.compare_digest(expected.encode(), session.signature.encode("utf-8", "surrogateescape"))


def _sign_session(name: str, stamp: str, salt: str, secret: bytes) -> str:
    text = f"{name}:{stamp}".encode("utf-8", "surrogateescape")
    return hmac.digest(secret + salt.encode("utf-8", "surrogateescape"), text, "sha256").hex()


# ---------------------------------------------------------------- pages of a terminal or an office


def page_cookie_name(node_id: str) -> str:
    """Cookies don't know ports: nodes that share a host need names of their own."""
    return "couchtill-" + "".join(c if c.isalnum() else "-" for c in node_id)


def make_page_cookie(key: str) -> str:
    nonce = secrets.token_hex(8)
    return f"{nonce}.{_sign(key, 'page', nonce)}"


def page_cookie_holds(cookie: str, key: str) -> bool:
    nonce, _, signature = cookie.partition(".")
    return bool(nonce) and hmac.compare_digest(_sign(key, "page", nonce).encode(), signature.encode("utf-8", "replace"))


def make_link_key(key: str) -> str:
    """A key for ``/enter?key=…``: good once, for a day."""
    expires = int(time.time()) + LINK_SECONDS
    nonce = f"{expires:x}-{secrets.token_hex(8)}"
    return f"{nonce}.{_sign(key, 'link', nonce)}"


class LinkKeys:
    """Which start links were used. Kept in a file, so that a link works once also across restarts."""

    def __init__(self, path: Path) -> None:
        self._file = path / "links.used"
        self._lock = threading.Lock()

    def use(self, link_key: str, key: str) -> bool:
        """Take `link_key`: True the first time within its day, if this node's API key signed it."""
        nonce, _, signature = link_key.partition(".")
        if not hmac.compare_digest(_sign(key, "link", nonce).encode(), signature.encode("utf-8", "replace")):
            return False
        expires, now = int(nonce.partition("-")[0], 16), time.time()
        if expires < now:
            return False
        with self._lock:
            used = {n: t for n, t in self._read().items() if t > now}
            if nonce in used:
                return False
            used[nonce] = expires
            users.write_secret(self._file, json.dumps(used))
        return True

    def _read(self) -> dict[str, int]:
        try:
            used: dict[str, int] = json.loads(self._file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return used


def _sign(key: str, purpose: str, text: str) -> str:
    return hmac.new(key.encode(), f"{purpose}:{text}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
