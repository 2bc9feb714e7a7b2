"""A node's web side: the CouchDB API, and the pages of a terminal or an office."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, request

from app.web.auth import authenticator_of
from app.web.behind import Behind
from app.web.couch_http.api import CouchAPI
from app.web.feeds import DEFAULT_MAX_FEEDS, FeedSlots
from app.web.traffic import Traffic

# Where a terminal or an office serves the CouchDB API; a hub serves it at the root.
COUCH_PREFIX = "/couch"


def create_app(node: Any) -> Flask:
    """The web application of `node`.

    A hub is CouchDB's API and nothing else. Terminals and offices have their pages at the root, behind a door, and the
    API under ``/couch/``. ``app.extensions["couchtill"]`` has the ``feeds`` (slots for answers that wait), which is
    also ``node.feeds``, and the ``couch`` API.
    """
    app = Flask("app.web", root_path=_root(), static_folder="../static", template_folder="../templates")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    feeds = FeedSlots(int(node.config.get("max_feeds") or DEFAULT_MAX_FEEDS))
    node.feeds = feeds
    authenticator = authenticator_of(node)
    proxies = node.config.get("proxies") or ()
    prefix = "" if node.kind == "hub" else COUCH_PREFIX
    couch = CouchAPI(node, authenticator, feeds, prefix, origins=_origins(node))
    app.extensions["couchtill"] = {"feeds": feeds, "couch": couch, "authenticator": authenticator, "node": node}
    if node.kind == "hub":
        node.directory.ensure("_users")
        couch.traffic = traffic = Traffic(couch)
        app.wsgi_app = Behind(traffic, proxies)  # type: ignore[method-assign]
        return app
    _add_pages(app, node, authenticator)
    couch.traffic = traffic = Traffic(_Mounted(couch, app.wsgi_app))
    app.extensions["couchtill"]["traffic"] = traffic
    app.wsgi_app = Behind(traffic, proxies)  # type: ignore[method-assign]
    return app


def _add_pages(app: Flask, node: Any, authenticator: Any) -> None:
    """Imported here: a hub does without them, and without the time that their imports take."""
    from app.web.door import Door

    Door(node, authenticator).install(app)
    app.register_error_handler(404, _not_found)
    app.register_error_handler(405, _not_allowed)
    if node.kind == "terminal":
        from app.web import i18n, till

        app.register_blueprint(till.blueprint(node))
    else:
        from app.web import i18n, office

        app.register_blueprint(office.blueprint(node))
    i18n.init_app(app)


def _not_found(error: Any) -> Response | tuple[Response, int]:
    if request.path.startswith("/api/"):
        from app.shop.reason import say

        return _problem("not_found", say("There is no such route."), 404)
    # CouchDB's replicator asks a server's root for `_session` and reads the answer as JSON.
    if request.path.startswith("/_"):
        return jsonify(error="not_found", reason="missing"), 404
    if "text/html" not in request.accept_mimetypes.to_header().lower():
        return Response("There is no such page.\n", 404, mimetype="text/plain")
    from flask import render_template, url_for
    from flask_babel import gettext as _

    link = {"href": url_for(f"{next(iter(current_app.blueprints))}.home"), "name": _("To the first page")}
    text = _("The address may be mistyped, or what it showed is gone.")
    return make_response(render_template("message.html", title=_("There is no such page"), text=text, link=link), 404)


def _not_allowed(error: Any) -> Any:
    if not request.path.startswith("/api/"):
        return error
    allowed = ", ".join(sorted(error.valid_methods or ()))
    response = _problem("method_not_allowed", f"Only {allowed} allowed.", 405)
    response.headers["Allow"] = allowed
    return response


def _problem(error: str, reason: str, status: int) -> Response:
    from app.web.json_api import problem_response

    return problem_response({"error": error, "reason": reason}, status)


def _root() -> str:
    from pathlib import Path

    return str(Path(__file__).parent)


def _origins(node: Any) -> Iterable[str]:
    origins = node.config.get("cors_origins") or ()
    return [one.strip() for one in origins.split(",")] if isinstance(origins, str) else origins


class _Mounted:
    """The CouchDB API under its prefix, the pages everywhere else."""

    def __init__(self, couch: CouchAPI, pages: Callable[..., Iterable[bytes]]) -> None:
        self._couch = couch
        self._pages = pages

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == COUCH_PREFIX or path.startswith(COUCH_PREFIX + "/"):
            return self._couch(environ, start_response)
        return self._pages(environ, start_response)
