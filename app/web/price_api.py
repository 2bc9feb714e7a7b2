"""A product's price over JSON, the same for a till and for head office: nothing that was not seen is overwritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response

from app.docs.database import Database
from app.shop import clock, editing
from app.shop.actor import Actor
from app.shop.products import Catalogue
from app.shop.reason import Money, say
from app.shop.schemas.base import Invalid, Price
from app.web.catalogue_api import Show
from app.web.json_api import Problem, answer, missing, read_json


def _money(amount: int, of: Mapping[str, Any]) -> Money:
    return Money(amount, int(of["digits"]), str(of["currency"]))


def register(
    blueprint: Blueprint,
    catalogue: Callable[[], Catalogue],
    company: Database,
    show: Show,
    on: str,
    actor: Callable[[Mapping[str, Any]], Actor],
    money: Callable[[], Mapping[str, Any]],
) -> None:
    """`PUT /api/products/<id>/price`. `on` is what this node calls itself, `actor(body)` who asks, `money()` the
    `{"currency", "digits"}` that prices are told in."""

    @blueprint.put("/api/products/<path:id>/price")
    def set_price(id: str) -> Response:
        """Body `{"rev": what was seen, "price": {"amount", "per"} or null for an open price}`. 409 with `current`, the
        product as it is now, when it is no longer what was seen; then nothing was written. The price that is asked for
        and stands already, whoever set it, is an answer: a request that was sent twice is done once."""
        body = read_json()
        rev = body.get("rev")
        if not isinstance(rev, str):
            raise Problem(400, "invalid", say("The revision that was seen is missing."), "rev")
        if "price" not in body:
            raise Problem(400, "invalid", say("The price is missing."), "price")
        price = None if body["price"] is None else read_price(body["price"])
        known = {entry["id"]: entry for entry in catalogue().categories()}
        who = actor(body)
        seen = catalogue().product(id)
        if seen is None:
            raise missing(say("This product is no longer there."))
        told = say("an open price") if price is None else _money(price["amount"], money())
        who.need("catalogue", say("another price for %(name)s: %(price)s", name=str(seen["name"]), price=told))
        # Who sets the price that stood before a planned one took its place means it: it is the last word.
        again = {"priced_at": clock.stamp(clock.now())} if seen.get("price") != price else {}
        try:
            doc = editing.edit(company, id, rev, {"price": price, **again}, by=who.staff, on=on)
        except editing.Changed as changed:
            if changed.current is None:
                raise missing(say("This product is no longer there.")) from None
            if changed.current.get("price") == price:
                return answer(show(changed.current, known))
            raise Problem(
                409,
                "conflict",
                say("Somebody else changed this product in the meantime. Nothing was written."),
                "rev",
                current=show(changed.current, known),
            ) from None
        return answer(show(doc, known))


def read_price(value: Any) -> dict[str, Any]:
    """A price as a document holds it. Raises Problem."""
    try:
        return Price().read(value)
    except Invalid as wrong:
        first = wrong.problems[0]
        raise Problem(400, "invalid", first.reason, f"price.{first.field}".rstrip(".")) from None
