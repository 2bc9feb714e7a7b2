"""From a request to an order: everything is checked and worked out here, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.docs.database import Database
from app.shop import ids, pricing, schemas, sound
from app.shop.money import MAX_AMOUNT, show
from app.shop.schemas.sale import SALE_REQUEST
from app.shop.stores import StoreFacts
from app.shop.tax import Rate

LEAST_SALE_ID = 8


class SaleError(Exception):
    """A sale that was not made. Nothing was written.

    `status` is HTTP's, `error` a word for programs, `reason` a sentence for the cashier, `field` the place in the
    request (`lines.1.price`) or "". `details` has figures that belong to it (`total_differs`: `{"total", "shown"}`).
    """

    def __init__(
        self, status: int, error: str, reason: str, field: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.status, self.error, self.reason, self.field = status, error, reason, field
        self.details = dict(details or {})
        self.problems: list[schemas.Problem] = []

    def as_dict(self) -> dict[str, Any]:
        """`{"error", "reason", "field"}`, all faults as `problems` where there are several, and the details."""
        body: dict[str, Any] = {"error": self.error, "reason": self.reason, "field": self.field, **self.details}
        if len(self.problems) > 1:
            body["problems"] = [problem._asdict() for problem in self.problems]
        return body


def invalid(reason: str, field: str) -> SaleError:
    return SaleError(400, "invalid", reason, field)


def read_request(request: Any) -> dict[str, Any]:
    """The request, checked by its schema. Raises SaleError."""
    try:
        return SALE_REQUEST.read(request)
    except schemas.Invalid as refused:
        first = refused.problems[0]
        error = invalid(first.reason, first.field)
        error.problems = refused.problems
        raise error from None


class Pricer:
    """Works out the figures of a request from the catalogue and the store's taxes."""

    def __init__(self, company: Database, store: StoreFacts) -> None:
        self.company = company
        self.store = store

    def order(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The part of the order that doesn't depend on its place in the journal: store, lines, figures, tenders."""
        if not request["lines"]:
            raise invalid("There is nothing to sell: the cart is empty.", "lines")
        store, _ = self.store.read()
        wanted = sorted({line["product"] for line in request["lines"] if line["product"] is not None})
        records = zip(wanted, self.company.read_many(wanted), strict=True)
        found = {id: record.doc() for id, record in records if record is not None and not record.deleted}
        products = {id: sound.product(id, doc) for id, doc in found.items()}
        known: dict[str, Rate | None] = {}
        lines = [self._line(i, line, products, store, known) for i, line in enumerate(request["lines"])]
        self._distinct(lines)
        names = {id: rate.name for id, rate in known.items() if rate is not None}
        figures = pricing.order_figures(lines, store["tax_mode"], names)
        if figures["total"] > MAX_AMOUNT:
            raise invalid("The total is too large.", "lines")
        shown = request["total"]
        if shown is not None and shown != figures["total"]:
            digits = store["digits"]
            reason = (
                f"The total is {show(figures['total'], digits)}, the window showed {show(shown, digits)}. "
                "Nothing was sold; look at the prices again."
            )
            details = {"total": figures["total"], "shown": shown}
            raise SaleError(409, "total_differs", reason, "total", details)
        return {
            "store": store["id"],
            "currency": store["currency"],
            "digits": store["digits"],
            "cart": request["cart"],
            "customer": request["customer"],
            "shift": None,
            "drawer": None,
            "cashier": None,
            "header": {"name": store["name"], "lines": store["header"], "footer": store["footer"]},
            "lines": lines,
            **figures,
            **self._payment(request["tenders"], figures["total"], store["digits"]),
        }

    def _line(
        self,
        index: int,
        line: Mapping[str, Any],
        products: Mapping[str, dict[str, Any]],
        store: Mapping[str, Any],
        known: dict[str, Rate | None],
    ) -> dict[str, Any]:
        where, place = f"Line {index + 1}", f"lines.{index}"
        id = line["product"]
        product = products.get(id) if id is not None else None
        price = line.get("price")
        if product is None:
            if price is None:
                missing = "the price is missing" if id is None else "the catalogue lacks this product; key in a price"
                raise invalid(f"{where}: {missing}.", f"{place}.price")
            if id is None and "name" not in line:
                raise invalid(f"{where}: the name is missing.", f"{place}.name")
            product = {"name": ids.product_name(id or "")}
        listed = product.get("price")
        if price is None and listed is None:
            raise invalid(f"{where}: the price is missing.", f"{place}.price")
        if listed is not None:
            listed = {"amount": listed["amount"], "per": listed.get("per", 1000)}
        taxes = product.get("taxes")
        made: dict[str, Any] = {
            "id": line.get("id") or f"l{index + 1}",
            "product": id,
            "sku": product.get("sku"),
            "name": line.get("name") or product["name"],
            "category": product.get("category"),
            "quantity": line["quantity"],
            "price": price or listed,
            "discounts": line["discounts"],
        }
        if product.get("sold_by") == "measure":
            made["unit"] = product.get("unit")
            made["decimals"] = product.get("decimals", 3)
        if listed is not None and made["price"] != listed:
            made["keyed"] = True
        if line.get("note"):
            made["note"] = line["note"]
        rates = self.store.rates(store["taxes"] if taxes is None else taxes, known)
        priced = pricing.price_line(made, rates, store["tax_mode"])
        if priced["amount"] > MAX_AMOUNT:
            raise invalid(f"{where}: the amount is too large.", f"{place}.quantity")
        if priced["total"] < 0:
            raise invalid(f"{where}: the discounts are more than the price.", f"{place}.discounts")
        return priced

    @staticmethod
    def _distinct(lines: list[dict[str, Any]]) -> None:
        taken: set[str] = set()
        for index, line in enumerate(lines):
            if line["id"] in taken:
                raise invalid(f"Line {index + 1}: another line has the id “{line['id']}”.", f"lines.{index}.id")
            taken.add(line["id"])

    @staticmethod
    def _payment(tenders: list[dict[str, Any]], total: int, digits: int) -> dict[str, Any]:
        """`{"tenders", "paid", "change"}`. Change comes from cash only; coupons may pay no more than the total."""
        coupons = pricing.paid(tenders, "coupon")
        if coupons > total:
            reason = f"The coupons are worth {show(coupons, digits)}, more than the total of {show(total, digits)}."
            raise invalid(reason, "tenders")
        paid = pricing.paid(tenders)
        if paid < total:
            reason = f"Not enough was paid: {show(total - paid, digits)} of {show(total, digits)} is missing."
            raise invalid(reason, "tenders")
        if paid > MAX_AMOUNT:
            raise invalid("The payment is too large.", "tenders")
        return {"tenders": tenders, "paid": paid, "change": paid - total}
