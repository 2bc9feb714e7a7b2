"""The demo's one page and what its script asks. Whoever can reach this machine's loopback may use it: a toy shop's.

``GET /demo/state`` answers::

    {"nodes": {"t1": {"kind", "id", "title", "url", "running", "line": "up" | "cut" | null,
      "people": [{"name", "role", "pin"}]}, "t2": …, "office": …},
     "hub": {"running"},
     "sales": {"t1": n, "t2": n, "office": n, "sold": n, "arrived": n, "twice": n},
     "steps": [{"id", "done"}], "generation": n, "busy": null | "words"}

``url`` is a start link that works once, null while the node is off; frames load when ``generation`` moves. Before that
``POST /demo/enter/t1`` answers ``{"url"}``, a link of the frame's own, and the cookie of who works at that till:
cookies don't know ports, and the frame's host is ours.

``POST /demo/cut/t1`` (``plug``, ``pull``, ``start``), ``POST /demo/start/hub`` and ``POST /demo/reset`` answer 200 and
the new state, 409 with ``{"error", "reason"}`` when a node didn't start, 404 for anything else.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, jsonify, render_template, request
from werkzeug.wrappers import Response

from app.demo.demo import Demo, UnknownAction
from app.node import NodeError


def create_page(demo: Demo) -> Flask:
    """The page's application. It answers to its own origin only: no other site may pull a plug."""
    page = Flask("app", template_folder="templates", static_folder="static")
    _translate(page)

    @page.before_request
    def own_origin_only() -> None:
        host = demo.origin.removeprefix("http://")
        if request.host not in (host, host.replace("127.0.0.1", "localhost")):
            abort(403)
        origin = request.headers.get("Origin")
        if request.method != "GET" and origin not in (None, f"http://{request.host}"):
            abort(403)

    @page.after_request
    def headers(response: Response) -> Response:
        frames = " ".join(f"http://127.0.0.1:{port}" for port in demo.ports())
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; img-src 'self' data:; frame-src {frames}; frame-ancestors 'none'; base-uri 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        if request.path.startswith("/demo/"):
            response.headers["Cache-Control"] = "no-store"
        return response

    @page.get("/")
    def index() -> str:
        return render_template("demo/index.html", state=demo.state())

    @page.get("/demo/state")
    def state() -> Response:
        return jsonify(demo.state())

    @page.post("/demo/reset")
    def reset() -> Any:
        return act("reset")

    @page.post("/demo/enter/<name>")
    def enter(name: str) -> Any:
        try:
            url, cookie = demo.enter(name)
        except UnknownAction as error:
            return jsonify(error="not_found", reason=str(error)), 404
        answer = jsonify(url=url)
        if cookie is not None:
            answer.set_cookie(*cookie, httponly=True, samesite="Strict", path="/")
        return answer

    @page.post("/demo/<action>/<name>")
    def act(action: str, name: str | None = None) -> Any:
        try:
            demo.act(action, name)
        except UnknownAction as error:
            return jsonify(error="not_found", reason=str(error)), 404
        except NodeError as error:
            return jsonify(error="failed", reason=str(error)), 409
        return jsonify(demo.state())

    return page


def _translate(page: Flask) -> None:
    from app.web import i18n

    i18n.init_app(page)
