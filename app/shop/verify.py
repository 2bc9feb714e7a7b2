"""Reads a store's journals again and says what doesn't add up: chains, numbers, sums, doubles.

Every figure that can be worked out from another is worked out; every hash is taken again. Findings are sentences for a
person; an empty list is the proof that nothing was lost, altered or sold twice on the way here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from app.docs.database import Database
from app.shop import ids, journal, schemas
from app.shop.scanned import indexed
from app.shop.selling.sums import sums
from app.shop.shifts.proof import z_faults


class Finding(NamedTuple):
    """One thing wrong: a word for its kind (`chain`, `number`, `sum`, `sale`, `schema`, `hash`, `incident`,
    `conflict`), what it is about (a document's id, a series, a sale), and a sentence."""

    kind: str
    about: str
    message: str


class Link(NamedTuple):
    """What of a journalled document the check of its chain needs. `number` is its own (a receipt's, a Z report's), None
    where it has none."""

    id: str
    type: str
    journal: int
    number: int | None
    prev: str | None
    hash: str
    at: str
    reset: tuple[str, str] | None = None  # of a shift that set the time back: from when, to when


#: What the numbers of a type are called.
NUMBERED = {"order": "receipt", "zreport": "Z report"}


#: What an incident says that is about one document.
ABOUT = {
    "chain": "doesn't follow the document that it names: the chain is cut.",
    "second_version": "was written again; such a document is written once.",
    "altered": "was altered: its contents don't have the hash that it carries.",
    "removed": "was deleted; such a document is never deleted.",
    "sums": "has figures that don't add up.",
}


def verify_store(database: Database) -> list[Finding]:
    """Everything wrong with the journals of a store's database, incidents included. The file may be a hub's: it needs
    no indexes."""
    database = indexed(database)
    findings: list[Finding] = []
    series: dict[str, list[Link]] = defaultdict(list)
    sales: dict[str, list[str]] = defaultdict(list)
    for type in ("order", *sorted(ids.JOURNALED - {"order"})):
        for record in database.each(type):
            doc = record.doc()
            if record.conflicts:
                message = f"{record.id} has {record.conflicts + 1} versions; {_a(type)} is written once."
                findings.append(Finding("conflict", record.id, message))
            if not schemas.known(doc):
                message = (
                    f"{record.id} was written by a newer CouchTill (schema {doc.get('schema')}); it can't be checked."
                )
                findings.append(Finding("schema", record.id, message))
                continue
            faults = [Finding("schema", record.id, f"{record.id}: {p.field}: {p.reason}") for p in schemas.check(doc)]
            if faults:
                findings += faults
                continue
            findings += check_link(record.id, doc)
            if type == "order":
                findings += [Finding("sum", record.id, f"{record.id}: {fault}") for fault in sums(doc)]
                sales[doc["sale"]].append(record.id)
            series[doc["series"]].append(_link(record.id, doc, doc.get("number")))
            if record.conflicts:  # what a clone wrote after its own version follows that one
                series[doc["series"]] += _other_links(database, record.id, record.rev)
    for name, links in sorted(series.items()):
        findings += check_series(name, links)
    for sale, found in sorted(sales.items()):
        if len(found) > 1:
            message = f"The sale {sale} was written {len(found)} times: {', '.join(sorted(found))}. It counts once."
            findings.append(Finding("sale", sale, message))
    findings += check_heads(database, series)
    findings += [Finding("z", id, message) for id, message in z_faults(database)]
    findings += list_incidents(database)
    return findings


def _a(type: str) -> str:
    return f"an {type}" if type[0] in "aeiou" else f"a {type}"


def _link(id: str, doc: Mapping[str, Any], number: int | None) -> Link:
    reset = doc.get("clock_reset") if doc["type"] == "shift" else None
    back = (reset["from"], reset["to"]) if reset else None
    return Link(id, doc["type"], doc["journal"], number, doc["prev"], doc["hash"], doc["at"], back)


def _other_links(database: Database, id: str, winner: str) -> list[Link]:
    """The losing versions of a document, as links of the chain; their number is the winner's, and counted there."""
    leaves = [leaf["ok"] for leaf in database.open_revs(id, "all") if "ok" in leaf]
    losers = [leaf for leaf in leaves if leaf["_rev"] != winner and not leaf.get("_deleted")]
    return [_link(id, leaf, None) for leaf in losers if not schemas.check(leaf)]


def check_link(id: str, doc: Mapping[str, Any]) -> list[Finding]:
    """Whether a journalled document's id and hash agree with what it says."""
    found: list[Finding] = []
    request = doc["sale"] if doc["type"] == "order" else doc["request"]
    expected = ids.numbered(doc["type"], doc["series"], doc.get("number", doc["journal"]), request)
    if id != expected:
        found.append(Finding("number", id, f"{id} has the series, number and sale of {expected}."))
    if ids.terminal_of(doc["series"]) != doc["terminal"]:
        found.append(Finding("number", id, f"{id} names the terminal {doc['terminal']} in a series of another."))
    try:
        if journal.digest(doc) != doc["hash"]:
            found.append(Finding("hash", id, f"{id} was altered: its contents don't have the hash that it carries."))
    except journal.UnknownHashVersion:
        message = f"{id} has a hash of version {doc['hash_version']}, of a newer CouchTill; it can't be checked."
        found.append(Finding("hash", id, message))
    return found


def turns_back(before: Link, link: Link) -> bool:
    """Whether time goes back from one link to the next, other than where a shift says so."""
    return link.at < before.at and link.reset != (before.at, link.at)


def check_series(series: str, links: list[Link]) -> list[Finding]:
    """Whether a series' journal and numbers are gapless and every document follows the one it names."""
    found: list[Finding] = []
    places: dict[int, list[Link]] = defaultdict(list)
    numbers: dict[str, dict[int, list[str]]] = {type: defaultdict(list) for type in NUMBERED}
    for link in links:
        places[link.journal].append(link)
        if link.number is not None and link.type in numbers:
            numbers[link.type][link.number].append(link.id)
    taken = [("journal", set(places)), *((NUMBERED[type], set(numbers[type])) for type in NUMBERED)]
    for what, known in taken:
        for first, last in gaps(known):
            missing = f"number {first} is" if first == last else f"numbers {first} to {last} are"
            found.append(Finding("number", series, f"Series {series}: the {what} {missing} missing."))
    for type, name in NUMBERED.items():
        for number, doubles in sorted(numbers[type].items()):
            if len(doubles) > 1:
                what = "number" if type == "order" else f"{name} number"
                message = (
                    f"Series {series}: {what} {number} was given {len(doubles)} times: {', '.join(sorted(doubles))}."
                )
                found.append(Finding("number", series, message))
    for place, here in sorted(places.items()):
        before = {link.hash: link for link in places.get(place - 1, ())}
        for link in here:
            if place == 1 and link.prev is not None:
                found.append(
                    Finding("chain", link.id, f"{link.id} is the first of its series and names one before it.")
                )
            elif place > 1 and before and link.prev not in before:
                found.append(
                    Finding("chain", link.id, f"{link.id} doesn't follow the document before it: the chain is cut.")
                )
            elif place > 1 and link.prev in before and turns_back(before[link.prev], link):
                found.append(Finding("chain", link.id, f"{link.id} is dated before the document that it follows."))
    return found


def gaps(taken: set[int]) -> Iterator[tuple[int, int]]:
    """The runs of numbers missing from 1 to the greatest."""
    expected = 1
    for number in sorted(taken):
        if number > expected:
            yield expected, number - 1
        expected = number + 1


def check_heads(database: Database, series: Mapping[str, list[Link]]) -> list[Finding]:
    """Whether the documents reach as far as the heads of the terminals that live here: a cut tail shows in no chain."""
    found = []
    for kept in database.local_docs():
        if not kept["_id"].startswith("_local/" + journal.HEAD):
            continue
        last = max((link.journal for link in series.get(kept["series"], ())), default=0)
        if last < kept["journal"]:
            message = f"Series {kept['series']} went to {kept['journal']} here, and its documents end at {last}."
            found.append(Finding("chain", kept["series"], message))
    return found


def list_incidents(database: Database) -> list[Finding]:
    """The incidents that the store's nodes found, in words."""
    found = []
    for record in database.each("incident"):
        doc = record.doc()
        kind, series, number = doc.get("kind"), doc.get("series"), doc.get("number")
        if kind == "number" and doc.get("of"):
            what = "Z report" if doc["of"] == "zreport" else "Place"
            message = f"{what} {number} of series {series} was given twice: a terminal was copied. Both stand."
        elif kind == "number":
            message = f"Number {number} of series {series} was given twice: a terminal was copied. Both sales count."
        elif kind == "sale":
            message = f"The sale {doc.get('sale')} was written twice: a terminal was restored. It counts once."
        elif kind == "behind":
            message = (
                f"A terminal found its series {series} at {number}, further than it knew (it was restored, or copied), "
                f"and began {doc.get('next')}."
            )
        elif kind == "copied":
            message = f"Two machines ran as the terminal of series {series} at the same time. All sales count."
        elif kind in ABOUT:
            message = f"{doc.get('about')} {ABOUT[kind]}"
        else:
            message = f"Incident {record.id}."
        found.append(Finding("incident", record.id, message))
    return found
