"""Revisions made elsewhere, merged into the trees here (``new_edits=false``).

Nothing is refused for being old, double or in conflict: a revision that is here already changes nothing, one that isn't
takes its place in the tree. So arrivals may come in any order, any number of times.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from app.docs import attachments, json, reads, revision, writing
from app.docs import tree as trees
from app.docs.edits import check_id, check_size, take_apart
from app.docs.errors import BadRequest, DocsError, DocValidation
from app.docs.record import Record

if TYPE_CHECKING:
    from app.docs.store import Transaction

_UNTOLD = "When `new_edits: false`, the document needs `_rev` or `_revisions` specified"


class Arrival(NamedTuple):
    """One revision from elsewhere: its id, its way from the root, its content."""

    id: str
    path: trees.Path
    body: dict[str, Any]
    text: str
    atts: dict[str, Any] | None

    @property
    def rev(self) -> str:
        return f"{self.path[0]}-{self.path[2][0]}"


def arrivals(docs: Any) -> list[Arrival]:
    """Checks the documents of a ``_bulk_docs`` request with ``new_edits=false``. Raises BadRequest and its kin."""
    if not isinstance(docs, Sequence) or isinstance(docs, str | bytes):
        raise BadRequest("`docs` parameter must be an array.")
    return [arrival(doc) for doc in docs]


def arrival(doc: Any) -> Arrival:
    body, special = take_apart(doc, with_revisions=True)
    id = check_id(special["_id"]) if "_id" in special else secrets.token_hex(16)
    revisions = special.get("_revisions")
    deleted = special.get("_deleted", False)
    if revisions is not None:  # CouchDB believes it over `_rev` where the two differ
        path = _path(revisions, deleted)
    else:
        rev = special.get("_rev")
        if rev is None:
            raise BadRequest(_UNTOLD)
        if not isinstance(rev, str):
            raise BadRequest("Invalid rev format")
        generation, hash_ = revision.parse(rev)
        path = (generation, deleted, (hash_,))
    return Arrival(id, path, body, json.dumps(body).decode(), special.get("_attachments") or None)


def _path(revisions: Mapping[str, Any], deleted: bool) -> trees.Path:
    start, ids = revisions.get("start"), revisions.get("ids")
    if not isinstance(start, int) or isinstance(start, bool) or start < 1:
        raise DocValidation("_revisions.start isn't an integer.")
    if not isinstance(ids, list) or not ids:
        raise DocValidation("_revisions.ids isn't a array.")
    if len(ids) > start:
        raise DocValidation("_revisions.ids has more revisions than _revisions.start counts.")
    hashes = []
    for back, id in enumerate(ids):
        if not isinstance(id, str) or not id:
            raise DocValidation("RevId isn't a string")
        hashes.append(revision.parse(f"{start - back}-{id}")[1])
    return (start, deleted, tuple(hashes))


def merge_many(tx: Transaction, many: Sequence[Arrival]) -> list[dict[str, Any]]:
    """Merges arrivals and returns the failures, as ``_bulk_docs`` names them."""
    for one in many:
        check_size(tx, one.id, one.text)
    failures: list[dict[str, Any]] = []
    known = reads.records(tx.connection, [one.id for one in many])
    touched: set[str] = set()
    for one in many:
        row = reads.record(tx.connection, one.id) if one.id in touched else known.get(one.id)
        try:
            if merge_one(tx, one, row):
                touched.add(one.id)
        except DocsError as error:
            failures.append({"id": one.id, "rev": one.rev, **error.as_dict()})
    return failures


def merge_one(tx: Transaction, one: Arrival, row: Record | None) -> bool:
    """Merges one arrival; False when it changed nothing."""
    if row is None:
        atts = _attachments(tx, one, None)
        path = one.path
        if len(path[2]) > tx.revs_limit:
            path = (path[0], path[1], path[2][: tx.revs_limit])
        writing.insert(tx, one.id, path, writing.content(one.body, one.text, atts), local=False)
        return True
    if row.rev == one.rev and (row.tree is None or len(one.path[2]) == 1):
        return False
    tree = row.paths()
    merged, _ = trees.merge(tree, one.path, tx.revs_limit)
    if merged == tree:
        if one.atts is None and one.rev not in trees.leaves(tree):
            writing.remember(tx, row, tree, one.rev, writing.content(one.body, one.text, None, one.path[1]))
        return False
    atts = _attachments(tx, one, row)
    new = writing.content(one.body, one.text, atts, one.path[1])
    writing.update(tx, row, merged, {one.rev: new}, local=False)
    return True


def _attachments(tx: Transaction, one: Arrival, row: Record | None) -> dict[str, Any] | None:
    if one.atts is None:
        return None

    def anywhere(name: str) -> Any:
        """A stub may point at any revision of the document that is here, if it names the same bytes."""
        return attachments.matching(tx.connection, row, name, one.atts[name]) if row and one.atts else None

    return attachments.take_in(tx.connection, one.id, one.atts, one.path[0], anywhere)
