"""Customers over JSON: found, made and edited at the till."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from app.shop.customers import Customers
from app.shop.erasing.erase import is_erased
from app.shop.reason import say
from app.web.json_api import Problem, answer, missing, read_json, whole
from app.web.till.actors import actor_of
from app.web.till.carts import ABOUT

MOST = 50


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes. A customer is as `app.shop.customers.Shown`."""

    def customers() -> Customers:
        found: Customers = node.till.customers
        return found

    @blueprint.get("/api/customers")
    def search() -> Response:
        """Those that `q` finds, or that have the card `card`."""
        card = request.args.get("card")
        if card:
            return answer({"rows": customers().by_card(card[:64])})
        return answer({"rows": customers().search((request.args.get("q") or "")[:200], whole("limit", 20, MOST))})

    @blueprint.get("/api/customers/<path:id>")
    def one(id: str) -> Response:
        shown = customers().get(id)
        if shown is None:
            if is_erased(node.company.read(id)):
                raise Problem(404, "not_found", say("This customer’s data were erased."), erased=True)
            raise missing(say("This customer is not here any more."))
        return answer(shown)

    @blueprint.post("/api/customers")
    def create() -> Response:
        body = read_json()
        fields = {key: value for key, value in body.items() if key not in ABOUT}
        shown, repeated = customers().create(str(body.get("request") or ""), fields, actor_of(node, body))
        return answer({"customer": shown, "repeated": repeated}, 200 if repeated else 201)

    @blueprint.put("/api/customers/<path:id>")
    def edit(id: str) -> Response:
        body = read_json()
        fields = {key: value for key, value in body.items() if key not in ABOUT}
        return answer({"customer": customers().edit(id, str(body.get("rev") or ""), fields, actor_of(node, body))})
