"""What is wrong with a document that is written once: seen by itself, and beside the one that it follows.

Bounded work for each document that arrives: its own leaves, its own figures, one look for the document before it. The
whole of a store is `verify`'s to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.docs.database import Database
from app.docs.record import Record
from app.shop import ids, journal
from app.shop.selling.sums import sums
from app.shop.shifts.proof import own_faults

Doc = Mapping[str, Any]


def is_once(id: str) -> bool:
    """Whether the document of that id is one of ours that is written once; what another program calls an order by an id
    of its own is its own affair."""
    return ids.parse(id) is not None or id.startswith(tuple(f"{type}:" for type in ids.LOOSE))


def fault_of(database: Database, record: Record) -> str | None:
    """The gravest fault of a document, as a kind of incident; None when it is as it was written.

    A clone that finished the very same sale or request makes a second leaf, too: of one generation, with a right hash
    and the same figures. That is no fault of the document (`arrivals` tells it as a sale or a number given twice).
    """
    if not is_once(record.id):
        return None
    if record.deleted:
        return "removed"
    paths = record.paths()
    if any(generation > 1 for generation, _, _ in paths):
        return "second_version"
    doc = record.doc()
    if len(paths) > 1:
        return None if _one_deed(leaves(database, record)) else "second_version"
    if record.local or not isinstance(doc.get("hash"), str):
        return None  # written here, by this program; or by one that keeps no journal
    if not is_true(doc):
        return "altered"
    return "sums" if next(faults(doc), None) is not None else None


def _one_deed(versions: list[dict[str, Any]]) -> bool:
    """Whether the versions of a document may be what a terminal and its clone made of one request."""
    figures = [[version.get(name) for name in ("request", "sale", "total", "paid", "change")] for version in versions]
    return all(map(is_true, versions)) and all(each == figures[0] for each in figures)


def leaves(database: Database, record: Record) -> list[dict[str, Any]]:
    """The bodies of all leaves, with `_rev` and, of a tombstone, `_deleted`; the winner first."""
    return [entry["ok"] for entry in database.open_revs(record.id, record.leaves()) if "ok" in entry]


def is_true(doc: Doc) -> bool:
    """Whether a document of a journal has the hash that it carries. Of one that this program can't read (a newer one
    wrote it) that is believed."""
    if doc.get("_deleted") or not isinstance(doc.get("hash"), str):
        return False
    try:
        return journal.digest(doc) == doc["hash"]
    except journal.UnknownHashVersion:
        return True
    except KeyError:
        return False


def faults(doc: Doc) -> Iterator[str]:
    """What of an order's or a Z's own figures doesn't add up, in words; nothing where they can't be read."""
    check = {"order": sums, "zreport": own_faults}.get(str(doc.get("type")))
    if check is None:
        return
    try:
        yield from check(doc)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, LookupError):
        return  # another program's, or a newer one's: `verify` names it


def follows(database: Database, doc: Doc) -> bool | None:
    """Whether a document of a journal follows the one that it names. None: that one isn't here, and may yet come."""
    place, prev = doc.get("journal"), doc.get("prev")
    if type(place) is not int or not isinstance(doc.get("series"), str) or not isinstance(doc.get("hash"), str):
        return True  # keeps no journal
    if place == 1 or prev is None:
        return place == 1 and prev is None
    before = predecessor(database, doc)
    if before is None:
        return None
    reset = doc.get("clock_reset") if doc.get("type") == "shift" else None
    told = isinstance(reset, Mapping) and (reset.get("from"), reset.get("to")) == (before.get("at"), doc.get("at"))
    backwards = str(doc.get("at")) < str(before.get("at")) and not told
    return before.get("series") == doc["series"] and before.get("journal") == place - 1 and not backwards


def predecessor(database: Database, doc: Doc) -> dict[str, Any] | None:
    """The document whose hash `doc` names as the one before it; None where it isn't here."""
    prev = doc.get("prev")
    if not isinstance(prev, str) or type(doc.get("journal")) is not int:
        return None
    for index in ("order_hash", "zreport_hash"):
        for record in database.find(index, prev, limit=1):
            return record.full()
    for placed in ids.PLACED:
        prefix = ids.prefix(placed, doc["series"], doc["journal"] - 1)
        for record in database.between(prefix, prefix + "~", limit=10):
            for leaf in leaves(database, record) if record.conflicts else [record.full()]:
                if leaf.get("hash") == prev:
                    return leaf
    # One sale that a terminal and its clone both finished: the losing version is in no index.
    for record in database.disputes(types=("order", "zreport"), words=prev, limit=5):
        for leaf in leaves(database, record):
            if leaf.get("hash") == prev:
                return leaf
    return None
