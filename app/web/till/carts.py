"""Parked carts over JSON: parking, taking up, changing, deleting; and a cart as a row of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from app.shop.carts import Carts
from app.shop.erasing.erase import is_erased
from app.shop.reason import say
from app.shop.sale import SaleError
from app.web import present
from app.web.json_api import answer, missing, read_json
from app.web.till.actors import actor_of

#: Members of a request that are no part of the cart.
ABOUT = ("request", "rev", "window", "release", "over", "approvals")


def row(node: Any, doc: Mapping[str, Any]) -> dict[str, Any]:
    """A parked cart as a page wants it::

        {"id", "rev", "name", "at", "by" (a name), "on" (a terminal), "timezone", "holder": {"terminal", "window", "at"}
         | null, "lines": {line id: line}, "twice" (lines that two tills changed apart), "sold" (order id or null),
         "customer": {"id", "name", "group"} | null, "coupons", "discounts", "note"}

    A line whose product the catalogue no longer has is marked `gone`. Of a cart that another program made wrong shows
    what can be read.
    """
    given = doc.get("lines")
    lines = {id: dict(line) for id, line in (given if isinstance(given, dict) else {}).items() if _readable(line)}
    products = sorted({line["product"] for line in lines.values() if isinstance(line.get("product"), str)})
    here = {record.id for record in node.company.read_many(products) if record is not None and not record.deleted}
    for line in lines.values():
        if isinstance(line.get("product"), str) and line["product"] not in here:
            line["gone"] = True
    customer = doc.get("customer")
    known = node.till.customers.get(customer) if isinstance(customer, str) else None
    shown = None
    if isinstance(customer, str):
        record = node.company.read(customer)
        name = present.person_name(record.doc()) if record is not None and is_erased(record) else ""
        shown = {"id": customer, "name": name, "group": None}
    return {
        "id": doc["_id"],
        "rev": doc["_rev"],
        **{key: doc.get(key) for key in ("name", "holder", "note", "sold")},
        "at": doc.get("parked_at"),
        "by": _name(node, doc.get("parked_by")),
        "on": str(doc.get("parked_on") or ""),
        "timezone": node.till.status()["timezone"],
        "lines": lines,
        "twice": sum(1 for line in lines.values() if line.get("twice")),
        "customer": {key: known[key] for key in ("id", "name", "group")} if known else shown,
        "coupons": doc.get("coupons") or [],
        "discounts": doc.get("discounts") or [],
    }


def news(node: Any, doc: Mapping[str, Any]) -> dict[str, Any]:
    """A cart that has changed, as a page hears of it: `row`, or `{"id", "gone": true, "sold"}`. Its branches are joined
    first: a page that saw one of them alone would take the lines of the other off its screen."""
    current = node.till.carts.get(doc["_id"])
    if current is not None:
        return row(node, current)
    return {"id": doc["_id"], "gone": True, "sold": node.till.carts.sold_by(doc["_id"])}


def _readable(line: Any) -> bool:
    return isinstance(line, dict) and type(line.get("quantity")) is int and isinstance(line.get("name"), str)


def _name(node: Any, staff: Any) -> str:
    if not isinstance(staff, str):
        return ""
    record = node.store_db.read(staff)
    name = record.doc().get("name") if record is not None and not record.deleted else None
    return name if isinstance(name, str) else staff.partition(":")[2]


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    def carts() -> Carts:
        found: Carts = node.till.carts
        return found

    def fields(body: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in body.items() if key not in ABOUT}

    @blueprint.get("/api/carts")
    def parked() -> Response:
        return answer({"rows": [row(node, doc) for doc in carts().list()]})

    @blueprint.get("/api/carts/<path:id>")
    def parked_cart(id: str) -> Response:
        doc = carts().get(id)
        if doc is None:
            raise missing(say("This cart is not parked here any more."))
        return answer(row(node, doc))

    @blueprint.post("/api/carts")
    def park() -> Response:
        body = read_json()
        doc, repeated = carts().park(_text(body, "request"), fields(body), actor_of(node, body))
        return answer({"cart": row(node, doc), "repeated": repeated}, 200 if repeated else 201)

    @blueprint.put("/api/carts/<path:id>")
    def change(id: str) -> Response:
        body = read_json()
        window = body.get("window")
        doc, joined = carts().edit(
            id,
            _text(body, "rev"),
            fields(body),
            actor_of(node, body),
            window=window if isinstance(window, str) else None,
            release=body.get("release") is True,
        )
        return answer({"cart": row(node, doc), "joined": joined})

    @blueprint.post("/api/carts/<path:id>/take")
    def take(id: str) -> Response:
        body = read_json()
        over = body.get("over") is True
        doc = carts().take(id, _text(body, "window"), actor_of(node, body), over=over)
        return answer({"cart": row(node, doc)})

    @blueprint.delete("/api/carts/<path:id>")
    def delete(id: str) -> Response:
        body = read_json() if request.content_length else {}
        rev = body.get("rev") or request.args.get("rev")
        try:
            deleted = carts().delete(id, rev if isinstance(rev, str) else None, actor_of(node, body))
        except SaleError as refused:
            if "cart" in refused.details:
                refused.details["cart"] = row(node, refused.details["cart"])
            raise
        return answer({"deleted": deleted})


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise SaleError(400, "invalid", say("The %(name)s is missing.", name=name), name)
    return value
