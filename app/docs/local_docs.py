"""Local documents: kept by id, never replicated, never in a feed (CouchDB's ``_local/``).

Replication logs lie here, and the journal's head, which is written in the transaction of the document that it numbers.
Revisions are ``0-N``; as in CouchDB 3 a write takes whatever ``0-N`` it is given and stores ``0-(N+1)``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from app.docs.errors import BadRequest, NotFound
from app.docs.record import dump, parse


def get(connection: sqlite3.Connection, id: str) -> dict[str, Any] | None:
    """The local document with ``_id`` and ``_rev``, or None. `id` is without ``_local/``."""
    row = connection.execute("SELECT rev, body FROM local_docs WHERE id = ?", (id,)).fetchone()
    return None if row is None else _document(id, row[0], row[1])


def put(connection: sqlite3.Connection, id: str, doc: Mapping[str, Any]) -> str:
    """Writes it and returns the new revision. Raises BadRequest when ``_rev`` isn't ``0-N``."""
    if not id:
        raise BadRequest("A local document needs an id.")
    rev = doc.get("_rev")
    if rev is None:
        row = connection.execute("SELECT rev FROM local_docs WHERE id = ?", (id,)).fetchone()
        number = row[0] + 1 if row else 1
    else:
        number = _number(rev) + 1
    body = dump({key: value for key, value in doc.items() if not key.startswith("_")})
    connection.execute(
        "INSERT INTO local_docs VALUES(?, ?, ?) ON CONFLICT(id) DO UPDATE SET rev = excluded.rev, body = excluded.body",
        (id, number, body),
    )
    return f"0-{number}"


def delete(connection: sqlite3.Connection, id: str) -> None:
    """Deletes it. Raises NotFound."""
    if connection.execute("DELETE FROM local_docs WHERE id = ?", (id,)).rowcount == 0:
        raise NotFound("missing")


def every(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """All local documents, by id."""
    rows = connection.execute("SELECT id, rev, body FROM local_docs ORDER BY id").fetchall()
    return [_document(*row) for row in rows]


def _document(id: str, rev: int, body: str) -> dict[str, Any]:
    return {"_id": f"_local/{id}", "_rev": f"0-{rev}", **parse(body)}


def _number(rev: Any) -> int:
    if isinstance(rev, str) and rev.startswith("0-") and rev[2:].isascii() and rev[2:].isdigit() and len(rev) < 20:
        return int(rev[2:])
    raise BadRequest("Invalid rev format")
