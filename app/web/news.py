"""News for an open page, as server-sent events, each with what a row needs to be drawn again:

    light      the sync light in words
    order      a sale that was made here or has arrived, as a row of a list
    cart       a parked cart that was parked, changed, taken up or is gone
    shift      a shift that was opened, or closed by its Z report
    task       something that a person must look at
    inbox      {"conflicts", "incidents", "tasks"}: how many wait for a person now
    catalogue  {"products": [ids] or null, "types": […]}: what of the catalogue is another one now; null is "a lot"
    erased     {"id"}: a customer whose data were erased, here or elsewhere; null: somebody may have been
    beat       nothing happened, the line stands

A stream looks at what changed since it last looked, and at nothing else; while nothing does, it compares two numbers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flask import Response, stream_with_context

from app.docs import json
from app.docs.database import Database
from app.docs.errors import DocsError, StoreError
from app.shop.erasing.erase import is_erased
from app.web.feeds import FeedBody, FeedSlots

log = logging.getLogger("couchtill.news")

#: Seconds between two signs of life, and how long a change of the light may go unnoticed.
BEAT, LOOK = 10.0, 0.5
#: Seconds between two words about the catalogue: a first sync changes it all the time.
CALM = 2.0
#: Seconds between two counts of what waits for a person.
COUNT = 0.5
#: Products that an event names; more are "a lot", and the page asks again for what it shows.
FEW = 50
#: Milliseconds after which a browser connects again.
RETRY = 1000
PAGE = 200

#: Types of `company` that change what a page of products shows or what it reckons with.
CATALOGUE = ("product", "category", "pricelist", "promotion", "tax", "store", "settings")

Row = Callable[[dict[str, Any]], dict[str, Any] | None]
#: Document type → the event's name, and what of the document it carries; None: nothing is said of it now.
Rows = Mapping[str, tuple[str, Row]]


def encode(name: str, data: Any) -> bytes:
    """One event as it goes over the line."""
    return b"event: " + name.encode() + b"\ndata: " + json.dumps(data) + b"\n\n"


def task_row(doc: dict[str, Any]) -> dict[str, Any]:
    """A task as an event carries it: `{"id", "kind", "about", "done"}`."""
    done = bool(doc.get("_deleted") or doc.get("done_at"))
    return {"id": doc["_id"], "kind": doc.get("kind"), "about": doc.get("about"), "done": done}


def shift_row(doc: dict[str, Any]) -> dict[str, Any]:
    """A shift or its Z report as an event carries it: `{"id", "state": "open"|"closed", "drawer", "terminal", "by",
    "at", "zreport"}`; `zreport` is the id of the report that closed it."""
    closed = doc.get("type") == "zreport"
    shown = {key: doc.get(key) for key in ("drawer", "terminal", "by", "at")}
    if closed:
        return {"id": doc.get("shift"), "state": "closed", **shown, "zreport": doc["_id"]}
    return {"id": doc["_id"], "state": "open", **shown, "zreport": None}


class _Watched:
    """How far a stream has read one database."""

    def __init__(self, database: Database, *, from_now: bool) -> None:
        self.database = database
        self.n = database.last_n if from_now else 0
        self.seq = database.seq(self.n) if from_now else "0"

    def read(self, docs: bool, most: int | None = None) -> list[dict[str, Any]] | None:
        """What changed since, a page of it; None when that is more than `most` rows, which are then passed over."""
        if self.database.last_n <= self.n:
            return []
        page = self.database.changes(self.seq, limit=most or PAGE, include_docs=docs)
        if most is not None and page.pending:
            self.n = self.database.last_n
            self.seq = self.database.seq(self.n)
            return None
        self.seq = page.last_seq
        self.n = self.database.resolve_seq(page.last_seq)
        return page.rows


class Stream:
    """One page that listens.

    `databases()` are the stores', watched for the types in `rows`; `light()` is asked for the words; `company` is
    watched for the catalogue and for tasks; `inbox()` counts what waits for a person.
    """

    def __init__(
        self,
        databases: Callable[[], Sequence[Database]],
        light: Callable[[], dict[str, Any]],
        rows: Rows,
        closing: Callable[[float], bool],
        company: Database,
        inbox: Callable[[], dict[str, int]] | None = None,
    ) -> None:
        self._databases = databases
        self._light = light
        self._rows = rows
        self._closing = closing
        self._company = company
        self._inbox = inbox
        self._waiting: dict[str, int] | None = None
        self._counted = -COUNT
        self._stores: dict[str, _Watched] = {}
        self._products: set[str] | None = set()
        self._types: set[str] = set()
        self._told = -CALM

    def events(self) -> Iterator[bytes]:
        """Events until the node stops or the page goes. Holds no connection to a store while it waits."""
        company = _Watched(self._company, from_now=True)
        for database in self._databases():
            self._stores[database.name] = _Watched(database, from_now=True)
        # The page asks for everything once it hears this; from here on it is told.
        yield f"retry: {RETRY}\n\n".encode()
        shown: dict[str, Any] | None = None
        beat = time.monotonic()
        while True:
            light = self._light()
            if light != shown:
                shown = light
                yield encode("light", light)
            for database in self._databases():
                yield from self._store(database)
            yield from self._shop(company)
            yield from self._count()
            if time.monotonic() - beat >= BEAT:
                beat = time.monotonic()
                yield encode("beat", {})
            if self._wait():
                return

    def _store(self, database: Database) -> Iterator[bytes]:
        watched = self._stores.get(database.name)
        if watched is None:
            # A store that head office has just come to know: its sales are news from the first.
            watched = self._stores[database.name] = _Watched(database, from_now=False)
        while rows := watched.read(docs=True):
            for row in rows:
                yield from self._event(row)

    def _event(self, row: dict[str, Any]) -> Iterator[bytes]:
        kind = row["id"].partition(":")[0]
        if kind in self._rows and (not row.get("deleted") or kind in ("cart", "task")):
            name, show = self._rows[kind]
            shown = show(row["doc"])
            if shown is not None:
                yield encode(name, shown)

    def _shop(self, company: _Watched) -> Iterator[bytes]:
        """What changed in `company`: tasks at once, the catalogue as soon as it was quiet for a moment."""
        rows = company.read(docs=False, most=PAGE)
        if rows is None:
            self._products = None
            self._types.update(CATALOGUE)
            yield encode("erased", {"id": None})
        for row in rows or ():
            kind = row["id"].partition(":")[0]
            if kind == "task" and kind in self._rows:
                record = self._company.read(row["id"])
                if record is not None:
                    name, show = self._rows[kind]
                    yield encode(name, show({**record.doc(), "_id": row["id"], "_deleted": record.deleted}))
            elif kind == "customer":
                if is_erased(self._company.read(row["id"])):
                    yield encode("erased", {"id": row["id"]})
            elif kind in CATALOGUE:
                self._types.add(kind)
                if kind == "product" and self._products is not None:
                    self._products.add(row["id"])
        if self._types and time.monotonic() - self._told >= CALM:
            self._told = time.monotonic()
            few = self._products is not None and len(self._products) <= FEW
            yield encode(
                "catalogue",
                {"products": sorted(self._products or ()) if few else None, "types": sorted(self._types)},
            )
            self._products, self._types = set(), set()

    def _count(self) -> Iterator[bytes]:
        """How much waits for a person, where that is another number now."""
        if self._inbox is None or time.monotonic() - self._counted < COUNT:
            return
        self._counted = time.monotonic()
        waiting = self._inbox()
        if waiting != self._waiting:
            self._waiting = waiting
            yield encode("inbox", waiting)

    def _wait(self) -> bool:
        """Until something may have happened; whether the node is closing."""
        databases = self._databases()
        if len(databases) == 1:
            database = databases[0]
            database.wait(self._stores[database.name].n, LOOK, lambda: self._closing(0))
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
