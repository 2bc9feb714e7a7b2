"""Many documents at once: what replication is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.docs import json
from app.docs.database import Database
from app.docs.errors import BadRequest, DocsError, NotFound
from app.web.couch_http import access, multipart, open_revs, peers, proposals, users_db
from app.web.couch_http.functions import InvalidDesignDoc, check_design
from app.web.couch_http.problems import MethodNotAllowed
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response, send_json

if TYPE_CHECKING:
    from app.web.couch_http.api import CouchAPI

_REFUSED_ARGS = ("open_revs", "new_edits", "w", "rev", "atts_since")


def _body(request: Request) -> dict[str, Any]:
    if request.method != "POST":
        raise MethodNotAllowed("POST")
    request.require_json()
    return request.json_object()


# ---------------------------------------------------------------- _bulk_docs


def bulk_docs(api: CouchAPI, request: Request, database: Database) -> Response:
    """``POST /db/_bulk_docs``"""
    body = _body(request)
    docs = body.get("docs")
    if docs is None and "docs" not in body:
        raise BadRequest("POST body must include `docs` parameter.")
    if not isinstance(docs, list):
        raise BadRequest("`docs` parameter must be an array.")
    new_edits = body.get("new_edits", True)
    if not isinstance(new_edits, bool):
        raise BadRequest("`new_edits` parameter must be a boolean.")
    peers.check_bulk(request, new_edits)
    if database.name == users_db.NAME or _has_special(docs):
        results = _with_special(request, database, docs, new_edits)
    else:
        results = _write(request, database, docs, new_edits)
    return send_json(results, 201)


def _write(request: Request, database: Database, docs: list[Any], new_edits: bool) -> list[dict[str, Any]]:
    """The store's ``bulk_docs`` of what the database's validation functions let pass, and what they said of the rest.

    They are asked before the writing begins: a slow one keeps nobody else from writing."""
    if not request.functions.guards(database):
        return database.bulk_docs(docs, new_edits=new_edits)
    proposed = proposals.of_many(database, docs, new_edits=new_edits)
    refused = request.functions.check(database, request.identity, proposed)
    if not any(refused):
        return database.bulk_docs(docs, new_edits=new_edits)
    written = iter(
        database.bulk_docs(
            [doc for doc, error in zip(docs, refused, strict=True) if error is None], new_edits=new_edits
        )
    )
    results: list[dict[str, Any]] = []
    for doc, error in zip(docs, refused, strict=True):
        if error is None:
            results += [next(written)] if new_edits else []
        else:
            told = {} if new_edits else {"rev": _rev_of(doc)}
            results.append({"id": doc["_id"], **told, **error.as_dict()})
    return results + list(written)


def _rev_of(doc: dict[str, Any]) -> Any:
    revisions = doc.get("_revisions")
    return f"{revisions['start']}-{revisions['ids'][0]}" if isinstance(revisions, dict) else doc.get("_rev", "")


def _has_special(docs: list[Any]) -> bool:
    for doc in docs:
        if isinstance(doc, dict):
            id = doc.get("_id")
            if isinstance(id, str) and id[:1] == "_":
                return True
    return False


def _with_special(request: Request, database: Database, docs: list[Any], new_edits: bool) -> list[dict[str, Any]]:
    """As the store's ``bulk_docs``, with local documents, and with what only some may write."""
    results: list[dict[str, Any] | None] = []
    writable: list[Any] = []
    for doc in docs:
        try:
            id = doc.get("_id") if isinstance(doc, dict) else None
            if isinstance(id, str) and id.startswith("_local/") and len(id) > 7:
                rev = database.put_local(id[7:], doc)
                results.append({"ok": True, "id": id, "rev": rev} if new_edits else {})
                continue
            if isinstance(id, str) and id.startswith("_design/"):
                access.require_admin(database, request.identity)
                check_design(doc)
            if isinstance(doc, dict):
                doc = users_db.check_write(database, request.identity, doc, arrival=not new_edits)
        except InvalidDesignDoc as error:
            results.append({"id": id, **({} if new_edits else {"rev": doc.get("_rev", "")}), **error.as_dict()})
            continue
        except BadRequest:
            raise
        except DocsError as error:
            told = {} if new_edits else {"rev": doc.get("_rev", "")}
            results.append({"id": id, **told, **error.as_dict()})
            continue
        writable.append(doc)
        results.append(None)
    written = _write(request, database, writable, new_edits)
    if not new_edits:
        return [result for result in results if result] + written
    rest = iter(written)
    return [result if result is not None else next(rest) for result in results]


# ---------------------------------------------------------------- _bulk_get


def bulk_get(api: CouchAPI, request: Request, database: Database) -> Response:
    """``POST /db/_bulk_get``: the one key ``results``, an entry for each asked, in the order asked."""
    body = _body(request)
    docs = body.get("docs")
    if docs is None:
        raise BadRequest("Missing JSON list of 'docs'.")
    for name, _ in request.query:
        if name in _REFUSED_ARGS:
            raise BadRequest(f'"{name}" query parameter is not acceptable')
    if not isinstance(docs, list):
        raise BadRequest("`docs` parameter must be an array.")
    if database.name == users_db.NAME:
        access.require_admin(database, request.identity)
    options = {name: request.flag(name) for name in ("revs", "latest", "attachments")}
    if not request.accepts("application/json") and (
        request.accepts("multipart/mixed") or request.accepts("multipart/related")
    ):
        return _multipart(request, database, docs, options)
    results = database.bulk_get_json(docs, **options)
    return Response(b'{"results":[' + b",".join(results) + b"]}\n")


def _multipart(request: Request, database: Database, docs: list[Any], options: dict[str, bool]) -> Response:
    kind = "multipart/mixed" if request.accepts("multipart/mixed") else "multipart/related"
    boundary = f"--{multipart.new_boundary()}"
    mark = b"\r\n--" + boundary.encode()

    def stream() -> Iterator[bytes]:
        inner = f"--{multipart.new_boundary()}"
        for entry in docs:
            for answer in database.bulk_get([entry], revs=True, latest=options["latest"])[0]["docs"]:
                if "error" in answer:
                    yield (
                        mark + b'\r\nContent-Type: application/json; error="true"\r\n\r\n' + json.dumps(answer["error"])
                    )
                    continue
                shown = database.get(answer["ok"]["_id"], rev=answer["ok"]["_rev"], revs=True, att_encoding_info=True)
                doc, parts = open_revs.attach(database, shown, entry.get("atts_since"), options["revs"])
                if parts:
                    names = f"\r\nX-Doc-Id: {doc['_id']}\r\nX-Rev-Id: {doc['_rev']}"
                    yield mark + names.encode() + b"\r\nContent-Type: multipart/related; boundary=" + inner.encode()
                else:
                    yield mark + b"\r\nContent-Type: application/json"
                yield b"\r\n\r\n" + multipart.related(inner, json.dumps(doc), parts)
        if docs:
            yield mark + b"--\r\n"

    return Response(stream(), content_type=f'{kind}; boundary="{boundary}"')


# ---------------------------------------------------------------- what is missing


def revs_diff(api: CouchAPI, request: Request, database: Database) -> Response:
    """``POST /db/_revs_diff``"""
    return send_json(database.revs_diff(_body(request)))


def missing_revs(api: CouchAPI, request: Request, database: Database) -> Response:
    """``POST /db/_missing_revs``"""
    return send_json(database.missing_revs(_body(request)))


def purge(api: CouchAPI, request: Request, database: Database) -> Response:
    """``POST /db/_purge``: forget revisions. Only for admins of the server."""
    access.require_server_admin(request.identity)
    asked = _body(request)
    for revs in asked.values():
        if not isinstance(revs, list):
            raise BadRequest("Invalid list of revisions")
    done = database.purge(asked)
    return send_json({"purge_seq": None, "purged": done["purged"]}, 201)


def unknown(api: CouchAPI, request: Request, database: Database) -> Response:
    """Something that CouchDB serves and this server doesn't: as any unknown path."""
    raise NotFound("missing")
