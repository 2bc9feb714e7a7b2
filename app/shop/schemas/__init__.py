"""The shapes of the shop's documents, one module a type, checked where a document enters by hand.

`check(doc)` picks the schema by the document's `type`. A document of a type or version that this program doesn't know
is kept and replicated, unread: that is not an error, and `known` tells it apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.shop.reason import say
from app.shop.schemas.base import Document, Invalid, Problem
from app.shop.schemas.booking import Booking
from app.shop.schemas.cart import Cart
from app.shop.schemas.cash import Cash
from app.shop.schemas.customer import Customer
from app.shop.schemas.erasure import Erasure
from app.shop.schemas.event import Event
from app.shop.schemas.giftcard import GiftCard
from app.shop.schemas.incident import Incident
from app.shop.schemas.ledger import Ledger
from app.shop.schemas.order import Order, OrderV1
from app.shop.schemas.pricelist import PriceList
from app.shop.schemas.product import Category, Product
from app.shop.schemas.promotion import Promotion
from app.shop.schemas.resolution import Resolution
from app.shop.schemas.settings import Settings
from app.shop.schemas.shift import Shift
from app.shop.schemas.staff import Staff
from app.shop.schemas.statement import Statement
from app.shop.schemas.store import Store
from app.shop.schemas.task import Task
from app.shop.schemas.tax import Tax
from app.shop.schemas.terminal import Terminal
from app.shop.schemas.zreport import ZReport

__all__ = ["SCHEMAS", "Invalid", "Problem", "check", "known", "read"]

SCHEMAS: dict[str, Document] = {
    schema.doctype: schema()
    for schema in (
        Product,
        Category,
        PriceList,
        Promotion,
        Customer,
        Tax,
        Store,
        Terminal,
        Settings,
        Incident,
        Order,
        Shift,
        Cash,
        Event,
        ZReport,
        Staff,
        Cart,
        Task,
        GiftCard,
        Ledger,
        Statement,
        Erasure,
        Resolution,
        Booking,
    )
}
#: Versions that are still read: documents that were written before, and never change.
OLDER: dict[tuple[str, int], Document] = {("order", 1): OrderV1()}


def schema_of(doc: Mapping[str, Any]) -> Document | None:
    """The schema of the document's type and version; None for what this program doesn't know."""
    kind, version = str(doc.get("type")), doc.get("schema")
    schema = SCHEMAS.get(kind)
    if schema is not None and version == schema.version:
        return schema
    return OLDER.get((kind, version)) if isinstance(version, int) else None


def known(doc: Mapping[str, Any]) -> bool:
    """Whether this program knows the document's type, in that version."""
    return schema_of(doc) is not None


def read(doc: Mapping[str, Any]) -> dict[str, Any]:
    """The body, checked, with its defaults filled in. `_` members pass by unread. Raises Invalid."""
    kind = str(doc.get("type"))
    schema = SCHEMAS.get(kind)
    if schema is None:
        raise Invalid([Problem("type", say("Documents of the type “%(kind)s” are not known.", kind=kind))])
    found = schema_of(doc)
    if found is None:
        reason = say(
            "This %(kind)s has schema version %(version)s; version %(known)s is known.",
            kind=kind,
            version=doc.get("schema"),
            known=schema.version,
        )
        raise Invalid([Problem("schema", reason)])
    body = found.read({key: value for key, value in doc.items() if not key.startswith("_")})
    identity = doc.get("_id")
    if identity is not None and not str(identity).startswith(f"{kind}:"):
        raise Invalid([Problem("_id", say("The id of this document must begin with “%(start)s”.", start=f"{kind}:"))])
    return body


def check(doc: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a document, in words; nothing when its schema takes it."""
    try:
        read(doc)
    except Invalid as invalid:
        return invalid.problems
    return []
