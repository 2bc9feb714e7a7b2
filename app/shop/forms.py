"""What head office's forms write: a document made or changed whole, checked, never over what somebody else wrote.

A form sends the revision that it was read at. When the document is another one by then, nothing is written, and the
answer has the document as it is now beside the names of the fields in which that differs from what was sent: the page
shows both values. A form that sends the same again (its answer was lost) is done once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.docs.database import Database
from app.docs.errors import Conflict
from app.shop import clock as clocks
from app.shop import editing, schemas
from app.shop.reason import say
from app.shop.sale import SaleError
from app.shop.schemas.journalled import REQUEST

_REQUEST = re.compile(REQUEST)


def request_id(given: Any) -> str:
    """The id that the page gave its request. Raises SaleError 400."""
    if not isinstance(given, str) or not _REQUEST.fullmatch(given):
        raise SaleError(400, "invalid", say("The request’s id is missing, or not valid."), "request")
    return given


def known_fields(given: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The `fields` (name → what an empty one is) among `given`, texts trimmed, lists without empty texts. Raises
    SaleError 400 for a field that isn't known."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            raise SaleError(400, "invalid", say("The field “%(name)s” is not known.", name=name), name)
        if isinstance(value, str):
            value = value.strip() or fields[name]
        elif isinstance(value, list):
            value = [one.strip() if isinstance(one, str) else one for one in value]
            value = [one for one in value if one not in ("", None)]
        elif value is None:
            value = fields[name]
        found[name] = value
    return found


def make(
    database: Database,
    doc: Mapping[str, Any],
    *,
    by: str | None,
    on: str,
    taken: str,
    field: str,
    moment: clocks.Clock = clocks.now,
) -> tuple[dict[str, Any], bool]:
    """Writes a document that isn't there; the document, and whether this very one was there already.

    Raises SaleError: 400 with the field at fault; 409 `taken` (the sentence `taken`, the field `field`) when another
    one has the id.
    """
    stamps = {"updated_at": clocks.stamp(moment()), "updated_by": by, "updated_on": on}
    made = {**doc, **stamps}
    check(made)
    with database.transaction():
        record = database.read(str(doc["_id"]))
        if record is not None and not record.deleted:
            found = record.full()
            if all(found.get(name) == value for name, value in doc.items()):
                return found, True
            raise SaleError(409, "taken", taken, field)
        try:
            made["_rev"] = database.put({**made, **({"_rev": record.rev} if record is not None else {})})
        except Conflict:
            raise SaleError(409, "taken", taken, field) from None
        return made, False


def change(
    database: Database,
    id: str,
    rev: Any,
    changes: Mapping[str, Any],
    *,
    by: str | None,
    on: str,
    show: Callable[[dict[str, Any]], Any] = dict,
    moment: clocks.Clock = clocks.now,
) -> dict[str, Any]:
    """Writes `changes` over the document as it was at `rev`; the document afterwards.

    Raises SaleError: 400 with the field at fault, 404, and 409 `changed` with `{"current": show(the document now),
    "fields": [those in which it differs from what was sent]}`. What is asked for and stands already is no conflict.
    """
    if not isinstance(rev, str) or not rev:
        raise SaleError(400, "invalid", say("The revision that was seen is missing."), "rev")
    problems = schemas.check({**_plain(database, id), **changes})
    if problems and any(problem.field.partition(".")[0] in changes for problem in problems):
        first = next(problem for problem in problems if problem.field.partition(".")[0] in changes)
        raise SaleError(400, "invalid", first.reason, first.field)
    try:
        return editing.edit(database, id, rev, changes, by=by, on=on, moment=moment)
    except editing.Changed as changed:
        now = changed.current
        if now is None:
            raise SaleError(404, "not_found", say("This is not here any more: somebody deleted it.")) from None
        differ = [name for name, value in changes.items() if now.get(name) != value]
        if not differ:
            return now
        reason = say("Somebody else changed this in the meantime. Nothing was written: choose what shall hold.")
        raise SaleError(409, "changed", reason, "rev", {"current": show(now), "fields": differ}) from None


def _plain(database: Database, id: str) -> dict[str, Any]:
    record = database.read(id)
    if record is None or record.deleted:
        raise SaleError(404, "not_found", say("This is not here any more: somebody deleted it."))
    return {name: value for name, value in record.full().items() if not name.startswith("_")}


def check(doc: Mapping[str, Any]) -> None:
    """Raises SaleError 400 with the first fault, and all of them as `problems`."""
    problems = schemas.check(doc)
    if problems:
        error = SaleError(400, "invalid", problems[0].reason, problems[0].field)
        error.problems = problems
        raise error
