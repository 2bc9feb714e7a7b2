"""The documents of what must not be, and was found (`arrivals` looks for it).

They say nothing of who found it, so every node that finds the same incident writes the same revision. All orders stay,
and of two with one `sale` the sums count the one with the smaller id.
"""

from __future__ import annotations

from typing import Any

from app.docs.database import Database
from app.docs.errors import Conflict


def number_incident(series: str, number: int) -> dict[str, Any]:
    """Two documents of one series have one number: a terminal was copied, and both sold."""
    return _incident("number", f"{series}:{number:08d}", series=series, number=number)


def place_incident(of: str, series: str, number: int) -> dict[str, Any]:
    """Two documents of one series have one number that is no receipt's: of Z reports (`of` is "zreport"), or one place
    in the journal ("journal")."""
    return _incident("number", f"{series}:{of}:{number:08d}", series=series, number=number, of=of)


def sale_incident(sale: str) -> dict[str, Any]:
    """Two orders have one `sale`: a terminal was restored between a request and its retry."""
    return _incident("sale", sale, sale=sale)


def behind_incident(series: str, number: int, following: str) -> dict[str, Any]:
    """A terminal found its own `series` further on (`number`) than it knew, and began `following`."""
    return _incident("behind", following, series=series, number=number, next=following)


def copied_incident(series: str, lives: list[dict[str, Any]]) -> dict[str, Any]:
    """Two machines ran as one terminal at the same time, and both held `series` to be theirs. `lives` are the first
    members of their claims."""
    known = sorted(lives, key=lambda life: str(life["node"]))
    return _incident("copied", series, series=series, lives=known)


def about_incident(kind: str, id: str) -> dict[str, Any]:
    """Something is wrong with the document `id`: `kind` is one of those of `integrity.fault_of`, or "chain"."""
    return _incident(kind, id, about=id)


def _incident(kind: str, subject: str, **body: Any) -> dict[str, Any]:
    return {"_id": f"incident:{kind}:{subject}", "type": "incident", "schema": 1, "kind": kind, **body}


def write(database: Database, incident: dict[str, Any]) -> bool:
    """Writes an incident that isn't there; one that somebody deleted stays deleted. Whether it was new."""
    if database.read(incident["_id"]) is not None:
        return False
    try:
        database.put(incident)
    except Conflict:  # a pull brought the same one in between
        return False
    return True


def sale_counts(database: Database, id: str, sale: str) -> bool:
    """Whether an order stands in the sums: of several with one `sale` only the one with the smallest id does."""
    return all(id <= record.id for record in database.find("order_sale", sale, limit=10))
