"""What the JSON APIs of till and office share: reading a body, and answering every error as a problem in plain words.

A problem is RFC 9457's (`application/problem+json`): `{"type": "/api/docs#invalid", "title": "Invalid", "status": 400,
"detail": "Line 2: the price is missing."}`, and beside these what the page reads: `{"error": "invalid", "reason":
"Line 2: the price is missing.", "field": "lines.1.price"}` with whatever else belongs to it. `field` is "" where no one
place is at fault; `error` is for programs, and stays as it is. Sentences are in the language that the request asks for
(`Accept-Language`, or what was chosen on the page), else in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.docs import json
from app.docs.errors import DocsError
from app.shop.reason import Reason, say
from app.shop.sale import SaleError
from app.web.feeds import RETRY_SECONDS, TooManyFeeds
from app.web.reasons import tell

#: Bytes of the largest request: a receipt of 2,000 lines takes 400 KB.
MOST = 1_000_000


class Problem(Exception):
    """A request that can't be answered as it stands."""

    def __init__(self, status: int, error: str, reason: str, field: str = "", **details: Any) -> None:
        super().__init__(reason)
        self.status = status
        self.body: dict[str, Any] = {"error": error, "reason": reason, "field": field, **details}


def answer(body: Any, status: int = 200) -> Response:
    """`body` as JSON, never kept by a browser: it is of this moment."""
    response = Response(json.dumps(body), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def problem_response(body: Mapping[str, Any], status: int) -> Response:
    """An error, `{"error", "reason", …}`, as a problem of RFC 9457."""
    error = str(body.get("error") or "failed")
    body = {name: tell(value) if isinstance(value, str) else value for name, value in body.items()}
    if "problems" in body:
        body["problems"] = [{**each, "reason": tell(each["reason"])} for each in body["problems"]]
    problem = {
        "field": "",
        **body,
        "type": f"/api/docs#{error}",
        "title": error.replace("_", " ").capitalize(),
        "status": status,
        "detail": body.get("reason"),
    }
    response = answer(problem, status)
    response.content_type = "application/problem+json"
    return response


def must_be_json() -> None:
    """Raises Problem unless the request says that it brings JSON: which no form of another site's page can say."""
    if request.mimetype != "application/json":
        raise Problem(415, "bad_content_type", say("The request must be JSON, with Content-Type: application/json."))


def no_form() -> None:
    """Before each route that writes, also those that take a file: raises Problem for what a form of another site's page
    could send."""
    if request.method in ("GET", "HEAD", "OPTIONS") or not request.path.startswith("/api/"):
        return
    if request.method == "DELETE" and not request.content_length:
        return
    if request.mimetype in ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        must_be_json()


def read_json(most: int = MOST) -> dict[str, Any]:
    """The request's body, a JSON object of so many bytes at most. Raises Problem."""
    must_be_json()
    if request.content_length is not None and request.content_length > most:
        raise Problem(413, "too_large", say("The request is too large: %(num)s bytes at most.", num=most))
    # A body without a length is cut off where this ends, silently: one byte more tells that there was more.
    request.max_content_length = most + 1
    try:
        text = request.get_data(cache=False)
        if len(text) > most:
            raise RequestEntityTooLarge
        body = json.loads(text)
    except RequestEntityTooLarge:
        raise Problem(413, "too_large", say("The request is too large: %(num)s bytes at most.", num=most)) from None
    except DocsError as wrong:
        raise Problem(
            400, "invalid", say("The request is no JSON that can be read: %(why)s.", why=wrong.reason.rstrip("."))
        ) from None
    if not isinstance(body, dict):
        raise Problem(400, "invalid", say("The request must be a JSON object."))
    return body


def whole(name: str, default: int, most: int) -> int:
    """A whole number from the query, at least 1, at most `most`. Raises Problem."""
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) > 0):
        raise Problem(400, "invalid", say("“%(name)s” must be a whole number above zero.", name=name), name)
    return min(int(text), most)


def missing(what: str) -> Problem:
    return Problem(404, "not_found", what)


def handle_errors(blueprint: Blueprint) -> None:
    """Every error of the blueprint's API routes becomes a problem."""

    @blueprint.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return problem_response(error.body, error.status)

    @blueprint.errorhandler(SaleError)
    def sale_error(error: SaleError) -> Response:
        return problem_response(error.as_dict(), error.status)

    @blueprint.errorhandler(DocsError)
    def docs_error(error: DocsError) -> Response:
        return problem_response({**error.as_dict(), "reason": Reason(error.reason)}, error.status)

    @blueprint.errorhandler(TooManyFeeds)
    def too_many(error: TooManyFeeds) -> Response:
        response = problem_response(problem_of(503, say("Too many windows listen to this node. Close one.")), 503)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    @blueprint.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response | HTTPException:
        if "/api/" not in request.path:
            return error
        return problem_response(problem_of(error.code or 500, error.description or error.name), error.code or 500)


def problem_of(status: int, reason: str) -> Mapping[str, Any]:
    names = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 503: "service_unavailable"}
    return {"error": names.get(status, "invalid" if status < 500 else "failed"), "reason": reason, "field": ""}
