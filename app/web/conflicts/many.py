"""Deciding many conflicts with one choice: what each would become, and doing it.

`POST /api/conflicts/preview`, `POST /api/conflicts/bulk`, and `POST /api/conflicts/bulk/undo`, which takes it back. A
page sends a thousand in parts, under one request's id.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response
from flask_babel import gettext as _

from app.docs.database import Database
from app.shop import followups
from app.shop.conflicts import bulk, inbox, policies
from app.shop.conflicts.case import Case, Side, read
from app.shop.conflicts.history import QUIET
from app.shop.conflicts.inbox import Filter
from app.shop.conflicts.undoing import RIGHT, undo
from app.shop.reason import Reason, say
from app.shop.sale import SaleError, invalid
from app.web.conflicts import counts
from app.web.conflicts.hall import Hall
from app.web.conflicts.words import Words
from app.web.json_api import answer, read_json
from app.web.reasons import tell

AT_ONCE = 200  # documents of one request: some seconds on a slow disk


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes."""

    @blueprint.post("/api/conflicts/preview")
    def preview() -> Response:
        """`{"take", "items": [{"database", "id"}]}`, or `{"take", "filter": {"database", "type", "q", "assigned"},
        "before"?}` to `{"rows": [{"database", "id", "seen", "title", "text", "becomes": [{"field", "value", "now"}],
        "deleted", "reason"}], "next"}`; `reason` says why a choice means nothing for a document."""
        body = read_json()
        take, asks, words = _take(body), policies.asks(hall.company), Words(hall)
        following = None
        if "filter" in body:
            found = inbox.rows(hall.databases(), filter_of(body["filter"]), _text(body, "before"))
            page = list(itertools.islice(found, AT_ONCE))
            if len(page) == AT_ONCE:
                following = f"{page[-1][0].name}:{page[-1][1].seq}"
            named = [(database, record.id) for database, record in page]
        else:
            named = [(database, item["id"]) for database, item in _items(hall, body)]
        cases = [(database, read(database, id, asks)) for database, id in named]
        rows = [_becomes(hall, database, case, take, words) for database, case in cases if case is not None]
        return answer({"rows": rows, "next": following})

    @blueprint.post("/api/conflicts/bulk")
    def many() -> Response:
        """`{"request", "take", "items": [{"database", "id", "seen"}], "note"?}`: each is decided by itself, in a
        resolution of its own. `{"resolved": [{"database", "id", "rev", "resolution"}], "stayed": [{"database", "id",
        "title", "error", "reason"}], "counts"}`."""
        body = read_json()
        actor = hall.actor(body)
        actor.need(followups.RIGHT, say("decide between two versions"))
        own, take, items = _request(body), _take(body), _items(hall, body)
        words, asks = Words(hall), policies.asks(hall.company)
        done, stayed = [], []
        for database, item in items:
            about = {"database": database.name, "id": item["id"]}
            try:
                hall.need_own(item["id"])
                made = bulk.decide(
                    database,
                    item["id"],
                    str(item.get("seen")),
                    take,
                    request=own,
                    actor=actor,
                    on=hall.on,
                    is_till=words.is_till,
                    note=_text(body, "note"),
                    asks=asks,
                )
                done.append({**about, "rev": made["rev"], "resolution": made["resolution"]["_id"]})
            except SaleError as error:
                stayed.append({**about, **_why(error, database, item["id"], words)})
        return answer({"resolved": done, "stayed": stayed, "counts": waiting(hall)})

    @blueprint.post("/api/conflicts/bulk/undo")
    def none_of_many() -> Response:
        """`{"request", "items": [{"database", "id", "resolution"}]}`, as `resolved` named them: each is in dispute
        again. `{"undone": [{"database", "id", "rev"}], "stayed": [{"database", "id", "title", "error", "reason"}],
        "counts"}`; one that was changed since stays as it is."""
        body = read_json()
        actor = hall.actor(body)
        actor.need(RIGHT, say("take a decision back"))
        own, items, words = _request(body), _items(hall, body), Words(hall)
        done, stayed = [], []
        for database, item in items:
            about, id = {"database": database.name, "id": item["id"]}, item["id"]
            try:
                hall.need_own(id)
                own_id, resolution = bulk.own_request(own, database, id), str(item.get("resolution"))
                made = undo(database, id, request=own_id, resolution=resolution, actor=actor, on=hall.on)
                done.append({**about, "rev": made["rev"]})
            except SaleError as error:
                stayed.append({**about, **_why(error, database, id, words)})
        return answer({"undone": done, "stayed": stayed, "counts": waiting(hall)})


def waiting(hall: Hall) -> dict[str, int]:
    """How much waits for a person here."""
    return counts.waiting(hall.node, hall.databases())


def filter_of(given: Any) -> Filter:
    """The filter of a query or of a body; the type "-" is that of documents without one. Raises SaleError."""
    if not isinstance(given, Mapping):
        raise invalid(say("The filter must be an object."), "filter")
    kind = _text(given, "type") or None
    return Filter(
        database=_text(given, "database") or None,
        type="" if kind == "-" else kind,
        words=_text(given, "q") or None,
        assigned=_text(given, "assigned") or None,
    )


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(say("“%(name)s” must be text.", name=name), name)
    return value


def _request(body: Mapping[str, Any]) -> str:
    own = body.get("request")
    if not isinstance(own, str) or not 8 <= len(own) <= 48:
        raise invalid(say("The request’s id is missing, or not valid."), "request")
    return own


def _why(error: SaleError, database: Database, id: str, words: Words) -> dict[str, str]:
    """What one of many is called, and why it stays."""
    told = error.as_dict()
    return {"title": _title(database, id, words), "error": told["error"], "reason": tell(told["reason"])}


def _take(body: Mapping[str, Any]) -> str:
    if body.get("take") not in bulk.CHOICES:
        raise invalid(say("Choose one of: %(values)s.", values=", ".join(bulk.CHOICES)), "take")
    return str(body["take"])


def _items(hall: Hall, body: Mapping[str, Any]) -> list[tuple[Database, Mapping[str, Any]]]:
    items = body.get("items")
    if not isinstance(items, list) or not 0 < len(items) <= AT_ONCE:
        raise invalid(say("Name 1 to %(most)s documents.", most=AT_ONCE), "items")
    if not all(isinstance(item, Mapping) and isinstance(item.get("id"), str) for item in items):
        raise invalid(say("Each document is named by its database and its id."), "items")
    return [(hall.database(str(item.get("database"))), item) for item in items]


def _title(database: Database, id: str, words: Words) -> str:
    record = database.read(id)
    return id if record is None else words.title(record.type, id, record.doc())


def _becomes(hall: Hall, database: Database, case: Case, take: str, words: Words) -> dict[str, Any]:
    side = hall.barred(case.id) or bulk.side_of(case, take, words.is_till)
    gone = isinstance(side, Side) and side.deleted
    return {
        "database": database.name,
        "id": case.id,
        "seen": case.seen,
        "title": words.called(case),
        "text": words.changed(case),
        "deleted": gone,
        "becomes": _fields(case, side, words) if isinstance(side, Side) and not gone else [],
        "reason": tell(side) if isinstance(side, Reason) else "",
    }


def _fields(case: Case, side: Side, words: Words) -> list[dict[str, str]]:
    """What the document will say where there was something to decide or to join; `now` is what tills show."""
    winner = case.sides[0]
    values = [(field.path, case.value(side, field.place)) for field in case.fields]
    values += [(one.path, one.value) for one in case.joined if one.path not in QUIET]
    told = [
        {
            "field": words.field(case.type, path),
            "value": words.of(case, path, value),
            "now": words.of(case, path, case.value(winner, case.places[path])),
        }
        for path, value in values
    ]
    return told or [{"field": "", "value": _("stays as it is"), "now": ""}]
