"""Documents in dispute, as replication makes them: one revision, edited at several places apart."""

from __future__ import annotations

from typing import Any

from app.docs import attachments, revision
from app.docs.database import Database

Doc = dict[str, Any]


def on(place: str, at: str = "2026-11-20T12:00:00.000Z", by: str | None = None, **changes: Any) -> Doc:
    """An edit, as `fork` takes it: what was changed, and who did it where and when. None removes a member."""
    return {"updated_at": at, "updated_by": by, "updated_on": place, **changes}


DELETED: Doc = {"_deleted": True}


def fork(database: Database, id: str, *edits: Doc, rev: str | None = None) -> list[str]:
    """Edits of one revision of a document (its winner, or `rev`), each a branch of its own; their revisions. An edit
    is laid over that revision's body; one with `_deleted` is a tombstone."""
    seen = database.get(id, rev=rev) if rev else database.get(id)
    return [arrive(database, id, seen["_rev"], {**seen, **edit}) for edit in edits]


def arrive(database: Database, id: str, parent: str, doc: Doc) -> str:
    """One revision, made elsewhere on `parent`, comes by replication; its id."""
    deleted = bool(doc.get("_deleted"))
    body = {key: value for key, value in doc.items() if key[:1] != "_" and value is not None and not deleted}
    atts = {} if deleted else doc.get("_attachments") or {}
    made = revision.new_rev(parent, deleted, body, attachments.hashed({n: a for n, a in atts.items() if "digest" in a}))
    generation, hash_ = revision.parse(made)
    told = {"_id": id, "_revisions": {"start": generation, "ids": [hash_, revision.parse(parent)[1]]}, **body}
    if deleted:
        told["_deleted"] = True
    if atts:
        told["_attachments"] = atts
    assert database.bulk_docs([told], new_edits=False) == []
    return made


def open_bodies(database: Database, id: str) -> list[Doc]:
    """The bodies of the leaves that nobody has closed, in no order of note, deletions as `{"_deleted": true}`."""
    docs = [entry["ok"] for entry in database.open_revs(id, "all")]
    kept = [doc for doc in docs if not (doc.get("_deleted") and doc.get("resolved") is True)]
    bodies = [{key: value for key, value in doc.items() if key not in ("_id", "_rev")} for doc in kept]
    return sorted(bodies, key=repr)
