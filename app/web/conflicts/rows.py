"""The rows of the three lists: conflicts, incidents and tasks, as the page and programs get them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask_babel import gettext as _
from flask_babel import ngettext

from app.docs.database import Database
from app.docs.merge import MISSING
from app.shop import followups, tasks
from app.shop.conflicts.case import Case, Side
from app.shop.conflicts.inbox import Entry
from app.web import present, tasks_api
from app.web import words as sync_words
from app.web.conflicts import evidence
from app.web.conflicts.hall import Hall
from app.web.conflicts.words import NAMED, Words

Doc = Mapping[str, Any]


def conflict(entry: Entry, words: Words) -> dict[str, Any]:
    """`{"database", "id", "type", "seq", "seen", "kind", "title", "text", "before", "sides": [{"rev", "deleted",
    "value", "label", "where", "who", "when", "at", "till", "sold"}], "sold", "by_rule", "follow", "href"}`: `sold` says
    what hangs on it, "" for nothing; `by_rule` where rules join it and no person is needed."""
    case, weight = entry.case, entry.weight
    field = case.fields[0] if len(case.fields) == 1 else None
    price = next((each for each in case.fields if each.path == "price"), None) if case.type == "product" else None
    return {
        "database": entry.database.name,
        "id": case.id,
        "type": case.type,
        "seq": entry.record.seq,
        "seen": case.seen,
        "kind": case.kind,
        "title": words.called(case),
        "text": words.sentence(case),
        "before": words.of(case, field.path, field.base) if field and field.base is not MISSING else "",
        "sides": [
            {
                **words.side(side),
                "value": _value(case, side, words),
                "sold": _sold_at(entry, side, price.values.get(side.rev)) if price and side.at else "",
            }
            for side in case.sides
        ],
        "sold": "" if price or not entry.since else _since(entry, weight.more),
        "by_rule": case.kind == "edited" and not case.fields,
        "follow": follow(entry.follow or {}, words),
        "href": f"conflicts/{quote(entry.database.name)}/{quote(case.id)}",
    }


def _value(case: Case, side: Side, words: Words) -> str:
    """What this side changed of what there is to decide: its first values."""
    if side.deleted:
        return _("deleted")
    changed = [field for field in case.fields if side.rev in field.changed]
    told = [words.of(case, field.path, case.value(side, field.place)) for field in changed[:NAMED]]
    more = ["…"] if len(changed) > NAMED else []
    return " · ".join([*told, *more]) or _("changed")


def _sold_at(entry: Entry, side: Side, price: Any) -> str:
    return _quantity(entry.weight.sold_at(entry.case.id, side.at or "", price), entry.weight.more, at_it=True)


def _since(entry: Entry, more: bool) -> str:
    since = entry.since or ""
    if entry.case.type == "customer":
        number = entry.weight.receipts(entry.case.id, since)
        return ngettext("%(num)s receipt since", "%(num)s receipts since", number) if number else ""
    return _quantity(entry.weight.sold(entry.case.id, since), more, at_it=False)


def _quantity(thousandths: int, more: bool, *, at_it: bool) -> str:
    if not thousandths:
        return ""
    number = f"{present.quantity(thousandths)}{'+' if more else ''}"
    return _("%(number)s sold at it", number=number) if at_it else _("%(number)s sold since", number=number)


def follow(doc: Doc, words: Words) -> dict[str, Any]:
    """`{"assigned": id or null, "name", "notes": [{"id", "text", "label"}], "later", "done", "by"}`; the oldest note
    first."""
    given = doc.get("notes")
    notes = {id: note for id, note in given.items() if isinstance(note, Mapping)} if isinstance(given, Mapping) else {}
    told = sorted(notes.items(), key=lambda each: (str(each[1].get("at")), each[0]))
    assigned = doc.get("assigned")
    return {
        "assigned": assigned if isinstance(assigned, str) else None,
        "name": words.who(assigned) if isinstance(assigned, str) else "",
        "notes": [{"id": id, "text": str(note.get("text")), "label": _by(note, words)} for id, note in told],
        "later": bool(doc.get("later_at")),
        "done": bool(doc.get("done_at")),
        "by": _by({"at": doc.get("done_at"), "by": doc.get("done_by")}, words) if doc.get("done_at") else "",
    }


def _by(note: Doc, words: Words) -> str:
    on, by, at = (note.get(key) if isinstance(note.get(key), str) else None for key in ("on", "by", "at"))
    parts = [words.who(by), words.where(on) if on else "", words.when(at)]
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Item:
    """An entry of the incidents or the tasks: its document ({} for what the central refused), and what makes a row of
    it, which reads receipts and takes milliseconds."""

    key: str
    doc: Doc
    row: Callable[[], dict[str, Any]]


def incidents(hall: Hall, words: Words, *, done: bool) -> list[Item]:
    """The rows of `evidence.row`, with `text` (what likely happened) and `follow`; the newest here first."""

    def item(doc: Doc, database: Database) -> Item:
        def row() -> dict[str, Any]:
            told = evidence.row(doc, database, hall.company, hall.databases())
            return {**told, "text": told["likely"], "follow": follow(doc, words)}

        return Item(f"{database.name}/{doc['_id']}", doc, row)

    found = []
    for database in hall.databases():
        records = sorted(database.find("incident_kind"), key=lambda record: -record.seq)
        docs = [record.full() for record in records]
        found += [item(doc, database) for doc in docs if bool(doc.get("done_at")) == done]
    return found


def listed_tasks(hall: Hall, words: Words, *, done: bool) -> list[Item]:
    """The rows of `tasks_api.row` with their `follow`; what the central refused before them, with `href` the page where
    that is seen to."""
    known = {database.name: database for database in hall.databases()}

    def item(doc: Doc) -> Item:
        def row() -> dict[str, Any]:
            told = tasks_api.row(doc, known[doc["database"]], hall.company, known)
            return {**told, "follow": follow(doc, words)}

        return Item(f"{doc['database']}/{doc['_id']}", doc, row)

    return [*refused(hall, words, done=done), *(item(doc) for doc in tasks.tasks(*known.values(), done=done))]


def refused(hall: Hall, words: Words, *, done: bool) -> list[Item]:
    """What the central didn't take, from the list of the sync page, with what was said of it."""
    status = hall.node.sync_status()
    found = []
    for entry, told in zip(status["refused"], sync_words.refused(status), strict=True):
        database = hall.find(entry["database"])
        said = followups.of_refused(database, entry["document"]) if database is not None else {}
        if bool(said.get("done_at")) != done:
            continue
        row = {
            "database": entry["database"],
            "id": followups.REFUSED + entry["document"],
            "kind": "refused",
            "store": "",
            "title": _("Head office did not take a document"),
            "text": _("%(document)s: %(reason)s", document=told["document"], reason=told["reason"]),
            "receipts": [],
            "follow": follow(said, words) if database is not None else None,
            "href": "sync",
        }
        found.append(Item(f"{row['database']}/{row['id']}", said, lambda row=row: row))  # type: ignore[misc]
    return found


def people(stores: Sequence[Database]) -> list[dict[str, str]]:
    """`[{"id", "name"}]`: those who work at these stores, by name."""
    found = {}
    for store in stores:
        for record in store.each("staff"):
            doc = record.doc()
            if isinstance(doc.get("name"), str) and not doc.get("inactive"):
                found[record.id] = doc["name"]
    return [{"id": id, "name": found[id]} for id in sorted(found, key=lambda id: (found[id].casefold(), id))]


def page(
    found: Sequence[Item], words: str, assigned: str | None, before: str | None, limit: int
) -> tuple[list[dict[str, Any]], int, str | None]:
    """The rows that have these words and are that person's, from the one after `before` on; how many there are in all,
    and the `before` of the next page. Without words only the rows of the page are made."""
    kept = [item for item in found if not assigned or _is_whose(item.doc, assigned)]
    made: dict[str, dict[str, Any]] = {}
    if words:
        made = {item.key: item.row() for item in kept}
        kept = [item for item in kept if _has(made[item.key], words)]
    keys = [item.key for item in kept]
    first = keys.index(before) + 1 if before in keys else 0
    shown = kept[first : first + limit]
    rows = [made.get(item.key) or item.row() for item in shown]
    return rows, len(kept), shown[-1].key if first + limit < len(kept) else None


def _is_whose(doc: Doc, assigned: str) -> bool:
    return not doc.get("assigned") if assigned == "nobody" else doc.get("assigned") == assigned


def _has(row: Doc, words: str) -> bool:
    held = row.get("follow") or {}
    notes = " ".join(note["text"] for note in held.get("notes", ()))
    told = f"{row['id']} {row['title']} {row['text']} {held.get('name', '')} {notes}".casefold()
    return all(word in told for word in words.casefold().split())
