"""Products and categories over JSON, the same for a till and for head office."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from app.docs.database import Database
from app.docs.errors import NotFound
from app.shop.products import Catalogue
from app.web.json_api import answer, missing, whole

MOST = 200
#: Types that an `<img>` may be given; anything else in a document is no picture.
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/svg+xml")

Categories = dict[str, dict[str, Any]]
Show = Callable[[dict[str, Any], Categories], dict[str, Any]]


def register(blueprint: Blueprint, catalogue: Callable[[], Catalogue], company: Database, show: Show) -> None:
    """`GET /api/products`, `…/<id>`, `/api/barcode/<code>`, `/api/categories`, `/api/pictures/<id>`."""

    def names() -> Categories:
        return {entry["id"]: entry for entry in catalogue().categories()}

    def rows(docs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        known = names()
        return [show(doc, known) for doc in docs]

    @blueprint.get("/api/products")
    def products() -> Response:
        limit = whole("limit", 60, MOST)
        q = (request.args.get("q") or "")[:200]
        docs = catalogue().page(q, request.args.get("category") or None, limit, request.args.get("after") or None)
        more = not q.strip() and len(docs) == limit
        return answer({"rows": rows(docs), "next": docs[-1]["_id"] if more else None})

    @blueprint.get("/api/products/<path:id>")
    def product(id: str) -> Response:
        doc = catalogue().product(id)
        if doc is None:
            raise missing(f"There is no product {id}.")
        return answer(rows([doc])[0])

    @blueprint.get("/api/barcode/<path:code>")
    def barcode(code: str) -> Response:
        """Every product with this code: one, or several to choose from; 404 when there is none."""
        docs = catalogue().by_barcode(code)
        if not docs:
            raise missing(f"No product has the code {code}.")
        return answer({"rows": rows(docs)})

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
        raise missing(f"There is no picture {id}.")

    def _image(content_type: str, data: bytes) -> Response:
        response = Response(data, content_type=content_type)
        response.headers["Cache-Control"] = "private, max-age=3600"
        response.headers["X-Content-Type-Options"] = "nosniff"
        # A drawing opened by itself is a document: it runs nothing.
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        return response
