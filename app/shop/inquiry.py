"""What the documents say about an incident: which receipts, which lives of a terminal, which versions.

Read when somebody looks, never kept: a node that has heard more tells more. A few reads around the place in question,
not the whole store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.docs.database import Database
from app.shop import ids, integrity
from app.shop.shifts.covers import is_placed

Doc = Mapping[str, Any]

#: Documents of a journal that are looked at behind the one in question, and versions of one.
FAR, MOST = 300, 20


def given(database: Database, series: str, number: int, types: Sequence[str]) -> list[dict[str, Any]]:
    """The documents of these types that have the number in the series, the earliest first."""
    found = []
    for type in types:
        prefix = ids.prefix(type, series, number)
        for record in database.between(prefix, prefix + "~", limit=MOST):
            found += versions(database, record.id) if record.conflicts else [record.full()]
    return sorted(found, key=lambda doc: (str(doc.get("at")), str(doc["_id"])))


def of_sale(database: Database, sale: str) -> list[dict[str, Any]]:
    """The orders with this `sale`, by id: the first one counts. One that a clone wrote too is there in each version."""
    found = []
    for record in sorted(database.find("order_sale", sale, limit=MOST), key=lambda record: record.id):
        found += versions(database, record.id) if record.conflicts else [record.full()]
    return found


def versions(database: Database, id: str) -> list[dict[str, Any]]:
    """The versions of a document that are still here: its ends, the winner first, then what they were made from."""
    record = database.read(id)
    if record is None:
        return []
    ends = integrity.leaves(database, record)
    known = {doc["_rev"] for doc in ends}
    for top, _, hashes in record.paths():
        for place, hash in enumerate(hashes[1:MOST], 1):
            rev = f"{top - place}-{hash}"
            entry = database.open_revs(id, [rev])[0].get("ok") if rev not in known else None
            if entry is not None:
                known.add(rev)
                ends.append(entry)
    return ends


def successor(database: Database, doc: Doc) -> dict[str, Any] | None:
    """The document of the journal that names `doc` as the one before it."""
    return next((each for each in _after(database, doc, doc["journal"] + 1) if each.get("prev") == doc["hash"]), None)


def before(database: Database, doc: Doc) -> list[dict[str, Any]]:
    """What stands at the place before `doc` in the journal, whether or not `doc` follows it."""
    place = doc["journal"] - 1
    found = []
    for type in ids.PLACED:
        prefix = ids.prefix(type, doc["series"], place)
        found += [record.full() for record in database.between(prefix, prefix + "~", limit=MOST)]
    for type in ("order", "zreport"):
        start = doc["number"] if type == doc["type"] else place
        low, high = f"{type}:{doc['series']}:", ids.prefix(type, doc["series"], start)
        near = database.between(low, high + "~", limit=FAR, descending=True)
        found += [record.full() for record in near if record.doc().get("journal") == place]
    return found


def last_of_life(database: Database, doc: Doc) -> str:
    """When the life of the terminal that wrote `doc` wrote last in this series, as far as is known here."""
    following = {each.get("prev"): each for each in _after(database, doc)}
    at, seen = doc, {doc["_id"]}
    while (found := following.get(at["hash"])) is not None and found["_id"] not in seen:
        at = found
        seen.add(found["_id"])
    return str(at["at"])


def _after(database: Database, doc: Doc, place: int | None = None) -> Iterator[dict[str, Any]]:
    """Documents of the series behind `doc` (at `place` only), by type."""
    for type in (*ids.PLACED, "order", "zreport"):
        start = doc["journal"] + 1 if type in ids.PLACED else doc["number"] if type == doc["type"] else 1
        if type == "order" and type != doc["type"]:
            start = _first_order(database, doc)
        low = ids.prefix(type, doc["series"], start)
        for record in database.between(low, f"{type}:{doc['series']};", limit=FAR):
            for each in integrity.leaves(database, record) if record.conflicts else [record.full()]:
                if is_placed(each) and (place is None or each["journal"] == place):
                    yield each


def _first_order(database: Database, doc: Doc) -> int:
    """The number of an order of the series that stands near the place of `doc`: orders stand in the journal in the
    order of their numbers."""
    low, high = 1, int(doc["journal"])
    while low < high:
        middle = (low + high) // 2
        found = database.between(ids.prefix("order", doc["series"], middle), f"order:{doc['series']};", limit=1)
        if found and found[0].doc().get("journal", 0) < doc["journal"]:
            low = middle + 1
        else:
            high = middle
    return max(1, low - 1)
