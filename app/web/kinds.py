"""Documents in words: "3 receipts, 1 parked cart", "Receipt S1-T1 · 42"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext as _n

#: The order in which they are told: money first.
_COUNTED: dict[str, Callable[[int], str]] = {
    "order": lambda n: _n("%(num)d receipt", "%(num)d receipts", n),
    "shift": lambda n: _n("%(num)d opened shift", "%(num)d opened shifts", n),
    "zreport": lambda n: _n("%(num)d Z report", "%(num)d Z reports", n),
    "cash": lambda n: _n("%(num)d cash movement", "%(num)d cash movements", n),
    "event": lambda n: _n("%(num)d entry of the journal", "%(num)d entries of the journal", n),
    "cart": lambda n: _n("%(num)d parked cart", "%(num)d parked carts", n),
    "giftcard": lambda n: _n("%(num)d gift card", "%(num)d gift cards", n),
    "ledger": lambda n: _n("%(num)d booking", "%(num)d bookings", n),
    "customer": lambda n: _n("%(num)d customer", "%(num)d customers", n),
    "product": lambda n: _n("%(num)d product", "%(num)d products", n),
    "category": lambda n: _n("%(num)d category", "%(num)d categories", n),
    "pricelist": lambda n: _n("%(num)d price list", "%(num)d price lists", n),
    "promotion": lambda n: _n("%(num)d promotion", "%(num)d promotions", n),
    "staff": lambda n: _n("%(num)d person of the staff", "%(num)d persons of the staff", n),
    "settings": lambda n: _n("%(num)d setting", "%(num)d settings", n),
    "task": lambda n: _n("%(num)d task", "%(num)d tasks", n),
    "incident": lambda n: _n("%(num)d incident", "%(num)d incidents", n),
}


def counted(types: Mapping[str | None, int]) -> str:
    """ "3 receipts, 1 parked cart, 2 other documents"; `types` counts documents by type."""
    told = [words(types[kind]) for kind, words in _COUNTED.items() if types.get(kind)]
    other = sum(count for kind, count in types.items() if kind not in _COUNTED)
    if other:
        told.append(_n("%(num)d other document", "%(num)d other documents", other))
    return _(", ").join(told)


def named(id: str, body: Mapping[str, Any] | None) -> str:
    """What a document is called by people; its id where nothing better is known."""
    body = body or {}
    kind = id.partition(":")[0]
    number = body.get("number")
    terminal = str(body.get("terminal") or "").upper()
    if kind == "order" and isinstance(number, int) and terminal:
        return _("Receipt %(terminal)s · %(number)s", terminal=terminal, number=number)
    if kind == "zreport" and isinstance(number, int) and terminal:
        return _("Z report %(terminal)s · %(number)s", terminal=terminal, number=number)
    name = body.get("name")
    if isinstance(name, str) and name.strip():
        kinds = {
            "product": _("Product “%(name)s”", name=name),
            "customer": _("Customer “%(name)s”", name=name),
            "category": _("Category “%(name)s”", name=name),
            "cart": _("Parked cart “%(name)s”", name=name),
            "staff": _("Staff “%(name)s”", name=name),
            "promotion": _("Promotion “%(name)s”", name=name),
            "pricelist": _("Price list “%(name)s”", name=name),
        }
        return kinds.get(kind, f"{name} ({id})")
    return id
