"""What replication brings together that must not be: one number given twice, one sale written twice.

Any node that holds a store's orders looks through what came since it last looked, after each pull, and writes an
`incident` document for what it finds. The document says nothing of who found it, so every node that finds the same
incident writes the same revision. All orders stay, and of two with one `sale` the sums count the one with the smaller
id.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.docs.database import Database
from app.docs.errors import Conflict
from app.docs.record import Record
from app.shop import ids

MARK = "couchtill.incidents"  # local document: the sequence up to which this node has looked
PAGE = 500
LINKS = tuple(f"{type}:" for type in sorted(ids.JOURNALED))
# Changes after which the mark is written; until then a few are looked at again, and no sale costs a second flush.
SAVE = 50


def number_incident(series: str, number: int) -> dict[str, Any]:
    """Two documents of one series have one number: a terminal was copied, and both sold."""
    return _incident("number", f"{series}:{number:08d}", series=series, number=number)


def place_incident(of: str, series: str, number: int) -> dict[str, Any]:
    """Two documents of one series have one number that is no receipt's: of Z reports (`of` is "zreport"), or one place
    in the journal ("journal")."""
    return _incident("number", f"{series}:{of}:{number:08d}", series=series, number=number, of=of)


def sale_incident(sale: str) -> dict[str, Any]:
    """Two orders have one `sale`: a terminal was restored between a request and its retry."""
    return _incident("sale", sale, sale=sale)


def behind_incident(series: str, number: int, following: str) -> dict[str, Any]:
    """A terminal found its own `series` further on (`number`) than it knew, and began `following`."""
    return _incident("behind", following, series=series, number=number, next=following)


def _incident(kind: str, about: str, **body: Any) -> dict[str, Any]:
    return {"_id": f"incident:{kind}:{about}", "type": "incident", "schema": 1, "kind": kind, **body}


def write(database: Database, incident: dict[str, Any]) -> bool:
    """Writes an incident that isn't there; one that somebody deleted stays deleted. Whether it was new."""
    if database.read(incident["_id"]) is not None:
        return False
    try:
        database.put(incident)
    except Conflict:  # a pull brought the same one in between
        return False
    return True


def scan_incidents(database: Database) -> list[str]:
    """Looks through what changed in a store's database since the last call; the ids of the incidents written."""
    kept = database.get_local(MARK)
    since: Any = kept["seq"] if kept else "0"
    written: list[str] = []
    start = since
    while True:
        page = database.changes(since, limit=PAGE)
        links = [row["id"] for row in page.rows if row["id"].startswith(LINKS) and not row.get("deleted")]
        if links:
            written += [doc["_id"] for doc in _doubles(database, links) if write(database, doc)]
        since = page.last_seq
        if len(page.rows) < PAGE:
            break
    if written or database.resolve_seq(since) - database.resolve_seq(start) >= SAVE:
        database.put_local(MARK, {"seq": since})
    return written


def _doubles(database: Database, links: list[str]) -> Iterator[dict[str, Any]]:
    for record in database.read_many(links):
        if record is None or record.deleted:
            continue
        parts = ids.parse(record.id)
        if parts is not None and parts.type == "order":
            if _several(database, parts, ("order",)):
                yield number_incident(parts.series, parts.number)
        elif parts is not None and parts.type == "zreport":
            if record.conflicts > 0 or _several(database, parts, ("zreport",)):
                yield place_incident("zreport", parts.series, parts.number)
        elif parts is not None and (record.conflicts > 0 or _several(database, parts, ids.PLACED)):
            yield place_incident("journal", parts.series, parts.number)
        if record.type == "order":
            yield from _twice(database, record)


def _several(database: Database, parts: ids.NumberedId, types: tuple[str, ...]) -> bool:
    """Whether more than one document has this number in its series, among these types."""
    found = 0
    for type in types:
        prefix = f"{type}:{parts.series}:{parts.number:08d}:"
        found += len(database.between(prefix, prefix + "~", limit=2))
    return found > 1


def _twice(database: Database, record: Record) -> Iterator[dict[str, Any]]:
    sale = record.doc().get("sale")
    # An order is written once: a second leaf is the same sale, finished on a terminal and on its clone.
    twice = record.conflicts > 0 or (isinstance(sale, str) and len(database.find("order_sale", sale, limit=2)) > 1)
    if isinstance(sale, str) and twice:
        yield sale_incident(sale)


def sale_counts(database: Database, id: str, sale: str) -> bool:
    """Whether an order stands in the sums: of several with one `sale` only the one with the smallest id does."""
    return all(id <= record.id for record in database.find("order_sale", sale, limit=10))
