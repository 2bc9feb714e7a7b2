"""Who changed what of a document, when and where: the page, its API, and bringing an older version back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request

from app.docs.database import Database
from app.shop import ids
from app.shop.conflicts import asked
from app.shop.conflicts import history as histories
from app.shop.conflicts.history import History
from app.shop.conflicts.restoring import ALSO, restore
from app.shop.conflicts.undoing import RIGHT
from app.shop.reason import say
from app.web.conflicts import history_words
from app.web.conflicts.hall import Hall
from app.web.conflicts.words import Words
from app.web.i18n import boot
from app.web.json_api import answer, missing


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes."""

    def look(db: str, id: str) -> tuple[History, dict[str, Any] | None]:
        """The history, with what the central still has where `?central=1` asks for it. What decides on other people's
        rights is not for everybody who may sell."""
        database = hall.database(db)
        found = histories.read(database, id)
        if found is None:
            raise missing(say("There is nothing with this name here. It may not have arrived yet."))
        if id.partition(":")[0] in ALSO:
            actor = hall.actor({})
            if not actor.may(ALSO[id.partition(":")[0]]):
                actor.need(RIGHT, say("see who changed this"))
        if request.args.get("central") != "1":
            return found, None
        docs = hall.node.older.look(db, id, found.missing)
        if docs:
            found = histories.read(database, id, docs) or found
        return found, {"reached": docs is not None, "found": len(docs or ())}

    @blueprint.get("/history/<db>/<path:id>")
    def history_page(db: str, id: str) -> str:
        found, central = look(db, id)
        words = Words(hall)
        written_once = id.partition(":")[0] in ids.IMMUTABLE
        rows = history_words.rows(found, words, fixed=written_once or hall.barred(id) is not None)
        return render_template(
            "conflicts/history.html",
            **hall.frame(),
            linked=hall.node.config.central_url is not None,
            db=db,
            id=id,
            found=found,
            central=central,
            title=words.title(found.type, id, found.body),
            kind=history_words.kind(found.type),
            rows=rows,
            asks=next((n for n, row in enumerate(rows) if row["kind"] == "gap"), None),
            written_once=written_once,
            disputed=len(found.open) > 1 and not found.deleted and not written_once,
            drawing=found.drawing(request.args.getlist("unfold")),
            labels=history_words.labels(found, words),
            boot=boot({"database": db, "id": id, "seen": found.rev}),
        )

    @blueprint.get("/api/history/<db>/<path:id>")
    def history(db: str, id: str) -> Response:
        found, central = look(db, id)
        return answer({**histories.told(found), "central": central})

    @blueprint.post("/api/history/<db>/<path:id>/restore")
    def bring_back(db: str, id: str) -> Response:
        wanted, actor = hall.asked(asked.RESTORE)
        database = hall.database(db)
        hall.need_own(id)
        elsewhere = _elsewhere(hall, database, id, wanted["rev"])
        return answer(restore(database, id, actor=actor, on=hall.on, elsewhere=elsewhere, **wanted))


def _elsewhere(hall: Hall, database: Database, id: str, rev: str) -> Mapping[str, Any] | None:
    """A revision that isn't held here, from the central: asked before the transaction that would hold up the till."""
    record = database.read(id)
    if record is None or "ok" in database.open_revs(id, [rev])[0]:
        return None
    docs = hall.node.older.look(database.name, id, [rev])
    return docs[0] if docs else None
