"""A request as CouchDB's handlers see it: raw path segments, query pairs, a bounded body.

Werkzeug's request and routing take 200 µs and more; this takes about ten, which is what lets a Python server keep up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.docs import json
from app.docs.errors import BadContentType, BadRequest, NotFound
from app.docs.gunzip import Unfit, Unfolds
from app.docs.gunzip import gunzip as unzipped
from app.web import paths
from app.web.auth import ANONYMOUS, Identity
from app.web.couch_http.problems import TooLarge

if TYPE_CHECKING:
    from app.web.couch_http.functions import Functions

# The longest request target, CouchDB's own limit.
MAX_URI = 8_000
# A request's body lies in memory, so that this bounds what one request can take. CouchDB streams, and allows 4 GiB.
MAX_BODY = 256 * 1024 * 1024
# What a gzip body may unfold to: as much as a plain one may have.
MAX_UNZIPPED = MAX_BODY
_OVERRIDES = {"GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT", "COPY"}


class Request:
    """One request. `path` holds the decoded segments behind the mount point, `query` the pairs as they came;
    `functions` are those of the databases' design documents."""

    __slots__ = ("_body", "environ", "functions", "head", "identity", "method", "path", "prefix", "query", "raw_path")

    def __init__(self, environ: Mapping[str, Any], prefix: str = "") -> None:
        self.environ = environ
        self.prefix = prefix
        self.identity: Identity = ANONYMOUS
        self.functions: Functions
        self._body: bytes | None = None
        method: str = environ["REQUEST_METHOD"]
        if method == "POST" and "HTTP_X_HTTP_METHOD_OVERRIDE" in environ:
            override = environ["HTTP_X_HTTP_METHOD_OVERRIDE"]
            method = override if override in _OVERRIDES else method
        self.head = method == "HEAD"
        self.method = "GET" if self.head else method
        uri = paths.raw_uri(environ)
        self.raw_path, _, query = uri.partition("#")[0].partition("?")
        self.path: list[str] = []
        self.query: list[tuple[str, str]] = []
        if not self.raw_path.startswith(prefix):  # the mount point itself was percent-encoded
            raise NotFound("missing")
        self.path = paths.split(self.raw_path[len(prefix) :])
        self.query = paths.parse_query(query)

    def arg(self, name: str, default: str | None = None) -> str | None:
        """The first query value called `name`."""
        for key, value in self.query:
            if key == name:
                return value
        return default

    def flag(self, name: str) -> bool:
        """Whether the query says ``name=true``, as CouchDB's document options do."""
        return (name, "true") in self.query

    def header(self, name: str, default: str | None = None) -> str | None:
        """A header, by its CGI name without ``HTTP_``: ``IF_MATCH``."""
        value: str | None = self.environ.get("HTTP_" + name, default)
        return value

    @property
    def content_type(self) -> str:
        value: str = self.environ.get("CONTENT_TYPE") or ""
        return value

    def require_json(self) -> None:
        """BadContentType unless the body is said to be JSON."""
        if self.content_type.partition(";")[0].rstrip() != "application/json":
            raise BadContentType("Content-Type must be application/json")

    def accepts(self, content_type: str) -> bool:
        """Whether the ``Accept`` header takes `content_type`; anything goes without one."""
        header = self.environ.get("HTTP_ACCEPT")
        if not header or header == "*/*" or content_type in header:
            return not (header and f"{content_type};q=0," in header + ",")
        major = content_type.partition("/")[0]
        ranges = [piece.partition(";")[0].strip() for piece in header.split(",")]
        return "*/*" in ranges or f"{major}/*" in ranges

    @property
    def body_was_read(self) -> bool:
        return self._body is not None

    @property
    def has_body(self) -> bool:
        return self.environ.get("CONTENT_LENGTH") not in (None, "", "0") or bool(
            self.environ.get("HTTP_TRANSFER_ENCODING")
        )

    def body(self, limit: int | None = None) -> bytes:
        """The whole body as it was sent. TooLarge beyond `limit` bytes, MAX_BODY where none is given."""
        if self._body is None:
            limit = MAX_BODY if limit is None else limit
            stream = self.environ["wsgi.input"]
            length = self.environ.get("CONTENT_LENGTH")
            if length:
                if int(length) > limit:
                    raise TooLarge()
                self._body = _read_exactly(stream, int(length))
            elif self.environ.get("HTTP_TRANSFER_ENCODING"):
                self._body = stream.read(limit + 1)
                if len(self._body) > limit:
                    raise TooLarge()
            else:
                self._body = b""
        return self._body

    def plain_body(self, limit: int | None = None) -> bytes:
        """The body, with a gzip coding undone. TooLarge beyond `limit` bytes, as it came or unfolded."""
        body = self.body(limit)
        coding = self.environ.get("HTTP_CONTENT_ENCODING", "identity")
        if coding == "identity":
            return body
        if coding == "gzip":
            return gunzip(body, MAX_UNZIPPED if limit is None else limit)
        raise BadContentType(f"{coding} is not a supported content encoding.")

    def json(self, limit: int | None = None) -> Any:
        """The body's JSON value."""
        if not self.has_body:
            raise BadRequest("Missing request body" if "CONTENT_LENGTH" not in self.environ else "invalid UTF-8 JSON")
        return json.loads(self.plain_body(limit))

    def json_object(self, limit: int | None = None) -> dict[str, Any]:
        """The body's JSON object."""
        value = self.json(limit)
        if not isinstance(value, dict):
            raise BadRequest("Request body must be a JSON object")
        return value

    def base_url(self) -> str:
        """The scheme and host that the client used; what a trusted proxy says of them stands in the environ by now."""
        environ = self.environ
        host = environ.get("HTTP_HOST")
        if not host:
            host = f"{environ.get('SERVER_NAME', 'localhost')}:{environ.get('SERVER_PORT', '5984')}"
        return f"{environ['wsgi.url_scheme']}://{host}"

    def location(self, *segments: str) -> str:
        """The full URL of something here, for a ``Location`` header."""
        return "/".join([self.base_url() + self.prefix, *map(paths.encode, segments)])


def _read_exactly(stream: Any, length: int) -> bytes:
    try:
        data: bytes = stream.read(length)
    except TimeoutError:
        raise BadRequest("The request's body did not come in time") from None
    if len(data) != length:
        raise BadRequest("The request's body ended before its Content-Length")
    return data


def gunzip(data: bytes, limit: int = MAX_UNZIPPED) -> bytes:
    """`data` unzipped. TooLarge when it unfolds beyond `limit` bytes, however small it came."""
    try:
        return unzipped(data, limit)
    except Unfolds:
        raise TooLarge() from None
    except Unfit:
        raise BadRequest("Request body is not properly gzipped.") from None
