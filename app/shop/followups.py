"""Who sees to a conflict, an incident or a task: assigned, noted, put aside, closed, open again.

An incident and a task carry it themselves. A document in dispute can't: what is said of its conflict stands in a task
of its own, `task:conflict:<document>` beside it, which is written when somebody first says something. It is closed by
the conflict's end: nobody has to. So does `task:refused:<document>` for one that the central refused.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from app.docs.database import Database
from app.shop import clock as clocks
from app.shop import schemas, tasks
from app.shop.actor import ANYBODY, Actor
from app.shop.conflicts import case as cases
from app.shop.reason import say
from app.shop.sale import SaleError, invalid
from app.shop.schemas.followup import MOST_NOTES, NOTE_ID

RIGHT: Final = "conflicts"
KIND: Final = "conflict"
_PREFIX: Final = f"task:{KIND}:"
REFUSED: Final = "task:refused:"
_ASKED: Final = frozenset({"request", "assigned", "note", "done", "later", "approvals"})


def of(id: str) -> str:
    """The id of what is said of the conflict of document `id`."""
    return _PREFIX + id


def of_conflicts(database: Database) -> list[dict[str, Any]]:
    """All that was said of this database's conflicts, decided ones too."""
    return [record.full() for record in database.find("task_kind", KIND)]


def of_refused(database: Database, id: str) -> dict[str, Any]:
    """What was said of document `id`, which the central refused; {} while nothing was."""
    record = database.read(REFUSED + id)
    return record.full() if record is not None and not record.deleted and record.type == "task" else {}


def change(
    database: Database,
    id: str,
    asked: Mapping[str, Any],
    *,
    on: str,
    staff: Iterable[str] = (),
    refused: Collection[str] = (),
    actor: Actor = ANYBODY,
    moment: clocks.Clock = clocks.now,
) -> dict[str, Any]:
    """`{"request"?, "assigned"?: staff id or null, "note"?: text, "done"?: bool, "later"?: bool}` to the document with
    it. `id` is an incident's, a task's, or that of a document in dispute; `staff` are those who can be assigned,
    `refused` the documents of this database that the central refused, of which `task:refused:<document>` may tell.

    The same `request` again adds no second note. Raises SaleError: 400 with the field; 403 `needs_approval`; 404.
    """
    actor.need(RIGHT, say("see to what waits for a decision"))
    given = _checked(asked, set(staff))
    with database.transaction():
        doc = _document(database, id, refused)
        now = clocks.stamp(moment())
        edited = {**doc, **_changes(doc, given, now, on, actor)}
        if edited == doc:
            return doc
        edited |= {"updated_at": now, "updated_by": actor.staff, "updated_on": on}
        try:
            schemas.read(edited)
        except schemas.Invalid as wrong:
            raise invalid(wrong.problems[0].reason, wrong.problems[0].field) from None
        edited["_rev"] = database.put(edited)
        return edited


def _checked(asked: Mapping[str, Any], staff: set[str]) -> dict[str, Any]:
    """What was asked for, in order. Raises SaleError."""
    for name in asked:
        if name not in _ASKED:
            raise invalid(say("“%(name)s” is not known here.", name=name), name)
    given = {name: asked[name] for name in ("assigned", "note", "done", "later") if name in asked}
    if not given:
        raise invalid(say("Say what is to change: who sees to it, a note, or whether it is done."), "")
    for name in ("done", "later"):
        if not isinstance(given.get(name, False), bool):
            raise invalid(say("“%(name)s” must be true or false.", name=name), name)
    if given.get("assigned") is not None and given["assigned"] not in staff:
        raise invalid(say("This person is not on the list."), "assigned")
    if "note" in given:
        note = given["note"]
        if not isinstance(note, str) or not note.strip():
            raise invalid(say("The note is empty."), "note")
        given["note"] = note.strip()
        request = asked.get("request", secrets.token_hex(16))
        if not isinstance(request, str) or not re.fullmatch(NOTE_ID, request):
            raise invalid(say("The request’s id is missing, or not valid."), "request")
        given["request"] = request
    return given


def _document(database: Database, id: str, refused: Collection[str]) -> dict[str, Any]:
    """The incident or the task. That of a conflict is made where nothing was said of it yet: without a clock, so that
    what two places say first has one beginning. Raises SaleError 404."""
    kind = id.partition(":")[0]
    if kind not in ("task", "incident") or _has_case(database, id):
        id = of(id)
    record = database.read(id)
    if record is not None and not record.deleted and record.type in ("task", "incident"):
        return record.full()
    about = id.removeprefix(_PREFIX).removeprefix(REFUSED)
    waits = id.startswith(_PREFIX) and _has_case(database, about)
    if record is None and (waits or (id.startswith(REFUSED) and about in refused)):
        doc = tasks.task(KIND if waits else "refused", about)
        doc["_rev"] = database.put(doc)
        return doc
    raise SaleError(404, "not_found", say("This is not here any more: somebody may have decided it."))


def _has_case(database: Database, id: str) -> bool:
    return cases.seen(database, id) is not None


def _changes(doc: Mapping[str, Any], given: Mapping[str, Any], now: str, on: str, actor: Actor) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "assigned" in given and doc.get("assigned") != given["assigned"]:
        changes["assigned"] = given["assigned"]
    if "note" in given:
        notes = doc["notes"] if isinstance(doc.get("notes"), dict) else {}
        if given["request"] not in notes:
            if len(notes) >= MOST_NOTES:
                raise invalid(say("There are too many notes here already."), "note")
            note = {"text": given["note"], "at": now, "by": actor.staff or actor.name, "on": on}
            changes["notes"] = {**notes, given["request"]: note}
    if "done" in given and bool(doc.get("done_at")) != given["done"]:
        changes |= {"done_at": now, "done_by": actor.staff} if given["done"] else {"done_at": None, "done_by": None}
    if "later" in given and bool(doc.get("later_at")) != given["later"]:
        changes["later_at"] = now if given["later"] else None
    return changes
