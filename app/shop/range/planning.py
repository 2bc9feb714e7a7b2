"""Planned changes of prices: drafted for one product or many, written as price lists marked `catalogue`, moved, changed
or called off before they begin.

A change of many stands in several documents (`plan` joins them), so that no document and no commit is large. Each entry
keeps the price that was seen (`was`), which is all that is told of the past: what was sold has its own prices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import forms, schemas, sound
from app.shop.actor import Actor
from app.shop.money import WHOLE
from app.shop.range import moments
from app.shop.range.finding import below
from app.shop.range.many import batches
from app.shop.range.rounding import new_price
from app.shop.reason import say
from app.shop.sale import SaleError, invalid

#: Prices in one document: about 100 KB.
CHUNK = 1000
#: Changes of one plan, at most.
MOST = 100_000

Money = Mapping[str, Any]
"""`{"currency", "digits"}` in which head office shows prices."""


class Planning:
    """The planned changes of a company; `money()` is the currency that they are in, `on` the node that writes."""

    def __init__(
        self, company: Database, on: str, money: Callable[[], Money], clock: clocks.Clock = clocks.now
    ) -> None:
        self.company, self.on, self.money, self.clock = company, on, money, clock

    # -- what there is -------------------------------------------------------------------------------------------

    def all(self) -> list[dict[str, Any]]:
        """Every plan, those to come first and soonest first, then the past ones, the newest first: `{"id", "name",
        "note", "starts", "starts_at", "count", "state", "revs", "entries", "updated_*"}`. `state` is `planned`, `begun`
        (it holds somewhere), `past` (it stands in the products) or `off`; `entries` are its first three."""
        found: dict[str, list[Record]] = {}
        for record in self.company.each("pricelist"):
            if '"catalogue":true' in record.body:
                found.setdefault(_plan_of(record), []).append(record)
        zones = moments.zones(self.company)
        rows = [self._row(id, records, zones) for id, records in found.items()]
        moment = {row["id"]: f"{row['starts']}T{row['starts_at'] or '00:00'}" for row in rows}
        coming = sorted((row for row in rows if row["state"] == "planned"), key=lambda row: moment[row["id"]])
        others = [row for row in rows if row["state"] != "planned"]
        return coming + sorted(others, key=lambda row: moment[row["id"]], reverse=True)

    def get(self, id: str) -> dict[str, Any]:
        """One plan with all its `entries`: `[{"product", "name", "was", "now", "price", "document"}]`. Raises SaleError
        404."""
        records = self._records(id)
        row = self._row(id, records, moments.zones(self.company))
        return {**row, "entries": [entry for record in records for entry in self._entries(record)]}

    def of_product(self, product: str) -> list[dict[str, Any]]:
        """The changes of one product that are still to come: `[{"id", "starts", "starts_at", "price"}]`, the soonest
        first."""
        found = []
        for record in self.company.each("pricelist"):
            if '"catalogue":true' not in record.body or f'"{product}"' not in record.body:
                continue
            rule = record.doc()
            if rule.get("inactive") or not self._to_come(rule):
                continue
            for entry in rule.get("prices") or ():
                if entry.get("product") == product:
                    head = {"id": _plan_of(record), "starts": rule["starts"], "starts_at": rule.get("starts_at")}
                    found.append({**head, "price": entry["price"]})
        return sorted(found, key=lambda row: f"{row['starts']}T{row['starts_at'] or '00:00'}")

    def _row(self, id: str, records: list[Record], zones: list[Any]) -> dict[str, Any]:
        docs = [record.doc() for record in records]
        first = docs[0]
        entries: list[dict[str, Any]] = []
        for record in records:
            entries += self._entries(record, 3 - len(entries)) if len(entries) < 3 else []
        return {
            "id": id,
            **{name: first.get(name) for name in ("name", "note", "starts", "starts_at", "currency", "digits")},
            **{name: first.get(name) for name in ("updated_at", "updated_by", "updated_on")},
            "count": sum(len(doc.get("prices") or ()) for doc in docs),
            "state": self._state(docs, zones),
            "revs": {record.id: record.rev for record in records},
            "disputed": any(record.conflicts for record in records),
            "entries": entries,
        }

    def _state(self, docs: list[dict[str, Any]], zones: list[Any]) -> str:
        if all(doc.get("inactive") for doc in docs):
            return "off"
        if all(doc.get("settled_at") or doc.get("inactive") for doc in docs):
            return "past"
        try:
            return "planned" if self.clock() < moments.span(docs[0], zones)[0] else "begun"
        except (KeyError, TypeError, ValueError):
            return "off"  # another program wrote it, and no till can read it

    def _entries(self, record: Record, most: int | None = None) -> list[dict[str, Any]]:
        given = [entry for entry in record.doc().get("prices") or () if isinstance(entry, dict)][:most]
        products = self.company.read_many([str(entry.get("product")) for entry in given])
        rows = []
        for entry, product in zip(given, products, strict=True):
            doc = sound.product(product.id, product.doc()) if product is not None and not product.deleted else {}
            shown = {"product": entry.get("product"), "name": doc.get("name") or str(entry.get("product"))}
            rows.append({**shown, "was": entry.get("was"), "now": doc.get("price"), "price": entry.get("price")})
        return [{**row, "document": record.id} for row in rows]

    # -- drafting ------------------------------------------------------------------------------------------------

    def draft(self, what: Mapping[str, Any], how: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """What a change would do: `{"product", "name", "was", "price", "per"}` of each product whose price becomes
        another one, in no order that means anything. `what` is `{"products": [ids]}`, `{"category": id}` (and all in
        it), `{"all": true}` or `{"prices": [{"product", "price"}]}`; `how`, for all but the last, as
        `rounding.new_price`. Raises SaleError."""
        given = what.get("prices")
        if isinstance(given, list):
            yield from self._given(given)
            return
        new = new_price(how)
        for record in self._meant(what):
            doc = sound.product(record.id, record.full())
            price = doc.get("price")
            if doc.get("inactive") or price is None:
                continue
            amount = new(price["amount"])
            if amount != price["amount"]:
                yield _change(record.id, doc, {"amount": amount, "per": price.get("per", WHOLE)})

    def _given(self, given: list[Any]) -> Iterator[dict[str, Any]]:
        for batch in batches(given, 500):
            ids = [str(entry.get("product")) if isinstance(entry, dict) else "" for entry in batch]
            for entry, id, record in zip(batch, ids, self.company.read_many(ids), strict=True):
                if record is None or record.deleted or record.type != "product":
                    reason = say("There is no %(kind)s %(id)s.", kind=say("product"), id=id.partition(":")[2] or id)
                    raise invalid(reason, "prices")
                price = entry.get("price")
                if not sound.is_price(price):
                    raise invalid(say("The price is missing."), "prices")
                yield _change(id, record.doc(), {"amount": price["amount"], "per": price.get("per", WHOLE)})

    def _meant(self, what: Mapping[str, Any]) -> Iterator[Record]:
        if isinstance(what.get("products"), list):
            for batch in batches([str(id) for id in what["products"]], 500):
                records = self.company.read_many(batch)
                yield from (r for r in records if r is not None and not r.deleted and r.type == "product")
        elif isinstance(what.get("category"), str):
            for category in below(self.company, what["category"]):
                yield from self.company.find("product_category", category)
        elif what.get("all") is True:
            yield from self.company.each("product")
        else:
            raise invalid(say("Say which products are meant."), "what")

    # -- writing -------------------------------------------------------------------------------------------------

    def plan(self, given: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
        """Writes a plan, and gives it: `{"request", "name", "note"?, "starts", "starts_at", "what", "how"}`. The same
        request again gives what the first one wrote. Raises SaleError."""
        actor.need("catalogue", say("planning prices"))
        request = forms.request_id(given.get("request")).lower()
        if self.company.read(_document(request, 1)) is not None:
            return self.get(request)
        head = self._head(given, request, actor)
        self._must_come(head)
        changes = []
        for change in self.draft(_object(given, "what"), _object(given, "how")):
            changes.append(change)
            if len(changes) > MOST:
                raise invalid(say("There are too many products in this change: %(num)s at most.", num=MOST), "what")
        if not changes:
            raise invalid(say("No product gets another price by this."), "what")
        head["name"] = head["name"] or (changes[0]["name"] if len(changes) == 1 else str(say("Change of prices")))
        docs = []
        for number, batch in enumerate(batches(changes, CHUNK), 1):
            entries = [{key: change[key] for key in ("product", "was", "price")} for change in batch]
            kept = [{key: value for key, value in entry.items() if value is not None} for entry in entries]
            docs.append({"_id": _document(request, number), **head, "prices": kept})
            forms.check(docs[-1])
        with self.company.transaction():  # all of it or nothing: half a change of prices is none
            if self.company.read(_document(request, 1)) is None:
                for doc in docs:
                    self.company.put(doc)
        return self.get(request)

    def _head(self, given: Mapping[str, Any], request: str, actor: Actor) -> dict[str, Any]:
        money = self.money()
        at = clocks.stamp(self.clock())
        stamps = {"updated_at": at, "updated_by": actor.staff or actor.name, "updated_on": self.on}
        name, note = given.get("name"), given.get("note")
        head = {
            "type": "pricelist", "schema": 1, "name": name.strip() if isinstance(name, str) else "", "catalogue": True,
            "plan": request, "starts": given.get("starts"), "starts_at": given.get("starts_at") or "00:00",
            "currency": money["currency"], "digits": money["digits"], **stamps,
        }  # fmt: skip
        if isinstance(note, str) and note.strip():
            head["note"] = note.strip()
        forms.check({**head, "name": head["name"] or "plan", "prices": []})
        return head

    def change(self, id: str, given: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
        """Moves a plan, renames it, calls it off (`inactive`), or changes one entry (`{"product", "price"}`, null takes
        it out). `revs` are what was seen. Raises SaleError: 404, 409 `changed` with `current`, 409 `begun`."""
        actor.need("catalogue", say("planning prices"))
        seen = given.get("revs")
        if not isinstance(seen, dict):
            raise invalid(say("The revision that was seen is missing."), "revs")
        fields = {name: given[name] for name in ("name", "note", "starts", "starts_at", "inactive") if name in given}
        product = given.get("product")
        with self.company.transaction():
            records = self._records(id)
            if any(seen.get(record.id) != record.rev for record in records):
                reason = say("Somebody else changed this in the meantime. Nothing was written: choose what shall hold.")
                raise SaleError(409, "changed", reason, "revs", {"current": self.get(id)})
            if any(not self._to_come(record.doc()) for record in records):
                reason = say("It holds already, or is over: set the price, or plan another one.")
                raise SaleError(409, "begun", reason)
            for record in records:
                before = record.full()
                after = {**before, **fields, **self._with_entry(before, product, given)}
                if after == before:
                    continue
                forms.check(after)
                if not after.get("inactive"):
                    self._must_come(after)
                at = clocks.stamp(self.clock())
                stamps = {"updated_at": at, "updated_by": actor.staff or actor.name, "updated_on": self.on}
                self.company.put({**after, **stamps})
        return self.get(id)

    @staticmethod
    def _with_entry(doc: Mapping[str, Any], product: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        if product is None or all(entry.get("product") != product for entry in doc["prices"]):
            return {}
        price = given.get("price")
        kept = [entry for entry in doc["prices"] if entry.get("product") != product or price is not None]
        return {"prices": [{**entry, "price": price} if entry.get("product") == product else entry for entry in kept]}

    def _records(self, id: str) -> list[Record]:
        found = self.company.between(f"pricelist:plan-{id}-", f"pricelist:plan-{id}-~")
        if not found:
            record = self.company.read(id)
            found = [record] if record is not None and not record.deleted and record.type == "pricelist" else []
        if not found:
            raise SaleError(404, "not_found", say("This is not here any more: somebody deleted it."))
        return found

    def _to_come(self, rule: Mapping[str, Any]) -> bool:
        if schemas.check({**rule}):
            return False
        return self.clock() < moments.span(rule, moments.zones(self.company))[0]

    def _must_come(self, rule: Mapping[str, Any]) -> None:
        first: datetime = moments.span(rule, moments.zones(self.company))[0]
        if first <= self.clock():
            raise invalid(say("That moment is over, at least in one store: choose a later one."), "starts")


def _change(id: str, doc: Mapping[str, Any], price: Mapping[str, int]) -> dict[str, Any]:
    was = doc.get("price") if sound.is_price(doc.get("price")) else None
    return {"product": id, "name": str(doc.get("name") or id), "was": was, "price": dict(price)}


def _document(plan: str, number: int) -> str:
    return f"pricelist:plan-{plan}-{number:03d}"


def _plan_of(record: Record) -> str:
    """What joins the documents of one plan; one that another program wrote stands for itself."""
    plan = record.doc().get("plan")
    return plan if isinstance(plan, str) and record.id.startswith(f"pricelist:plan-{plan}-") else record.id


def _object(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(say("the %(field)s must be an object", field=name).capital(), name)
    return value
