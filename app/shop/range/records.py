"""One document of the range made, changed, put aside: checked by its schema and against what it names, never over what
somebody else wrote (`app.shop.forms`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import forms, ids, sound
from app.shop.actor import Actor
from app.shop.range.columns import slug
from app.shop.reason import say
from app.shop.sale import SaleError, invalid

Fields = Mapping[str, Any]

_RULE: Final[Fields] = {
    "name": "", "priority": 0, "groups": None, "stores": None, "starts": None, "starts_at": None, "ends": None,
    "ends_at": None, "hours": None, "inactive": False,
}  # fmt: skip
#: What a form may send of each type, and what an empty field of it is.
FIELDS: Final[Mapping[str, Fields]] = {
    "product": {
        "sku": "", "name": "", "description": None, "barcodes": [], "category": None, "department": None,
        "brand": None, "size": None, "sold_by": "unit", "unit": None, "decimals": 0, "price": None, "taxes": None,
        "inactive": False, "stores": None, "min_age": None, "deposit": None, "variant_of": None, "variant": None,
        "sort": None, "units": [], "bundle": None, "picture": None, "attributes": {},
    },
    "category": {"name": "", "parent": None, "sort": 0, "colour": None, "stores": None, "inactive": False},
    "tax": {"name": "", "rate": None, "stores": None, "inactive": False},
    "pricelist": {**_RULE, "currency": "", "digits": 2, "prices": [], "note": None},
    "promotion": {
        **_RULE, "kind": "", "scope": "line", "products": None, "categories": None, "exclude_products": None,
        "exclude_categories": None, "percent": None, "amount": None, "price": None, "buy": None, "get": None,
        "get_products": None, "get_categories": None, "count": None, "parts": None, "limit": None, "spend": None,
        "spend_on": "meant", "coupons": None, "excludes": None, "currency": None, "digits": None,
    },
}  # fmt: skip
#: Lists that mean everybody, or everything, when nothing stands in them.
_OPEN = frozenset(
    ("groups", "stores", "hours", "bundle", "products", "categories", "exclude_products", "exclude_categories",
     "get_products", "get_categories", "coupons", "excludes", "parts")
)  # fmt: skip
#: Fields that name other documents of the range.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "product": ("category", "taxes", "deposit", "variant_of", "stores"),
    "category": ("parent", "stores"),
    "tax": ("stores",),
    "pricelist": ("stores",),
    "promotion": ("stores", "products", "categories", "exclude_products", "exclude_categories", "get_products",
                  "get_categories", "excludes"),
}  # fmt: skip
_LABELS = {"product": say("product"), "category": say("category"), "tax": say("tax"), "store": say("store")}


class RangeRecords:
    """The documents of the range in `company`; `on` is the node that writes."""

    def __init__(self, company: Database, on: str, clock: clocks.Clock = clocks.now) -> None:
        self.company, self.on, self.clock = company, on, clock

    # -- reading -------------------------------------------------------------------------------------------------

    def show(self, doc: Mapping[str, Any]) -> dict[str, Any]:
        """The document as a form takes it: every field of its type, `id`, `rev`, `disputed` (whether two versions of it
        wait for a person), who changed it when and where."""
        kind = str(doc["_id"]).partition(":")[0]
        record = self.company.read(str(doc["_id"]))
        shown = {name: doc.get(name, empty) for name, empty in FIELDS[kind].items()}
        stamps = {name: doc.get(name) for name in ("updated_at", "updated_by", "updated_on")}
        disputed = bool(record is not None and record.conflicts)
        return {"id": doc["_id"], "rev": doc.get("_rev"), **shown, **stamps, "disputed": disputed}

    def get(self, kind: str, id: str) -> dict[str, Any]:
        """Raises SaleError 404."""
        record = self.company.read(id)
        if record is None or record.deleted or record.type != kind or not id.startswith(f"{kind}:"):
            raise SaleError(404, "not_found", say("This is not here any more: somebody deleted it."))
        return record.full()

    def all(self, kind: str, chosen: Callable[[Mapping[str, Any]], bool] | None = None) -> list[dict[str, Any]]:
        """All of a type that there are few of, as `show`, by name; of those `chosen` by their body."""
        rows = []
        for record in self.company.each(kind):
            if chosen is None or chosen(record.doc()):
                rows.append(self.show(record.full()))
        return sorted(rows, key=lambda row: (bool(row["inactive"]), str(row["name"]).casefold(), row["id"]))

    def doubles(self, doc: Mapping[str, Any]) -> list[dict[str, str]]:
        """`[{"code", "id", "name"}]`: the barcodes of a product that other products have as well. A scan of one asks
        the cashier which is meant."""
        own = [code for code in doc.get("barcodes") or () if isinstance(code, str)]
        own += [code for unit in sound.units(doc) for code in unit["barcodes"]]
        found = []
        for code in dict.fromkeys(own):
            records = self.company.find("product_barcode", code, limit=5)
            records += self.company.find("product_unit_barcode", code, limit=5)
            for id, record in {record.id: record for record in records}.items():
                if id != doc.get("_id"):
                    found.append({"code": code, "id": id, "name": str(record.doc().get("name") or id)})
        return found

    # -- writing -------------------------------------------------------------------------------------------------

    def make(self, kind: str, given: Mapping[str, Any], actor: Actor) -> tuple[dict[str, Any], bool]:
        """A new document; and whether this very request made it before. Raises SaleError."""
        actor.need("catalogue", say("changing the catalogue"))
        request = forms.request_id(given.get("request"))
        values = self._values(kind, {name: value for name, value in given.items() if name not in ("request", "rev")})
        doc = {**{name: empty for name, empty in FIELDS[kind].items() if empty is not None}, **values}
        if kind == "product":
            doc["price"] = values.get("price")
        doc = {name: value for name, value in doc.items() if value is not None or name in ("price", "category")}
        if kind != "product":
            doc.pop("category", None)
        id = self._id(kind, doc, request)
        doc = {"_id": id, "type": kind, "schema": 1, **doc}
        self.check_names(doc, values)
        taken = say("There is one with this name already.")
        if kind == "product":
            taken = say("There is a product with this number already: %(name)s.", name=self._called(id))
        field = "sku" if kind == "product" else "name"
        by = actor.staff or actor.name
        return forms.make(self.company, doc, by=by, on=self.on, taken=taken, field=field, moment=self.clock)

    def change(self, kind: str, id: str, given: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
        """The document with what `given` says of it, `rev` the one that was seen. Raises SaleError, 409 as
        `forms.change`."""
        actor.need("catalogue", say("changing the catalogue"))
        current = self.get(kind, id)
        values = self._values(kind, {name: value for name, value in given.items() if name not in ("request", "rev")})
        if values.get("sku", current.get("sku")) != current.get("sku"):
            raise invalid(say("The number of a product stays: make a copy with the new one."), "sku")
        self.check_names({**current, **values}, values)
        by = actor.staff or actor.name
        return forms.change(
            self.company, id, given.get("rev"), values, by=by, on=self.on, show=self.show, moment=self.clock
        )

    def _values(self, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
        values = forms.known_fields(given, FIELDS[kind])
        for name in _OPEN & values.keys():
            if values[name] == []:
                values[name] = None
        return values

    @staticmethod
    def _id(kind: str, doc: Mapping[str, Any], request: str) -> str:
        if kind == "product":
            return f"product:{doc.get('sku') or ''}"
        name = doc.get("name")
        if not isinstance(name, str) or not name.strip():
            raise invalid(say("The name is missing."), "name")
        # A rule may be called as another one; its form's own id tells them apart, and repeats itself.
        return f"{kind}:{slug(name)[:80]}" + (f"-{request[-10:].lower()}" if kind in ("pricelist", "promotion") else "")

    def check_names(self, doc: Mapping[str, Any], changed: Iterable[str]) -> None:
        """Whether what the `changed` fields of a document name is there. Raises SaleError 400."""
        kind, id = str(doc["type"]), str(doc["_id"])
        for name in _NAMES[kind]:
            if name not in changed:
                continue
            value = doc.get(name)
            wanted = [value] if isinstance(value, str) else value if isinstance(value, list) else []
            self._there([one for one in wanted if isinstance(one, str)], name)
        if kind == "category" and "parent" in changed:
            self._no_circle(id, doc.get("parent"))
        if kind == "product":
            self._check_product(id, doc, changed)

    def _check_product(self, id: str, doc: Mapping[str, Any], changed: Iterable[str]) -> None:
        parts = doc.get("bundle") if "bundle" in changed else None
        if isinstance(parts, list):
            named = [part.get("product") for part in parts if isinstance(part, dict)]
            self._there([one for one in named if isinstance(one, str)], "bundle")
            if id in named:
                raise invalid(say("A bundle can't hold itself."), "bundle")
            for record in self.company.read_many([one for one in named if isinstance(one, str)]):
                if record is not None and record.doc().get("bundle"):
                    reason = say("“%(name)s” is a bundle itself.", name=str(record.doc().get("name")))
                    raise invalid(reason, "bundle")
        if "deposit" in changed and doc.get("deposit") == id:
            raise invalid(say("A product is not its own deposit."), "deposit")
        if "variant_of" in changed and isinstance(doc.get("variant_of"), str):
            record = self.company.read(str(doc["variant_of"]))
            if doc["variant_of"] == id or (record is not None and record.doc().get("variant_of")):
                raise invalid(say("A variant belongs to a product that is none itself."), "variant_of")
            if self.company.find("product_variant", id, limit=1):
                raise invalid(say("This product has variants itself."), "variant_of")

    def _there(self, wanted: list[str], field: str) -> None:
        for id, record in zip(wanted, self.company.read_many(wanted), strict=True):
            if record is None or record.deleted:
                kind = id.partition(":")[0]
                label = _LABELS.get(kind, say("document"))
                raise invalid(say("There is no %(kind)s %(id)s.", kind=label, id=id.partition(":")[2] or id), field)

    def _no_circle(self, id: str, parent: Any) -> None:
        seen = {id}
        while isinstance(parent, str):
            if parent in seen:
                raise invalid(say("A category can't lie in itself."), "parent")
            seen.add(parent)
            record = self.company.read(parent)
            parent = None if record is None or record.deleted else record.doc().get("parent")

    def _called(self, id: str) -> str:
        record: Record | None = self.company.read(id)
        return str(record.doc().get("name") or id) if record is not None else ids.product_name(id)
