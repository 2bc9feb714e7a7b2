"""Short ways to write carts and books down."""

from __future__ import annotations

from typing import Any

Case = dict[str, Any]

VAT = {"tax:vat": {"name": "VAT", "rate": 190_000}}
TWO = {"tax:a": {"name": "State", "rate": 50_000}, "tax:b": {"name": "City", "rate": 99_750}}
SUNDAY = {"date": "2026-11-22", "time": "14:05", "weekday": 7}


def book(*promotions: dict[str, Any], **more: Any) -> dict[str, Any]:
    usual = {
        "currency": "EUR",
        "digits": 2,
        "tax_mode": "included",
        "rounding": {"scope": "line", "mode": "half_away"},
        "taxes": {},
        "default_taxes": [],
        "lists": [],
        "promotions": list(promotions),
        "now": SUNDAY,
    }
    return {**usual, **more}


def taxed(rate: dict[str, Any], *promotions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return book(*promotions, **{"taxes": rate, "default_taxes": list(rate), **more})


def item(id: str, amount: int | None, pieces: int = 1, **more: Any) -> dict[str, Any]:
    """`pieces` of the product of that name at `amount` each."""
    price = None if amount is None else {"amount": amount, "per": 1000}
    return {"id": id, "product": f"product:{id}", "name": id, "quantity": pieces * 1000, "price": price, **more}


def promotion(id: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": f"promotion:{id}", "name": id, "kind": kind, **more}


def cart(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"lines": list(lines), **more}


def case(name: str, how: str, cart: dict[str, Any], book: dict[str, Any], **expected: Any) -> Case:
    return {"name": name, "how": f"by hand: {how}", "cart": cart, "book": book, "expected": expected}


def euros(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}
