"""``/_session``: who am I, log in, log out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.docs.errors import BadContentType, BadRequest, Unauthorized
from app.web import paths
from app.web.auth import WRONG, Identity
from app.web.couch_http.problems import MethodNotAllowed
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response, send_json

if TYPE_CHECKING:
    from app.web.couch_http.api import CouchAPI


# Bytes of a request to log in.
_LARGEST = 65_536


def session(api: CouchAPI, request: Request) -> Response:
    """``/_session``: who am I, log in, log out."""
    if request.method == "GET":
        return _who(request.identity, request)
    if request.method == "POST":
        return _log_in(api, request)
    if request.method == "DELETE":
        return send_json({"ok": True}, headers=[("Set-Cookie", api.authenticator.cleared_cookie(_secure(request)))])
    raise MethodNotAllowed("GET,HEAD,POST,DELETE")


def _who(identity: Identity, request: Request) -> Response:
    if identity.name is None and request.flag("basic"):
        raise Unauthorized("Please login.")
    info: dict[str, Any] = {"authentication_handlers": ["cookie", "default"]}
    if identity.handler is not None:
        info["authenticated"] = identity.handler
    context = {"name": identity.name, "roles": list(identity.roles)}
    return send_json({"ok": True, "userCtx": context, "info": info})


def _log_in(api: CouchAPI, request: Request) -> Response:
    if request.content_type.startswith("application/x-www-form-urlencoded"):
        text = request.body(limit=_LARGEST).decode("latin-1")
        pairs = paths.parse_query(text)
        form: dict[str, Any] = dict(reversed(pairs))
    elif request.content_type.startswith("application/json"):
        form = request.json_object(_LARGEST)  # nobody is known yet
    else:
        raise BadContentType("Content-Type must be 'application/x-www-form-urlencoded' or 'application/json'")
    name, username, password = form.get("name"), form.get("username"), form.get("password", "")
    if name is None and username is None:
        raise BadRequest("request body must contain a username")
    if name is not None and username is not None and name != username:
        raise BadRequest("request body contains different usernames")
    name = name if name is not None else username
    if not isinstance(name, str) or not isinstance(password, str):
        raise BadRequest("`name` and `password` must be strings")
    secure = _secure(request)
    user = api.authenticator.check(name, password, request.environ.get("REMOTE_ADDR", ""), count_unknown=True)
    if user is None:
        answer = {"error": "unauthorized", "reason": WRONG}
        return send_json(answer, 401, [("Set-Cookie", api.authenticator.cleared_cookie(secure))])
    welcome = {"ok": True, "name": user.name, "roles": list(user.roles)}
    return send_json(welcome, headers=[("Set-Cookie", api.authenticator.session_cookie(user, secure))])


def _secure(request: Request) -> bool:
    return request.base_url().startswith("https:")
