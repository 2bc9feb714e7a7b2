"""The WSGI application that answers as CouchDB does: dispatch, authorization, common headers.

It stands in front of Flask, not in it: at 4,000 requests a second Werkzeug's routing and request objects would cost as
much as everything else together.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from app.couchjs.engine import Engine
from app.docs.database import Database
from app.docs.directory import check_name
from app.docs.errors import DocsError, NotFound, StoreError
from app.web.auth import Authenticator
from app.web.behind import is_local
from app.web.couch_http import access, cors, peers, response
from app.web.couch_http.db_updates import DbUpdates
from app.web.couch_http.functions import Functions
from app.web.couch_http.problems import UriTooLong
from app.web.couch_http.request import MAX_URI, Request
from app.web.couch_http.response import Response, send_error
from app.web.couch_http.view_updates import ViewUpdates
from app.web.feeds import FeedSlots
from app.web.traffic import Traffic

log = logging.getLogger(__name__)

StartResponse = Callable[..., Any]
ServerHandler = Callable[["CouchAPI", Request], Response]
DatabaseHandler = Callable[["CouchAPI", Request, Database], Response]

# Below this, compressing costs more than the bytes it saves.
GZIP_FROM = 2_000
# A body of this size that nobody read is thrown away with its connection rather than received.
_DRAIN = 1_000_000


class CouchAPI:
    """CouchDB's HTTP API over a node's databases; a WSGI application.

    `prefix` is where it is mounted (``""`` or ``"/couch"``), `gzip_local` compresses for clients on this machine too.
    """

    def __init__(
        self,
        node: Any,
        authenticator: Authenticator,
        feeds: FeedSlots,
        prefix: str = "",
        *,
        origins: Iterable[str] = (),
        gzip_local: bool = False,
    ) -> None:
        from app.web.couch_http.routes import DATABASE_ROUTES, SERVER_ROUTES  # the handlers import this module

        self.node = node
        self.directory = node.directory
        self.authenticator = authenticator
        self.feeds = feeds
        self.prefix = prefix
        self.origins = frozenset(origin.lower() for origin in origins)
        self.gzip_local = gzip_local
        self.traffic: Traffic | None = None  # counts the answers; whoever serves this sets it
        self.db_updates = DbUpdates(node.directory)
        engine = Engine()
        self.functions = Functions(engine, node.directory.get)
        self.views = ViewUpdates(engine)
        node.on_stop(engine.close)
        self._server_routes: Mapping[str, ServerHandler] = SERVER_ROUTES
        self._database_routes: Mapping[str, DatabaseHandler] = DATABASE_ROUTES

    # ------------------------------------------------------------ WSGI

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request: Request | None = None
        try:
            request = Request(environ, self.prefix)
            answer = self._answer(request)
        except DocsError as error:
            answer = send_error(error)
        except Exception as error:  # the client gets a 500 whatever it was; the log gets all of it
            answer = self._failure(request, environ, error)
        return self._send(request, environ, answer, start_response)

    def _failure(self, request: Request | None, environ: Mapping[str, Any], error: Exception) -> Response:
        target = request.raw_path if request is not None else environ.get("PATH_INFO")
        log.exception("%s %s failed", environ.get("REQUEST_METHOD"), target)
        reason = str(error) if isinstance(error, StoreError) else "The server failed; its log says why."
        return response.send_json({"error": "internal_server_error", "reason": reason}, 500)

    def _answer(self, request: Request) -> Response:
        if len(request.raw_path) + len(request.environ.get("QUERY_STRING", "")) > MAX_URI:
            raise UriTooLong()
        if request.method == "OPTIONS":
            preflight = cors.preflight(request, self.origins)
            if preflight is not None:
                return preflight
        request.identity = self.authenticator.identify(request.environ)
        if self.prefix:  # a terminal or an office
            request.identity = peers.seen_from(request.identity, is_local(request.environ))
            if peers.is_peer(request.identity):
                peers.check(request)
        request.functions = self.functions
        path = request.path
        if not path:
            return self._server_routes[""](self, request)
        first = path[0]
        if first[0] == "_" and first not in ("_users", "_replicator", "_global_changes"):
            return self._server(request, first)
        if len(path) == 1 and request.method in ("PUT", "DELETE"):
            access.require_server_admin(request.identity)
            return self._server_routes["<database>"](self, request)
        return self._database(request, first)

    def _server(self, request: Request, name: str) -> Response:
        handler = self._server_routes.get(name)
        if handler is None:
            access.require_server_admin(request.identity)
            if request.method == "PUT":
                check_name(name)
            raise NotFound("Database does not exist.")
        return handler(self, request)

    def _database(self, request: Request, name: str) -> Response:
        path = request.path
        if name == "_users" and len(path) > 1 and path[1] in ("_all_docs", "_changes"):
            access.require_server_admin(request.identity)
        database: Database = self.directory.get(name)
        access.require_member(database, request.identity)
        handler = self._database_routes.get(path[1] if len(path) > 1 else "")
        if handler is None:
            handler = self._database_routes["<document>"]
        try:
            return handler(self, request, database)
        except StoreError:
            if database.closed:  # deleted between the look-up and the read
                raise NotFound("Database does not exist.") from None
            raise

    # ------------------------------------------------------------ the answer's way out

    def _send(
        self, request: Request | None, environ: Mapping[str, Any], answer: Response, start_response: StartResponse
    ) -> Iterable[bytes]:
        headers = answer.headers
        if answer.content_type is not None:
            if not answer.has_header("Cache-Control"):
                headers.append(("Cache-Control", "must-revalidate"))
            headers.append(("Content-Type", answer.content_type))
        headers.append(("Server", response.SERVER))
        headers.append(("X-Couch-Request-ID", response.request_id(environ.get("HTTP_X_COUCH_REQUEST_ID"))))
        headers.append(("X-CouchDB-Body-Time", "0"))
        if request is not None:
            if request.identity.cookie and not answer.has_header("Set-Cookie"):
                headers.append(("Set-Cookie", request.identity.cookie))
            cors.add_headers(request, self.origins, headers)
        if _leaves_body_unread(environ, request):
            headers.append(("Connection", "close"))
        body = self._compress(environ, answer)
        head = request.head if request is not None else environ["REQUEST_METHOD"] == "HEAD"
        if isinstance(body, bytes):
            if answer.status != 304:
                headers.append(("Content-Length", str(len(body))))
            start_response(answer.status_line, headers)
            return () if head or not body else (body,)
        start_response(answer.status_line, headers)
        if head:
            _close(body)
            return ()
        return body

    def _compress(self, environ: Mapping[str, Any], answer: Response) -> bytes | Iterable[bytes]:
        body = answer.body
        worth_it = len(body) >= GZIP_FROM if isinstance(body, bytes) else answer.zip_stream
        if not worth_it or not (answer.content_type or "").startswith(("application/json", "text/")):
            return body
        if "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", "") or answer.has_header("Content-Encoding"):
            return body
        if not self.gzip_local and is_local(environ):
            return body
        answer.headers.append(("Content-Encoding", "gzip"))
        answer.headers.append(("Vary", "Accept-Encoding"))
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        if isinstance(body, bytes):
            return packer.compress(body) + packer.flush()
        return _zipped(packer, body)


def _zipped(packer: Any, body: Iterable[bytes]) -> Iterator[bytes]:
    try:
        for chunk in body:
            packed = packer.compress(chunk)
            if packed:
                yield packed
        yield packer.flush()
    finally:
        _close(body)


def _close(body: Any) -> None:
    close = getattr(body, "close", None)
    if close is not None:
        close()


def _leaves_body_unread(environ: Mapping[str, Any], request: Request | None) -> bool:
    if request is not None and request.body_was_read:
        return False
    if environ.get("HTTP_TRANSFER_ENCODING"):
        return True
    length = environ.get("CONTENT_LENGTH")
    return bool(length) and int(length or 0) > _DRAIN
