"""``/_db_updates``: which databases were made, changed or deleted, so that head office need not ask each of them."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.docs import json
from app.docs.errors import BadRequest
from app.web.couch_http import access
from app.web.couch_http.problems import MethodNotAllowed, ServiceUnavailable
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response
from app.web.feeds import RETRY_SECONDS, FeedBody, TooManyFeeds

if TYPE_CHECKING:
    from app.web.couch_http.api import CouchAPI

_DEFAULT_TIMEOUT = 60.0
# How often a waiting feed looks whether the node is stopping, in seconds.
_SLICE = 1.0


class DbUpdates:
    """The last event of each database since the node started, numbered. Thread safe.

    Sequences are ``<n>-<run>``; those of another run mean "from the start".
    """

    def __init__(self, directory: Any) -> None:
        self._events: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._n = 0
        self._run = secrets.token_hex(4)
        self._changed = threading.Condition()
        directory.subscribe(self._add)

    def _add(self, name: str, kind: str) -> None:
        with self._changed:
            self._n += 1
            self._events[(name, kind)] = self._n
            self._events.move_to_end((name, kind))
            self._changed.notify_all()

    def resolve(self, since: str | None) -> int:
        """The number that a client's sequence stands for."""
        if since == "now":
            return self._n
        number, _, run = (since or "").partition("-")
        return min(int(number), self._n) if run == self._run and _is_number(number) else 0

    def seq(self, n: int) -> str:
        return f"{n}-{self._run}"

    def after(self, n: int, limit: int | None) -> tuple[list[bytes], int]:
        """The events behind `n` as JSON rows, and the number to go on from."""
        with self._changed:
            found = [(at, name, kind) for (name, kind), at in self._events.items() if at > n]
        if limit is not None:
            found = found[:limit]
        rows = [json.dumps({"db_name": name, "type": kind, "seq": self.seq(at)}) for at, name, kind in found]
        return rows, found[-1][0] if found else n

    def wait(self, n: int, timeout: float) -> None:
        """Until there is something behind `n`, or `timeout` seconds are over."""
        with self._changed:
            self._changed.wait_for(lambda: self._n > n, timeout)


def db_updates(api: CouchAPI, request: Request) -> Response:
    """``GET /_db_updates`` with ``feed`` ``normal``, ``longpoll``, ``continuous`` and ``eventsource``."""
    access.require_server_admin(request.identity)
    if request.method != "GET":
        raise MethodNotAllowed("GET")
    feed = request.arg("feed", "normal")
    if feed not in ("normal", "longpoll", "continuous", "eventsource"):
        raise BadRequest("Supported `feed` types: normal, continuous, longpoll, eventsource")
    limit = _integer(request.arg("limit"))
    timeout = _integer(request.arg("timeout"))
    heartbeat_arg = request.arg("heartbeat")
    heartbeat = 60_000 if heartbeat_arg == "true" else None if heartbeat_arg == "false" else _integer(heartbeat_arg)
    n = api.db_updates.resolve(request.arg("since"))
    if feed == "normal":
        rows, n = api.db_updates.after(n, limit)
        tail = b'\n],\n"last_seq":' + json.dumps(api.db_updates.seq(n)) + b"}\n\n"
        return Response(b'{"results":[\n' + b",\r\n".join(rows) + tail)
    try:
        slot = api.feeds.take()
    except TooManyFeeds:
        raise ServiceUnavailable("This node has as many feeds open as it may.", RETRY_SECONDS) from None
    chunks = _follow(api, feed, n, limit, timeout, heartbeat)
    if feed == "eventsource":
        return Response(FeedBody(slot, chunks), 200, [("Cache-Control", "no-cache")], "text/event-stream")
    return Response(FeedBody(slot, chunks))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _integer(text: str | None) -> int | None:
    if text is None:
        return None
    if not _is_number(text):
        raise BadRequest("invalid_integer")
    return int(text)


def _follow(
    api: CouchAPI, feed: str, n: int, limit: int | None, timeout: int | None, heartbeat: int | None
) -> Iterator[bytes]:
    updates, closing = api.db_updates, api.node.closing
    beat = b"event: heartbeat\ndata: \n\n" if feed == "eventsource" else b"\n"
    span = _DEFAULT_TIMEOUT if timeout is None else min(timeout / 1000, _DEFAULT_TIMEOUT)
    pause = None if heartbeat is None else max(heartbeat, 1) / 1000
    sent = 0
    yield b'{"results":[\n' if feed == "longpoll" else b"\n"
    deadline = time.monotonic() + (pause if pause is not None else span)
    while not closing.is_set():
        rows, n = updates.after(n, None if limit is None else limit - sent)
        for row in rows:
            if feed == "longpoll":
                yield (b",\r\n" if sent else b"") + row
            elif feed == "continuous":
                yield row + b"\n"
            else:
                yield b"data: " + row + b"\nid: " + json.dumps(json.loads(row)["seq"]) + b"\n\n"
            sent += 1
        if (rows and feed == "longpoll") or (limit is not None and sent >= limit):
            break
        if rows:
            deadline = time.monotonic() + (pause if pause is not None else span)
        updates.wait(n, max(0.0, min(_SLICE, deadline - time.monotonic())))
        if time.monotonic() >= deadline:
            if pause is None:
                break
            yield beat
            deadline = time.monotonic() + pause
    last = json.dumps(updates.seq(n))
    if feed == "longpoll":
        yield b'\n],\n"last_seq":' + last + b"}\n\n"
    elif feed == "continuous":
        yield b'{"last_seq":' + last + b"}\n\n"
