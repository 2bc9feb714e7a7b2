"""Which documents a Z stands for, so that each is in one Z at most.

A Z names stretches of journals by the hash of their last link. Where a terminal was copied, two documents share a
place, and the chain that leads back from that hash tells which of them the Z counted::

    … 7 ── 8 ── 9 ── Z (covers … to 9)          what one life of the terminal did, and closed
         └─ 8' ─ 9' ─ 10'                       what its copy did: not in that Z, in the next one, or late
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from app.docs.database import Database
from app.shop import ids, incidents, sound
from app.shop.journal import Head
from app.shop.reports.figures import is_summable

Doc = Mapping[str, Any]


class Documents:
    """What a store has of one shift: `shift`, `orders`, `cash`, `events`, and the `zreports` that closed it."""

    def __init__(self, database: Database, shift: Doc) -> None:
        self.database = database
        self.shift = shift
        self.unreadable: list[str] = []
        id = shift["_id"]
        self.orders = [doc for doc in self._found("order_shift", id) if self._readable(doc)]
        self.cash = self._found("cash_shift", id, is_move)
        self.events = self._found("event_shift", id, is_event)
        self.zreports = self._found("zreport_shift", id, is_closing)

    def _found(self, index: str, shift: str, right: Callable[[Doc], bool] = lambda doc: True) -> list[dict[str, Any]]:
        found = [{**record.doc(), "_id": record.id} for record in self.database.find(index, shift)]
        placed = [doc for doc in found if is_placed(doc) and right(doc)]
        if len(placed) < len(found):
            known = {doc["_id"] for doc in placed}
            self.unreadable += [doc["_id"] for doc in found if doc["_id"] not in known]
        return placed

    def _readable(self, order: Doc) -> bool:
        if is_summable(order):
            return True
        self.unreadable.append(order["_id"])
        return False

    def twice(self) -> set[str]:
        """The sales that were written twice: those of incidents, and those that this shift has twice."""
        prefix = "incident:sale:"
        told = {str(record.doc().get("sale")) for record in self.database.between(prefix, prefix + "~")}
        times = Counter(str(order.get("sale")) for order in self.orders)
        return {sale for sale, count in times.items() if count > 1 or sale in told}

    def all(self) -> list[Doc]:
        """Every one of them but the Zs."""
        return [self.shift, *self.orders, *self.cash, *self.events]

    def without(self, zreports: Iterable[Doc]) -> Part:
        """What none of these Zs stands for."""
        taken = covered(self.database, self.all(), zreports)
        return Part(self, {doc["_id"] for doc in self.all()} - taken)

    def of(self, zreport: Doc) -> Part:
        """What this Z stands for."""
        known = zreport.get("doubled")
        return Part(self, covered(self.database, self.all(), [zreport]), set(known) if known is not None else None)


class Part:
    """Some of a shift's documents. `orders` are those that count; `doubled` names the sales that were written twice,
    among `known` where only those could be known of when a Z was written."""

    def __init__(self, whole: Documents, ids: set[str], known: set[str] | None = None) -> None:
        self.shift = whole.shift if whole.shift["_id"] in ids else None
        self.cash = [doc for doc in whole.cash if doc["_id"] in ids]
        self.events = [doc for doc in whole.events if doc["_id"] in ids]
        self.orders: list[dict[str, Any]] = []
        twice = whole.twice()
        if known is not None:
            twice &= known
        doubled: set[str] = set()
        for order in whole.orders:
            if order["_id"] in ids:
                sale = str(order.get("sale"))
                if sale in twice:
                    doubled.add(sale)
                if sale not in twice or incidents.sale_counts(whole.database, order["_id"], sale):
                    self.orders.append(order)
        self.doubled = sorted(doubled)
        self.ids = ids

    def all(self) -> list[Doc]:
        return [*([] if self.shift is None else [self.shift]), *self.orders, *self.cash, *self.events]


def is_placed(doc: Doc) -> bool:
    """Whether a document says where in which journal it stands. Another program may write what it likes: what can't be
    read is named by a report, and keeps none from being made."""
    return (
        isinstance(doc.get("series"), str)
        and sound.is_whole(doc.get("journal"), 1)
        and isinstance(doc.get("hash"), str)
        and isinstance(doc.get("prev") or "", str)
    )


def is_shift(doc: Doc) -> bool:
    """Whether a shift can be shown and closed."""
    texts = ("terminal", "drawer", "at", "business_date")
    by = isinstance(doc.get("by") or "", str)
    return (
        is_placed(doc) and by and sound.is_whole(doc.get("float")) and all(isinstance(doc.get(n), str) for n in texts)
    )


def is_move(doc: Doc) -> bool:
    """Whether a cash movement can be summed."""
    known = doc.get("kind") in ("in", "out", "expense", "drop") and isinstance(doc.get("category") or "", str)
    return known and sound.is_whole(doc.get("amount"), 1)


def is_event(doc: Doc) -> bool:
    """Whether an event can be counted."""
    return isinstance(doc.get("kind"), str) and isinstance(doc.get("by") or "", str)


def is_closing(doc: Doc) -> bool:
    """Whether a Z says what it stands for."""
    covers = doc.get("covers")
    return (
        isinstance(doc.get("at"), str)
        and isinstance(covers, list)
        and all(
            isinstance(cover, Mapping)
            and isinstance(cover.get("series"), str)
            and isinstance(cover.get("hash"), str)
            and sound.is_whole(cover.get("first"), 1)
            and sound.is_whole(cover.get("last"), 1)
            for cover in covers
        )
    )


def covers(database: Database, docs: Sequence[Doc], head: Head) -> list[dict[str, Any]]:
    """`[{"series", "first", "last", "hash"}]` of a Z that is written after `head` and stands for `docs`.

    The terminal's own series is covered without a gap, from its last Z (that one included) to the head.
    """
    made: list[dict[str, Any]] = []
    by_series: dict[str, list[Doc]] = defaultdict(list)
    for doc in docs:
        by_series[doc["series"]].append(doc)
    if head.journal:
        by_series.setdefault(head.series, [])
    for series, group in sorted(by_series.items()):
        rest, double = group, doubles(group)
        if series == head.series and head.journal and head.hash is not None:
            own = {"series": series, "first": _start(database, head), "last": head.journal, "hash": head.hash}
            made.append(own)
            on_it = chain(database, group, own) if double else set()
            rest = [doc for doc in group if place(doc) in double and doc["_id"] not in on_it]
        if not rest:
            continue
        followed = {doc["prev"] for doc in rest}
        tips = [doc for doc in rest if doc["hash"] not in followed] if double else [max(rest, key=place)]
        first = min(doc["journal"] for doc in rest)
        made += [{"series": series, "first": first, "last": tip["journal"], "hash": tip["hash"]} for tip in tips]
    return made


def _start(database: Database, head: Head) -> int:
    """The journal number of the series' last Z, else 1."""
    prefix = ids.prefix("zreport", head.series, head.z)
    found = database.between(prefix, prefix + "~", limit=1) if head.z else []
    return int(found[0].doc()["journal"]) if found else 1


def covered(database: Database, docs: Sequence[Doc], zreports: Iterable[Doc]) -> set[str]:
    """The ids of those of `docs` that stand in one of the Zs."""
    double = doubles(docs)
    found: set[str] = set()
    for zreport in zreports:
        for cover in zreport.get("covers") or ():
            inside = [
                doc for doc in docs
                if doc["series"] == cover["series"] and cover["first"] <= doc["journal"] <= cover["last"]
            ]  # fmt: skip
            on_it = chain(database, inside, cover) if any(place(doc) in double for doc in inside) else set()
            found |= {doc["_id"] for doc in inside if place(doc) not in double or doc["_id"] in on_it}
    return found


def place(doc: Doc) -> tuple[str, int]:
    return doc["series"], doc["journal"]


def doubles(docs: Iterable[Doc]) -> set[tuple[str, int]]:
    """The places that two documents have: a terminal was copied."""
    return {where for where, count in Counter(map(place, docs)).items() if count > 1}


def chain(database: Database, docs: Iterable[Doc], cover: Doc) -> set[str]:
    """The ids of `docs` on the chain that leads back from a cover's hash."""
    by_hash = {doc["hash"]: doc for doc in docs}
    found: set[str] = set()
    hash, at = cover["hash"], cover["last"]
    while hash is not None and at >= cover["first"]:
        doc = by_hash.get(hash) or _link(database, cover["series"], at, hash)
        if doc is None:
            break
        found.add(doc["_id"])
        hash, at = doc["prev"], at - 1
    return found


def _link(database: Database, series: str, at: int, hash: str) -> Doc | None:
    """A document of the journal that belongs to no shift, or to another one."""
    for type in ids.PLACED:
        prefix = ids.prefix(type, series, at)
        for record in database.between(prefix, prefix + "~"):
            doc = record.full()
            if doc.get("hash") == hash:
                return doc
    return None
