"""Reads Z reports again: whether each is the sum of the documents that it covers, and the perpetual total unbroken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from app.docs.database import Database
from app.shop import schemas
from app.shop.reason import Money, Reason, say
from app.shop.shifts.covers import Documents
from app.shop.shifts.report import report

COUNTED = ("expected", "declared", "difference")


def z_faults(database: Database) -> Iterator[tuple[str, str]]:
    """The id of a Z and a sentence, for every Z whose figures are not those of its documents."""
    by_shift: dict[str, list[dict[str, Any]]] = defaultdict(list)
    series: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in database.each("zreport"):
        z = record.full()
        if schemas.known(z) and not schemas.check(z):
            by_shift[z["shift"]].append(z)
            series[z["series"]].append(z)
    for id, zreports in sorted(by_shift.items()):
        shift = database.read(id)
        if shift is None or shift.deleted or schemas.check(shift.doc()):
            for z in zreports:
                yield z["_id"], f"{z['_id']} closes a shift that is not here: {id}."
            continue
        documents = Documents(database, shift.full())
        for z in zreports:
            yield from ((z["_id"], f"{z['_id']}: {fault}") for fault in _faults(documents, z))
    for zreports in series.values():
        yield from _broken(zreports)


def _faults(documents: Documents, z: Mapping[str, Any]) -> Iterator[str]:
    part = documents.of(z)
    made = report(part.shift, part.orders, part.cash, part.events)
    stands = _bare(z["sums"])
    for name in sorted(made):
        if made[name] != stands[name]:
            yield f"“{name}” is not what the documents that it covers come to."
    yield from own_faults(z)


def own_faults(z: Mapping[str, Any]) -> Iterator[Reason]:
    """What of a Z doesn't add up by itself, whatever documents are at hand."""
    if z["difference"] != z["declared"] - z["expected"] or z["expected"] != z["sums"]["cash"]["expected"]:
        yield say("the count of the drawer doesn't add up.")
    after = z["grand_before"] + z["sums"]["revenue"]
    if z["grand_after"] != after:
        yield say(
            "%(what)s is %(stands)s and should be %(should)s.",
            what=say("the perpetual total"),
            stands=Money(z["grand_after"], z["digits"]),
            should=Money(after, z["digits"]),
        )


def _bare(sums: Mapping[str, Any]) -> dict[str, Any]:
    """The sums without what was counted, and without rows that only the count made."""

    def rows(name: str) -> list[dict[str, Any]]:
        bare = [{key: value for key, value in row.items() if key not in COUNTED} for row in sums[name]]
        return [row for row in bare if any(row[key] for key in ("in", "out", "net", "count") if key in row)]

    return {**sums, "tenders": rows("tenders"), "foreign": rows("foreign")}


def _broken(zreports: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Where the perpetual total of one series doesn't go on from the Z before."""
    by_number: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for z in zreports:
        by_number[z["number"]].append(z)
    for number, here in sorted(by_number.items()):
        before = by_number.get(number - 1)
        for z in here:
            if before and z["grand_before"] not in [other["grand_after"] for other in before]:
                yield z["_id"], f"{z['_id']} doesn't go on with the perpetual total of the Z before it."
