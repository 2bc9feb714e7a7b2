"""What belongs to the server and not to a database: the welcome, lists of databases, ids, health."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import app
from app.docs.errors import BadRequest, DocsError, NotFound
from app.web.couch_http import access
from app.web.couch_http.problems import MethodNotAllowed
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response, etag_matches, etag_of, not_modified, send_json

if TYPE_CHECKING:
    from app.web.couch_http.api import CouchAPI

# The CouchDB whose API this is: clients ask for it to know what they may call.
COUCHDB_VERSION = "3.5.0"
_MAX_UUIDS = 1_000
_MAX_DBS_INFO = 100


def welcome(api: CouchAPI, request: Request) -> Response:
    """``GET /``"""
    _only(request, "GET,HEAD")
    return send_json(
        {
            "couchdb": "Welcome",
            "version": COUCHDB_VERSION,
            "uuid": api.node.uuid,
            "features": [],
            "vendor": {"name": "CouchTill", "version": app.__version__},
        }
    )


def up(api: CouchAPI, request: Request) -> Response:
    """``GET /_up``: 404 from the moment that the node begins to stop, so that a balancer looks elsewhere."""
    _only(request, "GET,HEAD")
    if api.node.closing.is_set():
        return send_json({"status": "maintenance_mode"}, 404)
    return send_json({"seeds": {}, "status": "ok"})


def all_dbs(api: CouchAPI, request: Request) -> Response:
    """``GET /_all_dbs``, with the range options of a view."""
    access.require_server_admin(request.identity)
    if len(request.path) > 1:
        raise NotFound("missing")
    _only(request, "GET,HEAD")
    names = visible_names(api, request)
    etag = etag_of(secrets.token_hex(8) if not names else f"{hash(tuple(names)) & 0xFFFFFFFFFFFFFFFF:x}")
    if etag_matches(request.header("IF_NONE_MATCH"), etag):
        return not_modified(etag)
    return send_json(names, headers=[("ETag", etag)])


def visible_names(api: CouchAPI, request: Request) -> list[str]:
    from app.web.couch_http.all_docs import Query  # which shares the parsing of ranges

    query = Query.of_pairs(request.query)
    return query.cut(sorted(api.directory.names(), reverse=query.descending))


def dbs_info(api: CouchAPI, request: Request) -> Response:
    """``GET`` and ``POST /_dbs_info``."""
    access.require_server_admin(request.identity)
    if request.method == "GET":
        return send_json([{"key": name, "info": _info(api, name)} for name in visible_names(api, request)])
    _only(request, "GET,HEAD,POST", "POST")
    request.require_json()
    keys = request.json_object().get("keys")
    if not isinstance(keys, list):
        raise BadRequest("`keys` member must exist.")
    if len(keys) > _MAX_DBS_INFO:
        raise BadRequest("too_many_keys")
    answer = []
    for name in keys:
        try:
            answer.append({"key": name, "info": _info(api, name)})
        except DocsError:
            answer.append({"key": name, "error": "not_found"})
    return send_json(answer)


def _info(api: CouchAPI, name: Any) -> dict[str, Any]:
    if not isinstance(name, str):
        raise NotFound("Database does not exist.")
    info: dict[str, Any] = api.directory.get(name).info()
    return info


def active_tasks(api: CouchAPI, request: Request) -> Response:
    """``GET /_active_tasks``: a hub runs none."""
    access.require_server_admin(request.identity)
    _only(request, "GET,HEAD")
    return send_json([])


def membership(api: CouchAPI, request: Request) -> Response:
    """``GET /_membership``: a cluster of one."""
    access.require_server_admin(request.identity)
    _only(request, "GET,HEAD")
    name = f"couchtill@{api.node.uuid[:8]}"
    return send_json({"all_nodes": [name], "cluster_nodes": [name]})


def uuids(api: CouchAPI, request: Request) -> Response:
    """``GET /_uuids?count=``"""
    _only(request, "GET")
    try:
        count = int(request.arg("count", "1") or "")
    except ValueError:
        raise BadRequest("count must be a positive integer") from None
    if count > _MAX_UUIDS:
        raise BadRequest("count parameter too large")
    if count < 0:
        raise BadRequest("count must be a positive integer")
    headers = [
        ("Cache-Control", "no-cache"),
        ("Expires", "Mon, 01 Jan 1990 00:00:00 GMT"),
        ("Pragma", "no-cache"),
        ("ETag", etag_of(secrets.token_hex(8))),
    ]
    return send_json({"uuids": [secrets.token_hex(16) for _ in range(count)]}, headers=headers)


def not_served(api: CouchAPI, request: Request) -> Response:
    """A file that browsers ask for by themselves."""
    raise NotFound("missing")


def _only(request: Request, allowed: str, *methods: str) -> None:
    if request.method not in (methods or ("GET",)):
        raise MethodNotAllowed(allowed)
