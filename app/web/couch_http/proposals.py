"""A document that is about to be written, as validation functions see it: with what it follows upon.

As CouchDB shows it (tried on 3.5.2): an edit has the revision that it edits in ``_rev`` and ``_revisions``, a revision
made elsewhere its own; attachments are stubs. ``oldDoc`` is the revision that is edited; of a revision from elsewhere
the nearest of its ancestors whose body is here; null where there is none: for a document that is new, one that comes
back after its deletion, a second root.

What the store refuses anyway (a conflict, a malformed revision), and what changes nothing (a revision that is here), is
no proposal: None.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.couchjs.engine import Candidate
from app.docs import json
from app.docs import tree as trees
from app.docs.database import Database
from app.docs.errors import DocsError, NotFound
from app.docs.record import Record, parse, pick_path
from app.docs.revision import parse as parse_rev

#: How many ancestors of a document a function is shown, CouchDB's `query_server_config/revs_limit`.
REVS: Final = 20
_SHOWN: Final = frozenset({"_id", "_rev", "_revisions", "_deleted"})


def of_many(database: Database, docs: Sequence[Any], *, new_edits: bool) -> list[Candidate | None]:
    """The proposals of a ``_bulk_docs`` request. A document without an id gets one."""
    for doc in docs:
        if isinstance(doc, dict) and "_id" not in doc:
            doc["_id"] = secrets.token_hex(16)
    ids = [_id_of(doc) for doc in docs]
    records = database.read_many([id or "" for id in ids])
    found: list[Candidate | None] = []
    for doc, id, record in zip(docs, ids, records, strict=True):
        if id is None or id[:1] == "_":
            found.append(None)
        elif new_edits:
            found.append(of_edit(database, doc, doc.get("_rev"), record))
        else:
            found.append(of_arrival(database, doc, record))
    return found


def _id_of(doc: Any) -> str | None:
    id = doc.get("_id") if isinstance(doc, dict) else None
    if not isinstance(id, str):
        return None
    try:
        id.encode()
    except UnicodeEncodeError:
        return None
    return id


def of_edit(database: Database, doc: Mapping[str, Any], rev: Any, record: Record | None) -> Candidate | None:
    """The proposal of an edit of revision `rev` (None: of none)."""
    id: str = doc["_id"]
    base = _normal(rev)
    if rev is not None and base is None:
        return None
    if record is None or record.deleted:
        if base is not None or (record is not None and doc.get("_deleted") is True):
            return None
        return Candidate(id, _new(doc, None, None, {}), None)
    if base is None or (base != record.rev and base not in record.leaves()):
        return None
    try:
        old = database.get_json(id, rev=base, revs=True)
    except NotFound:
        return None
    atts = (parse(old.decode()).get("_attachments") or {}) if doc.get("_attachments") else {}
    generation, hash_ = parse_rev(base)
    return Candidate(id, _new(doc, base, {"start": generation, "ids": [hash_]}, atts), _shortened(old))


def of_arrival(database: Database, doc: Mapping[str, Any], record: Record | None) -> Candidate | None:
    """The proposal of a revision made elsewhere."""
    id: str = doc["_id"]
    revisions = doc.get("_revisions")
    if revisions is None:
        rev = _normal(doc.get("_rev"))
        if rev is None:
            return None
        generation, hash_ = parse_rev(rev)
        revisions = {"start": generation, "ids": [hash_]}
    elif _malformed(revisions):
        return None
    else:
        rev = f"{revisions['start']}-{revisions['ids'][0]}"
    if record is None:
        if doc.get("_revisions") is revisions and doc.get("_rev") == rev and _plain(doc):
            return Candidate(id, doc)  # most of what replication brings
        return Candidate(id, _new(doc, rev, revisions, {}), None)
    tree = record.paths()
    if rev == record.rev or trees.contains(tree, rev):
        return None
    old = _ancestor(database, id, tree, revisions)
    atts = (parse(old.decode()).get("_attachments") or {}) if old is not None and doc.get("_attachments") else {}
    return Candidate(id, _new(doc, rev, revisions, atts), None if old is None else _shortened(old))


def _ancestor(database: Database, id: str, tree: trees.Tree, revisions: Mapping[str, Any]) -> bytes | None:
    """The nearest ancestor whose body is here."""
    start, ids = revisions["start"], revisions["ids"]
    for back in range(1, len(ids)):
        path = pick_path(tree, f"{start - back}-{ids[back]}")
        if path is None:
            continue
        for further, hash_ in enumerate(path[2]):
            try:
                return database.get_json(id, rev=f"{path[0] - further}-{hash_}", revs=True)
            except NotFound:
                continue
        return None
    return None


def _plain(doc: Mapping[str, Any]) -> bool:
    return "_attachments" not in doc and all(key in _SHOWN for key in doc if key[:1] == "_")


def _new(doc: Mapping[str, Any], rev: str | None, revisions: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """``newDoc``; `known` are the attachments of the revision before it."""
    shown: dict[str, Any] = {"_id": doc["_id"]}
    if rev is not None:
        shown["_rev"] = rev
    shown |= {key: value for key, value in doc.items() if key[:1] != "_"}
    if doc.get("_deleted") is True:
        shown["_deleted"] = True
    if revisions is not None:
        shown["_revisions"] = revisions
    atts = doc.get("_attachments")
    if isinstance(atts, Mapping) and atts:
        shown["_attachments"] = {name: _stub(given, known.get(name)) for name, given in atts.items()}
    return shown


def _stub(given: Any, known: Any) -> Any:
    """An attachment as a stub; CouchDB tells of new bytes their length alone."""
    if not isinstance(given, Mapping):
        return given
    data = given.get("data")
    if data is None:
        return {**(known or given), "stub": True} if given.get("stub") else given
    length = len(data) if isinstance(data, bytes) else _unpacked(str(data))
    kind = given.get("content_type") or "application/octet-stream"
    return {"content_type": kind, "revpos": given.get("revpos", 0), "length": length, "stub": True}


def _unpacked(base64: str) -> int:
    """How many bytes a base64 text is."""
    digits = len("".join(base64.split()).rstrip("="))
    return digits * 3 // 4


def _shortened(old: bytes) -> bytes:
    """An old document with no more of its ancestors than CouchDB shows."""
    if old.count(b'","', old.find(b'"_revisions":{"start":')) < REVS:
        return old
    doc = parse(old.decode())
    revisions = doc.get("_revisions")
    if isinstance(revisions, dict):
        revisions["ids"] = revisions["ids"][:REVS]
    return json.dumps(doc)


def _normal(rev: Any) -> str | None:
    """A revision in its one spelling; None for what is none."""
    if not isinstance(rev, str):
        return None
    try:
        generation, hash_ = parse_rev(rev)
    except DocsError:
        return None
    return f"{generation}-{hash_}"


def _malformed(revisions: Any) -> bool:
    if not isinstance(revisions, Mapping):
        return True
    start, ids = revisions.get("start"), revisions.get("ids")
    if not isinstance(start, int) or isinstance(start, bool) or not isinstance(ids, list) or not ids:
        return True
    return len(ids) > start or not all(isinstance(id, str) and id for id in ids)
