"""Cross-origin access for browsers: off until origins are named, then as CouchDB's ``[cors]`` with credentials.

A named origin may send cookies and passwords; ``*`` lets every page in, without them.
"""

from __future__ import annotations

from collections.abc import Collection

from app.web.couch_http.request import Request
from app.web.couch_http.response import Headers, Response

_METHODS = "COPY, DELETE, GET, HEAD, OPTIONS, POST, PUT"
_HEADERS = frozenset(
    {
        "accept",
        "accept-language",
        "authorization",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "destination",
        "expires",
        "if-match",
        "if-none-match",
        "last-modified",
        "origin",
        "pragma",
        "range",
        "x-couch-full-commit",
        "x-couch-id",
        "x-couch-persist",
        "x-couchdb-www-authenticate",
        "x-http-method-override",
        "x-requested-with",
        "x-couchdb-vhost-path",
    }
)
_EXPOSED = (
    "content-type, cache-control, accept-ranges, etag, server, x-couch-request-id, x-couch-update-newrev, "
    "x-couchdb-body-time"
)
_MAX_AGE = 600  # seconds


def _allowed(request: Request, origins: Collection[str]) -> tuple[str, bool] | None:
    """The request's origin, and whether it may send credentials; None when it may not come in."""
    if not origins:
        return None
    origin = request.header("ORIGIN")
    if not origin:
        return None
    if origin.lower() in origins:
        return origin, True
    return (origin, False) if "*" in origins else None


def preflight(request: Request, origins: Collection[str]) -> Response | None:
    """The answer to a browser's question before it sends the request itself, None when it is none or is refused."""
    allowed = _allowed(request, origins)
    method = request.header("ACCESS_CONTROL_REQUEST_METHOD")
    if allowed is None or method is None or method not in _METHODS.split(", "):
        return None
    asked = request.header("ACCESS_CONTROL_REQUEST_HEADERS") or ""
    if not {name.strip().lower() for name in asked.split(",") if name.strip()} <= _HEADERS:
        return None
    headers: Headers = [
        ("Access-Control-Max-Age", str(_MAX_AGE)),
        ("Access-Control-Allow-Methods", _METHODS),
        ("Access-Control-Allow-Headers", asked),
    ]
    return Response(b"", 204, headers, None)


def add_headers(request: Request, origins: Collection[str], headers: Headers) -> None:
    """What tells a browser that the page may read this answer."""
    allowed = _allowed(request, origins)
    if allowed is None:
        return
    origin, credentials = allowed
    headers.append(("Access-Control-Allow-Origin", origin))
    headers.append(("Vary", "Origin"))
    if credentials:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    headers.append(("Access-Control-Expose-Headers", _EXPOSED))
