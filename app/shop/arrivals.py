"""What replication brings together that must not be: one number given twice, one sale written twice, a document that is
written once and was changed, deleted or made up.

Any node that holds a store's orders looks through what came since it last looked, after each pull, and writes an
`incident` document for what it finds. The document says nothing of who found it, so every node that finds the same
incident writes the same revision.
A document whose predecessor isn't here is no incident: it may be on its way, behind a line that was cut, or on another
till's list of refused ones. Only one that has waited for `PATIENCE` is a broken chain; one that names a predecessor
which is here and can't be it is one at once. (`couchtill verify` tells every gap at any time.)
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock, ids, integrity
from app.shop.incidents import about_incident, number_incident, place_incident, sale_incident, write

MARK = "couchtill.incidents"  # local document: the sequence up to which this node has looked
#: Of the look: what one of an older program passed over is looked at once more.
LOOK = 2
PAGE = 500
LINKS = tuple(f"{type}:" for type in sorted(ids.IMMUTABLE))
# Changes after which the mark is written; until then a few are looked at again, and no sale costs a second flush.
SAVE = 50
#: How long a document may wait for the one before it.
PATIENCE = timedelta(days=7)
#: Documents of which a node remembers that they wait.
WAITING = 1000


def scan_incidents(database: Database, moment: clock.Clock = clock.now) -> list[str]:
    """Looks through what changed in a database since the last call; the ids of the incidents written."""
    kept = database.get_local(MARK) or {}
    fresh = kept.get("look") != LOOK
    since: Any = "0" if fresh else kept["seq"]
    waiting: dict[str, str] = {} if fresh else dict(kept.get("waiting") or {})
    before = dict(waiting)
    written: list[str] = []
    start = since
    while True:
        page = database.changes(since, limit=PAGE)
        links = [row["id"] for row in page.rows if row["id"].startswith(LINKS)]
        if links:
            written += [doc["_id"] for doc in _found(database, links, waiting, moment()) if write(database, doc)]
        since = page.last_seq
        if len(page.rows) < PAGE:
            break
    if waiting:
        written += [doc["_id"] for doc in _overdue(database, waiting, moment()) if write(database, doc)]
    if written or waiting != before or database.resolve_seq(since) - database.resolve_seq(start) >= SAVE:
        database.put_local(MARK, {"seq": since, "look": LOOK, "waiting": waiting})
    return written


def _found(database: Database, links: list[str], waiting: dict[str, str], now: datetime) -> Iterator[dict[str, Any]]:
    """The incidents about these documents; in `waiting` those whose predecessor isn't here, and until when they may."""
    for record in database.read_many(links):
        if record is None:
            continue
        fault = integrity.fault_of(database, record)
        if fault is not None:
            yield about_incident(fault, record.id)
        if record.deleted or fault == "second_version":
            continue
        yield from _doubles(database, record)
        if record.local or record.type not in ids.JOURNALED or ids.parse(record.id) is None:
            continue
        follows = integrity.follows(database, record.doc())
        if follows is False:
            yield about_incident("chain", record.id)
        elif follows is None and len(waiting) < WAITING:
            waiting.setdefault(record.id, clock.stamp(now + PATIENCE))


def _overdue(database: Database, waiting: dict[str, str], now: datetime) -> Iterator[dict[str, Any]]:
    """The broken chains among the documents that have waited long enough; those are taken off `waiting`."""
    for id in [id for id, until in waiting.items() if until <= clock.stamp(now)]:
        record = database.read(id)
        del waiting[id]
        if record is not None and not record.deleted and not integrity.follows(database, record.doc()):
            yield about_incident("chain", id)


def _doubles(database: Database, record: Record) -> Iterator[dict[str, Any]]:
    parts = ids.parse(record.id)
    if parts is not None and parts.type == "order":
        if _several(database, parts, ("order",)):
            yield number_incident(parts.series, parts.number)
    elif parts is not None and parts.type == "zreport":
        if record.conflicts > 0 or _several(database, parts, ("zreport",)):
            yield place_incident("zreport", parts.series, parts.number)
    elif parts is not None and (record.conflicts > 0 or _several(database, parts, ids.PLACED)):
        yield place_incident("journal", parts.series, parts.number)
    if record.type == "order" and "order_sale" in database.indexes:  # one that strayed into another database waits
        yield from _twice(database, record)


def _several(database: Database, parts: ids.NumberedId, types: tuple[str, ...]) -> bool:
    """Whether more than one document has this number in its series, among these types."""
    found = 0
    for type in types:
        prefix = ids.prefix(type, parts.series, parts.number)
        found += len(database.between(prefix, prefix + "~", limit=2))
    return found > 1


def _twice(database: Database, record: Record) -> Iterator[dict[str, Any]]:
    sale = record.doc().get("sale")
    # An order is written once: a second leaf is the same sale, finished on a terminal and on its clone.
    twice = record.conflicts > 0 or (isinstance(sale, str) and len(database.find("order_sale", sale, limit=2)) > 1)
    if isinstance(sale, str) and twice:
        yield sale_incident(sale)
