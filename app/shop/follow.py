"""What a node does when documents arrived: finds what must not be, makes what follows from orders, joins branches.

All of it is a pure function of the documents, and each write is made once however often it is tried: a node that died
in the middle does it again at its next start, and two nodes that do it write the same revisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from app.docs.database import Database
from app.shop import tasks
from app.shop.arrivals import scan_incidents
from app.shop.conflicts import joining, twice
from app.shop.indexes import COMPANY
from app.shop.ledger.balances import balance_of
from app.shop.ledger.derive import derive
from app.shop.refunds import scan as refunds

MARK: Final = "couchtill.follow"  # local document: the sequence up to which this node has looked
PAGE: Final = 500
#: Changes after which the mark is written; until then a few are looked at again, and no sale costs a second flush.
SAVE: Final = 50

SETTINGS: Final = "settings:all"

#: Accounts that must not be below zero.
OVERDRAWN: Final = ("giftcard:", "credit:")


def follow(
    company: Database, database: Database, *, kind: str = "hub", fetch: joining.Fetch | None = None
) -> list[str]:
    """Looks through what came into `database` (`company` itself, or a store's) since the last call; the ids of the
    documents that it wrote, those whose branches were joined among them.

    `kind` is the node's ("office", "terminal", "hub"): it decides what is joined here (`conflicts.policies.JOINED`).
    `fetch` asks a peer for bodies that joining needs.
    """
    written = scan_incidents(database)
    if database.name != COMPANY:
        written += derive(company, database)

    def look(here: Database, ids: list[str]) -> Iterator[str]:
        yield from _company(here, ids) if here.name == COMPANY else _store(here, ids)
        for found in twice.scan(here, ids):
            if tasks.write(here, found):
                yield found["_id"]
        if SETTINGS in ids:  # what a person had to be asked may be a rule's again
            yield from joining.join_waiting(company, here, kind, fetch=fetch)
        yield from joining.join_all(company, here, ids, kind, fetch=fetch)

    return written + _followed(database, look)


def _followed(database: Database, look: Callable[[Database, list[str]], Iterator[str]]) -> list[str]:
    """Hands the ids of what changed since the mark to `look`, page by page."""
    kept = database.get_local(MARK)
    since: Any = kept["seq"] if kept else "0"
    start = since
    written: list[str] = []
    while True:
        page = database.changes(since, limit=PAGE)
        written += look(database, [row["id"] for row in page.rows])
        since = page.last_seq
        if len(page.rows) < PAGE:
            break
    if written or database.resolve_seq(since) - database.resolve_seq(start) >= SAVE:
        database.put_local(MARK, {"seq": since})
    return written


def _company(company: Database, ids: list[str]) -> Iterator[str]:
    """Movements that came: a card or credit that tills apart have overdrawn is a task. (A customer's `account` is below
    zero by what the customer owes.)"""
    accounts = set()
    for record in company.read_many([id for id in ids if id.startswith("ledger:")]):
        account = None if record is None or record.deleted else record.doc().get("account")
        if isinstance(account, str) and account.startswith(OVERDRAWN):
            accounts.add(account)
    for account in sorted(accounts):
        if balance_of(company, account) < 0 and tasks.write(company, tasks.task("overspent", account)):
            yield f"task:overspent:{account}"


def _store(store: Database, ids: list[str]) -> Iterator[str]:
    orders = [id for id in ids if id.startswith("order:")]
    if not orders:
        return
    for found in (*tasks.carts_sold_twice(store, orders), *refunds.scan(store, orders)):
        if tasks.write(store, found):
            yield f"task:{found['kind']}:{found['about']}"
