"""What waits for a person: the page `/conflicts` with its three lists, and their API.

`GET /api/conflicts`, `/api/inbox` (how many; incidents, tasks), `POST /api/followups/<database>/<id>`; `many` has those
that decide many at once.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from app.shop import followups
from app.shop.conflicts import inbox, policies
from app.web.conflicts import field_words, many, rows
from app.web.conflicts.hall import Hall
from app.web.conflicts.words import Words
from app.web.i18n import boot
from app.web.json_api import answer, read_json, whole

LISTS = ("conflicts", "incidents", "tasks")


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes."""

    @blueprint.get("/conflicts")
    def conflicts_page() -> str:
        which = request.args.get("list", "conflicts")
        which = which if which in LISTS else "conflicts"
        first = _conflicts(hall) if which == "conflicts" else _others(hall, which)
        values = {"list": which, "first": first, "people": rows.people(hall.stores())}
        return render_template(
            "conflicts/inbox.html",
            **hall.frame(),
            which=which,
            waiting=first["counts"],
            boot=boot(values),
        )

    @blueprint.get("/api/conflicts")
    def conflicts() -> Response:
        return answer(_conflicts(hall))

    @blueprint.get("/api/inbox")
    def waiting_now() -> Response:
        """How much waits; with `?list=tasks` (or incidents) that list as the page shows it."""
        which = request.args.get("list")
        return answer(_others(hall, which) if which in LISTS[1:] else {"counts": many.waiting(hall)})

    @blueprint.post("/api/followups/<database>/<path:id>")
    def follow_up(database: str, id: str) -> Response:
        body = read_json()
        staff = [person["id"] for person in rows.people(hall.stores())]
        refused = {entry["document"] for entry in hall.node.refused() if entry["database"] == database}
        here = hall.database(database)
        doc = followups.change(here, id, body, on=hall.on, staff=staff, refused=refused, actor=hall.actor(body))
        return answer({"id": doc["_id"], "follow": rows.follow(doc, Words(hall))})

    many.register(blueprint, hall)


def _conflicts(hall: Hall) -> dict[str, Any]:
    """`{"rows", "counts", "matching", "types": [{"type", "name", "count"}], "databases": […], "next"}`."""
    waiting = many.waiting(hall)  # before the rows: what comes in between is another number, and so asked for again
    databases = hall.databases()
    wanted = many.filter_of(request.args)
    limit = whole("limit", inbox.PAGE, inbox.LARGEST)
    asks = policies.asks(hall.company)
    before = request.args.get("before")
    page = inbox.page(databases, wanted, before=before, limit=limit, asks=asks)
    whole_list = page.next is None and before is None
    words = Words(hall)
    by_type: dict[str | None, int] = {}
    by_database = dict.fromkeys((database.name for database in databases), 0)
    for (name, kind), number in inbox.counts(databases).items():
        by_type[kind] = by_type.get(kind, 0) + number
        by_database[name] += number
    return {
        "rows": [rows.conflict(entry, words) for entry in page.entries],
        "counts": waiting,
        "matching": len(page.entries) if whole_list else inbox.matching(databases, wanted),
        "types": [
            {"type": kind or "-", "name": field_words.kind_name(kind), "count": number}
            for kind, number in sorted(by_type.items(), key=lambda each: (-each[1], each[0] or ""))
        ],
        "databases": [
            {"name": name, "title": words.database(name), "count": number} for name, number in by_database.items()
        ],
        "next": page.next,
    }


def _others(hall: Hall, which: str) -> dict[str, Any]:
    """`{"rows", "counts", "matching", "next"}` of incidents or tasks."""
    waiting = many.waiting(hall)
    listed = rows.incidents if which == "incidents" else rows.listed_tasks
    found = listed(hall, Words(hall), done=request.args.get("state") == "done")
    asked = request.args.get("q", ""), request.args.get("assigned") or None, request.args.get("before")
    shown, matching, following = rows.page(found, *asked, whole("limit", inbox.PAGE, 1000))
    return {"rows": shown, "counts": waiting, "matching": matching, "next": following}
