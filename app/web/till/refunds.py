"""Refunds over HTTP: what of a receipt can still come back, what it would give, and the refund."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from app.web import paper, present
from app.web.json_api import answer, read_json
from app.web.till.actors import actor_of


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    @blueprint.get("/api/refunds/<path:id>")
    def refundable(id: str) -> Response:
        view = node.till.refunds.view(id)
        for each in (view, *view["refunds"]):
            each["label"] = paper.label(each)
        for cap in view["caps"]:
            cap["name"] = present.tender_name(cap["kind"])
        customer = view["customer"]
        record = node.company.read(customer) if customer else None
        name = present.person_name(record.doc() if record is not None and not record.deleted else None)
        return answer({**view, "customer_name": name, "timezone": str(node.till.status()["timezone"])})

    @blueprint.post("/api/refunds/quote")
    def quote() -> Response:
        body = node.till.refunds.quote(read_json())
        named = [{**tender, "name": present.tender_name(tender["kind"])} for tender in body["tenders"]]
        names = ("subtotal", "discount", "tax", "total", "cash_rounding", "paid", "lines", "promotions", "needs")
        return answer({**{name: body[name] for name in names}, "tenders": named})

    @blueprint.post("/api/refunds")
    def refund() -> Response:
        body = read_json()
        order, repeated = node.till.refunds.refund(body, actor_of(node, body))
        made = {"order": order, "repeated": repeated, "seen": node.till.told(order)}
        return answer(made, 200 if repeated else 201)
