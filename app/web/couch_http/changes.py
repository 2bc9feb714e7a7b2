"""``_changes``: what happened, in pages, once or for as long as the client listens.

A waiting feed holds a thread of the server and a slot, never a connection of the database. Framing is CouchDB's to the
byte, since its replicator and PouchDB parse the stream line by line.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from app.docs import json
from app.docs.changes import ChangesJSON
from app.docs.database import Database
from app.docs.errors import BadRequest, DocsError, StoreError
from app.web.couch_http import filters
from app.web.couch_http.problems import MethodNotAllowed, ServiceUnavailable
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response, etag_matches, etag_of, not_modified
from app.web.feeds import RETRY_SECONDS, FeedBody, TooManyFeeds

if TYPE_CHECKING:
    from app.web.couch_http.api import CouchAPI

PAGE = 1_000
_PAGE_WITH_DOCS = 250
# CouchDB's `changes_timeout`: also the longest heartbeat and timeout that a client gets.
MAX_WAIT = 60.0
# A waiting feed looks this often, in seconds, whether its client is still there.
_LOOK = 2.0

# What may be a sequence, ours or another server's: those that are none of ours mean "from the start".
_SEQUENCE = re.compile(r'("?\d+-[^"]+"?|0|)\Z')

FEEDS = ("normal", "longpoll", "continuous", "eventsource")
_BEAT = {"longpoll": b"\n", "continuous": b"\n", "eventsource": b"event: heartbeat\ndata: \n\n"}


class Options(NamedTuple):
    """What a request asks of the feed. Times are in seconds; `page` goes to the store as it is, `filter` is a function
    of a design document."""

    feed: str
    since: str
    limit: int | None
    heartbeat: float | None
    timeout: float
    descending: bool
    page: dict[str, Any]
    filter: filters.Filter | None = None


def changes(api: CouchAPI, request: Request, database: Database) -> Response:
    """``GET`` and ``POST /db/_changes``"""
    body: dict[str, Any] = {}
    if request.method == "POST":
        request.require_json()
        if request.environ.get("CONTENT_LENGTH") != "0":
            body = request.json_object()
    elif request.method != "GET":
        raise MethodNotAllowed("GET,POST,HEAD")
    options = parse(request, database, body)
    if options.feed == "normal":
        etag = etag_of(f"{database.uuid}-{database.update_seq}")
        if etag_matches(request.header("IF_NONE_MATCH"), etag):
            return not_modified(etag)
        rows = _normal(database, options)
        if options.filter is not None:  # which may fail: told by the status while there is still time
            rows = chain([next(rows)], rows)
        return Response(rows, 200, [("ETag", etag)], zip_stream=True)
    if request.head:
        return Response(b"")
    if options.filter is not None:
        options.filter.compile()
    try:
        slot = api.feeds.take()
    except TooManyFeeds:
        raise ServiceUnavailable("This node has as many feeds open as it may.", RETRY_SECONDS) from None
    follow = Follower(database, options, api.node.closing.is_set, request.environ.get("couchtill.client_gone"))
    if options.feed == "eventsource":
        return Response(FeedBody(slot, follow.stream()), 200, [("Cache-Control", "no-cache")], "text/event-stream")
    return Response(FeedBody(slot, follow.stream()))


# ---------------------------------------------------------------- what was asked


def parse(request: Request, database: Database, body: dict[str, Any]) -> Options:
    """The options of a request. BadRequest, NotFound (a filter of a design document that isn't here)."""
    args = {name.lower(): value for name, value in reversed(request.query)}
    feed = args.get("feed", "normal")
    feed = "continuous" if feed == "live" else feed
    if feed not in FEEDS:
        raise BadRequest("Supported `feed` types: normal, continuous, live, longpoll, eventsource")
    since = args.get("since", args.get("last-event-id", "0"))
    if feed == "eventsource":
        since = request.header("LAST_EVENT_ID") or since
    if since != "now" and not _SEQUENCE.match(since):
        raise BadRequest("Malformed sequence supplied in 'since' parameter.")
    page: dict[str, Any] = {
        "style": args.get("style", "main_only"),
        "include_docs": args.get("include_docs") == "true",
        "conflicts": args.get("conflicts") == "true",
        "attachments": args.get("attachments") == "true",
    }
    if page["style"] not in ("main_only", "all_docs"):
        raise BadRequest("`style` must be main_only or all_docs")
    name = args.get("filter", "")
    filter = None
    if name == "_view" or (name and name[0] != "_"):
        filter = filters.named(request, database, name, args, body)
    else:
        page |= _filter(name, args, body)
    timeout = _integer(args, "timeout")
    limit = _integer(args, "limit")
    return Options(
        feed,
        since,
        None if limit is None else max(limit, 0),
        _heartbeat(args.get("heartbeat")),
        MAX_WAIT if timeout is None else min(max(timeout, 0) / 1000, MAX_WAIT),
        args.get("descending") == "true",
        page,
        filter,
    )


def _integer(args: dict[str, str], name: str) -> int | None:
    if name not in args:
        return None
    try:
        return int(args[name])
    except ValueError:
        raise BadRequest(f"`{name}` must be an integer") from None


def _heartbeat(text: str | None) -> float | None:
    """Seconds between heartbeats, None for none."""
    if text is None:
        return None
    if text == "true":
        return MAX_WAIT
    try:
        number = int(text)
    except ValueError:
        raise BadRequest("Invalid heartbeat value. Expecting a positive integer value (in milliseconds).") from None
    if number <= 0:
        raise BadRequest("The heartbeat value should be a positive integer (in milliseconds).")
    return min(number / 1000, MAX_WAIT)


def _filter(name: str, args: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    if not name:
        return {}
    if name == "_doc_ids":
        ids = body.get("doc_ids")
        if ids is None and "doc_ids" in args:
            ids = json.loads(args["doc_ids"])
        if not isinstance(ids, list):
            raise BadRequest("`doc_ids` filter parameter is not a list of doc ids.")
        return {"doc_ids": [id for id in ids if isinstance(id, str)]}
    if name == "_selector":
        from app.docs import selector  # few feeds have one

        wanted = body.get("selector")
        if not isinstance(wanted, dict):
            raise BadRequest("Selector error: expected a JSON object")
        return {"match": selector.compile(wanted)}
    if name == "_design":
        return {"match": _is_design}
    raise BadRequest("unknown builtin filter name")


def _is_design(doc: dict[str, Any]) -> bool:
    id: str = doc["_id"]
    return id.startswith("_design/")


# ---------------------------------------------------------------- pages


def _pages(database: Database, options: Options, since: str, limit: int | None) -> Iterator[ChangesJSON]:
    """Pages up to the end of the feed, or until `limit` rows came; there is always one, perhaps empty."""
    if options.filter is not None:
        yield from filters.pages(database, options.filter, options.page, since, limit, options.descending)
        return
    size = _PAGE_WITH_DOCS if options.page["include_docs"] else PAGE
    left = limit
    before = None
    while True:
        count = size if left is None else min(size, left)
        if options.descending:
            page = database.changes_json(limit=count, descending=True, before=before, **options.page)
            before = page.last_n
        else:
            page = database.changes_json(since, limit=count, **options.page)
            since = page.last_seq
        yield page
        left = None if left is None else left - len(page.rows)
        if len(page.rows) < count or left == 0:
            return


def _normal(database: Database, options: Options) -> Iterator[bytes]:
    head = b'{"results":[\n'
    said = False
    try:
        for page in _pages(database, options, options.since, options.limit):
            if page.rows:
                yield head + b",\r\n".join(page.rows)
                head, said = b",\r\n", True
    except DocsError as error:
        if not said:
            raise
        yield b"\n" + json.dumps(error.as_dict()) + b"\n"  # no JSON with what went before it: nobody takes it for all
        return
    yield (head if head[:1] == b"{" else b"") + _end_of_results(page.last_seq, page.pending)


def _end_of_results(last_seq: str, pending: int) -> bytes:
    return b'\n],\n"last_seq":' + json.dumps(last_seq) + b',"pending":' + str(pending).encode() + b"}\n\n"


class Follower:
    """One client that listens to a database.

    `closing` tells that the node stops, `client_gone` (where the server knows it) that nobody listens any more.
    """

    def __init__(
        self,
        database: Database,
        options: Options,
        closing: Callable[[], bool],
        client_gone: Callable[[], bool] | None,
    ) -> None:
        self._database = database
        self._options = options
        self._closing = closing
        self._client_gone = client_gone
        self._since = options.since
        self._pending = 0
        self._last_n = 0
        self._sent = 0

    def stream(self) -> Iterator[bytes]:
        """The body of the answer, each piece at its time."""
        options, database = self._options, self._database
        longpoll = options.feed == "longpoll"
        if self._since == "now":
            self._since = database.seq(database.last_n)
        if longpoll:
            yield b'{"results":[\n'
        said = False  # whether something was sent, so that the client has got the headers
        quiet_until = self._next_deadline()
        while True:
            before = self._sent
            try:
                for chunk in self._rows():
                    said = True
                    yield chunk
            except StoreError:  # the database was deleted, or the node closes it
                break
            except DocsError as error:  # a filter failed
                yield json.dumps(error.as_dict()) + b"\n"
                return
            if self._sent > before:
                if longpoll:
                    break
                quiet_until = self._next_deadline()
            if self._is_over():
                break
            if not said:
                said = True
                yield b"\n"
            if not self._wait(quiet_until):
                if self._is_over() or options.heartbeat is None:
                    break
                yield _BEAT[options.feed]
                quiet_until = self._next_deadline()
        yield self._last_words()

    def _rows(self) -> Iterator[bytes]:
        """What is new, framed, in pieces of a page."""
        options = self._options
        left = None if options.limit is None else options.limit - self._sent
        for page in _pages(self._database, options, self._since, left):
            if page.rows:
                yield self._framed(page.rows)
                self._sent += len(page.rows)
            self._since, self._pending, self._last_n = page.last_seq, page.pending, max(page.last_n, self._last_n)

    def _framed(self, rows: list[bytes]) -> bytes:
        feed = self._options.feed
        if feed == "longpoll":
            return (b",\r\n" if self._sent else b"") + b",\r\n".join(rows)
        if feed == "continuous":
            return b"\n".join(rows) + b"\n"
        return b"".join(b"data: " + row + b"\nid: " + _seq_of(row) + b"\n\n" for row in rows)

    def _is_over(self) -> bool:
        limit = self._options.limit
        if limit is not None and self._sent >= limit:
            return True
        return self._options.descending or self._closing() or self._database.closed

    def _next_deadline(self) -> float:
        options = self._options
        return time.monotonic() + (options.timeout if options.heartbeat is None else options.heartbeat)

    def _wait(self, until: float) -> bool:
        """Wait for a change; False when `until` came first, or there is a reason to end."""
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return False
            if self._database.wait(self._last_n, min(left, _LOOK), self._closing) > self._last_n:
                return True
            if self._closing() or self._database.closed:
                return False
            if self._client_gone is not None and self._client_gone():
                raise ConnectionError("the client of a feed went away")

    def _last_words(self) -> bytes:
        feed = self._options.feed
        if feed == "longpoll":
            return _end_of_results(self._since, self._pending)
        if feed == "continuous":
            tail = b',"pending":' + str(self._pending).encode() + b"}\n\n"
            return b'{"last_seq":' + json.dumps(self._since) + tail
        return b""


def _seq_of(row: bytes) -> bytes:
    """The sequence at the head of a row, ``{"seq":"…",``, with its quotes."""
    return row[7 : row.index(b'"', 8) + 1]
