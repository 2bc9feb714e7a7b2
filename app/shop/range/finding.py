"""Products as head office finds them: by words, categories, store and state, page by page, among as many as there
are."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from app.docs import json
from app.docs.database import Database
from app.docs.queries import RANKED
from app.docs.record import Record
from app.shop import sound
from app.shop.pricing.book import Books

#: What of the range is asked for: what is sold, what was put aside, both, what waits for a person's decision.
STATES = ("sold", "aside", "all", "disputed")
PAGE = 50
#: Rows of an index that are read at once while few of them fit.
STRIDE = 500
#: Rows that are looked at before a page is told as it is: a store whose range is small among all that there is must
#: not read all of it in one request.
LOOKED = 3000


class Found(NamedTuple):
    """`rows` are documents with `_id`, `_rev` and `_conflicts` (how many other versions); `next` is where the page
    after begins, None at the end. There may be less rows than asked for, and more to come."""

    rows: list[dict[str, Any]]
    next: str | None


def products(
    company: Database,
    *,
    q: str = "",
    categories: Sequence[str] = (),
    state: str = "sold",
    books: Books | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> Found:
    """A page of products: those that words of `q` begin (the best first, one page), else all by name; those to be
    decided by their last change, the newest first. `categories` are meant with all that lie in them; `books` are those
    of the store whose range is asked for."""
    wanted = below(company, *categories) if categories else []

    def fits(record: Record) -> bool:
        aside = '"inactive":true' in record.body and bool(record.doc().get("inactive"))
        if state == "disputed":
            if not record.conflicts:
                return False
        elif state != "all" and (state == "aside") != aside:
            return False
        if wanted and record.doc().get("category") not in wanted:
            return False
        return books is None or books.sells(_product(record))

    if q.strip():
        chosen = [record for record in _searched(company, q.strip(), wanted, state) if fits(record)]
        return Found([_shown(record) for record in chosen[:limit]], None)
    last = company.read(after) if after else None
    rows: list[dict[str, Any]] = []
    for looked, record in enumerate(_listed(company, wanted, state, last)):
        if looked == LOOKED and last is not None:
            return Found(rows, last.id)
        if fits(record):
            if len(rows) == limit and last is not None:
                return Found(rows, last.id)
            rows.append(_shown(record))
        last = record
    return Found(rows, None)


def _searched(company: Database, q: str, categories: list[str], state: str) -> list[Record]:
    within: tuple[str, Sequence[Any]] | None = None
    if state == "disputed":  # there are few; each may have any of the words
        return company.disputes(types=["product"], words=q, limit=RANKED)
    if categories:
        within = ("product_category", categories)
    elif state == "aside":
        within = ("product_aside", [True])
    by_code = company.find("product_barcode", q, limit=20) if " " not in q else []
    words = company.search("product", q, limit=RANKED, within=within)
    return list({record.id: record for record in [*by_code, *words]}.values())


def _listed(company: Database, categories: list[str], state: str, last: Record | None) -> Iterator[Record]:
    """The products after `last`, in the order that they are listed in."""

    def disputed(record: Record | None) -> list[Record]:
        return company.disputes(types=["product"], before=None if record is None else record.seq, limit=STRIDE)

    if state == "disputed":
        return _pages(disputed, last, STRIDE)
    if categories:
        stride = max(20, STRIDE // len(categories))
        return heapq.merge(*(_of_category(company, id, last, stride) for id in categories), key=_place)
    if state == "aside":
        return _pages(lambda record: company.find("product_aside", True, limit=STRIDE, after=record), last, STRIDE)
    return _pages(lambda record: company.find("product_name", limit=STRIDE, after=record), last, STRIDE)


def _of_category(company: Database, category: str, last: Record | None, stride: int) -> Iterator[Record]:
    if last is not None:  # its place among the names, as if it lay in this category
        name = last.doc().get("name")
        last = last._replace(body=json.dumps({"category": category, "name": name}).decode())
    return _pages(lambda record: company.find("product_category", category, limit=stride, after=record), last, stride)


def _pages(page: Callable[[Record | None], list[Record]], last: Record | None, stride: int) -> Iterator[Record]:
    while True:
        found = page(last)
        yield from found
        if len(found) < stride:
            return
        last = found[-1]


def _place(record: Record) -> tuple[bool, str, str]:
    name = record.doc().get("name")
    return isinstance(name, str), str(name), record.id


def _product(record: Record) -> dict[str, Any]:
    return sound.product(record.id, record.full())


def _shown(record: Record) -> dict[str, Any]:
    return {**_product(record), "_conflicts": record.conflicts}


def below(company: Database, *categories: str) -> list[str]:
    """The categories and all that lie in them."""
    parents: dict[str, list[str]] = {}
    for record in company.each("category"):
        parent = record.doc().get("parent")
        if isinstance(parent, str):
            parents.setdefault(parent, []).append(record.id)
    found = list(dict.fromkeys(categories))
    for id in found:
        found += [child for child in parents.get(id, ()) if child not in found]
    return found


def named(company: Database, ids: list[str]) -> Mapping[str, str]:
    """Id → name of those documents that are here."""
    records = company.read_many(ids)
    return {r.id: str(r.doc().get("name") or r.id) for r in records if r is not None and not r.deleted}
