"""One document: read, write, delete, copy."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from app.docs import json
from app.docs.database import Database
from app.docs.edits import check_id
from app.docs.errors import BadRequest, Conflict, DocsError, IllegalDocId, NotFound
from app.web import paths
from app.web.couch_http import attachments, multipart, open_revs, proposals, users_db
from app.web.couch_http.functions import check_design
from app.web.couch_http.local_docs import METHODS, local_doc, put_local
from app.web.couch_http.options import DESIGN, LOCAL, META, check_write, edited_rev, normal_rev, read_options, written
from app.web.couch_http.problems import MethodNotAllowed
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response, etag_matches, etag_of, not_modified, send_json

if TYPE_CHECKING:
    from app.web.couch_http.api import CouchAPI


def document(api: CouchAPI, request: Request, database: Database) -> Response:
    """Everything behind ``/db/<id>``: the document, or one of its attachments."""
    path = request.path
    id = path[1]
    if len(path) == 2 and not id.startswith("_"):
        return one(request, database, id)
    if id.startswith(DESIGN) and request.method == "GET":
        return _to_plain_slash(request)
    if id == "_design" and len(path) > 2:
        id, rest = f"{DESIGN}{path[2]}", path[3:]
    elif id in ("_local", LOCAL):
        if len(path) < 3:
            raise BadRequest("Invalid _local document id.")
        if len(path) > 3:
            raise BadRequest("_local documents do not accept attachments.")
        id, rest = f"{LOCAL}{path[2]}", []
    else:
        rest = path[2:]
    if not rest:
        return one(request, database, id)
    if id.startswith(LOCAL):
        raise BadRequest("_local documents do not accept attachments.")
    return attachments.attachment(request, database, id, "/".join(rest))


def _to_plain_slash(request: Request) -> Response:
    """Design documents have a plain slash in their URL; GET with an encoded one is sent there."""
    uri = paths.raw_uri(request.environ)
    head, _, tail = uri.partition("_design%2F") if "_design%2F" in uri else uri.partition("_design%2f")
    return Response(b"", 301, [("Location", f"{request.base_url()}{head}{DESIGN}{tail}")], None)


def one(request: Request, database: Database, id: str) -> Response:
    """``/db/<id>``"""
    if not paths.is_utf8(id):
        if request.method == "PUT":
            check_id(id)
            raise IllegalDocId("Document id must be valid UTF-8")  # a local one
        raise NotFound("missing")
    if id.startswith(LOCAL):
        return local_doc(request, database, id[len(LOCAL) :])
    method = request.method
    if method == "GET":
        return read(request, database, id)
    if method == "PUT":
        return write(request, database, id)
    if method == "DELETE":
        return delete(request, database, id)
    if method == "COPY":
        return copy(request, database, id)
    raise MethodNotAllowed(METHODS)


# ---------------------------------------------------------------- reading


def read(request: Request, database: Database, id: str) -> Response:
    """``GET /db/<id>`` with its options."""
    users_db.check_read(database, request.identity, id)
    if not request.query:
        record = database.read(id)
        if record is None or record.deleted:
            raise NotFound("missing" if record is None else "deleted")
        return _found(request, record.json(), record.rev, record.atts is not None)
    if request.arg("open_revs") is not None:
        return open_revs.open_revs(request, database, id)
    rev = request.arg("rev")
    latest = request.flag("latest")
    options = read_options(request)
    if request.flag("attachments") or "atts_since" in options:
        return _with_attachments(request, database, id, None if latest else rev, options)
    body = database.get_json(id, rev=None if latest else rev, **options)
    shown = None if any(options.get(name) for name in META) else _rev_of(body)
    return _found(request, body, shown, b'"_attachments":{' in body)


def _found(request: Request, body: bytes, rev: str | None, has_attachments: bool = False) -> Response:
    headers = []
    if rev is not None:
        etag = etag_of(rev)
        if etag_matches(request.header("IF_NONE_MATCH"), etag):
            return not_modified(etag)
        headers.append(("ETag", etag))
    return Response(body + b"\n", 200, headers)


def _rev_of(body: bytes) -> str:
    """The revision at the head of a spliced document: ``{"_id":…,"_rev":"…"``."""
    at = body.index(b',"_rev":"') + 9
    return body[at : body.index(b'"', at)].decode()


def _with_attachments(
    request: Request, database: Database, id: str, rev: str | None, options: dict[str, Any]
) -> Response:
    if not request.accepts("multipart/related"):
        body = database.get_json(id, rev=rev, **{"attachments": True, **options})
        return _found(request, body, None if any(options.get(name) for name in META) else _rev_of(body))
    shown, parts = open_revs.with_parts(database, id, rev, options)
    rev_shown = None if any(options.get(name) for name in META) else shown["_rev"]
    if not parts:
        return _found(request, json.dumps(shown), rev_shown)
    answer = _found(request, b"", rev_shown)
    if answer.status == 200:
        boundary = multipart.new_boundary()
        answer.body = multipart.related(boundary, json.dumps(shown), parts)
        answer.content_type = multipart.related_type(boundary)
    return answer


# ---------------------------------------------------------------- writing


def write(request: Request, database: Database, id: str) -> Response:
    """``PUT /db/<id>``, JSON or ``multipart/related``; ``new_edits=false`` takes a revision made elsewhere."""
    check_write(request, database, id)
    if request.content_type.startswith("multipart/related;"):
        doc = multipart.read_document(request.content_type, request.plain_body())
    else:
        doc = request.json()
    if not isinstance(doc, dict):
        raise BadRequest("Document must be a JSON object")
    if "_id" in doc and not (isinstance(doc["_id"], str) and doc["_id"].startswith(LOCAL)):
        check_id(doc["_id"])
    doc["_id"] = id
    location = ("Location", request.location(database.name, id))
    if (request.arg("new_edits")) == "false":
        rev = _take_arrival(request, database, doc)
    else:
        base = edited_rev(request, doc.pop("_rev", None))
        doc = users_db.check_write(database, request.identity, doc)
        validate(request, database, doc, base)
        rev = database.put(doc, rev=base)
        if request.arg("batch") == "ok":
            return send_json({"ok": True, "id": id}, 202)
    status = 200 if doc.get("_deleted") is True else 201
    return written(id, rev, status, [("ETag", etag_of(rev)), location])


def _take_arrival(request: Request, database: Database, doc: dict[str, Any]) -> str:
    asked = request.arg("rev")
    if "_rev" not in doc and asked is not None:
        doc["_rev"] = asked
    revisions = doc.get("_revisions")
    if isinstance(revisions, dict) and isinstance(revisions.get("ids"), list) and revisions["ids"]:
        rev = normal_rev(f"{revisions.get('start')}-{revisions['ids'][0]}")
    else:
        rev = normal_rev(doc["_rev"]) if "_rev" in doc else ""
    if asked is not None and rev and normal_rev(asked) != rev:
        raise BadRequest("Document rev from request body and query string have different values")
    doc = users_db.check_write(database, request.identity, doc, arrival=True)
    validate(request, database, doc, arrival=True)
    failures = database.bulk_docs([doc], new_edits=False)
    if failures:
        raise problem_of(failures[0])
    return rev


def validate(
    request: Request, database: Database, doc: dict[str, Any], rev: str | None = None, *, arrival: bool = False
) -> None:
    """Asks the database's validation functions; raises their refusal. `rev` is the revision that is edited; `arrival`:
    a revision made elsewhere. A design document must be one, and is not shown to them."""
    id = doc["_id"]
    if not isinstance(id, str) or id[:1] == "_":
        if isinstance(id, str) and id.startswith(DESIGN):
            check_design(doc)
        return
    if request.functions.guards(database):
        record = database.read(id)
        proposal = (
            proposals.of_arrival(database, doc, record) if arrival else proposals.of_edit(database, doc, rev, record)
        )
        request.functions.require(database, request.identity, proposal)


def problem_of(failure: dict[str, Any]) -> DocsError:
    """The exception that a failed entry of ``_bulk_docs`` stands for."""
    kinds = [DocsError]
    while kinds:
        kind = kinds.pop()
        if kind.error == failure.get("error"):
            return kind(failure.get("reason"))
        kinds.extend(kind.__subclasses__())
    return DocsError(failure.get("reason"))


def delete(request: Request, database: Database, id: str) -> Response:
    """``DELETE /db/<id>?rev=``"""
    check_write(request, database, id)
    users_db.check_read(database, request.identity, id)
    record = database.read(id)
    if record is None or record.deleted:
        raise NotFound("missing" if record is None else "deleted")
    rev = edited_rev(request)
    if rev is None:
        raise Conflict
    users_db.check_write(database, request.identity, {"_id": id, "_deleted": True})
    validate(request, database, {"_id": id, "_deleted": True}, rev)
    rev = database.delete(id, rev)
    return written(id, rev, 200, [("ETag", etag_of(rev))])


def copy(request: Request, database: Database, id: str) -> Response:
    """``COPY /db/<id>`` with ``Destination: <id>[?rev=<rev>]``"""
    users_db.check_read(database, request.identity, id)
    destination = request.header("DESTINATION")
    if not destination:
        raise BadRequest("Destination header is mandatory for COPY.")
    if destination.startswith(("http://", "https://", "/")):
        raise BadRequest("Destination URL must be relative.")
    name, _, query = destination.partition("?")
    target = check_id(paths.decode(name))
    check_write(request, database, target)
    target_rev = next((value for key, value in paths.parse_query(query) if key == "rev"), None)
    source = database.get(id, rev=edited_rev(request), attachments=True)
    body = {key: value for key, value in source.items() if key not in ("_rev", "_id", "_deleted")}
    for meta in body.get("_attachments", {}).values():
        meta.pop("digest", None)
    body = users_db.check_write(database, request.identity, {"_id": target, **body})
    validate(request, database, body, target_rev)
    rev = database.put(body, rev=target_rev)
    return written(target, rev, 201, [("Location", request.location(database.name, target)), ("ETag", etag_of(rev))])


# ---------------------------------------------------------------- POST /db


def post(request: Request, database: Database) -> Response:
    """``POST /db``: a new document, its id made here unless it has one."""
    request.require_json()
    doc = request.json()
    if not isinstance(doc, dict):
        raise BadRequest("Document must be a JSON object")
    id = doc["_id"] if "_id" in doc else secrets.token_hex(16)
    if isinstance(id, str):
        check_write(request, database, id)
        if id.startswith(LOCAL):
            return put_local(request, database, id[len(LOCAL) :], doc)
    doc = users_db.check_write(database, request.identity, {**doc, "_id": id})
    validate(request, database, doc, doc.get("_rev"))
    rev = database.put(doc)
    if request.arg("batch") == "ok":
        return send_json({"ok": True, "id": id}, 202)
    return written(id, rev, 201, [("Location", request.location(database.name, id))])
