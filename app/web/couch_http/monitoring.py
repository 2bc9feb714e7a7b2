"""How a hub is, for programs: ``/_health``, and Prometheus' figures under CouchDB's own path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.docs.errors import NotFound, Unauthorized
from app.web.couch_http.problems import MethodNotAllowed
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response, send_json

if TYPE_CHECKING:
    from app.web.couch_http.api import CouchAPI

# Who may read figures and nothing else, as at CouchDB.
METRICS_ROLE = "_metrics"


def health(api: CouchAPI, request: Request) -> Response:
    """``GET /_health``: to a stranger whether this node is up, to those who may read its figures all of it."""
    if request.method != "GET":
        raise MethodNotAllowed("GET,HEAD")
    known = _may_read(request)
    up: bool = api.node.health.up()
    body = api.node.health.look() if known else {"status": "up" if up else "down"}
    return send_json(body, 200 if up else 503, [("Cache-Control", "no-store")])


def node(api: CouchAPI, request: Request) -> Response:
    """``GET /_node/_local/_prometheus``"""
    from app.web.metrics import expose  # a hub that nobody watches does without

    if not _may_read(request):
        raise Unauthorized("You are not a server admin or read-only metrics user")
    if len(request.path) != 3 or request.path[2] != "_prometheus":
        raise NotFound("missing")
    if request.method != "GET":
        raise MethodNotAllowed("GET,HEAD")
    text, content_type = expose(api.node, api.traffic, request.header("ACCEPT") or "")
    return Response(text, 200, [("Cache-Control", "no-store")], content_type)


def _may_read(request: Request) -> bool:
    return request.identity.is_admin or METRICS_ROLE in request.identity.roles
