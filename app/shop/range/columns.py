"""The columns of a file of products: what each says of a document, and what a document says in it.

A column that a file doesn't have leaves its field as it is; an empty cell empties it. A cell that says what the
document says already changes nothing, so a file that was exported and comes back changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.docs import json
from app.docs.errors import DocsError
from app.shop import sound
from app.shop.money import MAX_AMOUNT, WHOLE
from app.shop.reason import Reason, say

#: What the unit of a measured product is when no column says.
MEASURES: Mapping[str, str] = {"volume": "gal", "weight": "lb", "measure": "kg"}


def slug(name: str) -> str:
    """`FRZN ICE` is `frzn-ice`: letters and digits of any script, small, hyphens between."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "-", text).strip("-") or "other"


def category(name: str) -> dict[str, Any]:
    """The document of a category that a file names."""
    return {"_id": f"category:{slug(name)}", "type": "category", "schema": 1, "name": name}


class Wrong(Exception):
    """A cell that can't be read; the message says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Context:
    """What cells are read by: the currency's digits, the decimal sign, and what there is."""

    digits: int
    decimal: str = "."
    #: Name of a category, in small letters → its id; ids of taxes and stores; products of the file, by number.
    categories: Mapping[str, str] = field(default_factory=dict)
    taxes: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    products: Callable[[str], bool] = lambda id: True
    #: Id → name of categories that are written by their names: no two have one, and it leads back to the id.
    named: Mapping[str, str] = field(default_factory=dict)


Doc = dict[str, Any]
_CODE = re.compile(r"[!-~](?:[ -~]{0,46}[!-~])?")
#: What a spreadsheet leaves of a long number: 4.00638E+12.
SHORTENED = re.compile(r"\d([.,]\d+)?[eE]\+\d+")
YES, NO = ("1", "yes", "y", "true", "x", "ja", "是"), ("0", "no", "n", "false", "", "nein", "否")


def shortened(text: str) -> Reason:
    return say("A spreadsheet has shortened “%(text)s”: make the column text, and fill it in anew.", text=text)


def amount(text: str, context: Context) -> int:
    """Minor units of what a person wrote: `1.234,50` or `1,234.50` by the file's decimal sign. Raises Wrong."""
    digits, point = context.digits, context.decimal
    plain = text.replace("\u00a0", "").replace(" ", "").replace("’", "")
    group = "," if point == "." else "."
    if not re.fullmatch(
        r"-?\d{1,3}(?:%s\d{3})+(?:%s\d*)?|-?\d*(?:%s\d*)?" % ((re.escape(group),) + (re.escape(point),) * 2), plain
    ):
        raise Wrong(say("“%(text)s” is no amount.", text=text[:40]))
    whole, _, part = plain.replace(group, "").lstrip("-").partition(point)
    if not whole and not part:
        raise Wrong(say("“%(text)s” is no amount.", text=text[:40]))
    if len(part.rstrip("0")) > digits:
        raise Wrong(say("“%(text)s” has more decimals than the currency.", text=text[:40]))
    if plain.startswith("-"):
        raise Wrong(say("The price must not be negative."))
    if len(whole) > 16 or int(whole or "0") * 10**digits > MAX_AMOUNT:
        raise Wrong(say("The price is too large."))
    return int(whole or "0") * 10**digits + int(part[:digits].ljust(digits, "0") or "0")


def decimal_of(cells: list[str]) -> str:
    """The decimal sign that a file's prices use: what stands last, and before other than three digits, tells."""
    for cell in cells:
        found = re.search(r"([.,])(\d*)$", cell.strip())
        if found and (len(found[2]) != 3 or cell.count("." if found[1] == "," else ",")):
            return found[1]
    return "."


def shown(value: int, context: Context) -> str:
    """Minor units as a cell has them."""
    text = str(value).rjust(context.digits + 1, "0")
    whole, part = (text[: -context.digits], text[-context.digits :]) if context.digits else (text, "")
    return f"{whole}{context.decimal}{part}" if part else whole


# -- one column each: read(text, context, the document so far) → fields; show(document, context) → text ---------------


def _read_price(text: str, context: Context, doc: Doc) -> Doc:
    if not text:
        return {"price": None}
    per = (doc.get("price") or {}).get("per", WHOLE)
    return {"price": {"amount": amount(text, context), "per": per}}


def _show_price(doc: Doc, context: Context) -> str:
    price: Any = doc.get("price")
    return shown(price["amount"], context) if sound.is_price(price) else ""


def _read_cents(text: str, context: Context, doc: Doc) -> Doc:
    if text and not re.fullmatch(r"\d{1,16}", text):
        raise Wrong(say("“%(text)s” is no whole number of cents.", text=text[:40]))
    if text and int(text) > MAX_AMOUNT:
        raise Wrong(say("The price is too large."))
    return {"price": {"amount": int(text), "per": WHOLE} if text else None}


def _read_per(text: str, context: Context, doc: Doc) -> Doc:
    if not sound.is_price(doc.get("price")):
        return {}
    if not text:
        return {"price": {**doc["price"], "per": WHOLE}}
    if not re.fullmatch(r"\d{1,10}", text) or not 1 <= int(text) <= 9_999_999_999:
        raise Wrong(say("“%(text)s” must be a whole number of thousandths.", text=text[:40]))
    return {"price": {**doc["price"], "per": int(text)}}


def _show_per(doc: Doc, context: Context) -> str:
    price: Any = doc.get("price")
    return str(price.get("per", WHOLE)) if sound.is_price(price) and price.get("per", WHOLE) != WHOLE else ""


def _read_codes(text: str, context: Context, doc: Doc) -> Doc:
    codes = [code.replace("%20", " ").replace("%25", "%") for code in text.split()]
    for code in codes:
        if SHORTENED.fullmatch(code) and not code.isdigit():
            raise Wrong(shortened(code))
        if not _CODE.fullmatch(code):
            raise Wrong(say("“%(text)s” is no barcode.", text=code[:48]))
    if len(set(codes)) != len(codes):
        raise Wrong(say("The same barcode stands there twice."))
    return {"barcodes": codes}


def _show_codes(doc: Doc, context: Context) -> str:
    codes = doc.get("barcodes") or []
    return " ".join(code.replace("%", "%25").replace(" ", "%20") for code in codes)


def _read_category(text: str, context: Context, doc: Doc) -> Doc:
    if not text:
        return {"category": None}
    if text.startswith("category:"):
        if text not in context.categories.values():
            raise Wrong(say("There is no category “%(text)s”.", text=text[:60]))
        return {"category": text}
    if len(text) > 100 or not text.isprintable():
        raise Wrong(say("“%(text)s” is no name for a category.", text=text[:60]))
    return {"category": context.categories.get(text.casefold(), f"category:{slug(text)}")}


def _show_category(doc: Doc, context: Context) -> str:
    category = doc.get("category") or ""
    return context.named.get(category, category)


def _read_sold(text: str, context: Context, doc: Doc) -> Doc:
    sold = text.lower() or "unit"
    if sold == "unit":
        return {"sold_by": "unit"}
    if sold not in MEASURES:
        known = ", ".join(("unit", *MEASURES))
        raise Wrong(say("“%(text)s” is not how something is sold; known are: %(known)s.", text=text[:40], known=known))
    more = {} if doc.get("unit") else {"unit": MEASURES[sold]}
    return {"sold_by": "measure", **more, **({} if "decimals" in doc else {"decimals": 3})}


def _named(name: str, known: str) -> Any:
    """Ids of taxes or stores, with spaces between, without their kind."""

    def read(text: str, context: Context, doc: Doc) -> Doc:
        if not text:
            return {name: None}
        found = [] if text == "none" else [f"{known}:{one.removeprefix(f'{known}:')}" for one in text.split()]
        there = context.taxes if known == "tax" else context.stores
        for id in found:
            if id not in there:
                raise Wrong(say("There is no %(kind)s “%(text)s”.", kind=say(known), text=id.partition(":")[2][:60]))
        return {name: found}

    def show(doc: Doc, context: Context) -> str:
        ids = doc.get(name)
        if ids is None:
            return ""
        return " ".join(id.partition(":")[2] for id in ids) or "none"

    return read, show


def _product(name: str) -> Any:
    """The number of another product."""

    def read(text: str, context: Context, doc: Doc) -> Doc:
        if not text:
            return {name: None}
        id = f"product:{text}"
        if not context.products(id):
            raise Wrong(say("There is no product “%(text)s”, neither here nor in the file.", text=text[:60]))
        if id == doc.get("_id"):
            raise Wrong(say("A product can't name itself here."))
        return {name: id}

    return read, lambda doc, context: (doc.get(name) or "").partition(":")[2]


def text_column(name: str) -> Any:
    return lambda text, context, doc: {name: text or None}, lambda doc, context: str(doc.get(name) or "")


def _whole(name: str, empty: Any = None) -> Any:
    def read(text: str, context: Context, doc: Doc) -> Doc:
        if not text:
            return {name: empty}
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise Wrong(say("“%(text)s” is no whole number.", text=text[:40]))
        return {name: int(text)}

    return read, lambda doc, context: "" if doc.get(name) is None else str(doc[name])


def read_aside(text: str, context: Context, doc: Doc) -> Doc:
    if text.lower() not in (*YES, *NO):
        raise Wrong(say("“%(text)s” must be yes or no.", text=text[:40]))
    return {"inactive": text.lower() in YES}


def _json(name: str, empty: Any) -> Any:
    """What is no text and no number, as JSON."""

    def read(text: str, context: Context, doc: Doc) -> Doc:
        if not text:
            return {name: empty}
        try:
            return {name: json.loads(text.encode())}
        except DocsError:
            raise Wrong(say("“%(text)s” is no JSON that can be read.", text=text[:40])) from None

    return read, lambda doc, context: json.dumps(doc[name]).decode() if doc.get(name) else ""


def _read_maker(text: str, context: Context, doc: Doc) -> Doc:
    kept = {key: value for key, value in (doc.get("attributes") or {}).items() if key != "manufacturer_id"}
    return {"attributes": {**kept, **({"manufacturer_id": text} if text else {})}}


def _show_maker(doc: Doc, context: Context) -> str:
    attributes = doc.get("attributes")
    return str(attributes.get("manufacturer_id") or "") if isinstance(attributes, Mapping) else ""


Read = Callable[[str, Context, Doc], Doc]
Show = Callable[[Doc, Context], str]


def _read_name(text: str, context: Context, doc: Doc) -> Doc:
    if not text:
        raise Wrong(say("The name is missing."))
    return {"name": text}


NAME: tuple[Read, Show] = (_read_name, lambda doc, context: str(doc.get("name") or ""))


def _table() -> dict[str, tuple[Read, Show | None]]:
    return {
        "name": NAME,
        "price": (_read_price, _show_price),
        "price_cents": (_read_cents, None),
        "price_per": (_read_per, _show_per),
        "barcode": (_read_codes, _show_codes),
        "category": (_read_category, _show_category),
        "sold_by": (_read_sold, lambda doc, context: str(doc.get("sold_by") or "unit")),
        "unit": text_column("unit"),
        "decimals": _whole("decimals", 0),
        "size": text_column("size"),
        "brand": text_column("brand"),
        "department": text_column("department"),
        "description": text_column("description"),
        "taxes": _named("taxes", "tax"),
        "stores": _named("stores", "store"),
        "age": _whole("min_age"),
        "deposit": _product("deposit"),
        "variant_of": _product("variant_of"),
        "variant": text_column("variant"),
        "sort": _whole("sort"),
        "packings": _json("units", []),
        "bundle": _json("bundle", None),
        "attributes": _json("attributes", {}),
        "manufacturer_id": (_read_maker, _show_maker),
        "picture": text_column("picture"),
        "inactive": (read_aside, lambda doc, context: "yes" if doc.get("inactive") else ""),
    }


COLUMNS: Mapping[str, tuple[Read, Show | None]] = _table()
#: What is exported, in this order; the manufacturer's number stands among the attributes.
EXPORTED = (
    "product_id",
    *(name for name, (_, show) in COLUMNS.items() if show is not None and name != "manufacturer_id"),
)
KNOWN = ("product_id", *COLUMNS)
ALIASES = {
    "sku": "product_id", "id": "product_id", "number": "product_id", "article": "product_id", "barcodes": "barcode",
    "ean": "barcode", "gtin": "barcode", "upc": "barcode", "min_age": "age", "units": "packings",
}  # fmt: skip


def show(doc: Doc, column: str, context: Context) -> str:
    """The cell of a document, as it is exported before it is guarded."""
    if column == "product_id":
        return str(doc["_id"]).partition(":")[2]
    told = COLUMNS[column][1]
    return told(doc, context) if told is not None else ""
