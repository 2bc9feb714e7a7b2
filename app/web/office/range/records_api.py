"""The documents of the range over JSON: `GET /api/range/products`, `GET`, `POST`, `PUT /api/range/<kind>[/<id>]`, and a
product's picture."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from app.docs.errors import Conflict, DocsError
from app.shop import clock, sound
from app.shop.actor import ANYBODY
from app.shop.range import finding
from app.shop.range.planning import Planning
from app.shop.range.records import FIELDS, RangeRecords
from app.shop.reason import say
from app.web.json_api import Problem, answer, missing, read_json, whole
from app.web.office.range.stores import Shelves

#: Bytes of a picture: the page makes a photograph smaller before it sends it.
LARGEST = 500_000
#: What a picture's first bytes are, by its type. A drawing (SVG) may hold a program, and comes by no form.
BEGINNINGS = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/gif": re.compile(rb"GIF8[79]a"),
}
MOST = 200
#: Bytes of a price list with as many prices as it may have.
LONGEST = 4_000_000
#: Products and categories of a list or a promotion that are told by their names: more are told by their numbers.
MENTIONED = 2000


def _mentioned(value: Any) -> set[str]:
    """The products and categories that a document names, wherever in it."""
    if isinstance(value, str):
        return {value} if value.startswith(("product:", "category:")) else set()
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {id for part in parts for id in _mentioned(part)}


def register(blueprint: Blueprint, node: Any, records: RangeRecords, planning: Planning, shelves: Shelves) -> None:
    """The routes."""
    company = node.company

    def kind_of(kind: str) -> str:
        if kind not in FIELDS:
            raise missing(say("There is no such route."))
        return kind

    def body(kind: str) -> dict[str, Any]:
        return read_json(LONGEST) if kind == "pricelist" else read_json()

    def shown(doc: dict[str, Any]) -> dict[str, Any]:
        row = records.show(doc)
        if doc.get("type") in ("pricelist", "promotion"):
            return {**row, "names": finding.named(company, sorted(_mentioned(doc))[:MENTIONED])}
        if doc.get("type") != "product":
            return row
        picture = doc.get("picture")
        url = f"api/pictures/{quote(picture, safe='')}" if isinstance(picture, str) else None
        wanted = [doc.get("deposit"), doc.get("variant_of"), *(part["product"] for part in doc.get("bundle") or ())]
        called = finding.named(company, [one for one in wanted if sound.is_text(one)])
        more = {"picture_url": url, "names": called, "doubles": records.doubles(doc)}
        return {**row, **more, "planned": planning.of_product(str(doc["_id"]))}

    @blueprint.get("/api/range/products")
    def range_products() -> Response:
        """`?q=&category=&category=&state=sold|aside|all|disputed&store=&after=&limit=`: `{"rows", "next"}`; `next` is
        where the page after begins. There may be more although there are less rows than asked for."""
        state = request.args.get("state") or "sold"
        if state not in finding.STATES:
            known = ", ".join(finding.STATES)
            raise Problem(400, "invalid", say("The state must be one of: %(values)s.", values=known), "state")
        store = request.args.get("store")
        found = finding.products(
            company,
            q=(request.args.get("q") or "")[:200],
            categories=[one for one in request.args.getlist("category")[:MOST] if one],
            state=state,
            books=shelves.of(store) if store else None,
            after=request.args.get("after") or None,
            limit=whole("limit", finding.PAGE, MOST),
        )
        called = finding.named(company, sorted({str(row["category"]) for row in found.rows if row.get("category")}))
        return answer({"rows": [_row(row, called) for row in found.rows], "next": found.next})

    @blueprint.get("/api/range/<kind>/<path:id>")
    def range_document(kind: str, id: str) -> Response:
        return answer(shown(records.get(kind_of(kind), id)))

    @blueprint.get("/api/range/<kind>")
    def range_documents(kind: str) -> Response:
        if kind_of(kind) == "product":
            raise missing(say("There is no such route."))
        return answer({"rows": records.all(kind, lambda doc: not doc.get("catalogue"))})

    @blueprint.post("/api/range/<kind>")
    def make_document(kind: str) -> Response:
        """Body `{"request": <id of the request>, …fields}`; 201, or 200 where this request had made it before."""
        doc, repeated = records.make(kind_of(kind), body(kind), ANYBODY)
        return answer({"doc": shown(doc), "repeated": repeated}, 200 if repeated else 201)

    @blueprint.put("/api/range/<kind>/<path:id>")
    def change_document(kind: str, id: str) -> Response:
        """Body `{"rev": what was seen, …fields that change}`; 409 with `current` and `fields` when it is another one by
        now, and nothing was written."""
        return answer({"doc": shown(records.change(kind_of(kind), id, body(kind), ANYBODY))})

    @blueprint.get("/api/range/doubles")
    def range_doubles() -> Response:
        """`?code=&code=&id=`: the other products that have one of these codes."""
        codes = request.args.getlist("code")[:50]
        return answer({"rows": records.doubles({"_id": request.args.get("id"), "barcodes": codes})})

    @blueprint.post("/api/range/pictures")
    def range_picture() -> Response:
        """The picture itself is the body, `?name=` what it shows: `{"picture": <id of its document>}`. The same picture
        twice is one document."""
        given = BEGINNINGS.get(request.mimetype)
        if given is None:
            known = ", ".join(sorted(BEGINNINGS))
            raise Problem(
                415, "bad_content_type", say("A picture must be one of: %(values)s.", values=known), "picture"
            )
        if request.content_length is None or request.content_length > LARGEST:
            reason = say("The picture is too large: %(num)s bytes at most.", num=LARGEST)
            raise Problem(413, "too_large", reason, "picture")
        data = request.get_data(cache=False)
        if not given.match(data):
            raise Problem(400, "invalid", say("This file is no picture of the type that it says."), "picture")
        name = (request.args.get("name") or "")[:200]
        return answer({"picture": _store_picture(node, data, request.mimetype, name)}, 201)


def _store_picture(node: Any, data: bytes, mimetype: str, name: str) -> str:
    import base64
    import hashlib

    id = f"picture:{hashlib.sha256(data).hexdigest()[:32]}"
    kept = node.company.read(id)
    if kept is not None and not kept.deleted:
        return id
    file = {"content_type": mimetype, "data": base64.b64encode(data).decode()}
    stamp = {"updated_at": clock.stamp(clock.now()), "updated_on": node.id}
    doc = {"_id": id, "type": "picture", "schema": 1, "name": name, **stamp}
    try:
        node.company.put({**doc, "_attachments": {f"picture.{mimetype.partition('/')[2]}": file}})
    except Conflict:
        pass  # the very same picture, sent twice at once
    except DocsError as wrong:
        raise Problem(wrong.status, wrong.error, wrong.reason, "picture") from wrong
    return id


def _row(doc: dict[str, Any], categories: Any) -> dict[str, Any]:
    """A product as a row of the list."""
    codes = doc.get("barcodes") or []
    picture = doc.get("picture")
    return {
        "id": doc["_id"],
        "rev": doc["_rev"],
        "name": doc["name"],
        "sku": str(doc.get("sku") or ""),
        "size": doc.get("size") or "",
        "code": str(codes[0]) if codes else "",
        "price": doc.get("price"),
        "measured": doc.get("sold_by") == "measure",
        "unit": doc.get("unit") or "",
        "category": doc.get("category"),
        "category_name": categories.get(doc.get("category"), "") if doc.get("category") else "",
        "inactive": bool(doc.get("inactive")),
        "stores": doc.get("stores") if isinstance(doc.get("stores"), list) else None,
        "variant_of": doc.get("variant_of"),
        "bundle": bool(doc.get("bundle")),
        "picture": f"api/pictures/{quote(picture, safe='')}" if isinstance(picture, str) else None,
        "disputed": bool(doc.get("_conflicts")),
    }
