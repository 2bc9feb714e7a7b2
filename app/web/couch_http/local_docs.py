"""Local documents: kept by id, never replicated. Replication logs are such."""

from __future__ import annotations

from typing import Any

from app.docs.database import Database
from app.docs.errors import BadRequest, NotFound
from app.web.couch_http.options import LOCAL, written
from app.web.couch_http.problems import MethodNotAllowed
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response, send_json

METHODS = "DELETE,GET,HEAD,POST,PUT,COPY"


def local_doc(request: Request, database: Database, name: str) -> Response:
    """``/db/_local/<name>``"""
    if not name:
        raise BadRequest("Invalid _local document id.")
    if request.method == "GET":
        found = database.get_local(name)
        if found is None:
            raise NotFound("missing")
        return send_json(found)
    if request.method == "PUT":
        doc = request.json()
        if not isinstance(doc, dict):
            raise BadRequest("Document must be a JSON object")
        return put_local(request, database, name, doc)
    if request.method == "DELETE":
        if database.get_local(name) is None:
            raise NotFound("missing")
        database.delete_local(name)
        return send_json({"ok": True, "id": LOCAL + name, "rev": "0-0"})
    raise MethodNotAllowed(METHODS)


def put_local(request: Request, database: Database, name: str, doc: dict[str, Any]) -> Response:
    if doc.get("_deleted") is True:
        database.delete_local(name)
        return written(LOCAL + name, "0-0", 200, [])
    if doc.get("_attachments"):
        raise BadRequest("_local documents do not accept attachments.")
    rev = database.put_local(name, {**doc, "_rev": _local_rev(doc, request.arg("rev"))})
    return written(LOCAL + name, rev, 201, [("Location", request.location(database.name, LOCAL + name))])


def _local_rev(doc: dict[str, Any], asked: str | None) -> Any:
    """The revision that a local document is written over. CouchDB counts from what it is told, and else from 0."""
    revisions = doc.get("_revisions")
    if isinstance(revisions, dict) and isinstance(revisions.get("ids"), list) and revisions["ids"]:
        return f"{revisions.get('start')}-{revisions['ids'][0]}"
    return doc.get("_rev", asked if asked is not None else "0-0")
