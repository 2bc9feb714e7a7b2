"""The price book of a store: what of `company` the pricing function needs, read again only when it has changed.

A list or promotion that can't be read is left out and named in the log, as is one in another currency: one slip of
another program keeps nothing from being sold. Categories stand for those below them, so the book names them all.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import schemas, sound
from app.shop.money import WHOLE
from app.shop.pricing import plans
from app.shop.pricing.conditions import strongest
from app.shop.pricing.lines import listed, percent_off
from app.shop.settings import ShopSettings
from app.shop.stores import StoreFacts

log = logging.getLogger("couchtill.shop")

CONDITIONS = ("id", "name", "priority", "groups", "starts", "starts_at", "ends", "ends_at", "hours")
PROMOTION = (
    *CONDITIONS, "kind", "scope", "products", "categories", "exclude_products", "exclude_categories", "percent",
    "amount", "price", "buy", "get", "get_products", "get_categories", "count", "parts", "limit", "spend", "spend_on",
    "coupons", "excludes",
)  # fmt: skip
CATEGORY_LISTS = ("categories", "exclude_categories", "get_categories")
MOST_LEVELS = 20  # categories one in another; more is taken for a circle
#: What the book is made of, by the beginning of its ids; and so many changes are looked through before it is made anew.
SOURCES = ("pricelist:", "promotion:", "category:", "tax:", "store:", "settings:")
LOOKED_THROUGH = 1000

Entry = dict[str, Any]


class Ground(Protocol):
    """What a store's book is made from; a till's `Desk` is one."""

    company: Database
    store_id: str
    facts: StoreFacts
    settings: ShopSettings

    @property
    def clock(self) -> clocks.Clock: ...


class Prices(NamedTuple):
    """The prices of one list, the largest least quantity first: by product, by category, of everything."""

    id: str
    products: dict[str, list[Entry]]
    categories: dict[str, list[Entry]]
    everything: list[Entry]


class _Kept(NamedTuple):
    last: int
    book: dict[str, Any]
    lists: list[Prices]
    parents: dict[str, str]
    plans: dict[str, list[Entry]]
    zone: ZoneInfo
    shelves: dict[str, frozenset[str]]


class Books:
    """The price books of one store. Safe to use from several threads."""

    def __init__(self, desk: Ground) -> None:
        self.desk = desk
        self._kept: _Kept | None = None
        self._read: dict[str, tuple[str, dict[str, Any] | None]] = {}

    def book(self, at: datetime | None = None) -> dict[str, Any]:
        """The book at a moment (UTC; now unless said), as `pricing.price` takes it, with the store's `timezone`
        besides. Not to be changed."""
        kept = self._now()
        return {**kept.book, "now": self._clock(kept, at)}

    def with_promotion(self, rule: Mapping[str, Any], at: datetime | None = None) -> dict[str, Any]:
        """The book with a promotion in it that isn't written yet (in place of the one of its id): what it would do."""
        kept = self._now()
        drafted = _widened(_slim(rule, PROMOTION), _below(kept.parents))
        others = [each for each in kept.book["promotions"] if each["id"] != rule["id"]]
        return {**kept.book, "promotions": strongest([*others, drafted]), "now": self._clock(kept, at)}

    def _clock(self, kept: _Kept, at: datetime | None = None) -> dict[str, Any]:
        local = (at or self.desk.clock()).astimezone(kept.zone)
        return {"date": local.date().isoformat(), "time": f"{local:%H:%M}", "weekday": local.isoweekday()}

    def current(self, product: dict[str, Any]) -> dict[str, Any]:
        """The product (with its `_id`) as it is sold now: with the planned price whose time has come in place of its
        own."""
        kept = self._now()
        planned = plans.counting(product, kept.plans, kept.zone) if kept.plans else []
        if not planned:
            return product
        price = listed({"price": product.get("price"), "planned": planned}, self._clock(kept))
        return product if price == product.get("price") else {**product, "price": price}

    def sells(self, product: Mapping[str, Any]) -> bool:
        """Whether this store has the product in its range: as the product says, else the nearest of its categories that
        says something, else yes. What it doesn't have it still sells to who holds it."""
        own = product.get("stores")
        if isinstance(own, list) and own:
            return f"store:{self.desk.store_id}" in own
        kept = self._now()
        for category in _above(product.get("category"), kept.parents) if kept.shelves else ():
            if category in kept.shelves:
                return f"store:{self.desk.store_id}" in kept.shelves[category]
        return True

    def chooses(self) -> bool:
        """Whether there is anything that only some stores sell."""
        return bool(self._now().shelves) or bool(self.desk.company.find("product_stores", limit=1))

    # -- lines ---------------------------------------------------------------------------------------------------

    def pricing(self, product: Mapping[str, Any]) -> dict[str, Any]:
        """What a page needs to price a product of the catalogue: the fields of a cart's line that don't depend on the
        sale. `{"product", "category", "family", "measured", "price", "prices", "planned"?, "taxes", "bundle",
        "deposit"}`."""
        kept = self._now()
        own = self._own(product)
        planned = plans.counting(product, kept.plans, kept.zone) if kept.plans else []
        wanted = [part["product"] for part in _parts(product)]
        found = self._products([*wanted, product.get("deposit")])
        return {
            **own,
            "measured": product.get("sold_by") == "measure",
            "prices": self._prices(product, kept, bool(planned)),
            **({"planned": [{"at": plan["at"], "price": plan["price"]} for plan in planned]} if planned else {}),
            "bundle": self._bundle(product, found),
            "deposit": self._deposit(product, found),
        }

    def line_for(
        self, product: Mapping[str, Any] | None, /, *, id: str, quantity: int, name: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """A line of a cart as `pricing.price` takes it. `product` is a document of the catalogue, None for what it
        lacks; `more` are the line's own fields (`kind`, `keyed`, `label`, `discounts`, `taxes`, `fixed` …)."""
        line: dict[str, Any] = {"id": id, "kind": "goods", "quantity": quantity, "name": name}
        if product is not None:
            line |= self.pricing(product)
            line["name"] = name if name is not None else product.get("name")
        return {**line, **more}

    @staticmethod
    def _own(product: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "product": product["_id"],
            "category": product.get("category"),
            "family": product.get("variant_of"),
            "price": _whole(product.get("price")),
            "taxes": product.get("taxes"),
        }

    def _prices(self, product: Mapping[str, Any], kept: _Kept, moves: bool) -> list[Entry]:
        """What the lists say of a product, the strongest list first, each list's best defined price first. Where the
        catalogue's own price `moves` by the clock, a percentage stays one."""
        own, found = product.get("price"), []
        above = _above(product.get("category"), kept.parents)
        for prices in kept.lists:
            rules: list[Entry] = []
            for id in (product["_id"], product.get("variant_of")):
                rules += prices.products.get(id or "", ())
            for category in above:
                rules += prices.categories.get(category, ())
            for rule in (*rules, *prices.everything):
                if moves and rule["price"] is None:
                    found.append({"list": prices.id, "from": rule["least"], "percent": rule["percent"]})
                    continue
                price = rule["price"] or percent_off(own, rule["percent"])
                if price is not None:
                    found.append({"list": prices.id, "from": rule["least"], "price": price})
        return found

    def _products(self, ids: Sequence[Any]) -> dict[str, dict[str, Any]]:
        wanted = [id for id in ids if isinstance(id, str)]
        if not wanted:
            return {}
        records = self.desk.company.read_many(wanted)
        docs = [sound.product(r.id, r.full()) for r in records if r is not None and not r.deleted]
        return {doc["_id"]: self.current(doc) for doc in docs}

    def _bundle(self, product: Mapping[str, Any], found: Mapping[str, Any]) -> list[Entry] | None:
        """The components; their value, by which the bundle's price is allotted, is their own price."""
        made = []
        parts = _parts(product)
        deposits = self._products([found[part["product"]].get("deposit") for part in parts if part["product"] in found])
        for number, part in enumerate(parts, 1):
            doc = found.get(part["product"], {"_id": part["product"], "name": part["product"].partition(":")[2]})
            own = self._own(doc)
            made.append(
                {
                    "id": str(number),
                    "product": own["product"],
                    "name": doc["name"],
                    "category": own["category"],
                    "quantity": part["quantity"],
                    "value": own["price"] or {"amount": 0, "per": WHOLE},
                    "taxes": own["taxes"],
                    "deposit": self._deposit(doc, deposits),
                }
            )
        return made or None

    @staticmethod
    def _deposit(product: Mapping[str, Any], found: Mapping[str, Any]) -> Entry | None:
        doc = found.get(product.get("deposit") or "")
        if doc is None or doc.get("price") is None:
            return None
        return {
            "product": doc["_id"], "name": doc["name"], "category": doc.get("category"),
            "price": _whole(doc["price"]), "taxes": doc.get("taxes"),
        }  # fmt: skip

    # -- the book ------------------------------------------------------------------------------------------------

    def _now(self) -> _Kept:
        last = self.desk.company.last_n
        kept = self._kept
        if kept is None or kept.last != last:
            untouched = kept is not None and not self._touched(kept.last)
            kept = self._kept = kept._replace(last=last) if kept is not None and untouched else self._load(last)
        return kept

    def _touched(self, since: int) -> bool:
        """Whether something that the book is made of has changed: while a catalogue arrives, most has not."""
        company = self.desk.company
        rows = company.batch(company.seq(since), LOOKED_THROUGH, bodies=False).rows
        return len(rows) == LOOKED_THROUGH or any(row.id.startswith(SOURCES) for row in rows)

    def _load(self, last: int) -> _Kept:
        company, facts = self.desk.company, self.desk.facts.read()[0]
        ids = [record.id for record in company.each("tax")]
        taxes = {rate.id: {"name": rate.name, "rate": rate.rate} for rate in self.desk.facts.rates(ids, {})}
        parents, shelves = {}, {}
        for record in company.each("category"):
            doc = record.doc()
            parent, stores = doc.get("parent"), doc.get("stores")
            if isinstance(parent, str):
                parents[record.id] = parent
            if stores and sound.is_texts(stores):
                shelves[record.id] = frozenset(stores)
        read: dict[str, tuple[str, dict[str, Any] | None]] = {}
        priced = self._readable("pricelist", facts, read)
        lists = strongest(rule for rule in priced if not plans.is_plan(rule))
        planned = [rule for rule in priced if plans.is_plan(rule) and not self._long_settled(rule)]
        promotions = strongest(self._readable("promotion", facts, read))
        self._read = read
        below = _below(parents)
        book = {
            "currency": facts["currency"],
            "digits": facts["digits"],
            "timezone": facts["timezone"],
            "tax_mode": facts["tax_mode"],
            "rounding": dict(self.desk.settings["tax_rounding"]),
            "taxes": taxes,
            "default_taxes": [id for id in facts["taxes"] if id in taxes],
            "lists": [_slim(rule, CONDITIONS) for rule in lists],
            "promotions": [_widened(_slim(rule, PROMOTION), below) for rule in promotions],
            "changes": sorted({plans.moment(rule) for rule in planned}),
        }
        zone = ZoneInfo(facts["timezone"])
        indexed = [_indexed(rule) for rule in lists]
        return _Kept(last, book, indexed, parents, plans.planned_prices(planned), zone, shelves)

    def _long_settled(self, rule: Mapping[str, Any]) -> bool:
        at = rule.get("settled_at")
        return at is not None and self.desk.clock() - clocks.read(at) > timedelta(days=plans.KEPT_DAYS)

    def _readable(
        self, type: str, facts: Mapping[str, Any], read: dict[str, tuple[str, dict[str, Any] | None]]
    ) -> list[dict[str, Any]]:
        """The rules of a type that hold in this store; each is read again only when its revision is another."""
        found = []
        for record in self.desk.company.each(type):
            before = self._read.get(record.id)
            if before is None or before[0] != record.rev:
                before = (record.rev, self._rule(record))
            read[record.id] = before
            rule = before[1]
            if rule is None or rule.get("inactive"):
                continue
            stores = rule.get("stores")
            if stores and f"store:{self.desk.store_id}" not in stores:
                continue
            if rule.get("currency") not in (None, facts["currency"]) or rule.get("digits") not in (
                None,
                facts["digits"],
            ):
                log.warning(
                    "%s is in %s, not in this store's currency: it is left out.", record.id, rule.get("currency")
                )
                continue
            found.append(rule)
        return found

    @staticmethod
    def _rule(record: Record) -> dict[str, Any] | None:
        try:
            return {"id": record.id, **schemas.read(record.doc())}
        except schemas.Invalid as wrong:
            log.warning("%s: %s It is left out.", record.id, wrong)
            return None


def _whole(price: Mapping[str, int] | None) -> dict[str, int] | None:
    return None if price is None else {"amount": price["amount"], "per": price.get("per", WHOLE)}


def _parts(product: Mapping[str, Any]) -> list[Entry]:
    """The bundle's components, without what is no component."""
    parts = product.get("bundle")
    if not isinstance(parts, list):
        return []
    right = [part for part in parts if isinstance(part, dict) and sound.is_whole(part.get("quantity"), 1)]
    return [part for part in right if isinstance(part.get("product"), str)]


def _above(category: str | None, parents: Mapping[str, str]) -> list[str]:
    """The category and those above it, the nearest first."""
    found: list[str] = []
    while category is not None and category not in found and len(found) < MOST_LEVELS:
        found.append(category)
        category = parents.get(category)
    return found


def _below(parents: Mapping[str, str]) -> dict[str, list[str]]:
    """Each category with those below it."""
    found: dict[str, list[str]] = {}
    for id in parents:
        for upper in _above(id, parents)[1:]:
            found.setdefault(upper, []).append(id)
    return found


def _slim(rule: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return {name: rule[name] for name in fields if rule.get(name) is not None}


def _widened(rule: dict[str, Any], below: Mapping[str, list[str]]) -> dict[str, Any]:
    """The rule with every category's lower ones named too."""

    def widened(part: Mapping[str, Any]) -> dict[str, Any]:
        wide = {
            name: list(dict.fromkeys(id for upper in part[name] for id in (upper, *below.get(upper, ()))))
            for name in CATEGORY_LISTS
            if part.get(name)
        }
        return {**part, **wide}

    if rule.get("parts"):
        rule["parts"] = [widened(part) for part in rule["parts"]]
    return widened(rule)


def _indexed(rule: Mapping[str, Any]) -> Prices:
    prices = Prices(rule["id"], {}, {}, [])
    for entry in sorted(rule["prices"], key=lambda entry: -entry["least"]):
        if entry["product"] is not None:
            prices.products.setdefault(entry["product"], []).append(entry)
        elif entry["category"] is not None:
            prices.categories.setdefault(entry["category"], []).append(entry)
        else:
            prices.everything.append(entry)
    return prices
