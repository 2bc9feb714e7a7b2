"""Customers as the till knows them: found by name, phone, e-mail or card, made and edited without the central."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.docs import merge
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import editing
from app.shop.actor import ANYBODY, Actor
from app.shop.desk import Desk
from app.shop.reason import say
from app.shop.sale import SaleError, check_document
from app.shop.schemas.customer import Customer
from app.shop.schemas.order import SALE_ID

#: What may be written at a till.
FIELDS = ("name", "group", "email", "phone", "address", "tax_number", "note", "cards")
MOST = 50

Shown = dict[str, Any]
"""`{"id", "rev", "name", "key", "group", "email", "phone", "address": [], "tax_number", "note", "cards": [],
"conflict": null | {field: [the values that were written apart]}}`"""


class Customers:
    """The customers of the company, at one till."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.company = desk.company

    def search(self, q: str | None = None, limit: int = 20) -> list[Shown]:
        """Customers whose card is `q`, else whose name, key, phone or e-mail has words that begin so; without `q` the
        first by name."""
        limit = max(1, min(limit, MOST))
        q = (q or "").strip()
        if not q:
            found = self.company.find("customer_name", limit=limit * 2)
        else:
            found = self._carded(q) or self.company.search("customer", q, limit=limit * 2)
            if not found and re.fullmatch(r"[+0-9 ()/.-]{4,}", q):
                # A phone number is written in many ways; its digits are looked for as they stand together.
                found = self.company.search("customer", re.sub(r"[^0-9]", "", q), limit=limit * 2)
        return [self._shown(record) for record in found if _present(record)][:limit]

    def by_card(self, code: str) -> list[Shown]:
        """The customers that have this card; several when one was given twice."""
        return [self._shown(record) for record in self._carded(code.strip()) if _present(record)]

    def _carded(self, code: str) -> list[Record]:
        return self.company.find("customer_card", code, limit=MOST)

    def get(self, id: str) -> Shown | None:
        """A customer by id, or None; one whose data was erased has no name any more and isn't shown."""
        record = self.company.read(id)
        if record is None or record.deleted or record.type != "customer" or not _present(record):
            return None
        return self._shown(record)

    def create(self, request: str, fields: Mapping[str, Any], actor: Actor = ANYBODY) -> tuple[Shown, bool]:
        """Makes `customer:<request>`, and whether the request was a repeated one. Raises SaleError."""
        if not isinstance(request, str) or not re.fullmatch(SALE_ID, request):
            raise SaleError(
                400, "invalid", say("The request’s id must be 8 to 64 letters, digits, - and _."), "request"
            )
        actor.need("customer_edit", say("making a customer"))
        given = self._given(fields)
        if not str(given.get("name") or "").strip():
            raise SaleError(400, "invalid", say("The name is missing."), "name")
        id = f"customer:{request.lower()}"
        with self.company.transaction():
            record = self.company.read(id)
            if record is not None and not record.deleted:
                return self._shown(record), True
            self._free_cards(given, id)
            at = clocks.stamp(self.desk.clock())
            stamps = {"updated_at": at, "updated_by": actor.staff, "updated_on": self.desk.terminal}
            doc = {"_id": id, "type": "customer", "schema": 1, **given, **stamps}
            check_document(doc)
            self.company.put(doc)
            made = self.company.read(id)
            assert made is not None
            return self._shown(made), False

    def edit(self, id: str, rev: str, changes: Mapping[str, Any], actor: Actor = ANYBODY) -> Shown:
        """Writes `changes` over the customer as it was at `rev`; the customer afterwards.

        Raises SaleError: 409 `changed` with the customer as it is now in `details.customer`, when somebody was quicker;
        409 `conflict` for a field that two places changed apart: head office must choose first; 404; 400.
        """
        actor.need("customer_edit", say("changing a customer"))
        given = self._given(changes)
        shown = self.get(id)
        if shown is None:
            raise SaleError(404, "not_found", say("This customer is not here any more."))
        open_ = [field for field in (shown["conflict"] or {}) if field in given and given[field] != shown.get(field)]
        if open_:
            reason = say(
                "This was changed in two places at once. Head office must choose before it can be changed here."
            )
            raise SaleError(409, "conflict", reason, open_[0], {"customer": shown})
        if "name" in given and not given["name"].strip():
            raise SaleError(400, "invalid", say("The name is missing."), "name")
        clock = self.desk.clock
        try:
            with self.company.transaction():
                self._free_cards(given, id)
                editing.edit(self.company, id, rev, given, by=actor.staff, on=self.desk.terminal, moment=clock)
        except editing.Changed as changed:
            now = self.get(id)
            if changed.current is None or now is None:
                raise SaleError(404, "not_found", say("This customer is not here any more.")) from None
            reason = say("Somebody else has changed this customer meanwhile. Look at what is new, then save again.")
            raise SaleError(409, "changed", reason, "", {"customer": now}) from None
        after = self.get(id)
        assert after is not None
        return after

    # -- within --------------------------------------------------------------------------------------------------

    def _shown(self, record: Record) -> Shown:
        doc = record.full()
        read = CUSTOMER.readable(doc)
        shown: Shown = {"id": doc["_id"], "rev": doc["_rev"], "key": read.get("key")}
        for field in FIELDS:
            shown[field] = read.get(field) or ([] if field in ("address", "cards") else None)
        shown["name"] = shown["name"] or doc["_id"].partition(":")[2]
        shown["conflict"] = self._open(record) if record.conflicts else None
        return shown

    def _open(self, record: Record) -> dict[str, list[Any]]:
        """The fields in which the branches of a customer differ, each with the values there are."""
        live = [leaf.body for leaf in merge.leaves(self.company, record) if not leaf.deleted]
        differ: dict[str, list[Any]] = {}
        for field in FIELDS:
            values: list[Any] = []
            for body in live:
                value = body.get(field)
                if not any(merge.same(value, known) for known in values):
                    values.append(value)
            if len(values) > 1:
                differ[field] = values
        return differ

    def _given(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that a till may write, texts trimmed, empty ones null. Raises SaleError."""
        unknown = sorted(set(fields) - set(FIELDS))
        if unknown:
            raise SaleError(400, "invalid", say("The field “%(name)s” is not known.", name=unknown[0]), unknown[0])
        given: dict[str, Any] = {}
        for field, value in fields.items():
            if isinstance(value, str):
                value = value.strip()
                given[field] = value if value or field == "name" else None
            elif isinstance(value, list):
                given[field] = [one.strip() if isinstance(one, str) else one for one in value if one not in ("", None)]
            elif value is None and field in ("cards", "address"):
                given[field] = []
            else:
                given[field] = value
        if "name" in given and not isinstance(given["name"], str):
            raise SaleError(400, "invalid", say("The name must be text."), "name")
        return given

    def _free_cards(self, given: Mapping[str, Any], id: str) -> None:
        """A card names one person. (Two tills apart may still give it twice: a scan then offers both.)"""
        for code in given.get("cards") or ():
            if isinstance(code, str) and any(r.id != id and _present(r) for r in self._carded(code)):
                raise SaleError(
                    409, "card_taken", say("The card %(code)s belongs to another customer.", code=code), "cards"
                )


CUSTOMER = Customer()


def _present(record: Record) -> bool:
    doc = record.doc()
    return not doc.get("inactive") and not doc.get("erased")
