"""The stores of a company as head office keeps them: made, changed, closed and opened again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from app.docs.database import Database
from app.shop import clock as clocks
from app.shop import forms
from app.shop.actor import ANYBODY, Actor
from app.shop.reason import say
from app.shop.sale import SaleError
from app.shop.schemas.store import STORE_ID

#: What a form may write, and what an empty field of it is.
FIELDS: Final[Mapping[str, Any]] = {
    **{"name": "", "currency": "", "digits": None, "timezone": "", "day_start": "04:00", "tax_mode": "included"},
    **{"taxes": [], "header": [], "footer": [], "locale": None, "address": [], "phone": None, "languages": []},
    **{"locations": [], "inactive": False},
}
#: What every receipt carries, and every balance is kept in.
FIXED: Final = ("currency", "digits")

Shown = dict[str, Any]
"""`{"id" (short name), "rev", …FIELDS, "sold": whether it has receipts here, "here": whether its database is here,
"updated_at", "updated_by", "updated_on"}`."""


class StoreRecords:
    """`database(id)` is a store's own database where this node has it, else None; `on` is what this node is called."""

    def __init__(self, company: Database, on: str, database: Callable[[str], Database | None]) -> None:
        self.company, self.on, self.database = company, on, database

    def all(self) -> list[Shown]:
        """Every store, those that are open first, by name."""
        rows = [self.show(record.full()) for record in self.company.each("store")]
        rows.sort(key=lambda row: (row["inactive"], str(row["name"]).casefold(), row["id"]))
        return rows

    def get(self, id: str) -> Shown:
        """Raises SaleError 404."""
        record = self.company.read(f"store:{id}")
        if record is None or record.deleted:
            raise SaleError(404, "not_found", say("There is no store “%(id)s” here.", id=id))
        return self.show(record.full())

    def make(self, given: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[Shown, bool]:
        """`{"request", "id", …FIELDS}` to a store, and whether it was there already. Raises SaleError."""
        actor.need("settings", say("making a store"))
        forms.request_id(given.get("request"))
        id = str(given.get("id") or "").strip()
        if not re.fullmatch(STORE_ID, id) or len(id) > 60:
            reason = say("The short name must be small letters, digits and hyphens, a letter first.")
            raise SaleError(400, "invalid", reason, "id")
        fields = forms.known_fields({k: v for k, v in given.items() if k not in ("request", "id")}, FIELDS)
        fields = {name: value for name, value in fields.items() if value is not None}
        doc = {"_id": f"store:{id}", "type": "store", "schema": 1, "id": id, **fields}
        taken = say("There is a store “%(id)s” already: choose another short name.", id=id)
        made, repeated = forms.make(
            self.company, doc, by=actor.staff or actor.name, on=self.on, taken=taken, field="id"
        )
        return self.show(made), repeated

    def change(self, id: str, given: Mapping[str, Any], actor: Actor = ANYBODY) -> Shown:
        """`{"rev", …}` with the fields to change. Raises SaleError: `forms.change`; 409 `store_sold` for another
        currency of a store that has sold, `last_store` when no open store would be left."""
        actor.need("settings", say("changing a store"))
        shown = self.get(id)
        fields = forms.known_fields({k: v for k, v in given.items() if k not in ("rev", "request")}, FIELDS)
        for name in FIXED:
            if name in fields and fields[name] != shown[name] and shown["sold"]:
                reason = say("This store has sold already: its currency stays, since every receipt is kept in it.")
                raise SaleError(409, "store_sold", reason, name)
        if fields.get("inactive") and not any(not row["inactive"] for row in self.all() if row["id"] != id):
            raise SaleError(409, "last_store", say("This is the last store that is open."), "inactive")
        if "inactive" in fields and bool(fields["inactive"]) != bool(shown["inactive"]):
            fields["closed_at"] = clocks.stamp(clocks.now()) if fields["inactive"] else None
        doc = forms.change(
            self.company,
            f"store:{id}",
            given.get("rev"),
            fields,
            by=actor.staff or actor.name,
            on=self.on,
            show=self.show,
            moment=clocks.now,
        )
        return self.show(doc)

    def show(self, doc: Mapping[str, Any]) -> Shown:
        id = str(doc["_id"]).partition(":")[2]
        database = self.database(id)
        shown: Shown = {"id": id, "rev": doc["_rev"]}
        for name, empty in FIELDS.items():
            shown[name] = doc.get(name, empty)
        for name in ("updated_at", "updated_by", "updated_on"):
            shown[name] = doc.get(name)
        shown["here"] = database is not None
        shown["sold"] = database is not None and bool(database.find("order_at", limit=1))
        return shown
