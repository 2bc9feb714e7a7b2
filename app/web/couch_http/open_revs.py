"""Several revisions of one document, and documents with the bytes of their attachments beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from app.docs import json
from app.docs.database import Database
from app.docs.errors import NotFound
from app.web.couch_http import multipart
from app.web.couch_http.multipart import Part
from app.web.couch_http.options import list_of_revs, read_options
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response


def open_revs(request: Request, database: Database, id: str) -> Response:
    """``GET /db/<id>?open_revs=all`` or a JSON list; ``multipart/mixed`` unless the client only takes JSON."""
    asked = request.arg("open_revs", "all") or ""
    revs: Sequence[str] | str = "all" if asked == "all" else list_of_revs(asked)
    options = read_options(request)
    since = options.get("atts_since")
    with_bytes = request.flag("attachments") or since is not None
    told = {"latest": request.flag("latest"), "att_encoding_info": bool(options.get("att_encoding_info"))}
    if not request.accepts("multipart/mixed"):
        results = _all(
            database, id, revs, with_revs=bool(options.get("revs")), attachments=with_bytes, atts_since=since, **told
        )
        return Response(b"[" + b",".join(json.dumps(result) for result in results) + b"]\n")
    found = _all(database, id, revs, with_revs=True, latest=told["latest"], att_encoding_info=True)
    boundary = multipart.new_boundary()
    keep_revs = bool(options.get("revs"))

    def packages() -> Iterator[tuple[bytes, Sequence[Part]] | bytes]:
        for result in found:
            if "missing" in result:
                yield json.dumps(result)
            else:
                doc, parts = attach(database, result["ok"], since, keep_revs)
                yield json.dumps(doc), parts

    return Response(multipart.mixed(boundary, packages()), content_type=f'multipart/mixed; boundary="{boundary}"')


def _all(database: Database, id: str, revs: Sequence[str] | str, **options: Any) -> list[dict[str, Any]]:
    """The store's answer; a document that isn't here has every revision missing."""
    try:
        return database.open_revs(id, revs, **options)
    except NotFound:
        if revs == "all":
            raise
        return [{"missing": rev} for rev in revs]


def with_parts(
    database: Database, id: str, rev: str | None, options: dict[str, Any]
) -> tuple[dict[str, Any], list[Part]]:
    """A document whose attachments follow as parts, those that the reader has (``atts_since``) excepted."""
    since = options.get("atts_since")
    asked = {key: value for key, value in options.items() if key != "atts_since"}
    doc = database.get(id, rev=rev, **{**asked, "revs": True, "att_encoding_info": True})
    return attach(database, doc, since, bool(options.get("revs")))


def attach(
    database: Database, doc: dict[str, Any], since: Sequence[str] | None, keep_revs: bool
) -> tuple[dict[str, Any], list[Part]]:
    """`doc`, read with ``_revisions`` and encoding info, and the parts that follow it."""
    revisions = doc["_revisions"] if keep_revs else doc.pop("_revisions")
    known = _common_generation(revisions, since)
    parts = []
    for name, meta in doc.get("_attachments", {}).items():
        if meta["revpos"] <= known:
            continue
        del meta["stub"]
        meta["follows"] = True
        data = database.attachment_bytes(meta["digest"])
        parts.append(Part(name, meta["content_type"], data, meta.get("encoding")))
    return doc, parts


def _common_generation(revisions: dict[str, Any], since: Sequence[str] | None) -> int:
    """The newest generation of this branch that the reader has."""
    start, hashes = revisions["start"], revisions["ids"]
    best = 0
    for rev in since or ():
        generation, _, hash_ = rev.partition("-")
        back = start - int(generation)
        if 0 <= back < len(hashes) and hashes[back] == hash_:
            best = max(best, int(generation))
    return best
