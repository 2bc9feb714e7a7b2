"""One document in dispute, and deciding it: the page, and what machines ask."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from app.docs.database import Database
from app.shop.conflicts import asked, policies, resolutions
from app.shop.conflicts import case as cases
from app.shop.conflicts.resolve import resolve, undo
from app.shop.reason import say
from app.web.conflicts.hall import Hall
from app.web.json_api import Problem, answer, missing, read_json


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes."""

    def database_of(name: str) -> Database:
        found = hall.database(name)
        if found is None:
            raise missing(say("There is no such database here."))
        return found

    @blueprint.get("/api/conflicts/<db>/<path:id>")
    def conflict(db: str, id: str) -> Response:
        """The case. With `seen`, only `{"seen"}` while that is still what there is to decide."""
        database = database_of(db)
        known = request.args.get("seen")
        if known is not None and known == cases.seen(database, id):
            return answer({"seen": known})
        case = cases.read(database, id, policies.asks(hall.company))
        if case is None:
            raise _settled(database, id)
        return answer(case.as_dict())

    @blueprint.post("/api/conflicts/<db>/<path:id>/resolve")
    def decide(db: str, id: str) -> Response:
        database = database_of(db)
        body = read_json()
        wanted = asked.read(asked.RESOLVE, body)
        wanted.pop("approvals", None)
        take = wanted.pop("side", None)
        asks = policies.asks(hall.company)
        return answer(resolve(database, id, actor=hall.actor(body), on=hall.on, take=take, asks=asks, **wanted))

    @blueprint.post("/api/conflicts/<db>/<path:id>/undo")
    def take_back(db: str, id: str) -> Response:
        database = database_of(db)
        body = read_json()
        wanted = asked.read(asked.UNDO, body)
        wanted.pop("approvals", None)
        return answer(undo(database, id, actor=hall.actor(body), on=hall.on, **wanted))


def _settled(database: Database, id: str) -> Problem:
    """Nothing is to be decided: who decided it, where somebody has; or there is no such document."""
    record = database.read(id)
    if record is None:
        return missing(say("There is nothing with this name here. It may not have arrived yet."))
    told: dict[str, Any] = {"resolution": resolutions.latest(database, id)}
    return Problem(404, "not_in_dispute", say("There is nothing to decide here any more."), **told)
