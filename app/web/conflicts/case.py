"""One document in dispute, and deciding it: the page, and what machines ask."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _

from app.docs.database import Database
from app.docs.errors import NotFound
from app.shop.conflicts import asked, policies, resolutions
from app.shop.conflicts import case as cases
from app.shop.conflicts.resolve import resolve, undo
from app.shop.reason import say
from app.web.conflicts import case_details, decided
from app.web.conflicts.case_view import View, following
from app.web.conflicts.hall import Hall
from app.web.conflicts.values import IMAGES
from app.web.i18n import boot
from app.web.json_api import Problem, answer, missing


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes."""

    def case_of(database: Database, id: str) -> cases.Case | None:
        """The case; what both sides had before is asked of the central where it never came here."""
        case = cases.read(database, id, policies.asks(hall.company))
        if case is None or not case.plan.lacking:
            return case
        hall.node.older.fetch(database.name, id, case.plan.lacking)
        return cases.read(database, id, policies.asks(hall.company))

    @blueprint.get("/conflicts/<db>/<path:id>")
    def conflict_page(db: str, id: str) -> str | tuple[str, int]:
        """The page; `?part=body` is what it exchanges when something new came in, `?part=details` what it shows of each
        version. `?after` is the place in the inbox at which the page was opened."""
        database = hall.find(db)
        if database is None or database.read(id) is None:
            return _nothing(), 404
        case = case_of(database, id)
        part = request.args.get("part")
        if part == "details" and case is not None:
            unfold = request.args.getlist("unfold")
            return render_template("conflicts/case_details.html", of=case_details.view(hall, database, case, unfold))
        case_view = View(hall, database, case).page() if case is not None else None
        position = case_view["position"] if case_view is not None else request.args.get("after")
        return render_template(
            "conflicts/case_body.html" if part == "body" else "conflicts/case.html",
            case=case_view,
            done=None if case_view is not None else decided.view(hall, database, id),
            following=following(hall, position, (db, id)),
            db=db,
            id=id,
            **hall.frame(),
            boot=boot({"db": db, "id": id, **hall.money()}),
        )

    @blueprint.get("/api/conflicts/<db>/<path:id>/attachment")
    def file_of(db: str, id: str) -> Response:
        """A picture of one version: `?rev`, `?name`."""
        try:
            file = hall.database(db).get_attachment(id, request.args.get("name", ""), rev=request.args.get("rev"))
        except NotFound:
            raise missing(say("This version has no such picture.")) from None
        if file.content_type not in IMAGES:
            raise missing(say("This version has no such picture."))
        response = Response(file.data, content_type=file.content_type)
        response.headers["Cache-Control"] = "private, max-age=3600"
        response.headers["X-Content-Type-Options"] = "nosniff"
        # A drawing opened by itself is a document: it runs nothing.
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        return response

    @blueprint.get("/api/conflicts/<db>/<path:id>")
    def conflict(db: str, id: str) -> Response:
        """The case. With `seen`, only `{"seen"}` while that is still what there is to decide."""
        database = hall.database(db)
        known = request.args.get("seen")
        if known is not None and known == cases.seen(database, id):
            return answer({"seen": known})
        case = case_of(database, id)
        if case is None:
            raise _settled(database, id)
        return answer(case.as_dict())

    @blueprint.post("/api/conflicts/<db>/<path:id>/resolve")
    def decide(db: str, id: str) -> Response:
        wanted, actor = hall.asked(asked.RESOLVE)
        database = hall.database(db)
        hall.need_own(id)
        take = wanted.pop("side", None)
        asks = policies.asks(hall.company)
        return answer(resolve(database, id, actor=actor, on=hall.on, take=take, asks=asks, **wanted))

    @blueprint.post("/api/conflicts/<db>/<path:id>/undo")
    def take_back(db: str, id: str) -> Response:
        wanted, actor = hall.asked(asked.UNDO)
        database = hall.database(db)
        hall.need_own(id)
        return answer(undo(database, id, actor=actor, on=hall.on, **wanted))


def _nothing() -> str:
    text = _("There is nothing with this name here. It may not have arrived yet, or the link is an old one.")
    link = {"href": url_for(".conflicts_page"), "name": _("Back to the list")}
    return render_template("message.html", title=_("Nothing to decide"), text=text, link=link)


def _settled(database: Database, id: str) -> Problem:
    """Nothing is to be decided: who decided it, where somebody has; or there is no such document."""
    record = database.read(id)
    if record is None:
        return missing(say("There is nothing with this name here. It may not have arrived yet."))
    told: dict[str, Any] = {"resolution": resolutions.latest(database, id)}
    return Problem(404, "not_in_dispute", say("There is nothing to decide here any more."), **told)
