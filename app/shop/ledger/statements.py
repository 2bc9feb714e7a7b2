"""What head office publishes of customers' accounts, and a balance from it: statement + what it doesn't cover.

    balance = Σ over the statement's series: its sum, or, where more of it is here, what is here
            + every movement here of another series, or of a later receipt

A statement covers a series up to the last receipt before which none is missing at head office: so what it covers is
told by a number, and stays bounded however long somebody is a customer. A movement that came late all the same (a
copied terminal sold a number twice) makes more of the series be here than the statement counts, and then counts
itself.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from app.docs import json
from app.docs.database import Database
from app.docs.errors import Conflict
from app.shop import clock as clocks
from app.shop import ids, sound
from app.shop.sale import check_document

#: Accounts that statements are made of; a gift card's balance belongs to nobody.
KINDS: Final = ("account:", "credit:")
#: An account that moves all day gets one so often, not one a movement.
EVERY: Final = timedelta(minutes=15)
#: Accounts of which a turn writes statements; the others follow with the next.
TURN: Final = 200
MARK: Final = "couchtill.statements"  # local document of `company`: how far head office has looked, and what waits
THROUGH: Final = "couchtill.through"  # local document of a store: how far each series is here without a gap
PAGE: Final = 500

Doc = Mapping[str, Any]


class Standing(NamedTuple):
    """What stands on an account. `as_of` is the statement's, null without one; `since` what moved after it."""

    account: str
    balance: int
    as_of: str | None
    since: int
    moved: int
    last: str | None
    currency: str | None
    digits: int | None


def standing(company: Database, account: str) -> Standing:
    """The balance of an account as this node knows it."""
    found = list(_movements(company, account))
    statement = newest(company, account)
    covered = {row["series"]: row for row in statement["covers"]} if statement else {}
    inside: dict[str, list[Doc]] = defaultdict(list)
    outside: list[Doc] = []
    for doc in found:
        place = _place(doc)
        row = covered.get(place[0]) if place else None
        if row is not None and place is not None and place[1] <= row["through"]:
            inside[row["series"]].append(doc)
        else:
            outside.append(doc)
    balance = 0
    known: set[tuple[str, str]] = set()
    for series, row in covered.items():
        here = _once(inside[series])
        known |= {_key(doc) for doc in here}
        balance += sum(doc["amount"] for doc in here) if len(here) > row["count"] else row["sum"]
    later = [doc for doc in _once(outside) if _key(doc) not in known]
    since = sum(doc["amount"] for doc in later)
    newest_doc: Doc = max(found, key=lambda doc: str(doc.get("at")), default={})
    told: Doc = statement or newest_doc
    as_of = statement["as_of"] if statement else None
    last = newest_doc.get("at")
    return Standing(account, balance + since, as_of, since, len(later), last, told.get("currency"), told.get("digits"))


def newest(company: Database, account: str) -> dict[str, Any] | None:
    """The newest statement of an account that can be read."""
    for record in company.find("statement_account", account, descending=True, limit=5):
        doc = record.full()
        rows = doc.get("covers")
        if sound.is_whole(doc.get("balance")) and isinstance(rows, list) and all(_is_row(row) for row in rows):
            return doc
    return None


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, Mapping)
        and isinstance(row.get("series"), str)
        and all(sound.is_whole(row.get(name)) for name in ("through", "count", "sum"))
    )


def _movements(company: Database, account: str) -> Iterator[dict[str, Any]]:
    for record in company.find("ledger_account", account):
        doc = record.full()
        if sound.is_whole(doc.get("amount")):
            yield doc


def _once(docs: Iterable[Doc]) -> list[Doc]:
    """Of one sale that was written twice, the movements of the order with the smaller id."""
    found: dict[tuple[str, str], Doc] = {}
    for doc in docs:
        key = _key(doc)
        if key not in found or str(doc.get("order")) < str(found[key].get("order")):
            found[key] = doc
    return list(found.values())


def _key(doc: Doc) -> tuple[str, str]:
    return str(doc.get("sale") or doc["_id"]), str(doc.get("place"))


def _place(doc: Doc) -> tuple[str, int] | None:
    """The series and number of the receipt that moved it."""
    parsed = ids.parse(str(doc.get("order")))
    return None if parsed is None else (parsed.series, parsed.number)


# -- publishing ------------------------------------------------------------------------------------------------------


def publish(
    company: Database, stores: Mapping[str, Database], *, on: str, moment: clocks.Clock = clocks.now
) -> list[str]:
    """Head office: writes statements of the accounts that moved since the last call; their ids.

    At most `TURN` at a time, one an account each `EVERY`; what is left waits. An account whose newest statement says
    the same gets none. Killed in between, the next call goes on.
    """
    kept = company.get_local(MARK) or {}
    since: Any = kept.get("seq", "0")
    waiting: list[str] = list(kept.get("waiting", ()))
    while True:
        page = company.changes(since, limit=PAGE)
        moved = [row["id"] for row in page.rows if row["id"].startswith("ledger:") and not row.get("deleted")]
        for record in company.read_many(moved) if moved else []:
            account = None if record is None or record.deleted else record.doc().get("account")
            if isinstance(account, str) and account.startswith(KINDS):
                waiting.append(account)
        since = page.last_seq
        if len(page.rows) < PAGE:
            break
    waiting = list(dict.fromkeys(waiting))
    now = moment()
    young = clocks.stamp(now - EVERY)
    written: list[str] = []
    left: list[str] = []
    through: dict[str, dict[str, int]] = {}
    for account in waiting:
        last = newest(company, account)
        if len(written) >= TURN or (last is not None and str(last["as_of"]) > young):
            left.append(account)
            continue
        doc, whole = _statement(company, stores, account, through, clocks.stamp(now), on)
        if doc is not None and not _says_the_same(doc, last) and _write(company, doc):
            written.append(doc["_id"])
        if not whole:
            left.append(account)  # a receipt of it is still on its way here
    after = {"seq": since, "waiting": left}
    if (
        written
        or left != kept.get("waiting", [])
        or company.resolve_seq(since) - company.resolve_seq(kept.get("seq", "0")) >= 50
    ):
        company.put_local(MARK, after)
    return written


def _says_the_same(doc: Doc, last: Doc | None) -> bool:
    if last is None:
        return False
    return all(doc[name] == last.get(name) for name in ("balance", "currency", "digits", "covers"))


def _statement(
    company: Database,
    stores: Mapping[str, Database],
    account: str,
    through: dict[str, dict[str, int]],
    as_of: str,
    on: str,
) -> tuple[dict[str, Any] | None, bool]:
    """The statement of an account, None where there is nothing to say or its movements are in two currencies; and
    whether it covers all that moved."""
    found = _once(_movements(company, account))
    currencies = {(doc.get("currency"), doc.get("digits")) for doc in found}
    if len(currencies) != 1:
        return None, True  # no sum of two currencies is a balance
    series: dict[str, list[Doc]] = defaultdict(list)
    whole = True
    for doc in found:
        place = _place(doc)
        store = str(doc.get("store"))
        if place is None or store not in stores:
            whole = whole and place is None
            continue
        if store not in through:
            through[store] = frontier(stores[store])
        if place[1] <= through[store].get(place[0], 0):
            series[place[0]].append(doc)
        else:
            whole = False
    if not series:
        return None, whole
    numbers = {name: number for known in through.values() for name, number in known.items()}
    covers = [
        {
            "series": name,
            "through": max(_number(doc) for doc in docs),
            "count": len(docs),
            "sum": sum(doc["amount"] for doc in docs),
        }
        for name, docs in sorted(series.items())
        if name in numbers
    ]
    currency, digits = currencies.pop()
    body = {
        "type": "statement", "schema": 1, "account": account, "balance": sum(row["sum"] for row in covers),
        "currency": currency, "digits": digits, "covers": covers, "as_of": as_of, "on": on,
    }  # fmt: skip
    digest = hashlib.sha256(json.canonical(body)).hexdigest()[:16]
    return {"_id": f"statement:{account}:{digest}", **body}, whole


def _number(doc: Doc) -> int:
    place = _place(doc)
    return 0 if place is None else place[1]


def _write(company: Database, doc: dict[str, Any]) -> bool:
    check_document(doc)
    if company.read(doc["_id"]) is not None:
        return False
    try:
        company.put(doc)
    except Conflict:  # a pull brought the very same
        return False
    return True


def frontier(store: Database) -> dict[str, int]:
    """Of each series the number of the last receipt before which none is missing here. Goes on from where it was."""
    kept = store.get_local(THROUGH) or {}
    known: dict[str, int] = dict(kept.get("series", {}))
    start = dict(known)
    since: Any = kept.get("seq", "0")
    seen: set[str] = set(known)
    while True:
        page = store.changes(since, limit=PAGE)
        seen |= {parsed.series for row in page.rows if (parsed := _order(row["id"])) is not None}
        since = page.last_seq
        if len(page.rows) < PAGE:
            break
    for series in sorted(seen):
        number = known.get(series, 0)
        while store.between(low := ids.prefix("order", series, number + 1), low + "\uffff", limit=1):
            number += 1
        known[series] = number
    if known != start:
        store.put_local(THROUGH, {"seq": since, "series": known})
    return known


def _order(id: str) -> ids.NumberedId | None:
    parsed = ids.parse(id) if id.startswith("order:") else None
    return parsed
