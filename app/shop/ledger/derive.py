"""Writes the movements of a store's orders to `company`, as far as they are not there yet."""

from __future__ import annotations

from typing import Any

from app.docs.database import Database
from app.docs.errors import Conflict
from app.shop.ledger.movements import movements

MARK = "couchtill.ledger"  # local document of the store: the sequence up to which its orders have been looked at
PAGE = 500
#: Changes after which the mark is written; until then a few are looked at again, and no sale costs a second flush.
SAVE = 50


def derive(company: Database, store: Database, *, keep: bool = True) -> list[str]:
    """Looks through what changed in `store` since the last call; the ids of what was written to `company`.

    Idempotent, on every node that has both databases. `keep` False leaves the mark as it is.
    """
    kept = store.get_local(MARK)
    since: Any = kept["seq"] if kept else "0"
    start = since
    written: list[str] = []
    while True:
        page = store.changes(since, limit=PAGE)
        orders = [row["id"] for row in page.rows if row["id"].startswith("order:") and not row.get("deleted")]
        for record in store.read_many(orders) if orders else []:
            if record is not None and not record.deleted:
                for doc in movements(record.full()):
                    if _write(company, doc):
                        written.append(doc["_id"])
        since = page.last_seq
        if len(page.rows) < PAGE:
            break
    if keep and (written or store.resolve_seq(since) - store.resolve_seq(start) >= SAVE):
        store.put_local(MARK, {"seq": since})
    return written


def _write(company: Database, doc: dict[str, Any]) -> bool:
    if company.read(doc["_id"]) is not None:
        return False
    try:
        company.put(doc)
    except Conflict:  # a pull brought the same one in between
        return False
    return True
