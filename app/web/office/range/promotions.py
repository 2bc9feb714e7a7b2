"""Promotions: the page `/promotions`, and what a cart would cost with one that isn't written yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from app.docs.database import Database
from app.shop import clock, schemas, sound
from app.shop.pricing import PricingError, price
from app.shop.pricing.book import Books
from app.shop.range.records import FIELDS, RangeRecords
from app.shop.reason import say
from app.shop.sale import SaleError, invalid
from app.web.json_api import Problem, answer, read_json
from app.web.office.frame import page
from app.web.office.range.pages import groups, names, stores
from app.web.office.range.stores import Shelves

#: Lines of a cart that is tried.
MOST = 50


def register(blueprint: Blueprint, node: Any, records: RangeRecords, shelves: Shelves) -> None:
    """The routes."""

    @blueprint.get("/promotions")
    def promotions_page() -> str:
        given = {"stores": stores(node), "categories": names(node, "category"), "groups": groups(node)}
        return page("office/promotions.html", boot={**given, "rows": records.all("promotion")})

    @blueprint.post("/api/range/promotions/try")
    def try_promotion() -> Response:
        """Body `{"promotion": {…fields}, "id"?, "store"?, "lines": [{"product", "quantity"}], "group"?, "coupons"?,
        "at"?: "2026-11-27T18:30"}`: the cart priced with it and without, nothing written: `{"lines", "total",
        "without", "given", "promotions"}`; `given` is what this promotion takes off."""
        body = read_json()
        store = body.get("store") or next((one["id"] for one in stores(node)), "store:s1")
        books = shelves.of(str(store))
        promotion = _promotion(body, books)
        cart = {
            "customer": {"id": "customer:trial", "group": body["group"]} if body.get("group") else None,
            "coupons": [str(code) for code in _list(body, "coupons")],
            "lines": [
                _line(node.company, books, index, each) for index, each in enumerate(_list(body, "lines")[:MOST])
            ],
        }
        moment = _moment(body.get("at"), books)
        book = books.with_promotion(promotion, moment)
        plain = {**book, "promotions": [rule for rule in book["promotions"] if rule["id"] != promotion["id"]]}
        try:
            with_it, without = price(cart, book), price(cart, plain)
        except PricingError:
            raise invalid(say("One of these products has no price."), "lines") from None
        given = sum(each["amount"] for each in with_it["promotions"] if each["id"] == promotion["id"])
        shown = {name: with_it[name] for name in ("lines", "total", "promotions")}
        money = {name: book[name] for name in ("currency", "digits")}
        return answer({**shown, "without": without["total"], "given": given, **money})


def _promotion(body: dict[str, Any], books: Books) -> dict[str, Any]:
    """The draft as the book takes it. Raises SaleError with the field at fault."""
    given = body.get("promotion")
    if not isinstance(given, dict):
        raise invalid(say("The promotion is missing."), "promotion")
    facts = books.desk.facts.read()[0]
    known = {name: value for name, value in given.items() if name in FIELDS["promotion"] and value not in (None, [])}
    known = {**known, "currency": facts["currency"], "digits": facts["digits"], "inactive": False}
    doc = {"type": "promotion", "schema": 1, **known, "name": known.get("name") or "…"}
    try:
        read = schemas.read(doc)
    except schemas.Invalid as wrong:
        first = wrong.problems[0]
        raise SaleError(400, "invalid", first.reason, first.field) from None
    return {"id": str(body.get("id") or "promotion:trial"), **read}


def _line(company: Database, books: Books, index: int, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not sound.is_whole(given.get("quantity"), 1, 10**9):
        raise invalid(say("Each line names a product and how many."), f"lines.{index}")
    record = company.read(str(given.get("product")))
    if record is None or record.deleted or record.type != "product":
        raise invalid(say("Each line names a product and how many."), f"lines.{index}")
    product = sound.product(record.id, record.full())
    return books.line_for(product, id=f"l{index + 1}", quantity=given["quantity"])


def _moment(at: Any, books: Books) -> datetime | None:
    if not at:
        return None
    try:
        wall = datetime.fromisoformat(str(at))
    except ValueError:
        raise invalid(
            say("“%(text)s” is no time: it must be like %(example)s.", text=str(at)[:40], example="2026-11-27T18:30"),
            "at",
        ) from None
    return wall.replace(tzinfo=clock.zone(str(books.book()["timezone"])))


def _list(body: dict[str, Any], name: str) -> list[Any]:
    value = body.get(name) or []
    if not isinstance(value, list):
        raise Problem(400, "invalid", say("the %(field)s must be a list", field=name).capital(), name)
    return value
