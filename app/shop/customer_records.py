"""The customers of a company as head office keeps them: paged, found, made, changed, put aside; what each bought in all
stores, and what stands on their accounts."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import forms, sound
from app.shop.actor import ANYBODY, Actor
from app.shop.ledger.statements import Standing, standing
from app.shop.reason import say
from app.shop.sale import SaleError

#: What a form may write, and what an empty field of it is.
FIELDS: Final[Mapping[str, Any]] = {
    **{"name": "", "group": None, "email": None, "phone": None, "address": [], "tax_number": None, "note": None},
    **{"cards": [], "account_limit": None, "attributes": {}, "inactive": False},
}
MOST: Final = 100
#: Records that one page looks at before it says that there is more: a filter that fits few must not read all.
LOOKED: Final = 2000
STATES: Final = ("active", "aside", "all")

Shown = dict[str, Any]
"""`{"id", "rev", "key", …FIELDS, "conflict": whether two versions wait for a decision, "updated_at", "updated_by",
"updated_on"}`."""


class CustomerRecords:
    """`stores()` are the stores' own databases by id; `on` is what this node is called."""

    def __init__(
        self, company: Database, stores: Callable[[], Mapping[str, Database]], on: str, clock: clocks.Clock = clocks.now
    ) -> None:
        self.company, self.stores, self.on, self.clock = company, stores, on, clock

    # -- finding -------------------------------------------------------------------------------------------------

    def page(
        self, q: str = "", group: str = "", state: str = "active", after: str | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """`{"rows", "next"}`: those with the card `q`, else with words that begin so, the best first; without `q` by
        name, from the one after `after` on. `next` is for the page after, null at the end."""
        limit = max(1, min(limit, MOST))
        if q.strip():
            found = [record for record in self._search(q.strip()) if _fits(record, group, state)]
            return {"rows": [self.show(record) for record in found[:limit]], "next": None}
        last = self.company.read(after) if after else None
        rows: list[Record] = []
        looked = 0
        while looked < LOOKED:
            page = self._by_name(group, last, MOST)
            for record in page:
                looked, last = looked + 1, record
                if _fits(record, group, state):
                    rows.append(record)
                    if len(rows) == limit:
                        return {"rows": [self.show(one) for one in rows], "next": record.id}
            if len(page) < MOST:
                return {"rows": [self.show(one) for one in rows], "next": None}
        return {"rows": [self.show(one) for one in rows], "next": last.id if last else None}

    def _by_name(self, group: str, last: Record | None, limit: int) -> list[Record]:
        if group:
            return self.company.find("customer_group", group, after=last, limit=limit)
        return self.company.find("customer_name", after=last, limit=limit)

    def _search(self, q: str) -> list[Record]:
        found = self.company.find("customer_card", q, limit=MOST) or self.company.search("customer", q, limit=MOST * 2)
        if not found and re.fullmatch(r"[+0-9 ()/.-]{4,}", q):
            found = self.company.search("customer", re.sub(r"[^0-9]", "", q), limit=MOST)
        return found

    def groups(self) -> dict[str, int]:
        """Every group and how many are in it, by name."""
        found = self.company.tally("customer_group")
        return {group: found[group] for group in sorted(group for group in found if isinstance(group, str) and group)}

    def get(self, id: str) -> Shown:
        """Raises SaleError 404, with `erased` among its details."""
        record = self.company.read(id)
        if record is None or record.deleted or record.type != "customer":
            raise SaleError(404, "not_found", say("This customer is not here any more."))
        if record.doc().get("erased"):
            raise SaleError(404, "not_found", say("This customer’s data were erased."), "", {"erased": True})
        return self.show(record)

    def show(self, given: Record | Mapping[str, Any]) -> Shown:
        doc = given.full() if isinstance(given, Record) else given
        shown: Shown = {"id": doc["_id"], "rev": doc["_rev"], "key": doc.get("key")}
        for name, empty in FIELDS.items():
            value = doc.get(name)
            shown[name] = empty if value is None else value
        shown["conflict"] = isinstance(given, Record) and given.conflicts > 0
        for name in ("updated_at", "updated_by", "updated_on"):
            shown[name] = doc.get(name)
        return shown

    # -- writing -------------------------------------------------------------------------------------------------

    def make(self, given: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[Shown, bool]:
        """`{"request", …FIELDS}` to `customer:<request>`, and whether it was there already. Raises SaleError."""
        actor.need("customer_edit", say("making a customer"))
        request = forms.request_id(given.get("request")).lower()
        fields = self._fields({name: value for name, value in given.items() if name != "request"})
        doc = {"_id": f"customer:{request}", "type": "customer", "schema": 1, **fields}
        doc = {name: value for name, value in doc.items() if value not in (None, {})}
        if not str(doc.get("name") or "").strip():
            raise SaleError(400, "invalid", say("The name is missing."), "name")
        taken = say("There is another customer with this number already.")
        with self.company.transaction():
            self._free_cards(fields, str(doc["_id"]))
            made, repeated = forms.make(
                self.company, doc, by=self._by(actor), on=self.on, taken=taken, field="", moment=self.clock
            )
        return self.show(made), repeated

    def change(self, id: str, given: Mapping[str, Any], actor: Actor = ANYBODY) -> Shown:
        """`{"rev", …}` with the fields to change. Raises SaleError: as `forms.change`; 409 `conflict` while two
        versions wait for a decision; 409 `card_taken`."""
        actor.need("customer_edit", say("changing a customer"))
        shown = self.get(id)
        fields = self._fields({name: value for name, value in given.items() if name not in ("request", "rev")})
        if shown["conflict"]:
            reason = say("Two versions of this customer wait for a decision: choose there first, then change it here.")
            raise SaleError(409, "conflict", reason)
        if "name" in fields and not str(fields["name"] or "").strip():
            raise SaleError(400, "invalid", say("The name is missing."), "name")
        with self.company.transaction():
            self._free_cards(fields, id)
            doc = forms.change(
                self.company, id, given.get("rev"), fields, by=self._by(actor), on=self.on, show=self.show,
                moment=self.clock,
            )  # fmt: skip
        return self.show(doc)

    def _fields(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return forms.known_fields(given, FIELDS)

    def _free_cards(self, fields: Mapping[str, Any], id: str) -> None:
        """A card names one person."""
        for code in fields.get("cards") or ():
            for record in self.company.find("customer_card", code, limit=MOST) if isinstance(code, str) else ():
                doc = record.doc()
                if record.id != id and not doc.get("erased") and not doc.get("inactive"):
                    name = str(doc.get("name") or record.id)
                    reason = say("The card %(code)s is %(name)s’s.", code=code, name=name)
                    raise SaleError(409, "card_taken", reason, "cards", {"customer": record.id})

    def _by(self, actor: Actor) -> str | None:
        return actor.staff or actor.name

    # -- what they did -------------------------------------------------------------------------------------------

    def purchases(self, id: str, before: str | None = None, limit: int = 20) -> dict[str, Any]:
        """`{"rows": [order], "next"}` of all stores whose documents are here, the newest first; `next` is the `before`
        of the page after."""
        limit = max(1, min(limit, MOST))
        found: list[dict[str, Any]] = []
        for database in self.stores().values():
            last = database.read(before) if before else None
            at = None
            if before and last is None:
                at = self._at(before)
            records: Iterable[Record] = database.find(
                "order_customer", id, descending=True, limit=limit + 1, after=last
            )
            if at is not None:
                every = database.find("order_customer", id, descending=True)
                records = [one for one in every if (str(one.doc().get("at")), one.id) < at][: limit + 1]
            found += [record.full() for record in records]
        newest = heapq.nlargest(limit + 1, found, key=lambda order: (str(order.get("at")), order["_id"]))
        return {"rows": newest[:limit], "next": newest[limit - 1]["_id"] if len(newest) > limit else None}

    def _at(self, order: str) -> tuple[str, str] | None:
        for database in self.stores().values():
            record = database.read(order)
            if record is not None:
                return str(record.doc().get("at")), order
        return None

    def accounts(self, id: str) -> dict[str, Standing]:
        """What stands on the customer's account and store credit, and as of when: `{"credit", "account"}`."""
        return {kind: standing(self.company, f"{kind}:{id}") for kind in ("credit", "account")}

    def lists(self, group: str | None) -> list[dict[str, Any]]:
        """The price lists that a customer of this group has, by name: `{"id", "name"}`."""
        rows = []
        for record in self.company.each("pricelist") if group else ():
            doc = record.doc()
            groups = doc.get("groups")
            if isinstance(groups, list) and group in groups and not doc.get("inactive"):
                rows.append({"id": record.id, "name": str(doc.get("name") or record.id)})
        return sorted(rows, key=lambda row: str(row["name"]).casefold())


def _fits(record: Record, group: str, state: str) -> bool:
    doc = record.doc()
    if doc.get("erased") or (group and doc.get("group") != group):
        return False
    return state == "all" or bool(doc.get("inactive")) == (state == "aside")


def owed(amount: Any) -> int:
    """What a customer owes by the balance of their account."""
    return max(0, -amount) if sound.is_whole(amount) else 0
