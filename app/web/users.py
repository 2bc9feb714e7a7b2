"""Who there is: passwords and their hashes, a hub's admins and users, a terminal's API key.

Hashes are CouchDB's (PBKDF2 with SHA-256 by default, SHA-1 and plain salted SHA-1 from older servers), so that a
``_users`` document from a CouchDB works here and the other way round.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from app.docs.errors import BadRequest, Forbidden

# CouchDB 3.5's own default. A check takes about a quarter of a second, which is why checked passwords are cached.
ITERATIONS = 600_000
ADMINS_FILE = "admins.secret"
KEY_FILE = "api.secret"
KEY_USER = "api"
# Of a machine that may replicate with a terminal or head office, and nothing else.
PEER_ROLE = "_peer"
SECRET_BYTES = 32
USER_PREFIX = "org.couchdb.user:"

_PRFS = {"sha": "sha1", "sha224": "sha224", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}
_MAX_ITERATIONS = 10_000_000


class User(NamedTuple):
    """One user: `salt` changes with the password, so that it also ends old sessions; `proof` has the hash's fields."""

    name: str
    roles: tuple[str, ...]
    salt: str
    proof: dict[str, Any]


class Hashed(NamedTuple):
    """A password's hash with all that is needed to check it again."""

    derived_key: str
    salt: str
    iterations: int
    prf: str = "sha256"

    def fields(self) -> dict[str, Any]:
        """As the fields of a ``_users`` document."""
        return {
            "password_scheme": "pbkdf2",
            "pbkdf2_prf": self.prf,
            "salt": self.salt,
            "iterations": self.iterations,
            "derived_key": self.derived_key,
        }


def hash_password(password: str, iterations: int | None = None) -> Hashed:
    salt, iterations = secrets.token_hex(16), ITERATIONS if iterations is None else iterations
    return Hashed(_pbkdf2("sha256", password, salt, iterations), salt, iterations)


def check_password(user: User, password: str) -> bool:
    """Whether `password` is the user's. Forbidden when the document's hash names a scheme that nobody can check."""
    proof = user.proof
    if "key" in proof:
        return hmac.compare_digest(str(proof["key"]).encode(), password.encode("utf-8", "surrogateescape"))
    if "key_hash" in proof:
        return hmac.compare_digest(str(proof["key_hash"]), hashlib.sha256(_bytes(password)).hexdigest())
    scheme = proof.get("password_scheme", "simple")
    if scheme in ("pbkdf2", "simple+pbkdf2"):
        prf, iterations = proof.get("pbkdf2_prf", "sha"), proof.get("iterations", 10_000)
        if prf not in _PRFS:
            raise Forbidden("PRF is invalid")
        if not isinstance(iterations, int) or not 0 < iterations <= _MAX_ITERATIONS:
            raise Forbidden("Iteration count is too high for this server")
        if scheme == "simple+pbkdf2":
            password = _simple(password, user.salt)
        found, expected = _pbkdf2(prf, password, user.salt, iterations), proof.get("derived_key")
    else:
        found, expected = _simple(password, user.salt), proof.get("password_sha")
    return isinstance(expected, str) and hmac.compare_digest(found.encode(), expected.encode())


def _pbkdf2(prf: str, password: str, salt: str, iterations: int) -> str:
    name = _PRFS[prf]
    return hashlib.pbkdf2_hmac(name, _bytes(password), _bytes(salt), iterations).hex()


def _simple(password: str, salt: str) -> str:
    return hashlib.sha1(_bytes(password + salt), usedforsecurity=False).hexdigest()  # of old CouchDBs


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def user_of(document: dict[str, Any], name: str) -> User:
    """The user that a ``_users`` document describes."""
    roles = document.get("roles")
    roles = tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else ()
    salt = document.get("salt")
    # What is proved by keys is not for documents to say.
    proof = {key: value for key, value in document.items() if key not in ("key", "key_hash")}
    return User(name, roles, salt if isinstance(salt, str) else "", proof)


# ---------------------------------------------------------------- a hub's admins


def set_admin(path: Path, name: str, password: str, iterations: int | None = None) -> None:
    """Give the admin `name` of the hub in `path` this password, and make the admin if there is none.

    ``admins.secret`` has one line an admin, in the form of CouchDB's own configuration:
    ``name = -pbkdf2:sha256-<key>,<salt>,<iterations>``.
    """
    if not name or any(c in name for c in ":=\n\r") or name.startswith("_"):
        raise BadRequest("An admin's name must not be empty, begin with _ or contain : or =")
    if not password:
        raise BadRequest("An admin's password must not be empty")
    lines = [line for line in _lines(path / ADMINS_FILE) if line.partition("=")[0].strip() != name]
    hashed = hash_password(password, iterations)
    lines.append(f"{name} = -pbkdf2:{hashed.prf}-{hashed.derived_key},{hashed.salt},{hashed.iterations}")
    write_secret(path / ADMINS_FILE, "\n".join(lines) + "\n")


def has_admin(path: Path) -> bool:
    return bool(_lines(path / ADMINS_FILE))


def read_admins(path: Path) -> dict[str, User]:
    """The admins of the hub in `path`, by name."""
    admins = {}
    for line in _lines(path / ADMINS_FILE):
        name, _, value = line.partition("=")
        scheme, _, rest = value.strip().partition(":")
        prf_and_key, salt, iterations = rest.split(",")
        prf, _, key = prf_and_key.partition("-")
        if scheme != "-pbkdf2":
            raise ValueError(f"{path / ADMINS_FILE}: the line of {name.strip()} has a scheme that is not known")
        hashed = Hashed(key, salt, int(iterations), prf)
        admins[name.strip()] = User(name.strip(), ("_admin",), salt, hashed.fields())
    return admins


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return []
    return [line for line in text.splitlines() if line.strip()]


# ---------------------------------------------------------------- a terminal's key


def api_key(path: Path) -> str:
    """The API key of the terminal or office in `path`; made on the first call, or when its file was emptied: no key
    opens nothing."""
    file = path / KEY_FILE
    if key := _read_secret(file):
        return key
    key = secrets.token_urlsafe(24)
    write_secret(file, key + "\n")
    return key


def session_secret(path: Path) -> bytes:
    """The key that signs this node's session cookies; made on the first call, so that sessions outlive a restart."""
    file = path / "session.secret"
    kept = _read_secret(file)
    if len(kept) == 2 * SECRET_BYTES and all(digit in string.hexdigits for digit in kept):
        return bytes.fromhex(kept)
    secret = secrets.token_bytes(SECRET_BYTES)
    write_secret(file, secret.hex() + "\n")
    return secret


def _read_secret(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def write_secret(file: Path, text: str) -> None:
    """Write `file` whole or not at all, readable by its owner only."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, file)


# ---------------------------------------------------------------- who may come in here

Lookup = Callable[[str], "User | None"]


Peers = Callable[[str], "str | None"]
"""The hash of the key that a peer of this name has."""


class KeyHolders:
    """The users of a terminal or an office: who has its API key, under the name ``api``, and its peers by theirs."""

    def __init__(self, path: Path, peers: Peers = lambda name: None) -> None:
        self._peers = peers
        key = api_key(path)
        digest = hashlib.sha256(key.encode()).hexdigest()
        self._user = User(KEY_USER, ("_admin",), digest, {"key": key})

    def __call__(self, name: str) -> User | None:
        if name == KEY_USER:
            return self._user
        digest = self._peers(name)
        return None if digest is None else User(name, (PEER_ROLE,), digest, {"key_hash": digest})


class HubUsers:
    """The users of a hub: the admins of its ``admins.secret`` first, then the documents of its ``_users`` database."""

    def __init__(self, path: Path, directory: Any) -> None:
        self._file = path / ADMINS_FILE
        self._path = path
        self._directory = directory
        self._admins: dict[str, User] = {}
        self._stamp: tuple[int, int] | None = None
        self._users: dict[str, User | None] = {}
        self._users_at: tuple[str, int] | None = None

    def __call__(self, name: str) -> User | None:
        admin = self._read_admins().get(name)
        return admin if admin is not None else self._read_user(name)

    def _read_admins(self) -> dict[str, User]:
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return {}
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._admins, self._stamp = read_admins(self._path), stamp
        return self._admins

    def _read_user(self, name: str) -> User | None:
        if "_users" not in self._directory:
            return None
        database = self._directory.get("_users")
        at = (database.uuid, database.last_n)
        if at != self._users_at:  # any change of _users: the next check reads again
            self._users, self._users_at = {}, at
        users = self._users
        if name not in users:
            if len(users) > 10_000:
                users.clear()
            record = database.read(USER_PREFIX + name)
            users[name] = None if record is None or record.deleted else user_of(record.doc(), name)
        return users[name]
