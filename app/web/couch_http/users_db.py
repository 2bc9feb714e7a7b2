"""The ``_users`` database of a hub: CouchDB's documents, CouchDB's rules.

A ``password`` is hashed before it is stored. Who is no admin of it reads and changes their own document only. The rules
for a document are those of CouchDB's own ``_design/_auth``. Who its admins are stands in its ``_security``, which is
editable as at a CouchDB with ``users_db_security_editable``: so head office makes terminals without being a server
admin, and a terminal sets its own password.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.docs.database import Database
from app.docs.errors import Forbidden, NotFound
from app.web import users
from app.web.auth import Identity
from app.web.couch_http import access

NAME = "_users"
_SCHEMES = ("simple", "pbkdf2", "simple+pbkdf2")
_PASSWORD_FIELDS = frozenset(
    {
        "password",
        "derived_key",
        "iterations",
        "password_scheme",
        "password_sha",
        "pbkdf2_prf",
        "preserve_salt",
        "salt",
    }
)


def check_read(database: Database, identity: Identity, id: str) -> None:
    """NotFound for another's document: not even its existence is told."""
    if database.name != NAME or access.is_admin(database, identity):
        return
    if id.startswith("_design/"):
        raise Forbidden("Only administrators can view design docs in the users database.")
    if not _is_own(identity, id):
        raise NotFound("missing")


def check_security(value: Mapping[str, Any]) -> None:
    """Forbidden, in the words of a CouchDB without ``users_db_security_editable``, for what would open ``_users``: an
    empty list of members means everybody, and a server without admins in it has nobody to close it again."""
    admins, members = value.get("admins"), value.get("members")
    closed = isinstance(members, dict) and bool(members.get("roles") or members.get("names"))
    if not closed or not isinstance(admins, dict) or "_admin" not in (admins.get("roles") or ()):
        raise Forbidden("You can't edit the security object of the user database.")


def check_attachment(database: Database, identity: Identity, id: str) -> None:
    """NotFound unless the document whose attachment is to change is one's own."""
    if database.name == NAME and not access.is_admin(database, identity) and not _is_own(identity, id):
        raise NotFound("missing")


def _is_own(identity: Identity, id: str) -> bool:
    return identity.name is not None and id == users.USER_PREFIX + identity.name


def check_write(
    database: Database, identity: Identity, doc: dict[str, Any], *, arrival: bool = False
) -> dict[str, Any]:
    """`doc` as it may be stored: in ``_users`` checked and its password hashed, elsewhere as it is.

    `arrival`: a revision made elsewhere, with its hash. Forbidden, NotFound.
    """
    if database.name != NAME:
        return doc
    id = str(doc.get("_id", ""))
    admin = access.is_admin(database, identity)
    if id.startswith(("_design/", "_local/")):
        return doc
    if not admin and identity.name is not None and not _is_own(identity, id):
        raise NotFound("missing")
    record = database.read(id)
    old = record.doc() if record is not None and not record.deleted else None
    doc = doc if arrival else _hashed(doc)
    _validate(doc, old, identity, admin)
    return doc


def _hashed(doc: dict[str, Any]) -> dict[str, Any]:
    password = doc.get("password")
    if password is None:
        return doc
    if not isinstance(password, str) or not password:
        raise Forbidden("doc.password must be a string")
    kept = {key: value for key, value in doc.items() if key not in _PASSWORD_FIELDS}
    return {**users.hash_password(password).fields(), **kept}


def _validate(doc: Mapping[str, Any], old: Mapping[str, Any] | None, identity: Identity, admin: bool) -> None:
    if doc.get("_deleted") is True:
        # Not even an admin of this database: CouchDB's own function asks for one of the server.
        if "_admin" in identity.roles or (old is not None and identity.name == old.get("name")):
            return
        raise Forbidden("Only admins may delete other user docs.")
    name, roles = doc.get("name"), doc.get("roles")
    if doc.get("type") != "user":
        raise Forbidden("doc.type must be user")
    if not name or not isinstance(name, str):
        raise Forbidden("doc.name is required")
    if roles is None:
        raise Forbidden("doc.roles must exist")
    if not isinstance(roles, list):
        raise Forbidden("doc.roles must be an array")
    if not all(isinstance(role, str) for role in roles):
        raise Forbidden("doc.roles can only contain strings")
    if doc.get("_id") != users.USER_PREFIX + name:
        raise Forbidden("Doc ID must be of the form org.couchdb.user:name")
    if old is not None and old.get("name") != name:
        raise Forbidden("Usernames can not be changed.")
    if doc.get("password_sha") and not doc.get("salt"):
        raise Forbidden("Users with password_sha must have a salt.See /_utils/script/couch.js for example code.")
    scheme = doc.get("password_scheme")
    if scheme and scheme not in _SCHEMES:
        raise Forbidden(f"Password scheme `{scheme}` not supported.")
    if scheme == "pbkdf2":
        if not isinstance(doc.get("iterations"), int | float):
            raise Forbidden("iterations must be a number.")
        if not isinstance(doc.get("derived_key"), str):
            raise Forbidden("derived_key must be a string.")
    if not admin:
        if old is None and roles:
            raise Forbidden("Only _admin may set roles")
        if old is not None and identity.name != name:
            raise Forbidden("You may only update your own user document.")
        if old is not None and sorted(old.get("roles") or []) != sorted(roles):
            raise Forbidden("Only _admin may edit roles")
    if any(role.startswith("_") and role != "_metrics" for role in roles):
        raise Forbidden("No system roles (starting with underscore) in users db.")
    if name.startswith("_"):
        raise Forbidden("Username may not start with underscore.")
    if ":" in name:
        raise Forbidden("Character `:` is not allowed in usernames.")
