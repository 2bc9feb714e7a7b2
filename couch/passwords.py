"""Passwords of users at a central: made, hashed and compared as CouchDB does
(https://docs.couchdb.org/en/stable/intro/security.html, *Password Hashing*)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

#: Random bytes of a password that is made here: 144 bits, 24 characters, none of which a URL or a shell would mind.
BYTES = 18

#: A random password needs no more: nobody guesses 144 bits, and a dozen links signing in at once keep no central busy.
ITERATIONS = 10_000

#: What a user's document says of its password.
FIELDS = ("password", "password_scheme", "pbkdf2_prf", "iterations", "salt", "derived_key", "password_sha")


def generate() -> str:
    return secrets.token_urlsafe(BYTES)


def fields(password: str, iterations: int | None) -> dict[str, Any]:
    """What a user's document says of this password: itself, for the central to hash, or its hash in CouchDB's form."""
    if iterations is None:
        return {"password": password}
    salt = secrets.token_hex(16)
    derived = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), iterations)
    return {
        "password_scheme": "pbkdf2",
        "pbkdf2_prf": "sha256",
        "iterations": iterations,
        "salt": salt,
        "derived_key": derived.hex(),
    }


def matches(doc: Mapping[str, Any], password: str) -> bool:
    """Whether it is this password that the user's document has the hash of. No login is tried: wrong ones lock a user
    out, and each stands in the log."""
    scheme, salt = doc.get("password_scheme", "simple"), str(doc.get("salt") or "")
    proof = password
    if scheme in ("simple", "simple+pbkdf2"):
        proof = hashlib.sha1((password + salt).encode(), usedforsecurity=False).hexdigest()
    expected, found = doc.get("password_sha"), proof
    if scheme in ("pbkdf2", "simple+pbkdf2"):
        prf, rounds = str(doc.get("pbkdf2_prf") or "sha"), doc.get("iterations")
        if not isinstance(rounds, int) or rounds < 1:
            return False
        name = "sha1" if prf == "sha" else prf
        if name not in hashlib.algorithms_available:
            return False
        found, expected = hashlib.pbkdf2_hmac(name, proof.encode(), salt.encode(), rounds).hex(), doc.get("derived_key")
    return isinstance(expected, str) and hmac.compare_digest(found.encode(), expected.encode())
