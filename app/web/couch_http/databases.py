"""One database as a whole: made, told of, secured, compacted, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.docs.database import Database
from app.docs.errors import BadRequest, NotFound, Unauthorized
from app.web.couch_http import access, documents, users_db
from app.web.couch_http.problems import MethodNotAllowed
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response, send_json, send_ok

if TYPE_CHECKING:
    from app.web.couch_http.api import CouchAPI


def make_or_delete(api: CouchAPI, request: Request) -> Response:
    """``PUT`` and ``DELETE /db``, for admins of the server."""
    name = request.path[0]
    if request.method == "PUT":
        _check_cluster_options(request)
        api.directory.create(name)
        return send_ok(201, [("Location", request.location(name))])
    if request.arg("rev") is not None:
        raise BadRequest(
            "You tried to DELETE a database with a ?=rev parameter. Did you mean to DELETE a document instead?"
        )
    if name in api.directory:
        api.views.forget(api.directory.get(name))
    api.directory.delete(name)
    return send_ok()


def _check_cluster_options(request: Request) -> None:
    """The shape of a cluster means nothing here, but a wrong value is wrong here too."""
    for name in ("n", "q"):
        value = request.arg(name)
        if value is not None and not (value.isascii() and value.isdigit() and len(value) < 16 and int(value) > 0):
            raise BadRequest(f"The `{name}` value should be a positive integer.")
    if request.arg("partitioned") == "true":
        raise BadRequest("Partitioned feature is not enabled.")


def database(api: CouchAPI, request: Request, database: Database) -> Response:
    """``GET`` and ``POST /db``. ``couchtill`` is ours: how many documents have conflicts, for which a CouchDB needs a
    view."""
    if request.method == "GET":
        return send_json({**database.info(), "couchtill": {"conflicts": database.conflicted()}})
    if request.method == "POST":
        return documents.post(request, database)
    raise MethodNotAllowed("DELETE,GET,HEAD,POST")


def security(api: CouchAPI, request: Request, database: Database) -> Response:
    """``/db/_security``: members read it, admins of the database write it."""
    if request.method == "GET":
        return send_json(access.security_of(database))
    if request.method != "PUT":
        raise MethodNotAllowed("PUT,GET")
    value = request.json()
    if database.name == users_db.NAME:
        users_db.check_security(access.check_security(value))
    access.require_admin(database, request.identity)
    database.security = access.check_security(value)
    return send_ok()


def revs_limit(api: CouchAPI, request: Request, database: Database) -> Response:
    """``/db/_revs_limit``"""
    if request.method == "GET":
        return send_json(database.revs_limit)
    if request.method != "PUT":
        raise MethodNotAllowed("PUT,GET")
    limit = request.json()
    access.require_admin(database, request.identity)
    database.revs_limit = limit
    return send_ok()


def ensure_full_commit(api: CouchAPI, request: Request, database: Database) -> Response:
    """``POST /db/_ensure_full_commit``: every commit is on disk already; a replicator reads the start time."""
    if request.method != "POST":
        raise MethodNotAllowed("POST")
    request.require_json()
    return send_json({"ok": True, "instance_start_time": database.instance_start_time}, 201)


def compact(api: CouchAPI, request: Request, database: Database) -> Response:
    """``POST /db/_compact``, for admins of the database."""
    if not access.is_admin(database, request.identity):
        raise Unauthorized("You are not a server or db admin.")
    if request.method != "POST":
        raise MethodNotAllowed("POST")
    request.require_json()
    if len(request.path) > 2:
        raise NotFound("missing")
    database.compact()
    api.views.forget(database)  # what was forgotten before it is in no index, either
    return send_ok(202)


def view_cleanup(api: CouchAPI, request: Request, database: Database) -> Response:
    """``POST /db/_view_cleanup``: takes the indexes away that no design document has any more."""
    if not access.is_admin(database, request.identity):
        raise Unauthorized("You are not a server or db admin.")
    if request.method != "POST":
        raise MethodNotAllowed("POST")
    api.views.clean(database)
    return send_ok(202)


def purged_infos_limit(api: CouchAPI, request: Request, database: Database) -> Response:
    """``GET /db/_purged_infos_limit``"""
    access.require_server_admin(request.identity)
    if request.method != "GET":
        raise MethodNotAllowed("GET")
    return send_json(1000)
