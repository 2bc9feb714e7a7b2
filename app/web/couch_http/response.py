"""Answers in CouchDB's form: JSON with a newline behind it, its headers, its errors."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import app
from app.docs import json
from app.docs.errors import DocsError

SERVER = f"CouchTill/{app.__version__}"
JSON = "application/json"

_PHRASES = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    206: "Partial Content",
    301: "Moved Permanently",
    302: "Found",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Object Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable",
    417: "Expectation Failed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    507: "Insufficient Storage",
}

Headers = list[tuple[str, str]]


class Response:
    """Status, headers and a body: bytes, or an iterable of bytes that is streamed as it comes.

    `zip_stream` lets a streamed body be compressed; a feed that waits must leave at once, and isn't.
    """

    __slots__ = ("body", "content_type", "headers", "status", "zip_stream")

    def __init__(
        self,
        body: bytes | Iterable[bytes],
        status: int = 200,
        headers: Headers | None = None,
        content_type: str | None = JSON,
        zip_stream: bool = False,
    ) -> None:
        self.body = body
        self.status = status
        self.headers = headers if headers is not None else []
        self.content_type = content_type
        self.zip_stream = zip_stream

    @property
    def status_line(self) -> str:
        return f"{self.status} {_PHRASES.get(self.status, 'Unknown')}"

    def has_header(self, name: str) -> bool:
        name = name.lower()
        return any(key.lower() == name for key, _ in self.headers)


def send_json(value: Any, status: int = 200, headers: Headers | None = None) -> Response:
    """`value` as CouchDB sends JSON."""
    return Response(json.dumps(value) + b"\n", status, headers)


def send_ok(status: int = 200, headers: Headers | None = None) -> Response:
    return Response(b'{"ok":true}\n', status, headers)


def send_error(error: DocsError) -> Response:
    """The answer to a request that failed with `error`."""
    headers = list(getattr(error, "headers", ()))
    return Response(json.dumps(error.as_dict()) + b"\n", error.status, headers)


def etag_of(value: str) -> str:
    return f'"{value}"'


def not_modified(etag: str) -> Response:
    return Response(b"", 304, [("ETag", etag)], None)


def etag_matches(header: str | None, etag: str) -> bool:
    """Whether an ``If-None-Match`` header names `etag`."""
    if not header:
        return False
    return any(tag.strip().removeprefix("W/") == etag for tag in header.split(","))


def request_id(asked: str | None) -> str:
    """The id that the answer names: the client's own, when it is a short plain word."""
    if asked and len(asked) <= 36 and asked.replace("-", "").replace("_", "").isalnum() and asked.isascii():
        return asked
    return secrets.token_hex(5)
