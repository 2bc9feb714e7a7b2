"""The attachments of documents: reading one, and the edits that add, replace or take one away."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from app.docs import attachments, edits, reads, revision
from app.docs.attachments import Attachment
from app.docs.errors import Conflict, NotFound
from app.docs.record import Record, parse

if TYPE_CHECKING:
    from app.docs.store import Transaction


def get(connection: sqlite3.Connection, id: str, name: str, rev: str | None) -> Attachment:
    """One attachment of a document (of revision `rev`). Raises NotFound."""
    row = reads.record(connection, id)
    if row is None:
        raise NotFound("missing")
    if rev is None and row.deleted:
        raise NotFound("deleted")
    wanted = row.rev if rev is None else "{}-{}".format(*revision.parse(rev))
    one = reads.version(connection, row, wanted)
    if one is None:
        raise NotFound("missing")
    meta = parse(one.atts).get(name) if one.atts else None
    if meta is None:
        raise NotFound("Document is missing attachment")
    data = attachments.stored(connection, meta["digest"])
    encoding = meta.get("encoding")
    if encoding == "gzip":
        data = attachments.unpack(data)
    return Attachment(meta["content_type"], meta["digest"], meta["length"], meta["revpos"], data, encoding)


def put(tx: Transaction, id: str, name: str, data: bytes, content_type: str, rev: str | None) -> str:
    """Writes the revision of a document in which `name` is `data`."""
    row = reads.record(tx.connection, id)
    if row is None or (row.deleted and rev is None):
        if rev is not None:
            raise Conflict
        doc: dict[str, Any] = {"_id": id}
        atts: dict[str, Any] = {}
    else:
        doc, atts = _document(tx, row, rev)
    atts.pop(name, None)
    atts = {name: {"data": data, "content_type": content_type}, **atts}  # CouchDB's order, which the revision hashes
    return edits.edit(tx, edits.draft({**doc, "_attachments": atts}))


def delete(tx: Transaction, id: str, name: str, rev: str | None) -> str:
    """Writes the revision of a document without attachment `name`."""
    row = reads.record(tx.connection, id)
    if row is None:
        raise NotFound("missing")
    if rev is None and row.deleted:
        raise NotFound("deleted")
    doc, atts = _document(tx, row, rev or row.rev)
    if name not in atts:
        raise NotFound("Document is missing attachment")
    if rev is None:
        raise Conflict
    del atts[name]
    return edits.edit(tx, edits.draft({**doc, "_attachments": atts}))


def _document(tx: Transaction, row: Record, rev: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    if rev is None:
        raise Conflict
    normal = "{}-{}".format(*revision.parse(rev))
    one = reads.version(tx.connection, row, normal)
    if one is None:
        raise Conflict
    atts = attachments.kept(one.atts)
    gone = {"_deleted": True} if one.path[1] else {}
    return {"_id": row.id, "_rev": normal, **gone, **parse(one.body)}, atts
