"""Edits made here: a new revision on a leaf of a document, or a 409.

What a request may do is CouchDB's table (`couch_db:prep_and_validate_updates`, tried on 3.5.2):

=====================  =======================================  ================================================
the document           the request                              result
=====================  =======================================  ================================================
isn't here             without a revision                       generation 1 (also as a tombstone)
isn't here             with one                                 409
is live                without                                  409
is live                on any leaf, a losing or deleted one too  a child of that leaf
is live                on an inner or unknown revision          409
is deleted             without, and not a deletion              a child of the winning tombstone: it is back
is deleted             with any revision, or a deletion         409
=====================  =======================================  ================================================
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from app.docs import attachments, json, reads, revision, writing
from app.docs import tree as trees
from app.docs.errors import (
    BadRequest,
    Conflict,
    DocsError,
    DocumentTooLarge,
    DocValidation,
    IllegalDocId,
)
from app.docs.record import Record

if TYPE_CHECKING:
    from app.docs.store import Transaction

# Members that a client may send back as it got them; they say nothing new.
IGNORED = frozenset({"_revs_info", "_conflicts", "_deleted_conflicts", "_local_seq", "_revisions"})


class Draft(NamedTuple):
    """A document as it was handed in, checked and taken apart; `body` is free of ``_`` members."""

    id: str
    rev: str | None
    deleted: bool
    body: dict[str, Any]
    text: str
    atts: dict[str, Any] | None


def check_id(id: Any) -> str:
    """A document id, or IllegalDocId in CouchDB's words."""
    if not isinstance(id, str):
        raise IllegalDocId("Document id must be a string")
    if not id:
        raise IllegalDocId("Document id must not be empty")
    if id[0] == "_" and not (id.startswith("_design/") and len(id) > 8):
        if id in ("_design/", "_local/"):
            raise IllegalDocId(f"Illegal document id `{id}`")
        raise IllegalDocId("Only reserved document ids may start with underscore.")
    try:
        id.encode()
    except UnicodeEncodeError:
        raise IllegalDocId("Document id must be valid UTF-8") from None
    return id


def take_apart(doc: Any, *, with_revisions: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document's body without ``_`` members, and those. Raises BadRequest, DocValidation."""
    if not isinstance(doc, Mapping):
        raise BadRequest("Document must be a JSON object")
    body = dict(doc)
    special: dict[str, Any] = {}
    for key in doc:
        if key[:1] == "_":
            special[key] = body.pop(key)
    for key, value in special.items():
        if key in ("_id", "_rev"):
            continue
        if key == "_deleted":
            if not isinstance(value, bool):
                raise DocValidation("Bad special document member: _deleted")
        elif key == "_attachments":
            if not isinstance(value, Mapping):
                raise DocValidation("Bad special document member: _attachments")
        elif key == "_revisions" and with_revisions:
            if not isinstance(value, Mapping):
                raise DocValidation("Bad special document member: _revisions")
        elif key not in IGNORED:
            raise DocValidation(f"Bad special document member: {key}")
    if "_revisions" in special and not isinstance(special["_revisions"], Mapping):
        raise DocValidation("Bad special document member: _revisions")
    return body, special


def draft(doc: Any, *, rev: str | None = None) -> Draft:
    """Checks a document that is to be written here."""
    body, special = take_apart(doc, with_revisions=False)
    id = check_id(special["_id"]) if "_id" in special else secrets.token_hex(16)
    base = special.get("_rev")
    if base is not None and not isinstance(base, str):
        raise BadRequest("Invalid rev format")
    if rev is not None and base is not None and rev != base:
        raise BadRequest("Document rev from request body and query string have different values")
    base = rev if rev is not None else base
    if base is not None:
        generation, hash_ = revision.parse(base)
        base = f"{generation}-{hash_}"
    return Draft(
        id, base, special.get("_deleted", False), body, json.dumps(body).decode(), special.get("_attachments") or None
    )


def drafts(docs: Any) -> list[Draft | DocsError]:
    """The drafts of a ``_bulk_docs`` request; what is wrong with one document stands in its place.

    As in CouchDB, a document that is wrong in itself (a bad id, an unknown special member) fails the request.
    """
    if not isinstance(docs, Sequence) or isinstance(docs, str | bytes):
        raise BadRequest("`docs` parameter must be an array.")
    return [draft(doc) for doc in docs]


def edit(tx: Transaction, new: Draft) -> str:
    """Writes one edit and returns its revision."""
    return _edit(tx, new, reads.record(tx.connection, new.id))


def edit_many(tx: Transaction, many: Sequence[Draft | DocsError]) -> list[dict[str, Any]]:
    """Writes edits, and answers as ``_bulk_docs`` does."""
    for new in many:
        if isinstance(new, Draft):
            check_size(tx, new.id, new.text)
    known = reads.records(tx.connection, [new.id for new in many if isinstance(new, Draft)])
    results: list[dict[str, Any]] = []
    touched: set[str] = set()
    for new in many:
        if not isinstance(new, Draft):
            results.append(new.as_dict())
            continue
        row = reads.record(tx.connection, new.id) if new.id in touched else known.get(new.id)
        touched.add(new.id)
        try:
            results.append({"ok": True, "id": new.id, "rev": _edit(tx, new, row)})
        except (Conflict, BadRequest, DocValidation, IllegalDocId) as error:
            results.append({"id": new.id, **error.as_dict()})
    return results


def check_size(tx: Transaction, id: str, text: str) -> None:
    if len(text) > tx.max_document_size or len(text) * 4 > tx.max_document_size < len(text.encode()):
        raise DocumentTooLarge(id)


def _edit(tx: Transaction, new: Draft, row: Record | None) -> str:
    check_size(tx, new.id, new.text)
    parent = _parent(new, row)
    generation = int(parent.partition("-")[0]) if parent else 0
    base_atts = attachments.of_revision(tx.connection, row, parent) if new.atts and row and parent else {}
    atts = attachments.take_in(tx.connection, new.id, new.atts, generation + 1, base_atts.get) if new.atts else None
    rev = revision.new_rev(parent, new.deleted, new.body, attachments.hashed(atts) if atts else ())
    fresh = writing.content(new.body, new.text, atts, new.deleted)
    if row is None or parent is None:
        return writing.insert(tx, new.id, (1, new.deleted, (rev[2:],)), fresh, local=True)
    grown = trees.extend(row.paths(), parent, rev.partition("-")[2], new.deleted, tx.revs_limit)
    writing.update(tx, row, grown, {rev: fresh}, local=True)
    return rev


def _parent(new: Draft, row: Record | None) -> str | None:
    """The revision that becomes the new one's parent, by the table above; None for a first revision."""
    if row is None:
        if new.rev is not None:
            raise Conflict
        return None
    if row.deleted:
        if new.rev is not None or new.deleted:
            raise Conflict
        return row.rev
    if new.rev is None or (new.rev != row.rev and new.rev not in row.leaves()):
        raise Conflict
    return new.rev
