"""The documents that say what was decided: written once for each request, found by it and by what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ulid import ULID

from app.docs.database import Database
from app.docs.errors import Conflict
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import schemas
from app.shop.conflicts.policies import HIDDEN, secret
from app.shop.reason import say
from app.shop.sale import SaleError, check_document, invalid

#: Characters of a request's id, and of a note.
_LEAST, _MOST, _NOTE = 8, 64, 500
#: Resolutions of one document that are looked at for a readable one.
_LOOKED = 20


def record(
    database: Database,
    about: Mapping[str, Any],
    *,
    result: str | None,
    closed: list[str],
    by: str | None,
    on: str,
    moment: clocks.Clock,
    lent: list[dict[str, str]],
    **more: Any,
) -> dict[str, Any]:
    """Writes the resolution, and gives it; `about` has `id`, `type`, `kind`, `request` and `leaves`. Raises SaleError
    409 when the request has written another one meanwhile."""
    made = {
        "_id": f"resolution:{ULID()}",
        "type": "resolution",
        "schema": 1,
        "request": about["request"],
        "about": about["id"],
        "doctype": about["type"],
        "kind": about["kind"],
        "leaves": about["leaves"],
        "result": result,
        "closed": closed,
        "at": clocks.stamp(moment()),
        "by": by,
        "on": on,
        **more,
        **({"approvals": lent} if lent else {}),
    }
    check_document(made)  # hundreds of versions, thousands of members: not for one resolution
    try:
        made["_rev"] = database.put(made)
    except Conflict:
        raise used() from None
    return made


def of(database: Database, id: str, limit: int) -> list[dict[str, Any]]:
    """The resolutions about a document, the newest first. Anybody's program may write such documents: what is none by
    its schema has decided nothing, and is left out."""
    docs = [record.full() for record in database.find("resolution_about", id, limit=limit, descending=True)]
    return [doc for doc in docs if not schemas.check(doc)]


def latest(database: Database, id: str) -> dict[str, Any] | None:
    """The newest resolution about a document; None where there is none."""
    return next(iter(of(database, id, _LOOKED)), None)


def requested(database: Database, request: str, id: str, **same: Any) -> dict[str, Any] | None:
    """What a request has written already. Raises SaleError where that was about another document, or did something
    else: `same` are members that it must have."""
    found = database.find("resolution_request", request, limit=1)
    if not found:
        return None
    doc = found[0].full()
    if doc.get("about") != id or any(doc.get(name) != value for name, value in same.items()) or schemas.check(doc):
        raise used()
    return doc


def check(request: Any, note: Any) -> None:
    """Raises SaleError for a request's id, or a note, that can't be kept."""
    if not isinstance(request, str) or not _LEAST <= len(request) <= _MOST:
        reason = say(
            "The request needs an id of its own, of %(least)s to %(most)s characters.", least=_LEAST, most=_MOST
        )
        raise invalid(reason, "request")
    if note is not None and (not isinstance(note, str) or len(note) > _NOTE):
        raise invalid(say("The note must be text of %(most)s characters at most.", most=_NOTE), "note")


def used() -> SaleError:
    """The request's id stands for something else already."""
    return SaleError(409, "request_used", say("The id of this request has written something else already."))


def answer(database: Database, id: str, resolution: Mapping[str, Any]) -> dict[str, Any]:
    """What a request has written: `{"rev", "resolution", "doc"}`, the document as it is now (None: deleted)."""
    now = database.read(id)
    doc = None if now is None or now.deleted else _shown(now)
    return {"rev": now.rev if now is not None else None, "resolution": dict(resolution), "doc": doc}


def _shown(record: Record) -> dict[str, Any]:
    """The document without what nobody is shown."""
    names = secret(record.id, record.type)
    return {name: HIDDEN if name in names and value is not None else value for name, value in record.full().items()}
