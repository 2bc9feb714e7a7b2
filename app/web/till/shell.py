"""What makes the page a program of its own: its manifest, the service worker that keeps it, and the copy of the
catalogue that it searches while the terminal's server is away.

The worker keeps files, never data: everything under `/static/`, under one version that is the hash of their contents,
so that a page never runs with half of another one's modules. A page is kept only as the server of that version gave it.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask_babel import gettext as _

from app.docs import json
from app.shop import sound
from app.web import present
from app.web.i18n import boot
from app.web.json_api import answer, whole

#: Products in one answer of the catalogue's copy.
PAGE = 500
#: What the till's page needs; the office's and the demo's files are not the till's.
_LEAVE_OUT = ("js/office/", "js/demo", "css/demo", "css/office", "js/api-docs", "css/api-docs")


@lru_cache(maxsize=1)
def files(folder: str) -> tuple[str, tuple[str, ...]]:
    """The version of everything under `folder`, and the names that a worker keeps."""
    root, digest, kept = Path(folder), hashlib.sha256(), []
    for path in sorted(entry for entry in root.rglob("*") if entry.is_file()):
        name = path.relative_to(root).as_posix()
        digest.update(name.encode() + b"\0" + path.read_bytes())
        if not name.startswith(_LEAVE_OUT) and path.suffix in (".js", ".css", ".svg", ".png"):
            kept.append(name)
    return digest.hexdigest()[:16], tuple(kept)


def register(blueprint: Blueprint, node: Any) -> None:
    """`/manifest.webmanifest`, `/sw.js`, `/away`, `GET /api/catalogue`."""

    @blueprint.get("/manifest.webmanifest")
    def manifest() -> Response:
        icons = [
            {
                "src": url_for("static", filename=f"icons/{name}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, size, purpose in (
                ("till-192", 192, "any"),
                ("till-512", 512, "any"),
                ("till-mask-512", 512, "maskable"),
            )
        ]
        name = str(node.till.terminal).upper()
        body = {
            "id": "/",
            "name": f"CouchTill {name}",
            "short_name": name,
            "description": _("The till of this shop. It keeps selling when the line is down."),
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "orientation": "any",
            "background_color": "#edf0ee",
            "theme_color": "#0e5a44",
            "icons": icons,
        }
        return _fresh(Response(json.dumps(body), content_type="application/manifest+json"))

    @blueprint.get("/sw.js")
    def worker() -> Response:
        folder = str(current_app.static_folder)
        version, names = files(folder)
        kept = [url_for("static", filename=name) for name in names] + [url_for(".away")]
        head = f"const VERSION = {json.dumps(version).decode()};\nconst FILES = {json.dumps(kept).decode()};\n"
        code = (Path(folder) / "sw.js").read_text("utf-8")
        return _fresh(Response(head + code, content_type="text/javascript; charset=utf-8"))

    @blueprint.get("/away")
    def away() -> str:
        """What the worker shows for a page that it has not kept."""
        return render_template(
            "message.html",
            title=_("The till’s server is away"),
            text=_("This page comes back when it does. The till itself opens, and keeps its carts."),
            link={"href": "/", "name": _("Open the till")},
            boot=boot({}),
        )

    @blueprint.after_app_request
    def say_version(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["X-CouchTill-Version"] = files(str(current_app.static_folder))[0]
        return response

    @blueprint.get("/api/catalogue")
    def catalogue() -> Response:
        """A page of the catalogue's copy: what may be sold, as `GET /api/products` shows it, with all its codes; also
        what only other stores have in their range (`elsewhere`), since a customer may hold it."""
        limit = whole("limit", PAGE, PAGE)
        docs = node.till.catalogue.page(None, None, limit, request.args.get("after") or None, everywhere=True)
        names = {entry["id"]: entry for entry in node.till.catalogue.categories()}
        return answer(
            {"rows": [row(doc, names) for doc in docs], "next": docs[-1]["_id"] if len(docs) == limit else None}
        )

    def row(doc: dict[str, Any], names: dict[str, dict[str, Any]]) -> dict[str, Any]:
        units = sound.units(doc)
        return {
            **present.product(doc, names),
            "pricing": node.till.books.pricing(doc),
            "sku": str(doc.get("sku") or ""),
            "codes": [str(code) for code in doc.get("barcodes") or ()],
            "units": [{key: unit[key] for key in ("name", "quantity", "price", "barcodes")} for unit in units],
            "min_age": doc.get("min_age"),
            "variants": node.till.catalogue.has_variants(doc["_id"]),
            "elsewhere": not node.till.catalogue.sells(doc),
        }


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-cache"
    return response
