"""Reads a store's orders again and says what doesn't add up: chains, numbers, sums, doubles.

Every figure that can be worked out from another is worked out; every hash is taken again. Findings are sentences for a
person; an empty list is the proof that nothing was lost, altered or sold twice on the way here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from app.docs.database import Database
from app.shop import ids, journal, pricing, schemas, tax
from app.shop.money import line_amount, show


class Finding(NamedTuple):
    """One thing wrong: a word for its kind (`chain`, `number`, `sum`, `sale`, `schema`, `hash`, `incident`,
    `conflict`), what it is about (a document's id, a series, a sale), and a sentence."""

    kind: str
    about: str
    message: str


class Link(NamedTuple):
    """What of a journalled document the check of its chain needs."""

    id: str
    journal: int
    number: int | None
    prev: str | None
    hash: str
    at: str


def verify_store(database: Database) -> list[Finding]:
    """Everything wrong with the orders of a store's database, incidents included."""
    findings: list[Finding] = []
    series: dict[str, list[Link]] = defaultdict(list)
    sales: dict[str, list[str]] = defaultdict(list)
    for record in database.each("order"):
        order = record.doc()
        if record.conflicts:
            message = f"{record.id} has {record.conflicts + 1} versions; an order is written once."
            findings.append(Finding("conflict", record.id, message))
        if not schemas.known(order):
            message = (
                f"{record.id} was written by a newer CouchTill (schema {order.get('schema')}); it can't be checked."
            )
            findings.append(Finding("schema", record.id, message))
            continue
        faults = [Finding("schema", record.id, f"{record.id}: {p.field}: {p.reason}") for p in schemas.check(order)]
        if faults:
            findings += faults
            continue
        findings += check_order(record.id, order)
        sales[order["sale"]].append(record.id)
        series[order["series"]].append(_link(record.id, order, order["number"]))
        if record.conflicts:  # what a clone wrote after its own version follows that one
            series[order["series"]] += _other_links(database, record.id, record.rev)
    for name, links in sorted(series.items()):
        findings += check_series(name, links)
    for sale, found in sorted(sales.items()):
        if len(found) > 1:
            message = f"The sale {sale} was written {len(found)} times: {', '.join(sorted(found))}. It counts once."
            findings.append(Finding("sale", sale, message))
    findings += check_heads(database, series)
    findings += list_incidents(database)
    return findings


def _link(id: str, order: Mapping[str, Any], number: int | None) -> Link:
    return Link(id, order["journal"], number, order["prev"], order["hash"], order["at"])


def _other_links(database: Database, id: str, winner: str) -> list[Link]:
    """The losing versions of an order, as links of the chain; their number is the winner's, and counted there."""
    leaves = [leaf["ok"] for leaf in database.open_revs(id, "all") if "ok" in leaf]
    losers = [leaf for leaf in leaves if leaf["_rev"] != winner and not leaf.get("_deleted")]
    return [_link(id, leaf, None) for leaf in losers if not schemas.check(leaf)]


def check_order(id: str, order: Mapping[str, Any]) -> list[Finding]:
    """Whether an order's id, hash and figures agree with one another."""
    found: list[Finding] = []
    expected = ids.numbered("order", order["series"], order["number"], order["sale"])
    if id != expected:
        found.append(Finding("number", id, f"{id} has the series, number and sale of {expected}."))
    if ids.terminal_of(order["series"]) != order["terminal"]:
        found.append(Finding("number", id, f"{id} names the terminal {order['terminal']} in a series of another."))
    try:
        if journal.digest(order) != order["hash"]:
            found.append(Finding("hash", id, f"{id} was altered: its contents don't have the hash that it carries."))
    except journal.UnknownHashVersion:
        message = f"{id} has a hash of version {order['hash_version']}, of a newer CouchTill; it can't be checked."
        found.append(Finding("hash", id, message))
    found += [Finding("sum", id, f"{id}: {fault}") for fault in sums(order)]
    return found


def sums(order: Mapping[str, Any]) -> Iterator[str]:
    """The sums of an order that don't add up, in words."""
    digits, mode = order["digits"], order["tax_mode"]

    def differs(what: str, stands: int, should: int) -> Iterator[str]:
        if stands != should:
            yield f"{what} is {show(stands, digits)} and should be {show(should, digits)}."

    for number, line in enumerate(order["lines"], 1):
        yield from differs(f"line {number}: the amount", line["amount"], line_amount(line["price"], line["quantity"]))
        off = sum(discount["amount"] for discount in line["discounts"])
        yield from differs(f"line {number}: the total", line["total"], line["amount"] - off)
        rates = [tax.Rate(entry["id"], "", entry["rate"]) for entry in line["tax"]]
        if line["tax"] != tax.line_taxes(line["total"], rates, mode):
            yield f"line {number}: the taxes are not those of {show(line['total'], digits)}."
    names = {entry["id"]: entry["name"] for entry in order["tax"]}
    figures = pricing.order_figures(order["lines"], mode, names)
    for name in ("subtotal", "discount", "total"):
        yield from differs(f"the {name}", order[name], figures[name])
    if order["tax"] != figures["tax"]:
        yield "the taxes are not the sums of the lines' taxes."
    yield from differs("what was paid", order["paid"], pricing.paid(order["tenders"]))
    yield from differs("the change", order["change"], order["paid"] - order["total"])
    if order["change"] > pricing.paid(order["tenders"], "cash"):
        yield f"the change of {show(order['change'], digits)} is more than the cash that was paid."


def check_series(series: str, links: list[Link]) -> list[Finding]:
    """Whether a series' journal and numbers are gapless and every document follows the one it names."""
    found: list[Finding] = []
    places: dict[int, list[Link]] = defaultdict(list)
    numbers: dict[int, list[str]] = defaultdict(list)
    for link in links:
        places[link.journal].append(link)
        if link.number is not None:
            numbers[link.number].append(link.id)
    for what, taken in (("journal", set(places)), ("receipt", set(numbers))):
        for first, last in gaps(taken):
            missing = f"number {first} is" if first == last else f"numbers {first} to {last} are"
            found.append(Finding("number", series, f"Series {series}: the {what} {missing} missing."))
    for number, doubles in sorted(numbers.items()):
        if len(doubles) > 1:
            message = f"Series {series}: number {number} was given {len(doubles)} times: {', '.join(sorted(doubles))}."
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
            elif place > 1 and link.prev in before and link.at < before[link.prev].at:
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
        if kind == "number":
            message = f"Number {number} of series {series} was given twice: a terminal was copied. Both sales count."
        elif kind == "sale":
            message = f"The sale {doc.get('sale')} was written twice: a terminal was restored. It counts once."
        elif kind == "behind":
            message = (
                f"A terminal found its series {series} at {number}, further than it knew (it was restored, or copied), "
                f"and began {doc.get('next')}."
            )
        else:
            message = f"Incident {record.id}."
        found.append(Finding("incident", record.id, message))
    return found
