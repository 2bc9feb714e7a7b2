"""A document as a row of evidence: what it is called, what it came to, when and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from flask_babel import gettext as _

from app.docs.database import Database
from app.shop import ids, sound
from app.shop.stores import StoreFacts
from app.web import present, words

Doc = Mapping[str, Any]

SHOWN = 6  # receipts or versions of one incident


class Told(NamedTuple):
    """What is told of an incident: `evidence` are rows `{"label", "value", "link"?}`, `receipts` the orders in it."""

    title: str
    evidence: list[dict[str, Any]]
    likely: str
    do: str
    receipts: list[dict[str, Any]]


class Place:
    """Where an incident was found: the database, and how a store tells time and money."""

    def __init__(self, database: Database, company: Database) -> None:
        self.database = database
        facts, _known = StoreFacts(company, database.name.removeprefix("store-")).read()
        self.zone = str(facts["timezone"]) if database.name.startswith("store-") else None

    def when(self, doc: Doc) -> str:
        return words.when(str(doc["at"]), self.zone) if doc.get("at") else ""

    def who(self, doc: Doc) -> str:
        by = doc.get("cashier") or doc.get("by")
        record = self.database.read(by) if isinstance(by, str) else None
        return str(record.doc().get("name") or "") if record is not None else ""

    def shown(self, doc: Doc, *more: str) -> dict[str, Any]:
        """A document as a row of evidence: what it is, what it came to, when and by whom."""
        parts = [money(doc), self.when(doc), self.who(doc), *more]
        made: dict[str, Any] = {"label": what(doc), "value": " · ".join(part for part in parts if part)}
        if doc.get("type") == "order" and not doc.get("_deleted"):
            made["link"] = f"receipts/{quote(str(doc['_id']), safe='')}"
        return made


def what(doc: Doc) -> str:
    """What a document is called: "Receipt S1-T1 · 42"."""
    parts = ids.parse(str(doc.get("_id")))
    type = parts.type if parts is not None else str(doc.get("type"))
    till = ids.terminal_of(parts.series).upper() if parts is not None else ""
    names = {
        "order": _("Refund") if doc.get("kind") == "refund" else _("Receipt"),
        "zreport": _("Z report"),
        "shift": _("Opening of a shift"),
        "cash": _("Cash in or out"),
        "event": _("Note in the journal"),
        "ledger": _("Movement of a balance"),
        "resolution": _("Decision"),
    }
    name = names.get(type, _("Document"))
    if parts is None:
        return name
    return f"{name} {till} · {parts.number}"


def money(doc: Doc) -> str:
    """What a document came to, with its currency."""
    figure = {"order": "total", "zreport": "declared", "cash": "amount", "ledger": "amount"}.get(str(doc.get("type")))
    value, digits = doc.get(figure or ""), doc.get("digits")
    if type(value) is not int or not sound.is_whole(digits, 0, 4):
        return ""
    currency = doc.get("currency")
    if not isinstance(currency, str) or not currency:
        return present.amount(value, int(str(digits)))
    return present.money(value, currency, int(str(digits)))


def line(label: str, value: str) -> dict[str, Any]:
    return {"label": label, "value": value}


def read(place: Place, id: str) -> dict[str, Any] | None:
    record = place.database.read(id)
    return None if record is None or record.deleted else record.full()


def whole(value: Any) -> int:
    return value if type(value) is int else 0
