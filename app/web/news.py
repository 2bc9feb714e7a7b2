"""News for an open page, as server-sent events: the sync light in words, and every sale that is written or arrives."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Response, stream_with_context

from app.docs import json
from app.docs.database import Database
from app.docs.errors import DocsError, StoreError
from app.web.feeds import FeedBody, FeedSlots

log = logging.getLogger("couchtill.news")

#: Seconds between two signs of life, and how long a change of the light may go unnoticed.
BEAT, LOOK = 10.0, 0.5
#: Seconds between two words about the catalogue: a first sync changes it all the time.
CALM = 2.0
#: Milliseconds after which a browser connects again.
RETRY = 1000
PAGE = 200

Event = tuple[str, Any]


def encode(name: str, data: Any) -> bytes:
    """One event as it goes over the line."""
    return b"event: " + name.encode() + b"\ndata: " + json.dumps(data) + b"\n\n"


class Stream:
    """One page that listens: `databases()` are watched for orders, `light()` is asked for the words, and `company` is
    watched for anything: the page asks again for what it shows of it."""

    def __init__(
        self,
        databases: Callable[[], Sequence[Database]],
        light: Callable[[], dict[str, Any]],
        row: Callable[[dict[str, Any]], dict[str, Any]],
        closing: Callable[[float], bool],
        company: Database,
    ) -> None:
        self._databases = databases
        self._light = light
        self._row = row
        self._closing = closing
        self._company = company
        self._seen: dict[str, str] = {}
        self._heard: dict[str, int] = {}

    def events(self) -> Iterator[bytes]:
        """Events until the node stops or the page goes. Holds no connection to a store while it waits."""
        known = self._company.last_n
        for database in self._databases():
            self._follow(database)
        # The page asks for everything once it hears this; from here on it is told.
        yield f"retry: {RETRY}\n\n".encode()
        shown: dict[str, Any] | None = None
        beat = calm = time.monotonic()
        while True:
            light = self._light()
            if light != shown:
                shown = light
                yield encode("light", light)
            for database in self._databases():
                yield from self._orders(database)
            if self._company.last_n != known and time.monotonic() - calm >= CALM:
                known, calm = self._company.last_n, time.monotonic()
                yield encode("catalogue", {})
            if time.monotonic() - beat >= BEAT:
                beat = time.monotonic()
                yield encode("beat", {})
            if self._wait():
                return

    def _follow(self, database: Database) -> None:
        self._heard[database.name] = database.last_n
        self._seen[database.name] = database.seq(database.last_n)

    def _orders(self, database: Database) -> Iterator[bytes]:
        if database.name not in self._seen:
            # A store that head office has just come to know: its sales are news from the first.
            self._heard[database.name], self._seen[database.name] = 0, "0"
        while database.last_n > self._heard[database.name]:
            page = database.changes(self._seen[database.name], limit=PAGE, include_docs=True)
            for row in page.rows:
                if row["id"].startswith("order:") and not row.get("deleted"):
                    yield encode("order", self._row(row["doc"]))
            self._seen[database.name] = page.last_seq
            self._heard[database.name] = database.resolve_seq(page.last_seq)
            if page.pending == 0:
                return

    def _wait(self) -> bool:
        """Until something may have happened; whether the node is closing."""
        databases = self._databases()
        if len(databases) == 1:
            database = databases[0]
            database.wait(self._heard.get(database.name, 0), LOOK)
            return self._closing(0)
        return self._closing(LOOK)


def respond(stream: Stream, feeds: FeedSlots) -> Response:
    """The streaming response, which holds a feed's slot. Raises TooManyFeeds."""
    slot = feeds.take()

    def run() -> Iterator[bytes]:
        try:
            yield from stream.events()
        except (DocsError, StoreError) as error:
            log.info("a page's news ended: %s", error)  # a database was closed beneath it; the page asks again

    # The words of the light need the request's language for as long as the stream lives.
    response = Response(FeedBody(slot, stream_with_context(run())), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response
