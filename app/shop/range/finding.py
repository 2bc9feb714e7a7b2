"""Products as head office finds them: by words, category, store and state, page by page, among as many as there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.docs.database import Database
from app.docs.queries import RANKED
from app.docs.record import Record
from app.shop import sound
from app.shop.pricing.book import Books

#: What of the range is asked for: what is sold, what was put aside, both, what waits for a person's decision.
STATES = ("sold", "aside", "all", "disputed")
PAGE = 50
#: Rows of the index that are read at once while few of them fit.
STRIDE = 500


class Found(NamedTuple):
    """`rows` are documents with `_id`, `_rev` and `_conflicts` (how many other versions); `next` is where the page
    after begins, None at the end."""

    rows: list[dict[str, Any]]
    next: str | None


def products(
    company: Database,
    *,
    q: str = "",
    category: str | None = None,
    state: str = "sold",
    books: Books | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Found:
    """A page of products: those that words of `q` begin (the best first, one page), else all by name. `books` are those
    of the store whose range is asked for."""

    def fits(record: Record) -> bool:
        aside = '"inactive":true' in record.body and bool(record.doc().get("inactive"))
        if state != "all" and (state == "aside") != aside and state != "disputed":
            return False
        if state == "disputed" and not record.conflicts:
            return False
        if books is None:
            return True
        return books.sells(_product(record))

    if q.strip():
        by_code = company.find("product_barcode", q.strip(), limit=20) if " " not in q.strip() else []
        words = company.search("product", q, limit=RANKED)
        records = list({record.id: record for record in [*by_code, *words]}.values())
        if category is not None:
            records = [record for record in records if record.doc().get("category") == category]
        chosen = [record for record in records if fits(record)]
        return Found([_shown(record) for record in chosen[:limit]], None)
    last = company.read(after) if after else None
    rows: list[dict[str, Any]] = []
    while True:
        if category is None:
            found = company.find("product_name", limit=STRIDE, after=last)
        else:
            found = company.find("product_category", category, limit=STRIDE, after=last)
        for record in found:
            if fits(record):
                if len(rows) == limit:
                    return Found(rows, rows[-1]["_id"])
                rows.append(_shown(record))
            last = record
        if len(found) < STRIDE:
            return Found(rows, None)


def _product(record: Record) -> dict[str, Any]:
    return sound.product(record.id, record.full())


def _shown(record: Record) -> dict[str, Any]:
    return {**_product(record), "_conflicts": record.conflicts}


def below(company: Database, category: str) -> list[str]:
    """The category and all that lie in it."""
    parents: dict[str, list[str]] = {}
    for record in company.each("category"):
        parent = record.doc().get("parent")
        if isinstance(parent, str):
            parents.setdefault(parent, []).append(record.id)
    found = [category]
    for id in found:
        found += [child for child in parents.get(id, ()) if child not in found]
    return found


def named(company: Database, ids: list[str]) -> Mapping[str, str]:
    """Id → name of those documents that are here."""
    records = company.read_many(ids)
    return {r.id: str(r.doc().get("name") or r.id) for r in records if r is not None and not r.deleted}
