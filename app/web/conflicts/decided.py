"""What was decided about a document, in words: for its page once there is nothing to decide any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.docs.database import Database
from app.docs.merge import MISSING
from app.shop.conflicts import resolutions, undoing
from app.shop.conflicts.history import QUIET
from app.shop.conflicts.policies import PERSONAL
from app.web.conflicts.hall import Hall
from app.web.conflicts.values import Values
from app.web.conflicts.words import Words


def view(hall: Hall, database: Database, id: str) -> dict[str, Any]:
    """`{"exists", "deleted", "title", "resolution", "kind", "who", "where", "when", "choices": [{"label", "text",
    "of"}], "kept", "note", "undo"}`: `undo` is the id of the resolution that can be taken back; `resolution` None where
    no person has decided anything (rules did, or the document never was in dispute)."""
    words = Words(hall)
    record = database.read(id)
    told: dict[str, Any] = {"exists": record is not None, "deleted": record is None or bool(record.deleted)}
    done = resolutions.latest(database, id) if record is not None else None
    bodies = {rev: body for rev in (done or {}).get("leaves", ()) if (body := _body(database, id, rev)) is not None}
    body = record.doc() if record is not None and not record.deleted else next(iter(bodies.values()), {})
    doctype = id.partition(":")[0] if record is None else record.type or (done or {}).get("doctype")
    told |= {"title": words.title(doctype, id, body), "resolution": None, "choices": [], "undo": None}
    if done is None or record is None:
        return told
    values = Values(words, hall.money(), database.name, id, doctype, body)
    return told | {
        "resolution": done["_id"],
        "kind": done.get("kind"),
        "who": words.who(done.get("by")),
        "where": words.where(done.get("on")),
        "when": words.when(done.get("at")),
        "kept": done.get("kept"),
        "note": done.get("note"),
        "choices": [
            _choice(words, values, doctype, choice, bodies)
            for choice in done.get("choices", ())
            if choice.get("path") not in QUIET
        ],
        "undo": done["_id"] if hall.barred(id) is None and _can_undo(database, record, done) else None,
    }


def _body(database: Database, id: str, rev: str) -> dict[str, Any] | None:
    found = database.open_revs(id, [rev])[0].get("ok")
    return None if found is None else {key: value for key, value in found.items() if key[:1] != "_"}


def _can_undo(database: Database, record: Any, done: Mapping[str, Any]) -> bool:
    return done.get("kind") in ("resolved", "bulk") and undoing.untouched(database, record, done)


def _choice(
    words: Words, values: Values, doctype: str | None, choice: Mapping[str, Any], bodies: Mapping[str, Any]
) -> dict[str, Any]:
    path, side = str(choice.get("path")), str(choice.get("side"))
    if side == "other":
        of = _("keyed")
    elif side == "joined":
        of = _("joined")
    else:
        of = words.where(bodies[side].get("updated_on")) if side in bodies else ""
    personal = doctype in PERSONAL
    text = "" if personal else values.shown(path, choice.get("value", MISSING))["text"]
    return {"label": words.field(doctype, path), "text": text, "of": of, "joined": side == "joined"}
