"""The inbox: every document in dispute in the databases of a node, the newest change of each database first.

A page is read by the store's own list (`app.docs.disputes`), so that ten thousand cost what fifty do. Documents that
are written once are none of them: a second leaf of an order is an incident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from app.docs.database import Database
from app.docs.record import Record
from app.shop import followups, ids
from app.shop.conflicts import case as cases
from app.shop.conflicts.case import Case
from app.shop.conflicts.policies import UNSEARCHED
from app.shop.conflicts.weight import Weight

PAGE = 30  # rows: a screen shows eight, and each costs two milliseconds
LARGEST = 200
_AT_ONCE = 500  # rows read at a time where a filter drops some

#: Values of the filter `assigned` that are no person.
NOBODY, LATER = "nobody", "later"


@dataclass(frozen=True)
class Filter:
    """What is asked for: one `database`, one `type` (of those without a type: ""), `words`, and whom it is `assigned`
    to: a staff id, NOBODY, or LATER for what was put aside."""

    database: str | None = None
    type: str | None = None
    words: str | None = None
    assigned: str | None = None


@dataclass(frozen=True)
class Entry:
    """One row: the case, how much hangs on it, and what people said of it (the follow-up, None without one)."""

    database: Database
    record: Record
    case: Case
    weight: Weight
    follow: Mapping[str, Any] | None

    @property
    def since(self) -> str | None:
        return _since(self.case)


@dataclass(frozen=True)
class Page:
    """`next` is the `before` of the following page, None on the last one."""

    entries: tuple[Entry, ...]
    next: str | None


def page(
    databases: Sequence[Database],
    wanted: Filter,
    *,
    before: str | None = None,
    limit: int = PAGE,
    asks: Iterable[str] = (),
) -> Page:
    """A page of the inbox. `before` is what the page before gave as `next`; one that can't be read begins anew."""
    asks = tuple(asks)
    found: list[tuple[Database, Record, Case]] = []
    following = None
    with ExitStack() as stack:  # one snapshot of each database for all of its cases: a third of the time
        entered: set[str] = set()
        for database, record in rows(databases, wanted, before):
            if len(found) == limit:
                last = found[-1]
                following = f"{last[0].name}:{last[1].seq}"
                break
            if database.name not in entered:
                entered.add(database.name)
                stack.enter_context(database.snapshot())
            case = cases.read(database, record.id, asks)
            if case is not None:
                found.append((database, record, case))
    stores = [each for each in databases if each.name.startswith("store-")]
    weight = Weight(stores, {case.id: since for _, _, case in found if (since := _weighed(case))})
    follows = _follows(found)
    entries = [Entry(db, record, case, weight, follows.get((db.name, record.id))) for db, record, case in found]
    return Page(tuple(entries), following)


def rows(databases: Sequence[Database], wanted: Filter, before: str | None = None) -> Iterator[tuple[Database, Record]]:
    """The documents in dispute that a filter lets through, one database after the other. Holds no connection."""
    place, _colon, seq = (before or "").rpartition(":")
    names = [database.name for database in databases]
    skip = names.index(place) if place in names else 0
    after = int(seq) if place in names and seq.isascii() and seq.isdigit() and len(seq) < 16 else None
    for database in databases[skip:]:
        if wanted.database is None or database.name == wanted.database:
            yield from _of(database, wanted, after)
        after = None


def _of(database: Database, wanted: Filter, before: int | None) -> Iterator[tuple[Database, Record]]:
    kinds = types(database)
    if wanted.type is not None:
        kinds = [kind for kind in kinds if (kind or "") == wanted.type]
    passes = _passes(database, wanted.assigned)
    if not kinds:
        return
    at_once = PAGE + 1 if passes is None else _AT_ONCE
    while True:
        found = database.disputes(types=kinds, words=wanted.words, unsearched=UNSEARCHED, before=before, limit=at_once)
        for record in found:
            if passes is None or passes(record.id):
                yield database, record
        if len(found) < at_once:
            return
        before = found[-1].seq
        at_once = _AT_ONCE


def _passes(database: Database, assigned: str | None) -> Callable[[str], bool] | None:
    """Whether a document's follow-up is what the filter wants; None: each is."""
    if not assigned:
        return None
    known = {str(doc.get("about")): doc for doc in followups.of_conflicts(database)}
    if assigned == NOBODY:
        return lambda id: not (known.get(id) or {}).get("assigned")
    if assigned == LATER:
        return lambda id: bool((known.get(id) or {}).get("later_at"))
    return lambda id: (known.get(id) or {}).get("assigned") == assigned


def types(database: Database) -> list[str | None]:
    """The types of which something is in dispute, without those that are written once."""
    return [kind for kind in database.dispute_counts() if kind not in ids.IMMUTABLE]


def counts(databases: Sequence[Database], words: str | None = None) -> dict[tuple[str, str | None], int]:
    """How many are in dispute: by the database's name and the type."""
    return {
        (database.name, kind): number
        for database in databases
        for kind, number in database.dispute_counts(words, UNSEARCHED).items()
        if kind not in ids.IMMUTABLE
    }


def matching(databases: Sequence[Database], wanted: Filter) -> int:
    """How many a filter lets through."""
    if wanted.assigned:
        return sum(1 for _ in rows(databases, wanted))
    return sum(
        number
        for (name, kind), number in counts(databases, wanted.words).items()
        if wanted.database in (None, name) and wanted.type in (None, kind or "")
    )


def _since(case: Case) -> str | None:
    """When the first of the sides was written, as far as they say."""
    return min((side.at for side in case.live if side.at), default=None)


def _weighed(case: Case) -> str | None:
    return _since(case) if case.type in ("product", "customer") else None


def _follows(found: Iterable[tuple[Database, Record, Case]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    by_database: dict[str, tuple[Database, list[str]]] = {}
    for database, record, _ in found:
        by_database.setdefault(database.name, (database, []))[1].append(record.id)
    follows: dict[tuple[str, str], Mapping[str, Any]] = {}
    for database, about in by_database.values():
        for id, said in zip(about, database.read_many([followups.of(id) for id in about]), strict=True):
            if said is not None and not said.deleted:
                follows[database.name, id] = said.full()
    return follows
