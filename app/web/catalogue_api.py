"""Products, their variants and categories over JSON, the same for a till and for head office."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from app.docs.database import Database
from app.docs.errors import NotFound
from app.shop import sound
from app.shop.products import Catalogue
from app.shop.reason import say
from app.web.json_api import answer, missing, whole

MOST = 200
#: Types that an `<img>` may be given; anything else in a document is no picture.
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/svg+xml")

Categories = dict[str, dict[str, Any]]
Show = Callable[[dict[str, Any], Categories], dict[str, Any]]
Look = Callable[[str], list[dict[str, Any]]]


def register(
    blueprint: Blueprint, catalogue: Callable[[], Catalogue], company: Database, show: Show, look: Look | None = None
) -> None:
    """`GET /api/products`, `…/<id>`, `…/<id>/variants`, `/api/barcode/<code>`, `/api/categories`, `/api/pictures/<id>`.

    `look` is what a code means (`barcodes.Barcodes.look`); without it a code is a product's barcode only.
    """

    def names() -> Categories:
        return {entry["id"]: entry for entry in catalogue().categories()}

    def rows(docs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        known = names()
        return [{**show(doc, known), **more(doc)} for doc in docs]

    def more(doc: dict[str, Any]) -> dict[str, Any]:
        """What else a window must know: `variants` (its tile opens a choice), `variant` (what tells it from its kind),
        `units` `[{"name", "quantity", "price"}]`, `min_age` (years), `elsewhere` (this store doesn't have it in its
        range: who holds it may buy it all the same)."""
        units = [{key: unit[key] for key in ("name", "quantity", "price")} for unit in sound.units(doc)]
        return {
            "variants": catalogue().has_variants(doc["_id"]),
            "variant": doc.get("variant"),
            "variant_of": doc.get("variant_of"),
            "units": units,
            "min_age": doc.get("min_age"),
            "elsewhere": not catalogue().sells(doc),
        }

    @blueprint.get("/api/products")
    def products() -> Response:
        limit = whole("limit", 60, MOST)
        q = (request.args.get("q") or "")[:200]
        docs = catalogue().page(q, request.args.get("category") or None, limit, request.args.get("after") or None)
        more = not q.strip() and len(docs) == limit
        return answer({"rows": rows(docs), "next": docs[-1]["_id"] if more else None})

    @blueprint.get("/api/products/<path:id>/variants")
    def variants(id: str) -> Response:
        doc = catalogue().product(id)
        found = catalogue().variants(id)
        if doc is None and not found:
            raise missing(say("There is no product %(id)s.", id=id))
        return answer({"product": rows([doc])[0] if doc else None, "rows": rows(found)})

    @blueprint.get("/api/products/<path:id>")
    def product(id: str) -> Response:
        doc = catalogue().product(id)
        if doc is None:
            raise missing(say("There is no product %(id)s.", id=id))
        return answer(rows([doc])[0])

    @blueprint.get("/api/barcode/<path:code>")
    def barcode(code: str) -> Response:
        """Every product that this code may mean: one, or several to choose from; 404 when there is none.

        A code of a packing, or with a weight or price in it, says so: `quantity` (thousandths), `line_price` (of the
        line, so that it costs what the label says), `sold_unit` (the packing) and `embedded` ("weight" or "price").
        """
        found = look(code) if look else [{"product": doc} for doc in catalogue().by_barcode(code)]
        if not found:
            raise missing(say("No product has the code %(code)s.", code=code))
        shown = rows([each["product"] for each in found])
        return answer(
            {"rows": [{**row, **said(each), "scanned": code} for row, each in zip(shown, found, strict=True)]}
        )

    def said(found: dict[str, Any]) -> dict[str, Any]:
        names = {"quantity": "quantity", "price": "line_price", "unit": "sold_unit", "embedded": "embedded"}
        return {shown: found[name] for name, shown in names.items() if name in found}

    @blueprint.get("/api/categories")
    def categories() -> Response:
        return answer({"rows": catalogue().categories()})

    @blueprint.get("/api/pictures/<path:id>")
    def picture(id: str) -> Response:
        try:
            doc = company.get(id)
            for name, stub in (doc.get("_attachments") or {}).items():
                if stub.get("content_type") in PICTURES:
                    return _image(stub["content_type"], company.get_attachment(id, name).data)
        except NotFound:
            pass
        raise missing(say("There is no picture %(id)s.", id=id))

    def _image(content_type: str, data: bytes) -> Response:
        response = Response(data, content_type=content_type)
        response.headers["Cache-Control"] = "private, max-age=3600"
        response.headers["X-Content-Type-Options"] = "nosniff"
        # A drawing opened by itself is a document: it runs nothing.
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        return response
