"""What becomes of a member that two places changed, one table a document type. (What one place changed is taken.)

    ask             for a person
    unite           a set: what either added, without what either took out
    gather          a set where both only added; else for a person
    meant           a set of those for whom something is: united, but never to nothing, which would be everybody
    prefer(True)    a flag: true wins
    newer           what was edited later, where it is nobody's work
    by_key, by_row  a map, a list of objects: each part for itself

The tables are code, the same everywhere; the setting `merge_ask` can only turn a type ("product") or a member
("product.barcodes") to *ask*. What no table names is for a person, and so is a type that this program doesn't know.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from app.docs.database import Database
from app.docs.merge import OPEN, Policies, ask, by_key, by_row, gather, newer, prefer, unite
from app.shop.carts import merging
from app.shop.ids import IMMUTABLE
from app.shop.schemas.settings import VALUES

INACTIVE: Final = prefer(True)


def meant(base: Any, earlier: Any, later: Any) -> Any:
    """As `unite`; where nothing would be left, a person says for whom it is: an empty list may mean everybody."""
    return unite(base, earlier, later) or OPEN


def _unit(row: Mapping[str, Any]) -> str:
    return str(row.get("name"))


def _part(row: Mapping[str, Any]) -> str:
    return str(row.get("product"))


def list_price(row: Mapping[str, Any]) -> str:
    """What tells the rows of a price list apart: `product:milk`, `category:tea`, `*`, and from which quantity
    (`product:milk 12000`)."""
    least = row.get("least") or 0
    return f"{row.get('product') or row.get('category') or '*'}{f' {least}' if least else ''}"


PRODUCT: Final[Policies] = {
    "barcodes": unite,
    "priced_at": newer,  # goes with the price, which a person decides
    "stores": meant,
    "taxes": gather,  # two exchanges of a tax, united, would charge both
    "inactive": INACTIVE,
    "names": by_key(ask),
    "units": by_row(_unit, ask, barcodes=unite),
    "bundle": by_row(_part, ask),
    "attributes": by_key(ask),
    "*": ask,
}
CATEGORY: Final[Policies] = {"inactive": INACTIVE, "stores": meant, "names": by_key(ask), "*": ask}
CUSTOMER: Final[Policies] = {
    "cards": unite,
    "attributes": by_key(ask),
    "inactive": INACTIVE,
    "erased": prefer(True),  # and then nothing else counts: `joining`
    "*": ask,
}
#: When a price list or a promotion holds, and for whom.
RULE: Final[Policies] = {
    "groups": meant,
    "stores": meant,
    "hours": gather,
    "inactive": INACTIVE,
    "*": ask,
}
PRICELIST: Final[Policies] = {**RULE, "settled_at": newer, "prices": by_row(list_price, ask)}
PROMOTION: Final[Policies] = {
    **RULE,
    "products": meant,
    "categories": meant,
    "exclude_products": unite,
    "exclude_categories": unite,
    "get_products": meant,
    "get_categories": meant,
    "coupons": meant,
    "excludes": unite,
}
TAX: Final[Policies] = {"stores": meant, "inactive": INACTIVE, "*": ask}
STORE: Final[Policies] = {"taxes": gather, "*": ask}
SETTINGS: Final[Policies] = {
    "values": by_key(ask, roles=by_key(unite), keys=by_key(ask), merge_ask=unite),
    "*": ask,
}
TERMINAL: Final[Policies] = {
    "incarnations": unite,
    "inactive": INACTIVE,
    "claim": newer,  # the run that said so last; who is left out says so again (`app.shop.claims`)
    "log": by_key(newer),  # each event stands under the request that it came by
    "*": ask,
}
STAFF: Final[Policies] = {"inactive": INACTIVE, "*": ask}
GIFTCARD: Final[Policies] = {"*": ask}
#: A follow-up: who has it and whether it is done is what was said last; what was noted stays, each note by its id.
TASK: Final[Policies] = {
    "notes": by_key(ask),
    "assigned": newer,
    "later_at": newer,
    "done_at": newer,
    "done_by": newer,
    "*": ask,
}
INCIDENT: Final[Policies] = {**TASK, "lives": unite}

TABLES: Final[Mapping[str, Policies]] = {
    "product": PRODUCT,
    "category": CATEGORY,
    "customer": CUSTOMER,
    "pricelist": PRICELIST,
    "promotion": PROMOTION,
    "tax": TAX,
    "store": STORE,
    "settings": SETTINGS,
    "terminal": TERMINAL,
    "staff": STAFF,
    "giftcard": GIFTCARD,
    "task": TASK,
    "incident": INCIDENT,
    "cart": merging.POLICIES,
}
UNKNOWN: Final[Policies] = {"*": ask}

#: Members that tell of a person: no audit repeats them.
PERSONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("name", "key", "email", "phone", "address", "tax_number", "note", "cards", "attributes"),
    "staff": ("name", "pin", "badge", "onetime"),
}

#: Members that nobody is shown, not even who decides: hashes of PINs and badges.
SECRET: Final[Mapping[str, frozenset[str]]] = {"staff": frozenset({"pin", "badge", "onetime"})}
#: What no search looks into: those members of any document, since a version may claim another type.
UNSEARCHED: Final[frozenset[str]] = frozenset().union(*SECRET.values())
#: What stands in their place.
HIDDEN: Final = dict(hidden=True)

#: What each kind of node joins by rule, in `company` and in the stores' databases: what its link's user may write.
JOINED: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "office": (frozenset(TABLES) - IMMUTABLE, frozenset()),
    "terminal": (frozenset({"customer", "task", "incident"}), frozenset({"cart", "task", "incident", "terminal"})),
    "hub": (frozenset(), frozenset()),
}


def secret(id: str, doctype: str | None) -> frozenset[str]:
    """The members of a document that nobody is shown: by its id as well, whatever type one of its versions claims."""
    return SECRET.get(doctype or "", frozenset()) | SECRET.get(id.partition(":")[0], frozenset())


def personal(id: str, doctype: str | None) -> bool:
    """Whether a document tells of a person: by its id as well."""
    return doctype in PERSONAL or id.partition(":")[0] in PERSONAL


def table_for(doctype: str | None, asks: Collection[str] = ()) -> Policies:
    """The table of a type; `asks` are the names in the setting `merge_ask`."""
    table = TABLES.get(doctype or "", UNKNOWN)
    if doctype in asks:
        return UNKNOWN
    asked = [name.partition(".")[2] for name in asks if name.startswith(f"{doctype}.")]
    return {**table, **dict.fromkeys(asked, ask)} if asked else table


def asks(company: Database) -> tuple[str, ...]:
    """The setting `merge_ask` that holds for the whole company: what every node must do alike is set for all."""
    record = company.read("settings:all")
    values = None if record is None or record.deleted else record.doc().get("values")
    return tuple(VALUES.readable(values).get("merge_ask") or ()) if isinstance(values, dict) else ()
