"""Two people who could not hear of each other decided one dispute, and not alike. One decision stands: a task tells.

The rules see a value that one of them kept as it was and the other one changed, and take the change. Nothing is lost by
that (both decisions stand in the history), but somebody believes that the other value holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.docs.database import Database
from app.docs.merge import same
from app.shop import tasks
from app.shop.conflicts import resolutions
from app.shop.schemas.resolution import OTHER

#: Decisions about one document that are compared: more is somebody's program gone wild.
MOST = 50

Doc = Mapping[str, Any]


def scan(database: Database, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Tasks for the decisions among `ids` that another one about the same leaves contradicts. Each is about the one
    with the smallest id, so that every node writes the same."""
    seen: set[str] = set()
    for record in database.read_many([id for id in ids if id.startswith("resolution:")]):
        about = None if record is None or record.deleted else record.doc().get("about")
        if isinstance(about, str) and about not in seen:
            seen.add(about)
            found = contradicting(database, about)
            if len(found) > 1:
                yield tasks.task("decided_twice", found[0]["_id"])


def contradicting(database: Database, about: str, first: str | None = None) -> list[dict[str, Any]]:
    """The decisions about the document `about` that contradict another one, by id, without those that were taken back.
    `first` leaves out those that have nothing to do with that one."""
    docs = resolutions.of(database, about, MOST)
    undone = {doc.get("undoes") for doc in docs}
    decided = [doc for doc in docs if doc.get("kind") in ("resolved", "bulk") and doc["_id"] not in undone]
    decided.sort(key=lambda doc: str(doc["_id"]))
    start = next((doc for doc in decided if doc["_id"] == first), None)
    if start is not None:
        return [start, *(doc for doc in decided if doc is not start and differ(start, doc))]
    for doc in decided:
        others = [other for other in decided if other is not doc and differ(doc, other)]
        if others:
            return [doc, *others]
    return []


def differ(a: Doc, b: Doc) -> bool:
    """Whether two decisions (as `resolutions.of` gives them) ended the same leaf, and not alike."""
    if set(a["leaves"]).isdisjoint(b["leaves"]):
        return False
    if (a.get("kept") == "deleted") != (b.get("kept") == "deleted"):
        return True
    theirs = {one["path"]: one for one in b["choices"]}
    return any(one["path"] in theirs and not _alike(one, theirs[one["path"]]) for one in a["choices"])


def _alike(a: Doc, b: Doc) -> bool:
    """Two choices of one member. Of a person's data no values are kept: two keyed ones count as different."""
    if "value" in a and "value" in b:
        return same(a["value"], b["value"])
    return a.get("side") == b.get("side") != OTHER
