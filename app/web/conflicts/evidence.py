"""Incidents in plain words: the evidence that the documents give, what likely happened, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import gettext as _

from app.docs.database import Database
from app.shop import sound
from app.web import tasks_api
from app.web.conflicts import lives, tampering
from app.web.conflicts.exhibits import SHOWN, Doc, Place, Told


def row(doc: Doc, database: Database, company: Database, databases: Iterable[Database] = ()) -> dict[str, Any]:
    """`{"id", "database", "kind", "store", "title", "evidence": [{"label", "value", "link"?}], "likely", "do",
    "receipts": [{"id", "label", "at", "total", …}]}`: an incident, from the documents that are here now. `link` is
    relative to the node's first page; `databases` are all that this node shows."""
    place = Place(database, company)
    told = _KINDS.get(str(doc.get("kind")), _other)(doc, place)
    shown = {order["_id"]: order for order in told.receipts if sound.is_order(order)}
    return {
        "id": doc["_id"],
        "database": database.name,
        "kind": doc.get("kind"),
        "store": database.name.removeprefix("store-") if database.name.startswith("store-") else "",
        "title": told.title,
        "evidence": [entry for entry in told.evidence if entry["value"]],
        "likely": told.likely,
        "do": told.do,
        "receipts": [tasks_api.receipt(order) for order in list(shown.values())[:SHOWN]],
    }


def _other(incident: Doc, place: Place) -> Told:
    text = _("A newer CouchTill wrote this incident: %(id)s.", id=str(incident.get("_id")))
    return Told(_("Something to look at"), [], text, "", [])


_KINDS: dict[str, Callable[[Doc, Place], Told]] = {
    "number": lives.number,
    "sale": lives.sale,
    "behind": lives.behind,
    "copied": lives.copied,
    "second_version": tampering.second_version,
    "altered": tampering.altered,
    "removed": tampering.removed,
    "sums": tampering.sums,
    "chain": tampering.chain,
}
