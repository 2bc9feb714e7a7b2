"""A file of customers (`app.shop.recordfile`): its columns, its cards; and the export.

Files of *The Complete Journey* name households: `household_id`, with `age`, `income` and `household_size`, which are
kept as attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Final

from app.docs.record import Record
from app.shop import recordfile
from app.shop.csvfile import unguarded
from app.shop.erasing.erase import is_erased
from app.shop.range import columns
from app.shop.range.columns import Context, Doc, Read, Show, Wrong
from app.shop.reason import phrase, say
from app.shop.recordfile import RecordFile, Told

#: Bytes of a file: 50,000 customers take about five million.
LARGEST: Final = 16_000_000


def _read_limit(text: str, context: Context, doc: Doc) -> Doc:
    if not text:
        return {"account_limit": None}
    try:
        return {"account_limit": columns.amount(text.strip(), context)}
    except Wrong:
        raise Wrong(say("“%(text)s” is no amount.", text=text[:40])) from None


def _show_limit(doc: Doc, context: Context) -> str:
    limit = doc.get("account_limit")
    return columns.shown(limit, context) if isinstance(limit, int) else ""


def _read_address(text: str, context: Context, doc: Doc) -> Doc:
    return {"address": [line.strip() for line in re.split(r"[\n|]", text) if line.strip()]}


def _read_cards(text: str, context: Context, doc: Doc) -> Doc:
    for code in text.split():
        if columns.SHORTENED.fullmatch(code) and not code.isdigit():
            raise Wrong(columns.shortened(code))
    return {"cards": list(dict.fromkeys(text.split()))}


def _joined(name: str, between: str) -> Show:
    def show(doc: Doc, context: Context) -> str:
        value = doc.get(name)
        return between.join(str(one) for one in value) if isinstance(value, list) else ""

    return show


def _attribute(name: str) -> tuple[Read, Show]:
    def read(text: str, context: Context, doc: Doc) -> Doc:
        others = {key: value for key, value in (doc.get("attributes") or {}).items() if key != name}
        return {"attributes": {**others, **({name: text} if text else {})}}

    def show(doc: Doc, context: Context) -> str:
        attributes = doc.get("attributes")
        return str(attributes.get(name) or "") if isinstance(attributes, Mapping) else ""

    return read, show


TABLE: Final[Mapping[str, tuple[Read, Show | None]]] = {
    "name": columns.NAME,
    "group": columns.text_column("group"),
    "email": columns.text_column("email"),
    "phone": columns.text_column("phone"),
    "address": (_read_address, _joined("address", "|")),
    "tax_number": columns.text_column("tax_number"),
    "note": columns.text_column("note"),
    "cards": (_read_cards, _joined("cards", " ")),
    "account_limit": (_read_limit, _show_limit),
    "inactive": (columns.read_aside, lambda doc, context: "yes" if doc.get("inactive") else ""),
    "age": _attribute("age"),
    "income": _attribute("income"),
    "household_size": _attribute("household_size"),
}
#: What is exported, in this order.
EXPORTED: Final = ("customer_id", *(name for name in TABLE if name not in ("age", "income", "household_size")))


class CustomerFile(RecordFile):
    """A CSV file of customers, with its header checked. Raises ImportRefused where it can't be read at all."""

    kind = "customer"
    table: ClassVar = TABLE
    aliases: ClassVar = {"card": "cards", "id": "customer_id", "number": "customer_id", "e-mail": "email"}
    keys: ClassVar = ("customer_id", "household_id")
    amounts: ClassVar = ("account_limit",)
    missing = say("The number of the customer is missing.")
    twice = phrase("This customer stands on line %(line)s already.")

    def new(self, number: str) -> Doc:
        name = number if self.key == "customer_id" else f"Household {number}"
        return {"_id": self.id(number), "type": "customer", "schema": 1, "key": number, "name": name}

    def refused(self, number: str, record: Record | None) -> Told | None:
        if is_erased(record):
            reason = say("This person’s data were erased. Give a person who comes back another number.")
            return self.key, reason
        if record is not None and record.conflicts:
            return "", say("Two versions of this customer wait for a decision: choose there first.")
        return None

    def begin(self) -> None:
        """Whose each card of the file is: one that stands at two customers is the first one's."""
        self._owners: dict[str, str] = {}
        self._inside: set[str] = set()
        for row in self.file if "cards" in self.columns else ():
            id = self.id(self.number(row))
            self._inside.add(id)
            for code in unguarded(row.values.get("cards", "")).split():
                self._owners.setdefault(code, id)

    def across(self, before: Doc | None, after: Doc) -> Told | None:
        """Whether a card that the customer gets is another's: in the file, or here and the file doesn't take it
        away."""
        known = set((before or {}).get("cards") or ())
        for code in after.get("cards") or ():
            if code in known:
                continue
            other = self._owners.get(code, str(after["_id"]))
            for record in self.having("customer_card", "cards", code) if other == after["_id"] else ():
                doc = record.doc()
                if record.id != other and record.id not in self._inside and not doc.get("inactive"):
                    other = record.id
                    break
            if other != after["_id"]:
                return "cards", say("The card %(code)s belongs to another customer.", code=code)
        return None


def exported(
    records: Iterable[Record], digits: int, *, guard: bool = True, decimal: str = ".", delimiter: str = ","
) -> Iterator[bytes]:
    """Customers as a file (`recordfile.exported`), those that are erased left out."""
    context = Context(digits, decimal)

    def show(doc: Doc, column: str) -> str:
        told = TABLE[column][1]
        return told(doc, context) if told is not None else ""

    kept = (record for record in records if not is_erased(record))
    return recordfile.exported(EXPORTED, kept, show, guard=guard, delimiter=delimiter)
