"""Joining the branches of a document by the rules of its type, without anybody being asked.

What a node joins by itself is in `policies.JOINED`: head office what it may write in `company`, the tills the carts,
tasks and incidents of their store, and customers. Never a type that is written once, nor a document with attachments.
Every node that joins the same leaves writes the same revision and the same tombstones.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from app.docs import merge
from app.docs.database import Database
from app.docs.errors import DocsError
from app.docs.merge import Body, Leaf, Policies
from app.docs.plan import Plan, forks, plan
from app.docs.record import Record
from app.shop import schemas
from app.shop.carts import merging
from app.shop.conflicts import policies as tables
from app.shop.indexes import COMPANY

PAGE: Final = 500

log = logging.getLogger("couchtill.conflicts")

Fetch = Callable[[str, list[str]], None]
"""`fetch(id, revs)`: asks a peer for bodies of revisions that aren't kept here, and has the database remember them."""


def join(database: Database, id: str, policies: Policies, *, fetch: Fetch | None = None) -> list[str]:
    """Joins what the rules can join of a document's leaves; the revisions written, none where a person must decide.

    A customer whose data was erased on one branch is erased on all. What a newer program wrote is left to it.
    """
    record = database.read(id)
    if record is None or record.deleted or record.tree is None or len(record.leaves()) < 2:
        return []
    open_ = merge.leaves(database, record)
    if len(open_) < 2:
        return []
    if written := close_erased(database, id):
        return written
    live = [leaf for leaf in open_ if not leaf.deleted]
    if any(leaf.attached for leaf in live) or not all(schemas.known(leaf.body) for leaf in live):
        return []
    if fetch is not None and (lacking := bases_lacking(database, record, live)):
        fetch(id, lacking)
    written = []
    with contextlib.suppress(merge.Unsettled):
        written += merge.settle(database, id, policies, accept=valid)
    return written + merge.close_brought_back(database, id)


def close_erased(database: Database, id: str) -> list[str]:
    """Closes every other leaf of a document one of whose live leaves says `erased: true`; the tombstones written.

    Of several erased leaves the first stays. The bodies of what was closed are still kept: erasing drops them.
    """
    with database.transaction():
        record = database.read(id)
        if record is None or record.deleted or record.tree is None:
            return []
        open_ = merge.leaves(database, record)
        erased = next((leaf for leaf in open_ if not leaf.deleted and leaf.body.get("erased") is True), None)
        if erased is None:
            return []
        return [merge.close(database, id, leaf) for leaf in open_ if leaf.rev != erased.rev]


def valid(body: Body) -> bool:
    """Whether a body is what its type's schema takes; one that isn't known passes."""
    return not schemas.known(body) or not schemas.check(body)


def bases_lacking(database: Database, record: Record, leaves: Iterable[Leaf]) -> list[str]:
    """The revisions at which the live leaves fork and whose bodies aren't kept here."""
    needed = forks(record.paths(), [leaf for leaf in leaves if not leaf.deleted])
    return [rev for rev in needed if merge.body_of(database, record.id, rev) is None]


def plan_of(database: Database, record: Record, policies: Policies, leaves: Iterable[Leaf] | None = None) -> Plan:
    """What the rules make of a document's live leaves, and what is left to a person. `leaves` are the open ones, where
    the caller has read them."""
    live = [leaf for leaf in leaves or merge.leaves(database, record) if not leaf.deleted]
    found = plan(record.paths(), live, lambda rev: merge.body_of(database, record.id, rev), policies)
    if found.open or not schemas.known(found.draft):
        return found
    wrong = schemas.check(found.draft)
    if not wrong or not all(valid(leaf.body) for leaf in live):
        return found
    # Joined, they make no valid document (a promotion that ends before it begins): a person says which side is meant.
    named = {problem.field.partition(".")[0] for problem in wrong}
    paths = [path for path in found.joined if path[0] in named]
    return found.reopened(paths or list(found.joined))


def join_all(
    company: Database, database: Database, ids: Iterable[str], kind: str, *, fetch: Fetch | None = None
) -> Iterator[str]:
    """Joins those of the documents `ids` that a node of this `kind` ("office", "terminal", "hub") joins; the ids of
    those that were."""
    wanted = tables.JOINED[kind][0 if database.name == COMPANY else 1]
    mine = [id for id in ids if id.partition(":")[0] in wanted]
    if not mine:
        return
    asks = tables.asks(company)
    for id in mine:
        doctype = id.partition(":")[0]
        try:
            if _join_one(database, id, doctype, asks, fetch):
                yield id
        except DocsError as error:  # one odd document keeps no other from being joined
            log.warning("%s: its branches could not be joined: %s", id, error.reason)


def join_waiting(company: Database, database: Database, kind: str, *, fetch: Fetch | None = None) -> list[str]:
    """Tries all documents in dispute once more: at a start (a newer program knows more rules), when the settings ask
    less than before. The ids of those that were joined."""
    wanted = tables.JOINED[kind][0 if database.name == COMPANY else 1]
    joined: list[str] = []
    before: int | None = None
    while wanted:
        page = database.disputes(types=sorted(wanted), before=before, limit=PAGE)
        joined += join_all(company, database, [record.id for record in page], kind, fetch=fetch)
        if len(page) < PAGE:
            break
        before = page[-1].seq
    return joined


def join_cart(company: Database, store: Database, id: str) -> list[str]:
    """Joins the branches of a parked cart, where the settings don't ask a person; the revisions written."""
    return _join_one(store, id, "cart", tables.asks(company), None)


def _join_one(database: Database, id: str, doctype: str, asks: tuple[str, ...], fetch: Fetch | None) -> list[str]:
    if doctype in asks:
        return close_erased(database, id)
    table = tables.table_for(doctype, asks)
    if doctype != "cart":
        return join(database, id, table, fetch=fetch)
    if merging.needs_merge(database, id):
        with contextlib.suppress(merge.Unsettled):
            return merging.settle(database, id, table)
    return []
