"""What a node does when an erased person's document reaches it: it forgets what it still holds of them.

The bodies of all older revisions go, the words in the search index, the attachments; then the file is written anew, so
that none of their bytes is left in it. Only after that the mark is set, up to which this file is clean: a node that
died in between begins again. The mark lies in the file itself, so that one put back from last week's copy is as far
as its contents are. Whatever changes the document once more (a branch of a till that was away) cleans again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.docs.database import Database
from app.docs.errors import DocsError
from app.shop import clock as clocks
from app.shop.conflicts.joining import close_erased
from app.shop.indexes import COMPANY, STORE_PREFIX
from app.shop.schemas.erasure import KINDS

log = logging.getLogger("couchtill.erasing")

MARK: Final = "couchtill.erased"  # local document: {"seq", "done": {id: {"rev", "at"}}}
#: Entries of the mark: what a node tells of itself; head office keeps what it has heard.
KEPT: Final = 200


def holds_people(name: str) -> bool:
    """Whether documents of people can stand in the database of that name."""
    return name == COMPANY or name.startswith(STORE_PREFIX)


def due(database: Database, since: int | None = None) -> dict[str, str]:
    """The erased documents that this file isn't clean of yet: id → revision. `since`, a change number, skips what was
    looked at before."""
    kept = database.get_local(MARK)
    start = max(since or 0, database.resolve_seq(kept["seq"]) if kept else 0)
    return {record.id: record.rev for record in database.marked(KINDS, "erased", start)}


def close_staff(database: Database) -> list[str]:
    """Ends the other branches of members of the staff who were erased on one (customers' are ended by `joining`, with
    all else that is joined); the revisions written."""
    written: list[str] = []
    for record in database.disputes(types=["staff"], limit=1000):
        try:
            written += close_erased(database, record.id)
        except DocsError as error:
            log.warning("%s: its branches could not be closed: %s", record.id, error.reason)
    return written


def clean(database: Database, *, moment: clocks.Clock = clocks.now) -> list[str]:
    """Forgets what is due and leaves none of its bytes in the file; the ids, none when there was nothing to do, or when
    a reader kept the log (then it is still due)."""
    n = database.last_n
    found = due(database)
    if not found:
        return []
    dropped = database.forget(found)
    if not database.scrub(KINDS):
        log.info("%s: the log is still being read; erasing goes on later", database.name)
        return []
    at = clocks.stamp(moment())
    kept = database.get_local(MARK)
    done: Mapping[str, Any] = kept["done"] if kept else {}
    merged = {**done, **{id: {"rev": rev, "at": at} for id, rev in found.items()}}
    newest = sorted(merged.items(), key=lambda entry: (entry[1]["at"], entry[0]))[-KEPT:]
    database.put_local(MARK, {"seq": database.seq(n), "done": dict(newest)})
    log.info("%s: forgot %d older revisions of %d erased persons", database.name, dropped, len(found))
    return list(found)


def done(databases: Iterable[Database]) -> dict[str, str]:
    """Whom these files are clean of, and since when: id → time, the newest `KEPT`. Not those of whom something has come
    since, and waits to be cleaned away."""
    found: dict[str, str] = {}
    for database in databases:
        kept = database.get_local(MARK)
        if not kept:
            continue
        n = database.resolve_seq(kept["seq"])
        for id, entry in kept["done"].items():
            record = database.read(id)
            if record is not None and record.rev == entry["rev"] and record.seq <= n:
                found[id] = entry["at"]
    return dict(sorted(found.items(), key=lambda entry: (entry[1], entry[0]))[-KEPT:])
